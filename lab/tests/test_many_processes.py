from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import tiny_recipe

from wisp_lab.curves import read_metrics
from wisp_lab.steps import RunFolder
from wisp_lab.train import train


def _toml(value: object) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"


@pytest.mark.slow
@pytest.mark.parametrize("extra", [[], ["--use_fsdp", "--fsdp_version", "2"]], ids=["ddp", "fsdp"])
def test_two_processes_train_as_one_with_twice_the_batch(trained, corpus, tmp_path: Path, extra: list[str]) -> None:
    def prepared(name: str, **settings) -> tuple:
        folder = RunFolder(tmp_path / name)
        shutil.copytree(trained[1].tokens, folder.tokens)
        return tiny_recipe(corpus, folder.path, train={"steps": 20, "evaluate_every": 10} | settings), folder

    alone, one = prepared("one", batch=4)
    train(alone, one)
    shared, two = prepared("two", batch=2)
    recipe = tmp_path / "recipe.toml"
    sections = shared.model_dump(mode="json", exclude_none=True, exclude={"collect", "evaluate", "export", "adapt"})
    sections["run"]["steps"] = ["train"]
    recipe.write_text("\n".join(f"{name} = {_toml(values)}" for name, values in sections.items()))
    launcher = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2"]
    command = [*launcher, *extra, "-m", "wisp_lab"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}

    def launch(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [*command, "train", str(recipe), *arguments], capture_output=True, text=True, env=environment, timeout=160
        )

    stopped = launch("--stop-at", "10")
    assert "Stopped after step 10 of 20" in stopped.stderr, stopped.stderr[-3000:]
    done = launch()
    assert done.returncode == 0, done.stderr[-3000:]
    curves = [
        {
            row["step"]: row["valid_loss"]
            for row in read_metrics(folder.training / "metrics.jsonl")
            if "valid_loss" in row
        }
        for folder in (one, two)
    ]
    assert curves[0].keys() == curves[1].keys() == {10, 20}
    assert all(curves[0][step] == pytest.approx(curves[1][step], rel=0.01) for step in curves[0])
    assert (two.model / "model.safetensors").is_file()
