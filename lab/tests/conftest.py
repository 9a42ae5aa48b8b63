from __future__ import annotations

import os
import subprocess
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("OMP_NUM_THREADS", "2")

import pytest

from wisp_lab.recipe import Recipe
from wisp_lab.recipe_file import parse_recipe
from wisp_lab.steps import RunFolder

MIT = """MIT License

Copyright (c) 2024 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def module(name: str, count: int = 12) -> str:
    """A Python file unlike those of other names."""
    lines = [f'"""Things about {name}."""', "", f"import {name}_base", ""]
    for number in range(count):
        lines += [
            f"def {name}_{number}(left, right, {name}_scale={number}):",
            f"    total = left * {number} + right - {name}_scale",
            f"    if total > {number * 7}:",
            f"        return {name}_base.lower(total, {number})",
            f"    return [{name}_{number}_item for {name}_{number}_item in range(total)]",
            "",
        ]
    return "\n".join(lines)


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return root


def git(repository: Path, *arguments: str, date: str = "2026-01-10T10:00:00Z") -> str:
    environment = os.environ | {
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_DATE": date,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
    }
    command = ["git", "-C", str(repository), "-c", "user.name=A", "-c", "user.email=a@example.com", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


def commit(repository: Path, files: dict[str, str | bytes], date: str) -> str:
    if not (repository / ".git").exists():
        repository.mkdir(parents=True, exist_ok=True)
        git(repository, "init", "-q", "-b", "main")
    write(repository, files)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "change", date=date)
    return git(repository, "rev-parse", "HEAD").strip()


def tiny_recipe(corpus: Path, out: Path, **changes: dict) -> Recipe:
    data: dict = {
        "run": {"name": "tiny", "output": str(out), "seed": 3, "steps": ["collect", "tokenize", "train", "export"]},
        "collect": {
            "sources": [{"kind": "folder", "path": str(corpus), "each": True}],
            "languages": ["python"],
            "split": {"valid": 0.2, "heldout": 0.2},
        },
        "tokenize": {"vocabulary": 512},
        "model": {
            "architecture": "qwen2",
            "layers": 2,
            "width": 64,
            "heads": 4,
            "kv_heads": 2,
            "feed_forward": 128,
            "context": 128,
        },
        "train": {
            "steps": 60,
            "batch": 4,
            "learning_rate": 5e-3,
            "precision": "fp32",
            "checkpoint_every": 20,
            "evaluate_every": 30,
            "evaluate_batches": 2,
            "fim": {"header_rate": 0.0},  # in 128 tokens another file leaves holes so short that the model says the end
        },
        "export": {"types": ["f32", "f16", "q8_0"]},
    }
    for section, values in changes.items():
        data[section] = data.get(section, {}) | values
    return parse_recipe(data)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six repositories with a licence and two files each."""
    root = tmp_path_factory.mktemp("corpus")
    for name in ("apple", "berry", "cedar", "daisy", "elder", "fern"):
        write(
            root / name,
            {"LICENSE": MIT, f"{name}.py": module(name, 30), f"lib/{name}_more.py": module(f"{name}more", 30)},
        )
    return root


@pytest.fixture(scope="session")
def trained(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, RunFolder]:
    """The whole way from the corpus to a model, once for all tests."""
    from wisp_lab.collect import collect
    from wisp_lab.tokenize import tokenize
    from wisp_lab.train import train

    out = tmp_path_factory.mktemp("run") / "tiny"
    recipe, folder = tiny_recipe(corpus, out), RunFolder(out)
    assert recipe.collect
    collect(recipe.collect, folder.data, base=corpus, seed=recipe.run.seed)
    tokenize(recipe.tokenize, folder.data, folder.tokens, base=corpus)
    train(recipe, folder)
    return recipe, folder


@pytest.fixture(scope="session")
def exported(trained: tuple[Recipe, RunFolder], tmp_path_factory) -> tuple[Path, dict[str, Path]]:
    """The folder of the trained model, and its GGUF files by type."""
    from wisp_lab.gguf_export import export_gguf

    model, out = trained[1].model, tmp_path_factory.mktemp("export")
    return model, {
        kind: export_gguf(model, out / f"tiny-{kind}.gguf", kind, name="tiny", licence="mit")
        for kind in ("f32", "f16", "q8_0")
    }
