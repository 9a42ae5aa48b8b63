"""Licences as SPDX expressions: from a header in the file, or the nearest licence text above it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath

import askalono
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

LICENCE_FILE = re.compile(r"^(un)?(licen[cs]e|copying|copyright)([-_.].*)?$", re.IGNORECASE)
_HEADER = re.compile(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+\-() ]+?)\s*(?:\*/|-->|#|$)", re.MULTILINE)
_HEADER_BYTES = 4096

MINIMUM_SCORE = 0.9
"""Similarity above which askalono's best guess is taken; its own command line asks for 0.8."""

UNKNOWN = "unknown"
OWN = "own"
"""The user's own code: every licence filter lets it through, and a model trained on it is the user's own."""


def known_licence(expression: str) -> str:
    """An expression of SPDX as SPDX writes it, "mit" as "MIT".

    @raises ValueError for what SPDX does not know
    """
    try:
        return str(canonicalize_license_expression(expression))
    except InvalidLicenseExpression:
        raise ValueError(f"'{expression}' is no licence of SPDX (https://spdx.org/licenses), such as MIT.") from None


@lru_cache(maxsize=4096)
def licence_of_text(text: str) -> str:
    """The SPDX id of a licence text, or "unknown"."""
    if not text.strip():
        return UNKNOWN
    if text.lstrip().startswith("A. HISTORY OF THE SOFTWARE") and "PSF LICENSE AGREEMENT" in text:
        return "PSF-2.0"  # CPython's licence file holds several texts, which no detector names as one
    best = askalono.identify(text)
    return best.name if best.score >= MINIMUM_SCORE else UNKNOWN


def licence_in_header(text: str) -> str | None:
    """The expression of an SPDX-License-Identifier line near the start of a file."""
    found = _HEADER.search(text[:_HEADER_BYTES])
    return found.group(1) if found else None


class LicenceMap:
    """The licences of a repository by folder: a file has that of the nearest licence text above it."""

    def __init__(self, texts: dict[str, str], declared: str = "") -> None:
        """@param texts licence files by repository path; @param declared an expression that overrules them"""
        self._declared = declared
        by_folder: dict[str, list[str]] = {}
        for path in sorted(texts):
            folder = str(PurePosixPath(path).parent)
            if PurePosixPath(folder).name.lower() in ("licenses", "licences"):
                folder = str(PurePosixPath(folder).parent)
            if folder.endswith(".dist-info"):  # a wheel's licences are those of the whole wheel
                folder = "."
            by_folder.setdefault(folder, []).append(licence_of_text(texts[path]))
        self._of_folder = {folder: _joined(found) for folder, found in by_folder.items()}

    def of(self, path: str) -> str:
        if self._declared:
            return self._declared
        for folder in PurePosixPath(path).parents:
            found = self._of_folder.get(str(folder))
            if found:
                return found
        return UNKNOWN


def _joined(found: list[str]) -> str:
    """Several texts side by side all bind, as long as nothing says otherwise."""
    known = sorted({name for name in found if name != UNKNOWN})
    return " AND ".join(known) if known else UNKNOWN


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Whether an SPDX expression can be satisfied with the allowed licences alone.

    >>> is_allowed("MIT OR GPL-3.0-only", frozenset({"MIT"})), is_allowed("MIT AND GPL-3.0-only", frozenset({"MIT"}))
    (True, False)
    """
    if expression == OWN:
        return True
    tokens = re.findall(r"\(|\)|[^\s()]+", expression)
    try:
        value, rest = _either(tokens, allowed)
    except IndexError:
        return False
    return value and not rest


def _either(tokens: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    value, tokens = _both(tokens, allowed)
    while tokens and tokens[0].upper() == "OR":
        right, tokens = _both(tokens[1:], allowed)
        value = value or right
    return value, tokens


def _both(tokens: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    value, tokens = _one(tokens, allowed)
    while tokens and tokens[0].upper() == "AND":
        right, tokens = _one(tokens[1:], allowed)
        value = value and right
    return value, tokens


def _one(tokens: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    if tokens[0] == "(":
        value, tokens = _either(tokens[1:], allowed)
        if not tokens or tokens[0] != ")":
            return False, []
        return value, tokens[1:]
    name, tokens = tokens[0], tokens[1:]
    if tokens and tokens[0].upper() == "WITH":
        name, tokens = f"{name} WITH {tokens[1]}", tokens[2:]
    return name in allowed, tokens
