"""Licences as SPDX expressions: from a header in the file, or the nearest licence text above it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath

import askalono
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from wisp_lab.languages import language_of

LICENCE_FILE = re.compile(r"^(un)?(licen[cs]e|copying|copyright)([-_.].*)?$", re.IGNORECASE)
_HEADER = re.compile(r"SPDX-License-Identifier:(.*)")
_HEADER_END = re.compile(r"(\*/|-->|#\}|\"\"\"|'''|[\"'`#;]).*$")
_HEADER_CHARACTERS = 4096
_NOTICES = {
    "AGPL": re.compile(r"GNU\s+Affero\s+General\s+Public\s+Licen[cs]e", re.IGNORECASE),
    "LGPL": re.compile(r"GNU\s+(Lesser|Library)\s+General\s+Public\s+Licen[cs]e", re.IGNORECASE),
    "GPL": re.compile(r"GNU\s+General\s+Public\s+Licen[cs]e|\bGPL\s?v?[23]\b", re.IGNORECASE),
    "MPL": re.compile(r"Mozilla\s+Public\s+Licen[cs]e", re.IGNORECASE),
    "EPL": re.compile(r"Eclipse\s+Public\s+Licen[cs]e", re.IGNORECASE),
}
"""Families of licences that ask something back, by the notice at the top of a file; the first that is found counts."""

_OF_OTHERS = re.compile(r"third.?party|3rd.?party|bundled|vendored|dependenc", re.IGNORECASE)
_GRANT = re.compile(r"licen[cs]e|permission|GNU", re.IGNORECASE)

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
    """The expression of the SPDX-License-Identifier lines near the start of a file, which all bind.

    "unknown" for a line that is no expression: what it means is for a person to read.
    """
    found = {
        _HEADER_END.sub("", rest.replace("\t", " ")).strip() for rest in _HEADER.findall(text[:_HEADER_CHARACTERS])
    }
    if not found:
        return None
    try:
        known = sorted(known_licence(expression) for expression in found)
    except ValueError:
        return UNKNOWN
    return known[0] if len(known) == 1 else " AND ".join(f"({expression})" for expression in known)


def licence_of_file(text: str, around: str) -> str:
    """The licence of a file by its own header or notice, else the one `around` it, from a text or a declaration.

    >>> licence_of_file("# under the GNU General Public License", "MIT")
    'LicenseRef-GPL'
    """
    if around == OWN:
        return OWN
    if header := licence_in_header(text):
        return header
    head = " ".join(re.sub(r"[#*/]|--", " ", text[:_HEADER_CHARACTERS]).split())
    family = next((name for name, notice in _NOTICES.items() if notice.search(head)), None)
    if family is None or re.search(rf"\b{family}-", around):
        return around
    return f"LicenseRef-{family}"


class LicenceMap:
    """The licences of a repository by folder: a file has that of the nearest licence text above it."""

    def __init__(self, texts: dict[str, str], declared: str = "") -> None:
        """@param texts licence files by repository path; @param declared an expression that overrules them

        Texts that speak of other people's code or of nothing are left out; any other that is not known makes its
        folder unknown, whatever lies beside it.
        """
        self._declared = declared
        by_folder: dict[str, list[str]] = {}
        for path in sorted(texts):
            if language_of(path) not in (None, "markdown") or _OF_OTHERS.search(path):  # license.py
                continue
            folder = str(PurePosixPath(path).parent)
            if PurePosixPath(folder).name.lower() in ("licenses", "licences"):
                folder = str(PurePosixPath(folder).parent)
            if folder.endswith(".dist-info"):  # a wheel's licences are those of the whole wheel
                folder = "."
            licence = licence_of_text(texts[path])
            if (
                licence == UNKNOWN
                and re.search(r"copyright[^/]*$", path, re.IGNORECASE)
                and not _GRANT.search(texts[path])
            ):
                continue  # names of the holders
            by_folder.setdefault(folder, []).append(licence)
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
    """Several texts side by side all bind, as long as nothing says otherwise; one that nobody knows binds as well."""
    return UNKNOWN if UNKNOWN in found else " AND ".join(sorted(set(found)))


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
