"""Samples that teach an adapter: the very prompt that the extension sends, and the text that belongs in the hole."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from wisp_lab.fim import END, cut, lead, psm
from wisp_lab.recipe import Adapt
from wisp_lab.tokenizer import CodeTokenizer

_CHARACTERS_PER_TOKEN = 8
"""More than any code has on average: what is cut off before encoding cannot reach the prompt."""

_SNIPPET_LINES = 10
"""Lines of another file that the extension shows in one piece."""


@dataclass(frozen=True)
class CodeFile:
    """A document that samples are made of; the extension shows pieces of others of its repository with it."""

    path: str
    text: str
    repository: str = ""


@dataclass(frozen=True)
class HoleSample:
    ids: list[int]
    middle: int
    """Number of tokens at the end that belong in the hole, the end token included."""


def hole_sample(
    text: str,
    path: str,
    tokenizer: CodeTokenizer,
    settings: Adapt,
    rng: random.Random,
    context: Sequence[tuple[str, str]] = (),
) -> HoleSample | None:
    """A hole at a random place with as much text on both sides as the extension sends; None where it is empty.

    @param context (path, piece) of other files, which stand in front
    """
    hole = cut(text, rng)
    if not hole.middle.strip():
        return None
    read = hole.middle[: settings.middle_tokens * _CHARACTERS_PER_TOKEN]
    middle = tokenizer.encode(read)
    whole = len(read) == len(hole.middle) and len(middle) <= settings.middle_tokens
    middle = middle[: settings.middle_tokens]
    prefix = tokenizer.encode(hole.prefix[-settings.prefix_tokens * _CHARACTERS_PER_TOKEN :])
    suffix = tokenizer.encode(hole.suffix[: settings.suffix_tokens * _CHARACTERS_PER_TOKEN])
    marks = [tokenizer.special[piece.text] for piece in psm(hole) if piece.special]
    ids = [
        *tokenizer.encode_pieces(lead(path, context)),
        marks[0], *prefix[-settings.prefix_tokens :],
        marks[1], *suffix[: settings.suffix_tokens],
        marks[2], *middle,
    ]  # fmt: skip
    if whole:
        ids.append(tokenizer.special[END])
    return HoleSample(ids, len(middle) + whole)


def draw_samples(
    documents: list[CodeFile], count: int, tokenizer: CodeTokenizer, settings: Adapt, seed: str
) -> list[HoleSample]:
    """`count` samples that depend on the seed alone; long documents are drawn more often.

    @param documents not empty
    """
    rng = random.Random(seed)
    weights = [min(len(document.text), 50_000) for document in documents]
    together: dict[str, list[CodeFile]] = defaultdict(list)
    for document in documents:
        together[document.repository].append(document)
    samples: list[HoleSample] = []
    while len(samples) < count:
        document = rng.choices(documents, weights)[0]
        context = (
            _context(document, together[document.repository], tokenizer, settings.context_tokens, rng)
            if rng.random() < settings.context_rate
            else []
        )
        sample = hole_sample(document.text, document.path, tokenizer, settings, rng, context)
        if sample is not None:
            samples.append(sample)
    return samples


def _context(
    document: CodeFile, files: list[CodeFile], tokenizer: CodeTokenizer, tokens: int, rng: random.Random
) -> list[tuple[str, str]]:
    """Pieces of other files of the repository, as many as fit; there may be none."""
    found: list[tuple[str, str]] = []
    for other in rng.sample(files, min(3, len(files))):
        if other.path == document.path:
            continue
        lines = other.text.split("\n")
        first = rng.randrange(max(1, len(lines) - _SNIPPET_LINES + 1))
        piece = "\n".join(lines[first : first + _SNIPPET_LINES]).strip("\n")
        tokens -= len(tokenizer.encode(f"{other.path}\n{piece}\n"))
        if tokens < 0:
            break
        if piece.strip():
            found.append((other.path, piece))
    return found
