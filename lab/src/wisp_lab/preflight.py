"""Is there enough memory and disk? Asked before the work starts, not found out in its middle."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psutil
import torch

from wisp_lab.errors import ResourceError
from wisp_lab.recipe import Model
from wisp_lab.steps import make_folder

_SPARE = 1.15


def training_bytes(parameters: int, batch: int, model: Model, vocabulary: int) -> int:
    """Memory of training in fp32: weights, gradients and AdamW's two moments, activations of a micro-batch.

    Activations per token and layer are 34 x width numbers without attention matrices, which are never stored
    (arXiv 2205.05198, 4.1, at 2 bytes; here 4), and three copies of the logits.
    """
    state = parameters * 4 * 4
    tokens = batch * model.context
    activations = tokens * (34 * model.width * 2 * model.layers + 3 * vocabulary * 4)
    return int((state + activations) * _SPARE)


def check_training(parameters: int, batch: int, model: Model, vocabulary: int, folder: Path) -> None:
    """@raises ResourceError naming what is needed and what there is"""
    need = training_bytes(parameters, batch, model, vocabulary)
    if torch.cuda.is_available():
        free, where = torch.cuda.mem_get_info()[0], "on the GPU"
    else:
        free, where = psutil.virtual_memory().available, "of memory"
    if need > free:
        raise ResourceError(
            f"Training needs about {_gb(need)} {where}; {_gb(free)} are free.",
            "Lower train.batch (and raise train.accumulation), model.context or the model's size.",
        )
    check_disk(folder, parameters * 4 * 3 * 3)


def check_compiler() -> None:
    """@raises ResourceError where torch.compile would find no compiler, after the model has been built"""
    if not any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "g++", "gcc", "clang++", "cc", "cl")):
        raise ResourceError(
            "train.compile = true needs a C++ compiler, and there is none.", "Install g++, or set compile = false."
        )


def check_memory(need: int, what: str, hint: str) -> None:
    free = psutil.virtual_memory().available
    if need > free:
        raise ResourceError(f"{what} needs about {_gb(need)} of memory; {_gb(free)} are free.", hint)


def check_disk(folder: Path, need: int) -> None:
    make_folder(folder)
    free = shutil.disk_usage(folder).free
    if need > free:
        raise ResourceError(
            f"{folder} needs about {_gb(need)} of disk; {_gb(free)} are free.", "Choose another output folder."
        )


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
