"""A step is done once: its folder remembers what it was made from, and the same settings are not run again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wisp_lab.errors import LabError, ResourceError
from wisp_lab.recipe import Recipe
from wisp_lab.recipe_file import recipe_path

_MARKER = "step.json"


def write_json(path: Path, value: Any) -> None:
    """Writes at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)


def make_folder(folder: Path) -> None:
    """@raises ResourceError where results cannot be written"""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        reason = "" if os.access(folder, os.W_OK) else "it belongs to somebody else"
    except OSError as error:
        reason = error.strerror or str(error)
    if reason:
        raise ResourceError(f"Nothing can be written to {folder}: {reason}.", "Choose another output folder.")


_EDGE = 16_000_000


def file_digest(path: Path) -> str:
    """What a model's file holds, told by its size, its first bytes (header and tokenizer) and its last (weights)."""
    size = path.stat().st_size
    found = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        found.update(file.read(_EDGE))
        file.seek(max(0, size - _EDGE))
        found.update(file.read())
    return found.hexdigest()


def digest_of(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class RunFolder:
    """Where the results of a recipe lie; one folder per step."""

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def tokens(self) -> Path:
        return self.path / "tokens"

    @property
    def training(self) -> Path:
        return self.path / "train"

    @property
    def model(self) -> Path:
        return self.path / "train" / "model"

    @property
    def adapter(self) -> Path:
        return self.path / "adapter"

    @property
    def evaluation(self) -> Path:
        return self.path / "evaluation"

    @property
    def exported(self) -> Path:
        return self.path / "export"


def run_folder(recipe: Recipe, path: Path) -> RunFolder:
    """@param path of the recipe"""
    if recipe.run.output:
        return RunFolder(recipe_path(recipe.run.output, path.parent))
    return RunFolder((Path.cwd() / "runs" / recipe.run.name).resolve())


def _read_marker(folder: Path) -> dict[str, Any] | None:
    """What the step in `folder` wrote of itself; None where there is nothing that can be read, as after a crash."""
    try:
        marker = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):  # JSON and UTF-8 errors are ValueErrors
        return None
    return marker if isinstance(marker, dict) and isinstance(marker.get("digest"), str) else None


def done_digest(folder: Path) -> str | None:
    """The digest under which the step in `folder` was finished, or None."""
    marker = _read_marker(folder)
    return marker["digest"] if marker and marker.get("done") else None


@contextmanager
def step(
    folder: Path, made_from: Any, *, fresh: bool = False, writes: bool = True, begun: bool = False
) -> Iterator[bool]:
    """Enters a step; yields False when it is already done with the same settings and inputs.

    A step that was cut off with the same settings goes on in its folder. One with other settings starts in an
    empty folder, unless it is finished or `begun`: that would throw away results, so `fresh` must say so.

    @param writes False in all but the first of several processes that work on one step together
    @param begun whether the folder holds work that is worth going on with, such as a checkpoint
    @raises LabError when the folder holds such work or the result of other settings and `fresh` is not given
    """
    digest = digest_of(made_from)
    if not writes:
        yield done_digest(folder) != digest
        return
    marker = folder / _MARKER
    if marker.exists():
        before = _read_marker(folder)
        if before is None and not fresh:
            raise LabError(
                f"{marker} cannot be read, so nobody knows what {folder} was made from.",
                "Give the run another name or output folder, or say --fresh to throw that away.",
            )
        before = before or {}
        if before.get("digest") == digest and not fresh:
            if before.get("done"):
                yield False
                return
        elif (before.get("done") or begun) and not fresh:
            what = "result" if before.get("done") else "checkpoints"
            raise LabError(
                f"{folder} holds the {what} of other settings or other inputs.",
                "Give the run another name or output folder, or say --fresh to throw that away.",
            )
        else:
            shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise LabError(f"{folder} is not empty and was not made by this step.", "Choose another output folder.")
    make_folder(folder)
    write_json(marker, {"digest": digest, "done": False, "made_from": made_from})
    yield True
    write_json(marker, {"digest": digest, "done": True, "made_from": made_from})
