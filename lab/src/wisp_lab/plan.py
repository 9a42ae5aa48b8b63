"""What a training would take, before anyone pays for it."""

from __future__ import annotations

import math

from wisp_lab.cards import CARDS
from wisp_lab.errors import LabError, did_you_mean
from wisp_lab.model import model_config, model_size
from wisp_lab.preflight import training_bytes
from wisp_lab.recipe import Recipe

TOKENS_PER_PARAMETER = 20
"""Compute-optimal by Hoffmann et al. (arXiv 2203.15556); models that are used a lot are trained far longer."""


def compute_plan(recipe: Recipe, gpu: str, gpus: int, mfu: float) -> str:
    """Hours = 6 N D / (peak x MFU x GPUs), with attention added to 6 N (arXiv 2204.02311, appendix B)."""
    if recipe.train is None:
        raise LabError("The recipe has no [train] section.")
    if card := CARDS.get(gpu):
        peak = card.single if recipe.train.precision == "fp32" else card.half
    else:
        try:
            peak = float(gpu)
        except ValueError:
            raise LabError(f"The GPU '{gpu}' is not known.", did_you_mean(gpu, CARDS)) from None
        if not 0 < peak < math.inf:
            raise LabError(f"{gpu} FLOP/s are no speed.", "A number above 0, such as 5e13.")
    model, train = recipe.model, recipe.train
    vocabulary = recipe.tokenize.vocabulary
    size = model_size(model_config(model, vocabulary, 0, 1))
    tokens_per_step = train.batch * train.accumulation * gpus * model.context
    tokens = tokens_per_step * train.steps
    flops = tokens * size.flops_per_token(model.context)
    seconds = flops / (peak * mfu * gpus)
    memory = training_bytes(size.parameters, train.batch, model, vocabulary)
    optimal = size.parameters * TOKENS_PER_PARAMETER
    rows = [
        ("parameters", f"{size.parameters / 1e6:.1f} M"),
        ("tokens", f"{tokens / 1e9:.3f} billion ({train.steps} steps of {tokens_per_step:,})"),
        ("compute-optimal tokens", f"{optimal / 1e9:.3f} billion ({TOKENS_PER_PARAMETER} per parameter)"),
        ("training FLOPs", f"{flops:.3e}"),
        ("speed", f"{tokens / seconds:,.0f} tokens/s at {mfu:.0%} of {gpus} x {peak / 1e12:.0f} TFLOP/s"),
        ("time", f"{seconds / 3600:.2f} hours"),
        ("memory per GPU", f"about {memory / 1e9:.1f} GB in fp32 (DDP; FSDP divides 16 bytes per parameter)"),
    ]
    return "\n".join(f"{name:<24}{value}" for name, value in rows)
