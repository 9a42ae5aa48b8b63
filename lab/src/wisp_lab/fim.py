"""Fill-in-the-middle: the prompt that the extension sends, and the training samples in the same form.

The forms are those of Qwen2.5-Coder (arXiv 2409.12186) and equal `src/prompt/fimTemplate.ts`. How a document is
cut follows "Efficient Training of Language Models to Fill in the Middle" (arXiv 2207.14255): at characters,
not tokens, so that the model learns to go on from half a word.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

END = "<|endoftext|>"
PREFIX = "<|fim_prefix|>"
MIDDLE = "<|fim_middle|>"
SUFFIX = "<|fim_suffix|>"
PAD = "<|fim_pad|>"
REPOSITORY = "<|repo_name|>"
FILE = "<|file_sep|>"

SPECIAL_TOKENS = (END, PREFIX, MIDDLE, SUFFIX, PAD, REPOSITORY, FILE)
WORKSPACE = "workspace"
"""The name that the extension gives every repository."""


def fim_prompt(prefix: str, suffix: str) -> str:
    return f"{PREFIX}{prefix}{SUFFIX}{suffix}{MIDDLE}"


def repository_prompt(path: str, prefix: str, suffix: str, context: Sequence[tuple[str, str]]) -> str:
    """The prompt with other files of the repository in front; without any it is the plain one."""
    return "".join(piece.text for piece in lead(path, context)) + fim_prompt(prefix, suffix)


@dataclass(frozen=True)
class Hole:
    prefix: str
    middle: str
    suffix: str


def cut(text: str, rng: random.Random) -> Hole:
    """Opens a hole: half of them between two random characters, half where a person types.

    The second kind starts somewhere in a line and goes to its end, or over up to seven more lines.
    """
    if rng.random() < 0.5 or "\n" not in text:
        start, end = sorted(rng.randint(0, len(text)) for _ in range(2))
        return Hole(text[:start], text[start:end], text[end:])
    start = rng.randint(0, len(text))
    end = start
    for _ in range(1 if rng.random() < 0.6 else rng.randint(2, 8)):
        found = text.find("\n", end + 1 if end > start else end)
        if found < 0:
            end = len(text)
            break
        end = found
    return Hole(text[:start], text[start:end], text[end:])


@dataclass(frozen=True)
class Piece:
    """Text to encode, or the name of one special token."""

    text: str
    special: bool = False


def psm(hole: Hole) -> list[Piece]:
    """Prefix, suffix, middle: what the extension asks for."""
    return [
        Piece(PREFIX, True), Piece(hole.prefix), Piece(SUFFIX, True), Piece(hole.suffix),
        Piece(MIDDLE, True), Piece(hole.middle),
    ]  # fmt: skip


def spm(hole: Hole) -> list[Piece]:
    """Suffix, prefix, middle in one run (variant 2 of arXiv 2207.14255, appendix D)."""
    return [
        Piece(PREFIX, True), Piece(SUFFIX, True), Piece(hole.suffix), Piece(MIDDLE, True),
        Piece(hole.prefix + hole.middle),
    ]  # fmt: skip


def header(path: str, context: Sequence[tuple[str, str]] = ()) -> list[Piece]:
    """What stands in front of a file of a repository that is read from left to right: other files and its path."""
    files = [piece for name, text in context for piece in (Piece(FILE, True), Piece(f"{name}\n{text}\n"))]
    return [Piece(REPOSITORY, True), Piece(f"{WORKSPACE}\n"), *files, Piece(FILE, True), Piece(f"{path}\n")]


def lead(path: str, context: Sequence[tuple[str, str]]) -> list[Piece]:
    """What the extension sends in front of a fill-in-the-middle prompt: nothing where there is no other file."""
    return header(path, context) if context else []
