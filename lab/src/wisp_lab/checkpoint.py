"""Checkpoints: written at once or not at all, the newest kept, found again after a crash."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import torch

from wisp_lab.errors import ResourceError

_STATE = "state.pt"


def checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """(step, path) of the complete ones, oldest first."""
    found = []
    for path in folder.glob("step-*"):
        number = path.name.removeprefix("step-")
        if number.isdigit() and (path / _STATE).is_file():
            found.append((int(number), path))
    return sorted(found)


def save_checkpoint(folder: Path, step: int, state: dict[str, Any], keep: int) -> Path:
    """Replaces nothing before the new one lies complete on the disk.

    @raises ResourceError when the disk is full; the earlier checkpoints stay
    """
    target, partial = folder / f"step-{step:08d}", folder / f"partial-{step:08d}"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        with (partial / _STATE).open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
    except (OSError, RuntimeError) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise ResourceError(
            f"The checkpoint of step {step} could not be written: {error}", "Is the disk full?"
        ) from error
    shutil.rmtree(target, ignore_errors=True)
    partial.replace(target)
    for _, old in checkpoints(folder)[:-keep]:
        shutil.rmtree(old)
    return target


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    return torch.load(path / _STATE, map_location=device, weights_only=True)
