"""The learning rate over the steps, as a factor of its peak."""

from __future__ import annotations

import math

from wisp_lab.recipe import Train


def learning_rate_factor(settings: Train, step: int) -> float:
    """Warm-up, then cosine (arXiv 1608.03983), or steady with a linear end (warm-up-stable-decay, arXiv 2404.06395)."""
    warmup = max(1, round(settings.warmup * settings.steps))
    if step < warmup:
        return (step + 1) / warmup
    last = settings.final_learning_rate
    match settings.schedule:
        case "constant":
            return 1.0
        case "cosine":
            done = (step - warmup) / max(1, settings.steps - warmup)
            return last + (1 - last) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
        case "wsd":
            decay = max(1, round(settings.decay * settings.steps))
            left = settings.steps - step
            return 1.0 if left >= decay else last + (1 - last) * max(0, left) / decay
