"""Errors that a user can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest known word as a question, or all of them where none is near."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1)
    return f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(words)}."


class LabError(Exception):
    """A step cannot go on. `message` says what is wrong, `hint` what to do about it.

    The command line prints both without a traceback and ends with exit status 1. Everything else that is
    raised is a bug and keeps its traceback.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class RecipeError(LabError):
    """The recipe file is wrong."""


class EmptySourceError(LabError):
    """No document is left to work on."""


class ModelFileError(LabError):
    """A model file cannot be used."""


class ResourceError(LabError):
    """Too little memory or disk for what the recipe asks."""


class EngineError(LabError):
    """The embedded engine could not be started or failed on a request."""


class Interrupted(LabError):
    """The user pressed Ctrl+C; everything up to the last checkpoint is kept."""
