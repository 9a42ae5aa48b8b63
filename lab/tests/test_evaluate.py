from __future__ import annotations

import gzip
import json
import math
import re
import shutil
import socket
import time
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from conftest import commit, module, tiny_recipe, write
from test_export import needs_engine

from wisp_lab import scoring
from wisp_lab.cases import Case, cases_from_commits, cases_from_documents, load_cases, save_cases
from wisp_lab.collect import documents
from wisp_lab.errors import EmptySourceError, Interrupted, LabError, ModelFileError
from wisp_lab.evaluate import _table, evaluate, make_cases, predict
from wisp_lab.evaluate_run import _trained_model, evaluate_run
from wisp_lab.execution import Sandbox, find_sandbox
from wisp_lab.gguf_export import export_gguf
from wisp_lab.language_loss import LanguageLoss, language_loss
from wisp_lab.recipe import Evaluate
from wisp_lab.scoring import Comparison, Score, compare, interval, score, share, trimmed
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


CASE = Case("1", "line_end", "python", "a.py", "x = call(", ")\ny = 2\n", "first, second")


def test_scores_and_trimming() -> None:
    assert trimmed(CASE, "first, second)\nmore") == "first, second"
    assert score(CASE, "first,  second") == Score(True, 1.0)
    near = score(CASE, "first, third")
    assert not near.exact and 0.4 < near.similarity < 1
    assert score(CASE, "") == Score(False, 0.0)


def test_only_what_is_too_much_is_trimmed() -> None:
    nested = replace(CASE, truth="abs(a), abs(b)")
    assert trimmed(nested, "abs(a), abs(b)") == trimmed(nested, "abs(a), abs(b))") == nested.truth
    assert trimmed(nested, "max(a, b), min(c)") == "max(a, b), min(c)", "another right answer stays whole too"
    ended = Case("1", "line_end", "go", "a.ts", "x = ", ";\n", "call()")
    assert trimmed(ended, "call();") == trimmed(ended, "call()") == "call()"
    power = Case("1", "line_end", "python", "a.py", "return ", " * x\n", "x * x")
    assert trimmed(power, "x * x") == "x * x"


def test_the_truth_of_every_case_is_right(repository: Path) -> None:
    text = Path(scoring.__file__).read_text()
    middles = [Case(str(at), "human_eval", "python", "a.py", text[:at], text[at + 9 :], text[at : at + 9])
               for at in range(0, len(text) - 9, 7)]  # fmt: skip
    lines = cases_from_commits(repository, "2026-02-01", "", 50, seed=1)
    for case in [*lines, *load_cases(CASES / "infilling.jsonl"), *middles]:
        assert score(case, trimmed(case, case.truth)) == Score(True, 1.0), case.truth


def names(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def test_the_interval_holds_the_mean_and_narrows_with_more_cases() -> None:
    few, many = (interval([0.0, 1.0] * n, names(2 * n), 0.95) for n in (10, 500))
    assert few.mean == many.mean == 0.5
    assert few.low < many.low < 0.5 < many.high < few.high
    # Standard error of a share: sqrt(0.25 / 1000) = 0.0158; 1.96 of them on each side.
    assert many.high - many.low == pytest.approx(2 * 1.96 * 0.0158, rel=0.1)


def test_cases_of_one_file_say_less_than_as_many_of_others() -> None:
    values = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0] * 10
    apart = interval(values, names(60), 0.95)
    together = interval(values, [str(number // 3) for number in range(60)], 0.95)
    assert together.mean == apart.mean
    # Three alike cases of a file count as one: the width grows with the root of three.
    assert together.high - together.low == pytest.approx(3**0.5 * (apart.high - apart.low), rel=0.1)
    assert interval([0.2, 0.3], ["a", "a"], 0.95).low < 0, "one file alone settles nothing"


def test_a_share_of_all_or_none_has_an_interval_and_none_of_nothing_is_refused() -> None:
    # Wilson's bounds for 0 of n are 0 and z^2 / (n + z^2).
    assert share([False] * 100, 0.95).low == 0
    assert share([False] * 100, 0.95).high == pytest.approx(3.8415 / 103.8415, rel=1e-3)
    assert share([True] * 12, 0.95).low == pytest.approx(12 / 15.8415, rel=1e-3)
    for measure in (lambda: share([], 0.95), lambda: interval([], [], 0.95)):
        with pytest.raises(LabError, match="no case"):
            measure()


def test_only_a_gain_beyond_chance_is_recommended() -> None:
    wrong, right = Score(False, 0.4), Score(True, 1.0)

    def judged(before: list[Score], after: list[Score]) -> Comparison:
        return compare(before, after, names(len(before)), 0.95)

    same = judged([wrong, right] * 50, [wrong, right] * 50)
    assert not same.better and same.p_value == 1.0
    chance = judged([wrong] * 100, [right] * 2 + [wrong] * 98)
    assert chance.gained == 2 and not chance.exact.low > 0
    gain = judged([wrong] * 100, [right] * 20 + [wrong] * 80)
    assert gain.better and gain.p_value < 0.001
    loss = judged([right] * 20 + [wrong] * 80, [wrong] * 100)
    assert not loss.better and loss.lost == 20
    few = judged([wrong] * 100, [Score(True, 0.4)] * 5 + [wrong] * 95)
    assert few.exact.low > 0 and few.p_value > 0.05 and not few.better, "five changes are not settled by the test"
    near = judged([Score(False, 0.4)] * 100, [Score(False, 0.6)] * 100)
    exact = judged([wrong] * 100, [Score(True, 0.4)] * 20 + [wrong] * 80)
    cases = [replace(CASE, id=name) for name in names(100)]
    text = {
        name: _table(cases, {"base": [wrong] * 100, "adapted": [wrong] * 100}, Evaluate(), result)
        for name, result in (("same", same), ("gain", gain), ("loss", loss), ("near", near), ("exact", exact))
    }
    assert "**Recommended: adapted.** The gains in exact lines and in edit similarity are larger" in text["gain"]
    assert "**Recommended: adapted.** Its lines are nearer" in text["near"]
    assert "exactly right is not settled" in text["near"] and "exact lines is larger" not in text["near"]
    assert "The gain in exact lines is larger than chance explains; that in edit similarity is not" in text["exact"]
    assert "**Not recommended: adapted**" in text["same"] and "**Not recommended: adapted**" in text["loss"]


CASES = Path(__file__).parent.parent / "cases"
SANDBOXES = {"found here": find_sandbox(), "limits alone": Sandbox(None, no_network=False)}


@pytest.mark.parametrize("sandbox", SANDBOXES.values(), ids=SANDBOXES)
def test_programs_are_run_with_their_tests_in_bounds(sandbox: Sandbox, tmp_path: Path, monkeypatch) -> None:
    case = Case("1", "human_eval", "python", "s.py", "def f(x):\n", "    return y\n", "", test="assert f(1) == 2\n")
    assert sandbox.passes(case, "    y = x + 1\n")
    assert not sandbox.passes(case, "    y = x + 2\n")
    assert not sandbox.passes(case, "    y = (\n")
    assert not sandbox.passes(case, "    y = len(bytearray(1 << 31))\n")
    assert not sandbox.passes(case, "    open('big', 'wb').write(bytes(1 << 22)); y = x + 1\n")
    assert not sandbox.passes(case, "    y = '\ud800'\n"), "half a character is no Python"
    monkeypatch.setattr("wisp_lab.execution._SECONDS", 1)
    assert not sandbox.passes(case, "    while True: pass\n")


@pytest.mark.parametrize("end", ["raise SystemExit", "exit()", "import os; os._exit(0)", "import sys; sys.exit(0)"])
def test_a_program_that_ends_before_its_tests_has_not_passed_them(end: str) -> None:
    case = Case("1", "human_eval", "python", "s.py", "def f(x):\n", "    return y\n", "", test="assert f(1) == 2\n")
    assert not SANDBOXES["limits alone"].passes(case, f"    {end}\n")
    assert not SANDBOXES["found here"].passes(case, f"    {end}\n")


def test_a_long_program_is_run_too() -> None:
    case = Case("1", "human_eval", "python", "s.py", f"x = '{'long' * 100_000}'\ny = ", "\n", "", test="assert y == 1")
    assert SANDBOXES["limits alone"].passes(case, "1")
    assert not SANDBOXES["limits alone"].passes(case, "2")


@pytest.mark.parametrize("sandbox", SANDBOXES.values(), ids=SANDBOXES)
def test_a_program_leaves_no_process_behind(sandbox: Sandbox) -> None:
    mark = f"# {uuid4()}"
    child = f"import time; time.sleep(600) {mark}"
    start = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {child!r}])\n"
    forks = Case("1", "human_eval", "python", "s.py", start, "", "")
    assert sandbox.passes(forks, "")
    deadline = time.monotonic() + 10
    while left := [
        p for p in psutil.process_iter(["cmdline"]) if any(mark in word for word in p.info["cmdline"] or [])
    ]:
        assert time.monotonic() < deadline, left


@pytest.mark.skipif(not find_sandbox().no_network, reason="this system has no namespaces for the user")
def test_a_program_has_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        call = f"import socket\nsocket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2)\n"
        case = Case("1", "human_eval", "python", "s.py", call, "", "")
        assert SANDBOXES["limits alone"].passes(case, "")
        assert not SANDBOXES["found here"].passes(case, "")


@pytest.mark.skipif(find_sandbox().bubblewrap is None, reason="bubblewrap (bwrap) is not installed")
def test_a_program_sees_nothing_of_the_machine_but_python(tmp_path: Path) -> None:
    (tmp_path / "diary").write_text("Dear diary")
    for path in (tmp_path / "diary", Path(__file__), Path("/etc/passwd")):
        case = Case("1", "human_eval", "python", "s.py", f"open({str(path)!r})\n", "", "")
        assert SANDBOXES["limits alone"].passes(case, "")
        assert not SANDBOXES["found here"].passes(case, "")


def test_the_infilling_tasks_of_the_lab_are_passed_by_their_solution_alone(monkeypatch) -> None:
    sandbox = SANDBOXES["found here"]
    cases = load_cases(CASES / "infilling.jsonl")
    assert len(cases) == 12
    for case in cases:
        assert sandbox.passes(case, case.truth), case.id
    monkeypatch.setattr("wisp_lab.execution._SECONDS", 2)  # without its line one of them never ends
    for case in cases:
        assert not sandbox.passes(case, re.sub(r"\S.*", "pass", case.truth)), case.id


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
    result = language_loss(folder.model, folder.tokens, "heldout", max_tokens=300)
    model = AutoModelForCausalLM.from_pretrained(folder.model, dtype=torch.float32).eval()
    file = TokenFile.open(folder.tokens, "heldout")
    assert file.offsets[1] - file.offsets[0] > 300, "the windows lie in the first document"
    total, count = 0.0, 0
    for start in (0, 128, 256):  # the last one begins before the 300th token, and is read whole
        window = torch.tensor([file.tokens[start : start + 128].tolist()])
        with torch.no_grad():
            loss = model(input_ids=window, labels=window).loss
        total, count = total + float(loss) * (window.shape[1] - 1), count + window.shape[1] - 1
    assert result.tokens == count == 3 * 127
    assert result.loss == pytest.approx(total / count, rel=1e-4)
    assert result.perplexity == pytest.approx(math.exp(total / count), rel=1e-3) and result.bits_per_byte > 0


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
    monkeypatch.setattr("wisp_lab.evaluate_run.language_loss", lambda *_: measured.append(1) or LanguageLoss(1, 1, 1.0))
    monkeypatch.setattr("wisp_lab.evaluate_run.export_gguf", lambda _, file, *__, **___: file.touch())
    write(folder.model, {"config.json": "{}"})
    for training, tokens, times in (("a", "b", 1), ("a", "b", 1), ("c", "b", 2), ("c", "d", 3), ("c", "d", 3)):
        write_json(folder.training / "step.json", {"digest": training, "done": True})
        write_json(folder.tokens / "step.json", {"digest": tokens, "done": True})
        _trained_model(tiny_recipe(tmp_path, tmp_path), folder, lambda _: None)
        assert len(measured) == times
