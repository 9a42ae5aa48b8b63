"""What graphics cards can do at best, by NVIDIA's data sheets: what MFU and the compute plan are measured against."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Card:
    half: float
    """FLOP/s of the tensor cores in bf16, dense, sums in fp32; in fp16 where the card has no bf16."""
    single: float
    """FLOP/s in fp32, without TF32, which PyTorch leaves off."""
    devices: tuple[str, ...]
    """The names that CUDA gives it, whole: an L40 is no L4, and half an H100 (MIG) no H100."""
    has_bf16: bool = True

    def peak(self, dtype: torch.dtype) -> float | None:
        if dtype == torch.float32:
            return self.single
        return self.half if dtype == torch.bfloat16 and self.has_bf16 else None


CARDS = {
    "H200": Card(989e12, 67e12, ("NVIDIA H200",)),
    "H100": Card(989e12, 67e12, ("NVIDIA H100 80GB HBM3",)),
    "H100 PCIe": Card(756e12, 51e12, ("NVIDIA H100 PCIe",)),
    "H100 NVL": Card(835e12, 60e12, ("NVIDIA H100 NVL",)),
    "A100": Card(
        312e12,
        19.5e12,
        ("NVIDIA A100-SXM4-40GB", "NVIDIA A100-SXM4-80GB", "NVIDIA A100-PCIE-40GB", "NVIDIA A100 80GB PCIe"),
    ),
    "L40S": Card(362e12, 91.6e12, ("NVIDIA L40S",)),
    "L40": Card(181e12, 90.5e12, ("NVIDIA L40",)),
    "L4": Card(121e12, 30.3e12, ("NVIDIA L4",)),
    "A10": Card(125e12, 31.2e12, ("NVIDIA A10",)),
    "A10G": Card(70e12, 35e12, ("NVIDIA A10G",)),
    "V100": Card(
        125e12,
        15.7e12,
        ("Tesla V100-SXM2-16GB", "Tesla V100-SXM2-32GB", "NVIDIA V100-SXM2-16GB", "NVIDIA V100-SXM2-32GB"),
        has_bf16=False,
    ),
    "T4": Card(65e12, 8.1e12, ("Tesla T4", "NVIDIA T4"), has_bf16=False),
    "RTX 4090": Card(165e12, 82.6e12, ("NVIDIA GeForce RTX 4090",)),
    "RTX 3090": Card(71e12, 35.6e12, ("NVIDIA GeForce RTX 3090",)),
}


def card_peak(device_name: str, dtype: torch.dtype) -> float | None:
    """FLOP/s of the card that CUDA calls so, or None where no data sheet is known here for it or for these numbers."""
    for card in CARDS.values():
        if device_name in card.devices:
            return card.peak(dtype)
    return None
