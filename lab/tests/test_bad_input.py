"""What is wrong outside of the lab is told before any work starts, with what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import MIT, commit, git, module, tiny_recipe, write
from typer.testing import CliRunner

from wisp_lab import cli
from wisp_lab.collect import collect
from wisp_lab.errors import EngineError, LabError, ModelFileError, RecipeError, ResourceError
from wisp_lab.evaluate import check_cases
from wisp_lab.evaluate_run import evaluate_run
from wisp_lab.inputs import check_inputs
from wisp_lab.inspection import inspect, load_for_inspection
from wisp_lab.plan import compute_plan
from wisp_lab.recipe import Tokenize
from wisp_lab.recipe_file import load_recipe
from wisp_lab.steps import RunFolder, run_folder
from wisp_lab.tokenize import tokenize
from wisp_lab.train import train

WHOLE = ["collect", "tokenize", "train", "evaluate"]
FINE = {"prefix_tokens": 64, "suffix_tokens": 16, "max_tokens": 8}


@pytest.fixture(autouse=True)
def _with_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether `npm install` was run is the matter of one test alone."""
    monkeypatch.setattr("wisp_lab.evaluate.installed_runtime", lambda: None)


def source(root: Path, **changes: object) -> dict:
    return {"sources": [{"kind": "folder", "path": str(root), "each": True}]} | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"languages": ["pyton"]}, r"collect\.languages\.0: there is no language 'pyton'\. Did you mean 'python'\?"),
        ({"licences": ["MIT", "MITT"]}, r"collect\.licences\.1: 'MITT' is no licence of SPDX"),
        ({"executor": {"kind": "slurm"}}, r"collect\.executor: kind = 'slurm' needs `partition`"),
        ({"split": {"valid": 0.5, "heldout": 0.5}}, r"collect\.split: valid and heldout together leave nothing"),
        ({"min_bytes": 500, "max_bytes": 400}, r"collect: min_bytes \(500\) is above max_bytes \(400\)"),
    ],
)
def test_a_wrong_value_is_told_by_the_recipe(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        tiny_recipe(tmp_path, tmp_path, collect=source(tmp_path, **changes))


def test_wrong_values_of_later_steps_are_told_by_the_recipe(tmp_path: Path) -> None:
    source_of_nobody = {"kind": "git", "path": ".", "licence": "my licence"}
    for section, values, message in (
        ("adapt", {"base": "m.gguf", "targets": ["q_proj", "qproj"]}, r"adapt\.targets\.1"),
        ("evaluate", {"path_pattern": "("}, r"evaluate\.path_pattern: '\(' is no regular expression"),
        ("evaluate", {"repository": "."}, "evaluate: repository needs `cut`"),
        ("model", {"width": 60, "heads": 4}, "model: width / heads must be even"),
        ("model", {"head_width": 15}, "model: head_width must be even"),
        ("model", {"rope_theta": 0}, r"model\.rope_theta"),
        ("model", {"norm_epsilon": -1}, r"model\.norm_epsilon"),
        ("train", {"learning_rate": float("inf")}, r"train\.learning_rate"),
        ("adapt", {"base": "m.gguf", "alpha": float("nan")}, r"adapt\.alpha"),
        ("export", {"name": "../../x/y"}, r"export\.name"),
        ("collect", {"sources": [source_of_nobody]}, "'my licence' is no licence of SPDX"),
    ):
        with pytest.raises(RecipeError, match=message):
            tiny_recipe(tmp_path, tmp_path, **{section: values})


def test_licences_may_be_written_in_any_case_and_ones_own_code_has_its_word(tmp_path: Path) -> None:
    own = {"kind": "folder", "path": ".", "licence": "own"}
    recipe = tiny_recipe(tmp_path, tmp_path, collect={"licences": ["mit", "apache-2.0"], "sources": [own]})
    assert recipe.collect and recipe.collect.licences == ["MIT", "Apache-2.0"]


def test_a_folder_is_no_recipe_and_a_path_of_nobody_no_path(tmp_path: Path, corpus: Path) -> None:
    with pytest.raises(RecipeError, match="is a folder"):
        load_recipe(tmp_path)
    recipe = tiny_recipe(corpus, tmp_path, run={"output": "~nobody-of-this-name/out"})
    with pytest.raises(RecipeError, match="is no path"):
        run_folder(recipe, tmp_path / "recipe.toml")


@pytest.mark.parametrize(("kind", "tool"), [("ray", "Ray, which is not installed"), ("slurm", "`sbatch`")])
def test_an_executor_that_is_not_here_is_told(tmp_path: Path, corpus: Path, monkeypatch, kind: str, tool: str) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("wisp_lab.collect.importlib.util.find_spec", lambda _: None)
    executor = {"kind": kind, "partition": "cpu"}
    recipe = tiny_recipe(corpus, tmp_path / "out", collect=source(corpus, executor=executor))
    assert recipe.collect
    with pytest.raises(LabError, match=tool) as told:
        collect(recipe.collect, tmp_path / "out", base=tmp_path, seed=0)
    assert "kind = 'local'" in told.value.hint and not (tmp_path / "out").exists()


def test_an_output_folder_that_cannot_be_made_is_told(tmp_path: Path, corpus: Path) -> None:
    (tmp_path / "file").write_text("here already")
    for out, reason in ((tmp_path / "file", "File exists"), (tmp_path / "file" / "out", "Not a directory")):
        recipe = tiny_recipe(corpus, out)
        assert recipe.collect
        with pytest.raises(ResourceError, match=f"Nothing can be written to .*: {reason}"):
            check_inputs(recipe, RunFolder(out), corpus)
        with pytest.raises(ResourceError, match="Nothing can be written to"):
            collect(recipe.collect, RunFolder(out).data, base=corpus, seed=0)


def test_a_tokenizer_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path / "broken", {"tokenizer.json": "{"})
    for name, message in (
        ("none.gguf", "There is no model file"),
        ("none", r"tokenize\.from_model: there is no tokenizer in"),
        ("empty", r"tokenize\.from_model: there is no tokenizer in"),
        ("broken", r"tokenizer\.json cannot be read"),
    ):
        with pytest.raises(ModelFileError, match=message):
            tokenize(Tokenize(from_model=name), tmp_path / "data", tmp_path / "tokens", base=tmp_path)


def test_training_asks_for_memory_before_it_builds_the_model(trained, corpus, tmp_path: Path, monkeypatch) -> None:
    folder = RunFolder(tmp_path)
    folder.tokens.symlink_to(trained[1].tokens)
    monkeypatch.setattr("wisp_lab.train.new_model", lambda *_: pytest.fail("the model was built"))
    wide = tiny_recipe(corpus, tmp_path, model={"width": 65_536, "feed_forward": 262_144, "layers": 200})
    with pytest.raises(ResourceError, match="Training needs about"):
        train(wide, folder)
    assert not (folder.training / "step.json").exists()


def test_compiling_asks_for_a_compiler_first(trained, corpus, tmp_path: Path, monkeypatch) -> None:
    folder = RunFolder(tmp_path)
    folder.tokens.symlink_to(trained[1].tokens)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ResourceError, match="needs a C\\+\\+ compiler"):
        train(tiny_recipe(corpus, tmp_path, train={"compile": True}), folder)


def test_a_loss_that_is_no_number_ends_with_a_word(trained, corpus, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.tokens.symlink_to(trained[1].tokens)
    with pytest.raises(LabError, match="The loss is nan at step") as told:
        train(tiny_recipe(corpus, tmp_path, train={"learning_rate": 1e30, "clip": 1e30}), folder)
    assert "train.learning_rate" in told.value.hint


ADAPT = {"steps": ["collect", "adapt", "evaluate"]}
LATE = {
    "tokenizer": ({"tokenize": {"from_model": "none.gguf"}}, "There is no model file"),
    "memory": ({"train": {"batch": 10_000_000}}, "Training needs about"),
    "model": ({"run": ADAPT, "adapt": {"base": "none.gguf"}}, "There is no model file"),
    "cases": ({"evaluate": {"cases": "none.jsonl"}}, "none.jsonl cannot be read as cases"),
    "wrong cases": ({"evaluate": {"cases": "wrong.jsonl"}}, "a line that is no object"),
    "repository": ({"evaluate": {"repository": "none", "cut": "2026-02-01"}}, "is not a git repository"),
    "no line after the cut": ({"evaluate": {"repository": "repo", "cut": "2026-02-01"}}, "No line .* makes a case"),
    "context": ({"evaluate": {"prefix_tokens": 384}}, "asks for 412 tokens in all; the model's context is 128"),
    "held-out part": ({"collect": {"split": {"unit": "file", "heldout": 0}}}, "and collect.split leaves none"),
    "order": ({"run": {"steps": ["collect", "train"]}}, "'train' works on what 'tokenize' makes"),
}


@pytest.mark.parametrize("what", LATE)
def test_what_a_later_step_lacks_is_told_before_the_first(corpus: Path, tmp_path: Path, what: str) -> None:
    commit(tmp_path / "repo", {"LICENSE": MIT, "a.py": module("a")}, "2026-01-10T10:00:00Z")
    write(tmp_path, {"wrong.jsonl": "[]\n"})
    changes, message = LATE[what]
    evaluate, run = FINE | changes.get("evaluate", {}), {"steps": WHOLE} | changes.get("run", {})
    recipe = tiny_recipe(corpus, tmp_path / "out", **changes | {"evaluate": evaluate, "run": run})
    with pytest.raises(LabError, match=message):
        check_inputs(recipe, RunFolder(tmp_path / "out"), tmp_path)
    fine = tiny_recipe(corpus, tmp_path / "fine", run={"steps": WHOLE}, evaluate=FINE)
    check_inputs(fine, RunFolder(tmp_path / "fine"), tmp_path)


def test_code_later_than_the_cut_is_not_learnt(tmp_path: Path) -> None:
    repository, clone = tmp_path / "repo", tmp_path / "clone"
    commit(repository, {"a/a.py": module("a")}, "2026-01-10T10:00:00Z")
    commit(repository, {"a/b.py": module("b")}, "2026-03-01T10:00:00Z")
    git(tmp_path, "clone", "-q", str(repository), str(clone))
    commit(tmp_path / "other", {"a.py": module("other")}, "2026-03-01T10:00:00Z")

    def check(**source: object) -> None:
        recipe = tiny_recipe(
            tmp_path, tmp_path / "out", collect={"sources": [source]},
            evaluate=FINE | {"repository": "repo", "cut": "2026-02-01"},
        )  # fmt: skip
        check_cases(recipe, RunFolder(tmp_path / "out"), tmp_path)

    for fine in ({"at": "2026-02-01"}, {"at": "HEAD~1"}, {"at": "2026-01-20", "path": "clone"}, {"path": "other"}):
        check(**{"kind": "git", "path": "repo"} | fine)
    for late in ({}, {"at": "main"}, {"at": "2026-04-01"}, {"path": "clone"}, {"mode": "history"}):
        with pytest.raises(RecipeError, match=r"no earlier\s+than cut"):
            check(**{"kind": "git", "path": "repo"} | late)
    for late in ({"path": "repo"}, {"path": "repo/a"}, {"path": "clone"}, {"path": ".", "each": True}):
        with pytest.raises(RecipeError, match="as it stands now"):
            check(kind="folder", **late)


def test_a_run_looks_at_everything_before_it_collects(corpus: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f"""
[run]
name = "x"
output = "out"
steps = ["collect", "tokenize"]
[[collect.sources]]
kind = "folder"
path = "{corpus}"
each = true
[tokenize]
from_model = "none"
"""
    )
    done = CliRunner().invoke(cli.app, ["run", str(recipe)])
    assert isinstance(done.exception, ModelFileError) and not (tmp_path / "out" / "data").exists()


def test_a_missing_runtime_is_told_before_the_first_step(corpus: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("WISP_REPOSITORY", str(tmp_path))
    recipe = tiny_recipe(corpus, tmp_path / "out", run={"steps": WHOLE}, evaluate=FINE)
    with pytest.raises(EngineError, match="runtime is not installed"):
        check_inputs(recipe, RunFolder(tmp_path / "out"), tmp_path)


def test_a_file_to_compare_with_is_looked_at_first(trained, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("wisp_lab.evaluate_run.language_loss", lambda *_: pytest.fail("the work has begun"))
    with pytest.raises(ModelFileError, match="There is no model file"):
        evaluate_run(*trained, base=tmp_path, against=tmp_path / "none.gguf")


def test_inspect_and_plan_refuse_what_makes_no_sense(trained, tmp_path: Path) -> None:
    recipe, folder = trained
    with pytest.raises(ModelFileError, match="There is no model in"):
        load_for_inspection(folder.tokens)
    loaded, tokenizer = load_for_inspection(folder.model)
    with pytest.raises(LabError, match="nothing to go on from"):
        inspect(loaded, tokenizer, "tiny", "", steps=2, top=2)
    with pytest.raises(LabError, match="room for 128 tokens"):
        inspect(loaded, tokenizer, "tiny", "x", steps=128, top=2)
    every = inspect(loaded, tokenizer, "tiny", "x", steps=1, top=100_000)
    assert len(every.steps[0].candidates) == tokenizer.size, "there are no more to show"
    with pytest.raises(LabError, match=r"'H10' is not known") as told:
        compute_plan(recipe, "H10", 1, 0.4)
    assert told.value.hint == "Did you mean 'H100'?"
    for speed in ("0", "-1", "nan", "inf"):
        with pytest.raises(LabError, match="no speed"):
            compute_plan(recipe, speed, 1, 0.4)
