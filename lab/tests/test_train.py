from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from accelerate.state import AcceleratorState
from conftest import tiny_recipe

from wisp_lab.checkpoint import checkpoints, load_checkpoint, save_checkpoint
from wisp_lab.curves import read_metrics
from wisp_lab.errors import EmptySourceError, Interrupted, LabError, ResourceError
from wisp_lab.precision import chosen_precision
from wisp_lab.recipe import Train
from wisp_lab.schedule import learning_rate_factor
from wisp_lab.steps import RunFolder, done_digest, step
from wisp_lab.tokenizer import CodeTokenizer
from wisp_lab.train import train


def losses(folder: RunFolder, key: str = "loss") -> list[tuple[int, float]]:
    return [(row["step"], row[key]) for row in read_metrics(folder.training / "metrics.jsonl") if key in row]


def copy_of(trained, tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "copy")
    shutil.copytree(trained[1].tokens, folder.tokens)
    return folder


def test_the_loss_falls_on_unseen_code(trained) -> None:
    _, folder = trained
    valid = losses(folder, "valid_loss")
    assert [step for step, _ in valid] == [30, 60]
    uniform = math.log(CodeTokenizer.load(folder.tokens).size)
    assert losses(folder)[0][1] < uniform
    assert valid[-1][1] < valid[0][1] < uniform
    assert valid[-1][1] < 0.55 * uniform
    assert (folder.training / "curves.png").stat().st_size > 10_000
    assert list((folder.training / "tensorboard").glob("events*"))


def test_half_precision_gives_nearly_the_same_curve(trained, corpus, tmp_path: Path) -> None:
    folder = copy_of(trained, tmp_path)
    AcceleratorState._reset_state()  # of this process, which has trained in fp32
    try:
        train(tiny_recipe(corpus, folder.path, train={"precision": "bf16"}), folder)
    finally:
        AcceleratorState._reset_state()
    assert dict(losses(folder, "valid_loss")) == pytest.approx(dict(losses(trained[1], "valid_loss")), rel=0.05)
    weights = load_checkpoint(checkpoints(folder.training)[-1][1])["model"].values()
    assert all(value.dtype == torch.float32 for value in weights), "the master weights stay whole"


def test_bf16_is_taken_where_it_is_faster_and_a_resume_goes_on_with_what_was_taken(tmp_path: Path, monkeypatch) -> None:
    cpu = torch.device("cpu")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    for faster, other, name in ((torch.float32, torch.bfloat16, "fp32"), (torch.bfloat16, torch.float32, "bf16")):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.setattr("wisp_lab.precision._seconds", {faster: 1.0, other: 2.0}.__getitem__)
        assert chosen_precision("auto", cpu, folder) == name
        monkeypatch.setattr("wisp_lab.precision._seconds", {faster: 2.0, other: 1.0}.__getitem__)
        assert chosen_precision("auto", cpu, folder) == name
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    assert chosen_precision("auto", cpu, tmp_path) == "fp32"
    assert chosen_precision("bf16", cpu, tmp_path) == "bf16"


def test_going_on_after_a_stop_gives_the_very_same_curve_and_weights(trained, tmp_path: Path) -> None:
    recipe, whole = trained
    folder = copy_of(trained, tmp_path)
    for stop_at in (25, 50):
        with pytest.raises(Interrupted, match=f"after step {stop_at} of 60"):
            train(recipe, folder, stop_at=stop_at)
    train(recipe, folder)
    expected = dict(losses(whole))
    found = {step: loss for step, loss in losses(folder) if step in expected}
    assert found == expected and len(found) == 6
    assert losses(folder, "valid_loss") == losses(whole, "valid_loss")
    mine = load_checkpoint(checkpoints(folder.training)[-1][1])["model"]
    theirs = load_checkpoint(checkpoints(whole.training)[-1][1])["model"]
    assert all(torch.equal(mine[name], theirs[name]) for name in theirs)


def _program(folder: RunFolder, corpus: Path, tmp_path: Path, **train_changes) -> Path:
    """A Python file that trains the recipe with the changes."""
    recipe = tiny_recipe(corpus, folder.path, train=train_changes).model_dump(mode="json", exclude_none=True)
    path = tmp_path / "recipe.py"
    path.write_text(
        "import sys, json\nfrom wisp_lab.recipe_file import parse_recipe\nfrom wisp_lab.steps import RunFolder\n"
        "from pathlib import Path\nfrom wisp_lab.train import train\nfrom wisp_lab.errors import Interrupted\n"
        f"recipe = parse_recipe(json.loads({json.dumps(recipe)!r}))\n"
        f"try:\n    train(recipe, RunFolder(Path({str(folder.path)!r})), report=print)\n"
        "except Interrupted as stop:\n    print(stop.message)\n    sys.exit(130)\n"
    )
    return path


def _start(folder: RunFolder, corpus: Path, tmp_path: Path, **train_changes) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, str(_program(folder, corpus, tmp_path, **train_changes))],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ | {"TQDM_DISABLE": "1"},
    )  # fmt: skip


def _wait(condition, process: subprocess.Popen, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "the training ended by itself"
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.02)


@pytest.mark.parametrize(
    "how", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)], ids=["ctrl-c", "crash"]
)
def test_an_interruption_loses_at_most_what_came_after_the_checkpoint(trained, corpus, tmp_path, how) -> None:
    folder = copy_of(trained, tmp_path)
    process = _start(folder, corpus, tmp_path, steps=4000, checkpoint_every=10)
    _wait(lambda: len(checkpoints(folder.training)) > 1, process)
    process.send_signal(how)
    output, _ = process.communicate(timeout=60)
    step, path = checkpoints(folder.training)[-1]
    assert load_checkpoint(path)["model"] and step >= 20
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert output.strip().endswith(f"Stopped after step {step} of 4000.")
    recipe = tiny_recipe(corpus, folder.path, train={"steps": 4000, "checkpoint_every": 10})
    with pytest.raises(Interrupted, match=f"after step {step + 10} of"):
        train(recipe, folder, stop_at=step + 10)
    steps = [row for row, _ in losses(folder)]
    assert steps == sorted(set(steps))


def test_a_full_disk_keeps_the_earlier_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_checkpoint(tmp_path, 10, {"model": {"x": torch.ones(2)}, "optimizer": {}}, keep=2)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(ResourceError, match=r"step 20 could not be written.*No space left"):
        save_checkpoint(tmp_path, 20, {}, keep=2)
    assert [step for step, _ in checkpoints(tmp_path)] == [10]
    assert not list(tmp_path.glob("partial-*"))


def test_only_the_newest_checkpoints_stay(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        save_checkpoint(tmp_path, number, {"model": {}, "optimizer": {}}, keep=2)
    assert [number for number, _ in checkpoints(tmp_path)] == [2, 3]


def test_other_settings_do_not_overwrite_a_finished_model(trained, corpus) -> None:
    _, folder = trained
    with pytest.raises(LabError, match="result of other settings"):
        train(tiny_recipe(corpus, folder.path, train={"steps": 61}), folder)
    assert train(trained[0], folder) == folder.model


def test_other_settings_do_not_throw_a_stopped_training_away(trained, corpus, tmp_path: Path) -> None:
    folder = copy_of(trained, tmp_path)
    with pytest.raises(Interrupted):
        train(trained[0], folder, stop_at=2)
    with pytest.raises(LabError, match="holds the checkpoints of other settings"):
        train(tiny_recipe(corpus, folder.path, train={"learning_rate": 4e-3}), folder)
    free = {"checkpoint_every": 7, "evaluate_every": 9, "keep_checkpoints": 3, "workers": 1}
    with pytest.raises(Interrupted, match="after step 3"):
        train(tiny_recipe(corpus, folder.path, train=free), folder, stop_at=3)
    assert [step for step, _ in checkpoints(folder.training)] == [2, 3]
    with pytest.raises(Interrupted, match="after step 1"):
        train(tiny_recipe(corpus, folder.path, train={"learning_rate": 4e-3}), folder, fresh=True, stop_at=1)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"digest": 1}', "\xff"])
def test_a_step_whose_marker_is_broken_is_told(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "step.json").write_bytes(text.encode("latin-1"))
    (folder / "work").mkdir()
    assert done_digest(folder) is None
    with pytest.raises(LabError, match=r"step\.json cannot be read"), step(folder, 1):
        pytest.fail("the work has begun")
    assert (folder / "work").is_dir()
    with step(folder, 1, fresh=True) as wanted:
        assert wanted and not (folder / "work").exists()
    with step(folder, 1) as wanted:
        assert not wanted


def test_a_model_that_does_not_fit_is_refused_before_the_work(trained, corpus, tmp_path) -> None:
    folder = copy_of(trained, tmp_path)
    recipe = tiny_recipe(corpus, folder.path, train={"batch": 10_000_000})
    with pytest.raises(ResourceError, match="Training needs about"):
        train(recipe, folder)


def test_training_needs_tokens(corpus, tmp_path) -> None:
    with pytest.raises(EmptySourceError, match="Run `tokenize` first"):
        train(tiny_recipe(corpus, tmp_path), RunFolder(tmp_path))


@pytest.mark.parametrize("schedule", ["cosine", "wsd", "constant"])
def test_the_learning_rate_warms_up_and_ends_as_told(schedule: str) -> None:
    settings = Train(steps=100, schedule=schedule, warmup=0.1, decay=0.2, final_learning_rate=0.1)
    factors = [learning_rate_factor(settings, step) for step in range(100)]
    assert factors[0] == pytest.approx(0.1) and factors[9] == factors[10] == pytest.approx(1)
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(factors[10:]))
    assert factors[-1] == pytest.approx({"cosine": 0.1, "wsd": 0.145, "constant": 1.0}[schedule], abs=0.01)


def test_a_training_goes_on_with_as_many_processes_as_began_it(trained, tmp_path: Path) -> None:
    folder = copy_of(trained, tmp_path)
    with pytest.raises(Interrupted):
        train(trained[0], folder, stop_at=2)
    state = load_checkpoint(checkpoints(folder.training)[-1][1])
    assert state["processes"] == 1
    save_checkpoint(folder.training, 2, state | {"processes": 4}, keep=2)
    with pytest.raises(LabError, match="was begun with 4 processes; this is 1") as told:
        train(trained[0], folder, stop_at=3)
    assert "--num-processes 4" in told.value.hint


def test_two_processes_train_like_one_with_the_same_samples(trained, corpus, tmp_path: Path) -> None:
    """DDP over gloo: each process takes its half of every step's samples, and the gradients are averaged."""
    one, two = RunFolder(tmp_path / "one"), RunFolder(tmp_path / "two")
    for folder in (one, two):
        shutil.copytree(trained[1].tokens, folder.tokens)
    changes = {"steps": 10, "checkpoint_every": 10, "evaluate_every": 5}
    train(tiny_recipe(corpus, one.path, train=changes | {"batch": 4}), one)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launcher, str(_program(two, corpus, tmp_path, **changes, batch=2))],
        capture_output=True, text=True, timeout=240, check=False,
        env=os.environ | {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "2 device(s)" in done.stdout and (two.model / "model.safetensors").is_file()
    assert load_checkpoint(checkpoints(two.training)[-1][1])["processes"] == 2
    # Each process takes the mean over its own tokens: a little else where the halves have unlike numbers of them.
    assert dict(losses(two)) == pytest.approx(dict(losses(one)), rel=0.02)
    valid = dict(losses(two, "valid_loss"))
    assert valid == pytest.approx(dict(losses(one, "valid_loss")), rel=0.02) and valid.keys() == {5, 10}
