"""Samples that teach an adapter: the very prompt that the extension sends, and the text that belongs in the hole."""

from __future__ import annotations

import random
from dataclasses import dataclass

from wisp_lab.fim import END, Piece, cut, header, psm
from wisp_lab.recipe import Adapt
from wisp_lab.tokenizer import CodeTokenizer

_CHARACTERS_PER_TOKEN = 8
"""More than any code has on average: what is cut off before encoding cannot reach the prompt."""


@dataclass(frozen=True)
class HoleSample:
    ids: list[int]
    middle: int
    """Number of tokens at the end that belong in the hole, the end token included."""


def hole_sample(
    text: str, path: str, tokenizer: CodeTokenizer, settings: Adapt, rng: random.Random
) -> HoleSample | None:
    """A hole at a random place with as much text on both sides as the extension sends; None where it is empty."""
    hole = cut(text, rng)
    middle = tokenizer.encode(hole.middle[: settings.middle_tokens * _CHARACTERS_PER_TOKEN])
    whole = len(middle) <= settings.middle_tokens
    middle = middle[: settings.middle_tokens]
    if not hole.middle.strip():
        return None
    prefix = tokenizer.encode(hole.prefix[-settings.prefix_tokens * _CHARACTERS_PER_TOKEN :])
    suffix = tokenizer.encode(hole.suffix[: settings.suffix_tokens * _CHARACTERS_PER_TOKEN])
    marks = [tokenizer.special[piece.text] for piece in psm(hole) if piece.special]
    lead = tokenizer.encode_pieces(header(path)) if rng.random() < 0.5 else []
    ids = [
        *lead,
        marks[0], *prefix[-settings.prefix_tokens :],
        marks[1], *suffix[: settings.suffix_tokens],
        marks[2], *middle,
    ]  # fmt: skip
    if whole:
        ids.append(tokenizer.encode_pieces([Piece(END, True)])[0])
    return HoleSample(ids, len(middle) + whole)


def draw_samples(
    documents: list[tuple[str, str]], count: int, tokenizer: CodeTokenizer, settings: Adapt, seed: str
) -> list[HoleSample]:
    """`count` samples that depend on the seed alone; long documents are drawn more often.

    @param documents (path, text), not empty
    """
    rng = random.Random(seed)
    weights = [min(len(text), 50_000) for _, text in documents]
    samples: list[HoleSample] = []
    while len(samples) < count:
        path, text = rng.choices(documents, weights)[0]
        sample = hole_sample(text, path, tokenizer, settings, rng)
        if sample is not None:
            samples.append(sample)
    return samples
