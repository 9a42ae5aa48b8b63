from __future__ import annotations

import gzip
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import commit, module, tiny_recipe, write
from test_execution import INFILLING
from test_export import needs_engine
from test_scoring import CASE

from wisp_lab import scoring
from wisp_lab.cases import Case, cases_from_commits, cases_from_documents, load_cases, save_cases
from wisp_lab.collect import documents
from wisp_lab.errors import EmptySourceError, Interrupted, LabError, ModelFileError
from wisp_lab.evaluate import evaluate, make_cases, predict
from wisp_lab.evaluate_run import _heldout_loss, evaluate_run
from wisp_lab.gguf_export import export_gguf
from wisp_lab.language_loss import LanguageLoss, language_loss, spread_windows
from wisp_lab.recipe import Evaluate
from wisp_lab.scoring import Score, score, trimmed
from wisp_lab.steps import RunFolder, write_json


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("git") / "repo"
    commit(root, {"old.py": module("old"), "same.py": module("same")}, "2026-01-10T10:00:00Z")
    changed = module("old") + "\ndef brand_new_function(first_argument):\n    return first_argument.convert_all()\n"
    moved = "# copied\n" + module("same", 3)
    commit(root, {"old.py": changed, "new.py": module("fresh"), "moved.py": moved}, "2026-03-01T10:00:00Z")
    return root


def test_cases_are_lines_that_only_later_commits_have(repository: Path) -> None:
    cases = cases_from_commits(repository, "2026-02-01", "", 50, seed=1)
    old = {" ".join(line.split()) for line in (module("old") + module("same")).splitlines()}
    for case in cases:
        whole = case.prefix + case.truth + case.suffix
        assert whole == (repository / case.path).read_text()
        line = case.prefix.rsplit("\n", 1)[-1] + case.truth
        assert " ".join(line.split()) not in old
        assert "\n" not in case.truth and len(case.truth.strip()) >= 6 and case.suffix.startswith("\n")
    assert {case.path for case in cases} == {"old.py", "new.py"}
    assert max(sum(c.path == path for c in cases) for path in ("old.py", "new.py")) <= 3
    assert cases == cases_from_commits(repository, "2026-02-01", "", 50, seed=1)
    assert cases != cases_from_commits(repository, "2026-02-01", "", 50, seed=2)
    assert {c.path for c in cases_from_commits(repository, "2026-02-01", "^new", 50, seed=1)} == {"new.py"}


def test_no_new_line_is_an_error(repository: Path) -> None:
    with pytest.raises(EmptySourceError, match="No line"):
        cases_from_commits(repository, "2026-02-01", "^nothing", 5, seed=1)
    with pytest.raises(LabError, match="no commit before"):
        cases_from_commits(repository, "2020-01-01", "", 5, seed=1)


def test_cases_come_back_from_the_disk_and_from_the_other_formats(repository: Path, tmp_path: Path) -> None:
    cases = cases_from_commits(repository, "2026-02-01", "", 5, seed=1)
    save_cases(cases, tmp_path / "cases.jsonl.gz")
    assert load_cases(tmp_path / "cases.jsonl.gz") == cases
    infilling = {
        "task_id": "SingleLineInfilling/HumanEval/0/L0", "entry_point": "f", "prompt": "def f(x):\n",
        "suffix": "    return y\n", "canonical_solution": "    y = x + 1\n",
        "test": "def check(f):\n    assert f(1) == 2\n",
    }  # fmt: skip
    ours = {
        "id": "a-0", "kind": "block", "language": "go", "path": "a.go", "prefix": "x", "suffix": "z",
        "truth_line": "y", "truth_block": "y\nyy", "repo": "r",
    }  # fmt: skip
    path = tmp_path / "mixed.jsonl"
    path.write_text(json.dumps(infilling) + "\n" + json.dumps(ours) + "\n")
    first, second = load_cases(path)
    # A whole line is missing: the cursor stands on an empty one.
    assert (first.prefix, first.truth, first.suffix) == ("def f(x):\n", "    y = x + 1", "\n    return y\n")
    assert first.test.endswith("check(f)\n")
    assert (second.truth, second.truth_line, second.kind) == ("y\nyy", "y", "block")
    broken = [json.dumps(ours | {key: None}) for key in ("id", "prefix", "suffix", "truth_block")]
    twice = f"{json.dumps(ours)}\n{json.dumps(ours)}"
    for text in ('{"id": 1}', "{", "[]", json.dumps(infilling | {"test": None}), "", "\n", twice, *broken):
        (tmp_path / "bad.jsonl").write_text(text)
        with pytest.raises(LabError):
            load_cases(tmp_path / "bad.jsonl")
    (tmp_path / "bad.jsonl.gz").write_bytes(gzip.compress(b"{}")[:-9])
    with pytest.raises(LabError):
        load_cases(tmp_path / "bad.jsonl.gz")


def test_a_file_of_cases_is_taken_whole(tmp_path: Path) -> None:
    save_cases([replace(CASE, id=str(number)) for number in range(164)], tmp_path / "cases.jsonl.gz")
    recipe = tiny_recipe(tmp_path, tmp_path, evaluate={"cases": "cases.jsonl.gz", "count": 100})
    assert len(make_cases(recipe, RunFolder(tmp_path), tmp_path)) == 164


def test_the_truth_of_every_case_is_right(repository: Path) -> None:
    text = Path(scoring.__file__).read_text()
    middles = [Case(str(at), "human_eval", "python", "a.py", text[:at], text[at + 9 :], text[at : at + 9])
               for at in range(0, len(text) - 9, 7)]  # fmt: skip
    lines = cases_from_commits(repository, "2026-02-01", "", 50, seed=1)
    for case in [*lines, *load_cases(INFILLING), *middles]:
        assert score(case, trimmed(case, case.truth)) == Score(True, 1.0), case.truth


@needs_engine
def test_a_stopped_evaluation_goes_on_and_every_model_gets_the_same_cases(trained, tmp_path: Path) -> None:
    recipe, folder = trained
    model = export_gguf(folder.model, tmp_path / "m.gguf", "f16", name="m", licence="mit")
    cases = cases_from_documents(documents(folder.data, "heldout"), 6, 1)
    settings = Evaluate(prefix_tokens=64, suffix_tokens=16, max_tokens=8)
    out = tmp_path / "predictions.jsonl"
    with pytest.raises(Interrupted):
        predict(cases, model, None, settings, out, max_seconds=1e-6)
    assert len(out.read_text().splitlines()) == 1
    with out.open("a") as file:
        file.write('{"id": "torn by a cra')
    found = predict(cases, model, None, settings, out)
    assert found.keys() == {case.id for case in cases}
    assert len(out.read_text().splitlines()) == len(cases)
    changed = recipe.model_copy(update={"evaluate": settings.model_copy(update={"count": 6})})
    report = evaluate(changed, folder, [("a", model, None), ("b", model, None)], base=tmp_path)  # fmt: skip
    results = json.loads(report.with_name("results.json").read_text())
    assert results["scores"]["a"] == results["scores"]["b"] and not results["comparison"]["better"]


def test_the_loss_on_the_heldout_part_matches_a_direct_computation(trained) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from wisp_lab.tokenize import TokenFile

    _, folder = trained
    result = language_loss(folder.model, folder.tokens, "heldout")
    model = AutoModelForCausalLM.from_pretrained(folder.model, dtype=torch.float32).eval()
    file = TokenFile.open(folder.tokens, "heldout")
    total, count, each = 0.0, 0, []
    for number in range(len(file)):
        ids, mine = file.tokens[file.offsets[number] : file.offsets[number + 1]].tolist(), []
        for start in range(0, len(ids) - 1, 128):
            window = torch.tensor([ids[start : start + 128]])
            with torch.no_grad():
                loss = model(input_ids=window, labels=window).loss
            mine.append((float(loss) * (window.shape[1] - 1), window.shape[1] - 1))
        total, count = total + sum(loss for loss, _ in mine), count + sum(size for _, size in mine)
        each.append(sum(loss for loss, _ in mine) / sum(size for _, size in mine))
    assert result.tokens == count and result.documents == len(file) == 2
    assert result.loss == pytest.approx(total / count, rel=1e-4)
    # With two documents the interval goes from the one to the other.
    assert (result.low, result.high) == (pytest.approx(min(each), rel=1e-4), pytest.approx(max(each), rel=1e-4))
    assert f"interval over documents {math.exp(min(each)):.1f} to" in result.summary(0.95)
    assert result.perplexity == pytest.approx(math.exp(total / count), rel=1e-3) and result.bits_per_byte > 0


def test_the_windows_of_the_loss_are_spread_over_all_documents() -> None:
    lengths = [1000, 1, 0, 100, 3000, 50, 900]
    whole = spread_windows(lengths, 128, 10**9)
    assert {number for number, _, _ in whole} == {0, 3, 4, 5, 6}
    assert all(0 <= start < end - 1 and end <= lengths[number] and end - start <= 128 for number, start, end in whole)
    assert sum(end - start for _, start, end in whole) >= sum(lengths) - 4
    few = spread_windows([1000] * 40, 128, 8_000)
    assert sum(end - start for _, start, end in few) == pytest.approx(8_000, rel=0.1)
    assert {number for number, _, _ in few} == set(range(40)), "not the first documents alone"
    assert len({start for _, start, _ in few}) > 3, "not their beginnings alone"
    assert len(set(few)) == len(few)


def test_one_document_gives_no_interval(trained, tmp_path: Path) -> None:
    _, folder = trained
    tokens = tmp_path / "tokens"
    shutil.copytree(folder.tokens, tokens)
    offsets = np.load(tokens / "heldout.offsets.npy")
    np.save(tokens / "heldout.offsets.npy", offsets[:2])
    result = language_loss(folder.model, tokens, "heldout")
    assert (result.documents, result.low, result.high) == (1, None, None)
    assert "no interval" in result.summary(0.95)


def test_evaluation_needs_something_to_evaluate(trained, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="neither a trained model nor an adapter"):
        evaluate_run(trained[0], RunFolder(tmp_path), base=tmp_path)


def test_other_commits_and_other_data_make_other_cases(repository: Path, tmp_path: Path) -> None:
    mine, folder = tmp_path / "repo", RunFolder(tmp_path / "out")
    shutil.copytree(repository, mine)
    recipe = tiny_recipe(tmp_path, folder.path, evaluate={"repository": str(mine), "cut": "2026-02-01"})
    first = make_cases(recipe, folder, tmp_path)
    assert make_cases(recipe, folder, tmp_path) == first
    commit(mine, {"later.py": module("later")}, "2026-03-02T10:00:00Z")
    assert {case.path for case in make_cases(recipe, folder, tmp_path)} - {case.path for case in first} == {"later.py"}
    recipe = tiny_recipe(tmp_path, folder.path)
    for name in ("one", "two"):
        write(folder.data / "heldout", {"0.jsonl": json.dumps(document(name)) + "\n"})
        write_json(folder.data / "step.json", {"digest": name, "done": True})
        assert {case.path for case in make_cases(recipe, folder, tmp_path)} == {f"{name}.py"}


def test_a_line_that_was_learnt_makes_no_case(repository: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe(tmp_path, tmp_path, evaluate={"repository": str(repository), "cut": "2026-02-01"})
    assert {case.path for case in make_cases(recipe, RunFolder(tmp_path), tmp_path)} == {"old.py", "new.py"}
    write(tmp_path / "data" / "train", {"0.jsonl": json.dumps(document("fresh")) + "\n"})
    write_json(tmp_path / "data" / "step.json", {"digest": "1", "done": True})
    assert {case.path for case in make_cases(recipe, RunFolder(tmp_path), tmp_path)} == {"old.py"}


def document(name: str) -> dict:
    return {"text": module(name), "id": name, "metadata": {"path": f"{name}.py", "repository": name}}


def test_other_data_and_another_model_have_a_loss_of_their_own(tmp_path: Path, monkeypatch) -> None:
    folder, measured = RunFolder(tmp_path), []
    loss = LanguageLoss(1, 1, 1.0, 2, 0.5, 1.5)
    monkeypatch.setattr("wisp_lab.evaluate_run.language_loss", lambda *_, **__: measured.append(1) or loss)
    write(folder.model, {"config.json": "{}"})
    for training, tokens, times in (("a", "b", 1), ("a", "b", 1), ("c", "b", 2), ("c", "d", 3), ("c", "d", 3)):
        write_json(folder.training / "step.json", {"digest": training, "done": True})
        write_json(folder.tokens / "step.json", {"digest": tokens, "done": True})
        assert _heldout_loss(tiny_recipe(tmp_path, tmp_path), folder) == loss
        assert len(measured) == times
