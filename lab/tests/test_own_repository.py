from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import commit, module
from test_adapt import base  # noqa: F401, a fixture
from test_export import needs_engine
from typer.testing import CliRunner

from wisp_lab import cli
from wisp_lab.errors import EmptySourceError, LabError, ModelFileError
from wisp_lab.own_repository import LEAST_CASES, choose_cut, write_recipe
from wisp_lab.recipe_file import load_recipe


def grow(root: Path, weeks: int) -> Path:
    """Two files come each week."""
    first = date(2026, 1, 5)
    for week in range(weeks):
        day = first + timedelta(weeks=week)
        files = {f"week{week}_{part}.py": module(f"w{week}{part}", 14) for part in "ab"}
        commit(root, files, f"{day}T10:00:00Z")
    return root


@pytest.fixture(scope="module")
def young(tmp_path_factory) -> Path:
    """Just old enough; the name needs quoting in TOML."""
    return grow(tmp_path_factory.mktemp("git") / 'my "shop" ü', 8)


def test_the_cut_is_the_latest_day_that_leaves_enough_to_judge(tmp_path: Path) -> None:
    day, count = choose_cut(grow(tmp_path / "grown", 20), seed=1)
    # Three places of each new file at most: 100 take 34 files, which 17 of the 20 weeks bring.
    assert count == 100
    assert day == "2026-01-18"


def test_a_repository_without_a_past_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="not a git repository"):
        choose_cut(tmp_path, seed=1)
    commit(tmp_path / "new", {"a.py": module("a")}, "2026-01-10T10:00:00Z")
    with pytest.raises(EmptySourceError, match=f"gives 0 places .* at least {LEAST_CASES}"):
        choose_cut(tmp_path / "new", seed=1)


def test_the_recipe_is_valid_and_kept(young: Path, base: Path, tmp_path: Path) -> None:  # noqa: F811
    path = write_recipe(young, base, tmp_path / "out", steps=7)
    recipe = load_recipe(path)
    assert recipe.collect and recipe.adapt
    assert recipe.collect.sources[0].path == str(young) and recipe.adapt.base == str(base)
    assert recipe.evaluate.cut == recipe.collect.sources[0].at and recipe.adapt.steps == 7
    wanted = recipe.evaluate
    assert 100 < wanted.prefix_tokens + wanted.suffix_tokens + wanted.max_tokens <= 124, "the base's context is 128"
    before = path.read_bytes()
    write_recipe(young, base, tmp_path / "out", steps=9)
    assert path.read_bytes() == before
    with pytest.raises(ModelFileError, match="There is no model file"):
        write_recipe(young, tmp_path / "none.gguf", tmp_path / "other", steps=7)
    assert not (tmp_path / "other").exists()


@needs_engine
def test_one_command_adapts_and_judges(young: Path, base: Path, tmp_path: Path) -> None:  # noqa: F811
    out = tmp_path / "out"
    command = ["adapt-repository", str(young), "--base", str(base), "--output", str(out), "--steps", "4"]
    done = CliRunner().invoke(cli.app, command)
    assert done.exit_code == 0, done.output
    results = json.loads((out / "evaluation" / "results.json").read_text())
    assert results["cases"] >= LEAST_CASES and isinstance(results["comparison"]["better"], bool)
    assert (out / "adapter" / "adapter.gguf").is_file()
    assert CliRunner().invoke(cli.app, command).exit_code == 0
