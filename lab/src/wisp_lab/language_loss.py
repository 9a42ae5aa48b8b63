"""How surprised a trained model is by text that it has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM as Causal

from wisp_lab.errors import EmptySourceError
from wisp_lab.scoring import resampled
from wisp_lab.tokenize import TokenFile
from wisp_lab.tokenizer import CodeTokenizer

_MOST_TOKENS = 200_000
"""Half a minute for a model of a few million parameters on two cores."""


@dataclass(frozen=True)
class LanguageLoss:
    tokens: int
    bytes: int
    loss: float
    """Nats per token."""
    documents: int = 1
    low: float | None = None
    high: float | None = None
    """Bounds of the loss, documents drawn anew; None where one alone was read, which says nothing of others."""

    @property
    def perplexity(self) -> float:
        return math.exp(self.loss)

    @property
    def bits_per_byte(self) -> float:
        """Comparable between models with different tokenizers."""
        return self.loss * self.tokens / self.bytes / math.log(2)

    def summary(self, confidence: float) -> str:
        bounds = (
            f"{confidence:.0%} interval over documents {math.exp(self.low):.1f} to {math.exp(self.high):.1f}"
            if self.low is not None and self.high is not None
            else "one document, so no interval"
        )
        return (
            f"Perplexity {self.perplexity:.1f} per token ({bounds}), {self.bits_per_byte:.2f} bits per byte:"
            f" {self.tokens:,} tokens of {self.documents} held-out documents."
        )


def spread_windows(lengths: list[int], width: int, most_tokens: int) -> list[tuple[int, int, int]]:
    """(document, first, end) of windows of `width` tokens: all of them, or as many as fit, evenly over all documents.

    @param lengths tokens of each document; no window reaches from one into another
    """
    windows = [
        (number, start, min(start + width, length))
        for number, length in enumerate(lengths)
        for start in range(0, length - 1, width)
    ]
    whole = sum(end - start for _, start, end in windows)
    if whole <= most_tokens:
        return windows
    count = max(1, len(windows) * most_tokens // whole)
    return [windows[(2 * place + 1) * len(windows) // (2 * count)] for place in range(count)]


@torch.no_grad()
def language_loss(
    model_folder: Path, tokens: Path, part: str, *, confidence: float = 0.95, max_tokens: int = _MOST_TOKENS
) -> LanguageLoss:
    """Left to right over windows of the model's context; the first token of each is only context of the others."""
    model = Causal.from_pretrained(model_folder, dtype=torch.float32).eval()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    tokenizer = CodeTokenizer.load(model_folder)
    file = TokenFile.open(tokens, part)
    lengths = np.diff(file.offsets).tolist()
    windows = spread_windows(lengths, model.config.max_position_embeddings, max_tokens)
    sums, counts, size = np.zeros(len(lengths)), np.zeros(len(lengths), dtype=np.int64), 0
    for document, start, end in track(windows, f"Reading {part}", console=Console(stderr=True)):
        first = int(file.offsets[document])
        ids = torch.tensor([file.tokens[first + start : first + end].tolist()], device=device)
        logits = model(input_ids=ids).logits[0, :-1].float()
        sums[document] += float(cross_entropy(logits, ids[0, 1:], reduction="sum"))
        counts[document] += end - start - 1
        size += len(tokenizer.decode(ids[0, 1:].tolist()).encode("utf-8"))
    read = counts > 0
    if not read.any():
        raise EmptySourceError(f"The part {part} has no text to measure on.", "See the data card for what was dropped.")
    bounds = resampled(sums[read], counts[read], confidence) if read.sum() > 1 else (None, None)
    count = int(counts.sum())
    return LanguageLoss(count, size, float(sums.sum()) / count, int(read.sum()), *bounds)
