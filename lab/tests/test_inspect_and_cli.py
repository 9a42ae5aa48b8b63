from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from wisp_lab import cli
from wisp_lab.fim import fim_prompt
from wisp_lab.inspection import inspect, load_for_inspection, write_page
from wisp_lab.parity import torch_greedy
from wisp_lab.plan import compute_plan
from wisp_lab.recipe_file import load_recipe

RUNNER = CliRunner()
RECIPES = Path(__file__).parent.parent / "recipes"


def test_inspection_shows_what_generation_does(trained, tmp_path: Path) -> None:
    _, folder = trained
    model, tokenizer = load_for_inspection(folder.model)
    prompt = fim_prompt("def apple_3(left, right", "\n    total = left")
    result = inspect(model, tokenizer, "tiny", prompt, steps=6, top=4)
    ids = [token.id for token in result.prompt]
    expected, _ = torch_greedy(model, ids, 6, tokenizer.special["<|endoftext|>"])
    assert [step.chosen for step in result.steps][: len(expected)] == expected
    for number, step in enumerate(result.steps):
        assert len(step.candidates) == 4 and step.candidates[0].id == step.chosen
        assert 0 < sum(c.probability for c in step.candidates) <= 1 + 1e-5
        assert len(step.attention) == len(step.heads) == 2
        for row in step.attention:
            assert len(row) == len(ids) + number
            assert sum(row) == pytest.approx(1, abs=0.01)
    page = tmp_path / "page.html"
    write_page(result, page)
    text = page.read_text()
    assert not re.search(r"""(src|href)=["']|https?://|@import""", text)
    data = json.loads(re.search(r"const data = (.*);\n", text).group(1))
    assert data["steps"][0]["chosen"] == result.steps[0].chosen
    assert "</script>" not in text[text.index("const data") : text.index("const $")]


def test_every_command_teaches_in_its_help() -> None:
    for command in (
        "collect",
        "tokenize",
        "train",
        "adapt",
        "adapt-repository",
        "evaluate",
        "export",
        "inspect",
        "plan",
        "run",
    ):
        done = RUNNER.invoke(cli.app, [command, "--help"])
        assert done.exit_code == 0 and len(done.output) > 400, command


def test_an_error_is_one_message_without_a_traceback(tmp_path, monkeypatch, capsys) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('[run]\nname = "x"\nsteps = ["train"]\n[train]\nstep = 4\n')
    monkeypatch.setattr("sys.argv", ["wisp-lab", "train", str(bad)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 1
    output = capsys.readouterr().err
    assert "RecipeError" in output and "Did you mean 'steps'?" in output and "Traceback" not in output


def test_a_disk_that_fills_up_is_told_in_one_line(monkeypatch, capsys) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device", "tokens/train.bin")

    monkeypatch.setattr(cli, "app", full)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    output = capsys.readouterr().err
    assert stop.value.code == 1 and "tokens/train.bin" in output and "goes on" in output


def test_a_plan_multiplies_what_it_says() -> None:
    text = compute_plan(load_recipe(RECIPES / "small-gpu.toml"), "H100", 1, 0.4)
    parameters = float(re.search(r"parameters\s+([\d.]+) M", text).group(1))
    assert 60 <= parameters <= 120
    hours = float(re.search(r"time\s+([\d.]+) hours", text).group(1))
    flops = float(re.search(r"training FLOPs\s+(\S+)", text).group(1))
    assert hours == pytest.approx(flops / (989e12 * 0.4) / 3600, rel=0.02, abs=0.005)


@pytest.mark.slow
def test_a_recipe_runs_from_code_to_a_compared_model(corpus, tmp_path: Path) -> None:
    recipe = tmp_path / "whole.toml"
    recipe.write_text(
        f"""
[run]
name = "whole"
output = "out"
steps = ["collect", "tokenize", "train", "evaluate", "export"]
[collect]
split = {{ valid = 0.2, heldout = 0.2 }}
[[collect.sources]]
kind = "folder"
path = "{corpus}"
each = true
[tokenize]
vocabulary = 512
[model]
layers = 2
width = 64
feed_forward = 128
context = 128
[train]
steps = 20
batch = 2
[evaluate]
count = 5
prefix_tokens = 60
suffix_tokens = 16
max_tokens = 8
"""
    )
    done = RUNNER.invoke(cli.app, ["run", str(recipe)])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "export" / "whole-q8_0.gguf").is_file()
    assert "5 cases" in (tmp_path / "out" / "evaluation" / "REPORT.md").read_text()
    again = RUNNER.invoke(cli.app, ["run", str(recipe)])
    assert again.exit_code == 0, again.output
