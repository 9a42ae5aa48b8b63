from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from conftest import tiny_recipe
from peft import PeftModel
from test_export import needs_engine

from wisp_lab.adapt import adapt
from wisp_lab.checkpoint import checkpoints, load_checkpoint
from wisp_lab.collect import collect
from wisp_lab.curves import read_metrics
from wisp_lab.engine import Engine
from wisp_lab.errors import EmptySourceError, Interrupted, LabError, ModelFileError, ResourceError
from wisp_lab.fim import END, fim_prompt
from wisp_lab.gguf_export import export_gguf
from wisp_lab.gguf_model import load_gguf
from wisp_lab.parity import Special, torch_greedy
from wisp_lab.recipe import Recipe
from wisp_lab.steps import RunFolder
from wisp_lab.tokenizer import CodeTokenizer


@pytest.fixture(scope="module")
def base(trained, tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("base") / "base.gguf"
    return export_gguf(trained[1].model, target, "f32", name="base", licence="mit")


def recipe_for(corpus: Path, out: Path, base: Path, **changes) -> Recipe:
    settings = {
        "base": str(base), "rank": 4, "alpha": 8, "steps": 30, "accumulation": 2, "learning_rate": 1e-2,
        "prefix_tokens": 40, "suffix_tokens": 16, "middle_tokens": 24, "evaluate_every": 15, "checkpoint_every": 10,
        "precision": "fp32",
        "targets": ["q_proj", "k_proj", "v_proj", "o_proj", "up_proj", "down_proj", "gate_proj"],
    }  # fmt: skip
    return tiny_recipe(corpus, out, adapt=settings | changes)


@pytest.fixture(scope="module")
def adapted(corpus, base, tmp_path_factory) -> tuple[Recipe, RunFolder]:
    folder = RunFolder(tmp_path_factory.mktemp("adapt") / "run")
    recipe = recipe_for(corpus, folder.path, base)
    assert recipe.collect
    collect(recipe.collect, folder.data, base=corpus, seed=1)
    adapt(recipe, folder, base=corpus)
    return recipe, folder


def test_the_adapter_lowers_the_loss_of_the_hole(adapted) -> None:
    _, folder = adapted
    valid = [row["valid_loss"] for row in read_metrics(folder.adapter / "metrics.jsonl") if "valid_loss" in row]
    assert len(valid) == 3 and valid[-1] < valid[0]


@needs_engine
def test_the_engine_with_the_adapter_says_what_pytorch_with_it_says(adapted, base) -> None:
    _, folder = adapted
    tokenizer = CodeTokenizer.load(base)
    model = load_gguf(base, torch.float32)
    plain_model = load_gguf(base, torch.float32).eval()
    with_adapter = PeftModel.from_pretrained(model, folder.adapter).eval()
    prompts = [
        fim_prompt("def apple_3(left, right", "\n"),
        fim_prompt("    total = left * ", "\n    if total"),
        fim_prompt('"""Things about berry."""\n\n', "\n"),
    ]
    differs = False
    with Engine(base, folder.adapter / "adapter.gguf") as engine:
        for prompt in prompts:
            ids = Special(tokenizer).encode(prompt)
            expected, margins = torch_greedy(with_adapter, ids, 12, tokenizer.special[END])
            answer = engine.generate(prompt, max_tokens=12)
            assert min(margins, default=1) < 1e-3 or answer.tokens == expected
            differs |= expected != torch_greedy(plain_model, ids, 12, tokenizer.special[END])[0]
    assert differs, "the adapter changes nothing"


def test_a_stopped_adaptation_goes_on_to_the_same_weights(adapted, corpus, tmp_path: Path) -> None:
    recipe, whole = adapted
    folder = RunFolder(tmp_path / "run")
    (tmp_path / "run").mkdir()
    folder.data.symlink_to(whole.data)
    with pytest.raises(Interrupted, match="after step 17 of 30"):
        adapt(recipe, folder, base=corpus, stop_at=17)
    events: list[dict] = []
    adapt(recipe, folder, base=corpus, on_progress=events.append)
    assert [event["step"] for event in events] == list(range(18, 31))
    mine = load_checkpoint(checkpoints(folder.adapter)[-1][1])["model"]
    theirs = load_checkpoint(checkpoints(whole.adapter)[-1][1])["model"]
    assert mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_another_model_of_the_same_size_is_another_base(adapted, corpus, base, tmp_path: Path) -> None:
    recipe, whole = adapted
    folder, other = RunFolder(tmp_path / "run"), tmp_path / "base.gguf"
    folder.path.mkdir()
    folder.data.symlink_to(whole.data)
    shutil.copytree(whole.adapter, folder.adapter)
    shutil.copyfile(base, other)
    moved = recipe.model_copy(update={"adapt": recipe.adapt.model_copy(update={"base": str(base)})})
    adapt(moved, folder, base=corpus)  # done
    with base.open("r+b") as file:
        file.seek(-4, 2)
        last = file.read(4)
        file.seek(-4, 2)
        file.write(bytes(byte ^ 1 for byte in last))
    try:
        with pytest.raises(LabError, match="other settings or other inputs"):
            adapt(moved, folder, base=corpus)
    finally:
        shutil.copyfile(other, base)


def test_the_result_has_the_forms_for_the_engine_and_for_vllm(adapted, base) -> None:
    import gguf

    _, folder = adapted
    reader = gguf.GGUFReader(folder.adapter / "adapter.gguf")
    fields = {name: reader.get_field(name).contents() for name in ("general.type", "adapter.type")}
    assert fields == {"general.type": "adapter", "adapter.type": "lora"}
    assert reader.get_field("adapter.lora.alpha").contents() == 8
    names = {tensor.name for tensor in reader.tensors}
    assert len(names) == 2 * 7 * 2 and "blk.1.ffn_down.weight.lora_b" in names
    config = json.loads((folder.adapter / "adapter_config.json").read_text())
    assert config["r"] == 4 and (folder.adapter / "adapter_model.safetensors").is_file()
    assert config["base_model_name_or_path"] == "base"
    for name in ("adapter_config.json", "README.md"):
        assert str(base.parent) not in (folder.adapter / name).read_text(), "a folder of this machine"


def test_only_the_text_in_the_hole_is_learnt(base, corpus) -> None:
    import random

    from wisp_lab.hole_samples import hole_sample

    tokenizer = CodeTokenizer.load(base)
    settings = recipe_for(corpus, corpus, base).adapt
    assert settings
    text = (corpus / "apple" / "apple.py").read_text()
    for seed in range(200):
        sample = hole_sample(text, "apple.py", tokenizer, settings, random.Random(seed))
        if sample is None:
            continue
        ids = sample.ids
        middle = tokenizer.special["<|fim_middle|>"]
        assert ids.count(middle) == 1 and len(ids) - ids.index(middle) - 1 == sample.middle
        assert len(ids) <= 40 + 16 + 24 + 4 + 40
        hole = tokenizer.decode([i for i in ids[-sample.middle :] if i != tokenizer.special[END]])
        assert hole in text or "\ufffd" in hole


@pytest.mark.parametrize("loss", ["middle", "all"])
def test_the_loss_is_that_of_the_hole_alone(base, corpus, loss: str) -> None:
    """Samples of unlike length in one batch, against the logits of each by itself, without padding."""
    from wisp_lab.adapt import _Adaptation
    from wisp_lab.hole_samples import CodeFile, draw_samples

    settings = recipe_for(corpus, corpus, base, loss=loss).adapt
    assert settings
    work = _Adaptation.__new__(_Adaptation)
    work.settings, work.device, work.tokenizer = settings, torch.device("cpu"), CodeTokenizer.load(base)
    work.model = load_gguf(base, torch.float32).eval()
    documents = [CodeFile("apple.py", (corpus / "apple" / "apple.py").read_text())]
    samples = draw_samples(documents, 4, work.tokenizer, settings, "1")
    assert len({len(sample.ids) for sample in samples}) > 1 and len({sample.middle for sample in samples}) > 1
    losses = []
    for sample in samples:
        with torch.no_grad():
            chances = work.model(input_ids=torch.tensor([sample.ids])).logits[0].log_softmax(-1)
        first = len(sample.ids) - sample.middle if loss == "middle" else 1
        losses += [-float(chances[place - 1, sample.ids[place]]) for place in range(first, len(sample.ids))]
    with torch.no_grad():
        assert float(work._loss(samples)) == pytest.approx(sum(losses) / len(losses), rel=1e-4)
        assert work._valid_loss(samples) == pytest.approx(sum(losses) / len(losses), rel=1e-4)


def test_adapting_needs_data_and_a_suitable_model(corpus, base, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="There is no model file"):
        adapt(recipe_for(corpus, tmp_path, tmp_path / "none.gguf"), RunFolder(tmp_path), base=tmp_path)
    with pytest.raises(EmptySourceError, match="Run `collect` first"):
        adapt(recipe_for(corpus, tmp_path, base), RunFolder(tmp_path), base=tmp_path)


@pytest.mark.parametrize("what", ["memory", "disk"])
def test_too_little_of_the_machine_is_told_before_the_work(
    adapted, corpus, base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    folder.data.symlink_to(adapted[1].data)
    little = type("Little", (), {"free": 1_000_000, "available": 1_000_000})()
    if what == "disk":
        monkeypatch.setattr("wisp_lab.preflight.shutil.disk_usage", lambda _: little)
    else:
        monkeypatch.setattr("wisp_lab.preflight.psutil.virtual_memory", lambda: little)
    with pytest.raises(ResourceError, match=rf"of {what}; 0\.0 GB are free"):
        adapt(recipe_for(corpus, folder.path, base), folder, base=corpus)
    assert not list(folder.adapter.glob("step-*"))


def test_half_precision_learns_as_well(adapted, corpus, base, tmp_path: Path) -> None:
    _, whole = adapted
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    folder.data.symlink_to(whole.data)
    adapt(recipe_for(corpus, folder.path, base, precision="bf16"), folder, base=corpus)
    last = [
        [row["valid_loss"] for row in read_metrics(run.adapter / "metrics.jsonl") if "valid_loss" in row][-1]
        for run in (whole, folder)
    ]
    assert last[1] == pytest.approx(last[0], rel=0.1)
