"""Which files are code, told by `identify` from the name, in the editor's language ids."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from identify import identify

from wisp_lab.errors import did_you_mean

LANGUAGE_OF_TAG = {
    "c": "c", "c++": "cpp", "c#": "csharp", "clojure": "clojure", "css": "css", "dart": "dart",
    "elixir": "elixir", "erlang": "erlang", "go": "go", "groovy": "groovy", "haskell": "haskell",
    "html": "html", "java": "java", "javascript": "javascript", "jsx": "javascriptreact",
    "julia": "julia", "kotlin": "kotlin", "lua": "lua", "markdown": "markdown", "ocaml": "ocaml",
    "perl": "perl", "php": "php", "powershell": "powershell", "proto": "proto", "python": "python",
    "pyi": "python", "r": "r", "ruby": "ruby", "rust": "rust", "scala": "scala", "scss": "scss",
    "shell": "shellscript", "sql": "sql", "svelte": "svelte", "swift": "swift", "terraform": "terraform",
    "toml": "toml", "ts": "typescript", "tsx": "typescriptreact", "vue": "vue", "yaml": "yaml", "zig": "zig",
}  # fmt: skip


LANGUAGES = frozenset(LANGUAGE_OF_TAG.values())

_TELLS_NOTHING = re.compile(
    r"^\s*(#|//|/\*|\*|--|\"\"\"|'''|import\b|from\b|use\b|using\b|package\b|#include|[\])}>;,\s]*$)"
)


def known_language(name: str) -> str:
    """@raises ValueError with the nearest language id"""
    if name not in LANGUAGES:
        raise ValueError(f"there is no language '{name}'. {did_you_mean(name, LANGUAGES)}")
    return name


def language_of(path: str) -> str | None:
    """The language id of a file by its name, or None where the name tells of no known language.

    >>> language_of("src/app.py"), language_of("a/b.TSX"), language_of("logo.png")
    ('python', 'typescriptreact', None)
    """
    tags = identify.tags_from_filename(PurePosixPath(path).name)
    found = sorted(LANGUAGE_OF_TAG[tag] for tag in tags if tag in LANGUAGE_OF_TAG)
    return found[0] if found else None


def is_telling(line: str) -> bool:
    """Whether a line says something of its own: no comment, no import, no blank line, no lone bracket."""
    return not _TELLS_NOTHING.match(line)
