"""How surprised a trained model is by text that it has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM as Causal

from wisp_lab.errors import EmptySourceError
from wisp_lab.tokenize import TokenFile
from wisp_lab.tokenizer import CodeTokenizer


@dataclass(frozen=True)
class LanguageLoss:
    tokens: int
    bytes: int
    loss: float
    """Nats per token."""

    @property
    def perplexity(self) -> float:
        return math.exp(self.loss)

    @property
    def bits_per_byte(self) -> float:
        """Comparable between models with different tokenizers."""
        return self.loss * self.tokens / self.bytes / math.log(2)


@torch.no_grad()
def language_loss(model_folder: Path, tokens: Path, part: str, *, max_tokens: int = 40_000) -> LanguageLoss:
    """Left to right over windows of the model's context, no document reaching into another; first tokens of each
    window are only context of the others.
    """
    model = Causal.from_pretrained(model_folder, dtype=torch.float32).eval()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    tokenizer = CodeTokenizer.load(model_folder)
    file = TokenFile.open(tokens, part)
    width = model.config.max_position_embeddings
    windows = []
    left = max_tokens
    for number in range(len(file)):
        ids = file.tokens[file.offsets[number] : file.offsets[number + 1]].tolist()
        for start in range(0, len(ids) - 1, width):
            if left <= 0:
                break
            windows.append(ids[start : start + width])
            left -= len(windows[-1])
    total, count, size = 0.0, 0, 0
    for window in track(windows, f"Reading {part}", console=Console(stderr=True)):
        if len(window) < 2:
            continue
        ids = torch.tensor([window], device=device)
        logits = model(input_ids=ids).logits[0, :-1].float()
        total += float(cross_entropy(logits, ids[0, 1:], reduction="sum"))
        count += len(window) - 1
        size += len(tokenizer.decode(window[1:]).encode("utf-8"))
    if count == 0:
        raise EmptySourceError(f"The part {part} has no text to measure on.", "See the data card for what was dropped.")
    return LanguageLoss(count, size, total / count)
