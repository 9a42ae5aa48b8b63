from __future__ import annotations

from pathlib import Path

import pytest
import torch
from conftest import tiny_recipe

from wisp_lab.curves import read_metrics
from wisp_lab.model import model_config, model_size, peak_flops
from wisp_lab.plan import compute_plan
from wisp_lab.recipe import Model
from wisp_lab.steps import RunFolder
from wisp_lab.train import train


@pytest.mark.parametrize(
    ("name", "dtype", "peak"),
    [
        ("NVIDIA H100 80GB HBM3", torch.bfloat16, 989e12),
        ("NVIDIA H100 80GB HBM3", torch.float32, 67e12),
        ("NVIDIA H100 PCIe", torch.bfloat16, 756e12),
        ("NVIDIA A100-SXM4-40GB", torch.float32, 19.5e12),
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", torch.bfloat16, None),
        ("NVIDIA L40", torch.bfloat16, 181e12),
        ("NVIDIA L4", torch.bfloat16, 121e12),
        ("Tesla T4", torch.bfloat16, None),
        ("NVIDIA T400 4GB", torch.float32, None),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", torch.bfloat16, None),
        ("NVIDIA H100 80GB HBM3", torch.float64, None),
    ],
)
def test_a_cards_peak_is_that_of_its_whole_name_and_of_the_numbers(monkeypatch, name: str, dtype, peak) -> None:
    monkeypatch.setattr("torch.cuda.get_device_name", lambda _: name)
    found = peak_flops(torch.device("cuda"), dtype)
    assert found == (None if peak is None else (peak, f"data sheet of {name}"))


def test_a_device_without_a_known_peak_shows_no_mfu(trained, corpus, tmp_path: Path, monkeypatch) -> None:
    assert peak_flops(torch.device("mps"), torch.float32) is None
    monkeypatch.setattr("wisp_lab.train.peak_flops", lambda *_: None)
    folder, said = RunFolder(tmp_path / "run"), []
    folder.path.mkdir()
    folder.tokens.symlink_to(trained[1].tokens)
    train(tiny_recipe(corpus, folder.path, train={"steps": 10}), folder, report=said.append)
    rows = read_metrics(folder.training / "metrics.jsonl")
    assert any("tokens_per_second" in row for row in rows) and not any("mfu" in row for row in rows)
    assert any("not known here, so MFU is not told" in line for line in said)
    assert "mfu" in next(row for row in read_metrics(trained[1].training / "metrics.jsonl") if "loss" in row)


def test_the_plan_counts_with_the_peak_of_the_recipes_numbers(corpus, tmp_path: Path) -> None:
    half, single = (
        compute_plan(tiny_recipe(corpus, tmp_path, train={"precision": precision}), "A100", 1, 0.5)
        for precision in ("bf16", "fp32")
    )
    assert "1 x 312 TFLOP/s" in half and "1 x 20 TFLOP/s" in single


def test_the_size_counts_tied_embeddings_once_and_flops_follow() -> None:
    model = Model(layers=2, width=64, heads=4, kv_heads=2, feed_forward=128, context=64)
    size = model_size(model_config(model, 512, 0, 1))
    layer = 64 * 64 * 2 + 2 * 64 * 32 + 3 * 64 * 128
    assert size.matrix == 512 * 64 + 2 * layer
    assert size.parameters == size.matrix + 2 * (2 * 64 + 2 * 16) + 64
    assert size.flops_per_token(64) == 6 * size.matrix + 12 * 2 * 64 * 64
    untied = model_size(model_config(model.model_copy(update={"tied_embeddings": False}), 512, 0, 1))
    assert untied.parameters == size.parameters + 512 * 64 and untied.matrix == size.matrix
