"""Which numbers a training computes with: chosen once for each training, so that a resume goes on with the same."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import torch

_FILE = "precision.txt"
_SIZE = 768
_GAIN = 1.2
"""By how much bf16 must be the faster one: it rounds, and a measurement that is nearly even would fall either way."""


def chosen_precision(wanted: str, device: torch.device, folder: Path) -> str:
    """"fp32" or "bf16" for the training in `folder`; "auto" is what the device is faster in."""
    if wanted != "auto":
        return wanted
    kept = folder / _FILE
    if not kept.is_file():
        kept.write_text("bf16" if has_fast_bf16(device) else "fp32", encoding="utf-8")
    return kept.read_text(encoding="utf-8")


def has_fast_bf16(device: torch.device) -> bool:
    """Whether the device computes in bf16 and gains by it.

    A processor that has the instructions can yet be slower with them: AVX-512 BF16 in a virtual machine was.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities = torch.cpu.get_capabilities()
    if device.type != "cpu" or not any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16")):
        return False
    return _seconds(torch.float32) > _GAIN * _seconds(torch.bfloat16)


@cache
def _seconds(dtype: torch.dtype) -> float:
    """Of one matrix product, the best of some."""
    a = torch.randn(_SIZE, _SIZE).to(dtype)
    best = float("inf")
    for _ in range(8):
        begun = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - begun)
    return best
