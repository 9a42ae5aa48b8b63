from __future__ import annotations

import json
import shutil
from pathlib import Path
from unittest.mock import MagicMock

import gguf
import pytest
import torch
from conftest import tiny_recipe
from transformers import AutoModelForCausalLM

from wisp_lab.engine import Answer, Engine, find_repository
from wisp_lab.errors import EngineError, ModelFileError
from wisp_lab.export import export_all
from wisp_lab.fim import END, MIDDLE, PREFIX, SUFFIX
from wisp_lab.gguf_export import export_gguf
from wisp_lab.gguf_model import load_gguf, read_gguf
from wisp_lab.model import new_model
from wisp_lab.parity import PROMPTS, Parity, Special, check_parity
from wisp_lab.steps import RunFolder
from wisp_lab.tokenizer import CodeTokenizer

needs_engine = pytest.mark.skipif(find_repository() is None, reason="node-llama-cpp is not installed (npm install)")


@needs_engine
@pytest.mark.parametrize("kind", ["f32", "f16", "q8_0"])
def test_the_engine_says_what_pytorch_says(exported, kind: str) -> None:
    model, files = exported
    result = check_parity(model, files[kind], max_tokens=16)
    assert result.same_prompt_tokens == result.prompts == len(PROMPTS)
    assert result.tokens > 30
    if kind == "q8_0":
        assert result.same_tokens > 0.5 * result.tokens
    else:
        assert result.exact, result


@needs_engine
@pytest.mark.parametrize("architecture", ["qwen3", "llama"])
def test_the_other_architectures_agree_too(trained, corpus, tmp_path: Path, architecture: str) -> None:
    _, folder = trained
    tokenizer = CodeTokenizer.load(folder.tokens)
    recipe = tiny_recipe(corpus, tmp_path, model={"architecture": architecture, "tied_embeddings": False})
    model = new_model(recipe.model, tokenizer, 1)
    with torch.no_grad():  # a new model says little; louder weights make it choose
        for name, parameter in model.named_parameters():
            if parameter.dim() == 2:
                parameter.mul_(4 if "embed" not in name else 1)
    model.save_pretrained(tmp_path / "model")
    for file in folder.tokens.glob("tokenizer*.json"):
        shutil.copy(file, tmp_path / "model")
    target = export_gguf(tmp_path / "model", tmp_path / "m.gguf", "f32", name="m", licence="mit")
    result = check_parity(tmp_path / "model", target, max_tokens=8)
    assert result.exact and result.tokens >= 30, result


@needs_engine
def test_the_engine_finds_the_fim_tokens_and_answers_in_text(exported) -> None:
    model, files = exported
    tokenizer = CodeTokenizer.load(model)
    with Engine(files["f16"]) as engine:
        special = tokenizer.special
        assert engine.info["infill"] == {
            "prefix": special[PREFIX], "middle": special[MIDDLE], "suffix": special[SUFFIX],
        }  # fmt: skip
        assert engine.info["eos"] == special[END]
        answer = engine.generate(PROMPTS[0], max_tokens=8, top=3)
        assert answer.text == tokenizer.decode(answer.tokens)
        assert all(0 < p <= 1 for step in answer.probabilities for _, p in step)


@needs_engine
def test_export_writes_every_type_and_compares_it(trained) -> None:
    recipe, folder = trained
    lines = list(export_all(recipe, folder, parity=True))
    assert {path.name for path in folder.exported.glob("*.gguf")} == {
        "tiny-f32.gguf", "tiny-f16.gguf", "tiny-q8_0.gguf",
    }  # fmt: skip
    assert len(lines) == 6
    parity = json.loads((folder.exported / "parity.json").read_text())
    assert parity["f32"]["same_tokens"] == parity["f32"]["tokens"] > 0


@needs_engine
def test_a_model_that_says_something_else_is_not_passed_off(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    from wisp_lab import export

    real = export.export_gguf

    def wrong(model: Path, target: Path, kind: str, **names: str) -> Path:
        broken = target.parent / "broken"
        loaded = AutoModelForCausalLM.from_pretrained(model)
        with torch.no_grad():
            loaded.model.layers[0].mlp.down_proj.weight.mul_(-3)
        loaded.save_pretrained(broken)
        for file in model.glob("tokenizer*.json"):
            shutil.copy(file, broken)
        return real(broken, target, kind, **names)

    monkeypatch.setattr(export, "export_gguf", wrong)
    recipe, folder = trained
    with pytest.raises(EngineError, match="says something else"):
        list(export_all(recipe, folder, parity=True))


class Silent:
    """PyTorch's model, and the engine, made to say what a test wants."""

    def __init__(self, token: int, size: int) -> None:
        self.logits = torch.zeros(1, 1, size)
        self.logits[0, 0, token] = 1.0

    def eval(self) -> Silent:
        return self

    def __call__(self, input_ids: torch.Tensor) -> Silent:
        return self


@pytest.mark.parametrize(("theirs", "alike"), [([], 1), ([5], 0), ([5] * 4, 0)])
def test_an_end_is_compared_too(trained, tmp_path: Path, monkeypatch, theirs: list[int], alike: int) -> None:
    tokenizer = CodeTokenizer.load(trained[1].model)
    engine = MagicMock()
    engine.__enter__.return_value.generate = lambda prompt, **_: Answer(
        "", Special(tokenizer).encode(prompt), theirs, "", [], 1.0
    )
    monkeypatch.setattr("wisp_lab.parity.Engine", lambda _: engine)
    silent = Silent(tokenizer.special[END], tokenizer.size)
    monkeypatch.setattr("wisp_lab.parity.Causal.from_pretrained", lambda *_, **__: silent)
    result = check_parity(trained[1].model, tmp_path / "m.gguf", max_tokens=4)
    assert (result.same_tokens, result.tokens) == (alike * len(PROMPTS), len(PROMPTS))
    assert result.exact == bool(alike) and result.widest_margin == (0 if alike else 1)


@pytest.mark.parametrize("result", [Parity(5, 4, 90, 90, 0.0), Parity(5, 5, 0, 0, 0.0), Parity(5, 5, 80, 90, 0.1)])
def test_a_file_that_does_not_agree_is_not_passed_off(trained, monkeypatch, result: Parity) -> None:
    monkeypatch.setattr("wisp_lab.export.export_gguf", lambda _, target, *__, **___: target.touch())
    monkeypatch.setattr("wisp_lab.export.find_repository", lambda: Path())
    monkeypatch.setattr("wisp_lab.export.check_parity", lambda *_: result)
    recipe, folder = trained
    assert not result.exact
    with pytest.raises(EngineError):
        list(export_all(recipe, folder, parity=True))


def test_a_gguf_file_comes_back_with_the_same_weights(exported) -> None:
    model, files = exported
    info = read_gguf(files["f32"])
    assert (info.architecture, info.layers, info.context, info.name) == ("qwen2", 2, 128, "tiny")
    mine = AutoModelForCausalLM.from_pretrained(model).state_dict()
    back = load_gguf(files["f32"], torch.float32).state_dict()
    assert all(torch.equal(mine[name], back[name]) for name in mine if not name.startswith("lm_head"))


def test_no_licence_is_claimed_that_nobody_said(trained, exported, tmp_path: Path) -> None:
    said = gguf.GGUFReader(exported[1]["f16"]).get_field("general.license")
    assert said is not None and said.contents() == "mit"
    silent = trained[0].export.licence
    file = export_gguf(trained[1].model, tmp_path / "m.gguf", "f16", name="m", licence=silent)
    assert gguf.GGUFReader(file).get_field("general.license") is None


def test_unsuitable_model_files_are_refused_with_a_reason(tmp_path: Path, exported) -> None:
    with pytest.raises(ModelFileError, match="There is no model file"):
        read_gguf(tmp_path / "none.gguf")
    (tmp_path / "text.gguf").write_text("no model")
    with pytest.raises(ModelFileError, match="not a readable GGUF"):
        read_gguf(tmp_path / "text.gguf")
    _, files = exported
    (tmp_path / "cut.gguf").write_bytes(files["f32"].read_bytes()[:3000])
    with pytest.raises(ModelFileError, match="not a readable GGUF"):
        read_gguf(tmp_path / "cut.gguf")
    other = gguf.GGUFWriter(tmp_path / "other.gguf", "gpt2")
    other.add_type("model")
    other.add_token_list(["a", "b"])
    for write in (other.write_header_to_file, other.write_kv_data_to_file, other.write_tensors_to_file, other.close):
        write()
    with pytest.raises(ModelFileError, match="architecture 'gpt2'"):
        read_gguf(tmp_path / "other.gguf")
    plain = gguf.GGUFWriter(tmp_path / "plain.gguf", "qwen2")
    plain.add_type("model")
    plain.add_token_list(["a", "b"])
    for write in (plain.write_header_to_file, plain.write_kv_data_to_file, plain.write_tensors_to_file, plain.close):
        write()
    with pytest.raises(ModelFileError, match="no fill-in-the-middle tokens"):
        read_gguf(tmp_path / "plain.gguf")


@needs_engine
def test_the_engine_tells_why_it_cannot_load_a_file(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_text("no model")
    with pytest.raises(EngineError, match="did not start"):
        Engine(tmp_path / "bad.gguf")


def test_export_needs_a_model(corpus, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="Run the step `train`"):
        list(export_all(tiny_recipe(corpus, tmp_path), RunFolder(tmp_path), parity=False))
