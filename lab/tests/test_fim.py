from __future__ import annotations

import json
import random

import pytest
from conftest import module
from hypothesis import given, settings
from hypothesis import strategies as st

from wisp_lab.engine import find_repository
from wisp_lab.fim import (
    END,
    FILE,
    MIDDLE,
    PREFIX,
    REPOSITORY,
    SUFFIX,
    cut,
    fim_prompt,
    psm,
    repository_prompt,
    spm,
)
from wisp_lab.hole_samples import CodeFile, draw_samples, hole_sample
from wisp_lab.recipe import Adapt
from wisp_lab.tokenizer import CodeTokenizer, train_tokenizer

_EXTENSION = find_repository()
GOLDEN = _EXTENSION / "test" / "golden" / "fim" / "qwen2.5-coder.json" if _EXTENSION else None
TOKENIZER = CodeTokenizer.of(train_tokenizer([module("some"), module("more")], 512))


@given(st.text(max_size=200), st.integers())
@settings(max_examples=300, deadline=None)
def test_a_cut_loses_nothing(text: str, seed: int) -> None:
    hole = cut(text, random.Random(seed))
    assert hole.prefix + hole.middle + hole.suffix == text
    in_psm = "".join(piece.text for piece in psm(hole) if not piece.special)
    assert in_psm == hole.prefix + hole.suffix + hole.middle
    in_spm = "".join(piece.text for piece in spm(hole) if not piece.special)
    assert in_spm == hole.suffix + hole.prefix + hole.middle


def test_holes_start_within_words_and_often_end_with_the_line() -> None:
    text = "def function(argument):\n    return argument\n" * 20
    holes = [cut(text, random.Random(seed)) for seed in range(400)]
    assert sum(hole.prefix[-1:].isalpha() and hole.middle[:1].isalpha() for hole in holes) > 100
    assert 150 < sum(hole.suffix.startswith("\n") for hole in holes) < 350


@pytest.mark.skipif(GOLDEN is None or not GOLDEN.is_file(), reason="the extension's sources are not here")
def test_the_prompt_is_the_one_that_the_extension_sends() -> None:
    """The extension's own test of its prompts reads the same file."""
    assert GOLDEN
    cases = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert {len(case["place"]["context"]) for case in cases} == {0, 1, 2}
    for case in cases:
        place = case["place"]
        context = [(file["path"], file["text"]) for file in place["context"]]
        assert repository_prompt(place["path"], place["prefix"], place["suffix"], context) == case["prompt"]
    assert cases[0]["prompt"] == fim_prompt(cases[0]["place"]["prefix"], cases[0]["place"]["suffix"])


FILES = [CodeFile(f"{name}.py", module(name), "one") for name in ("apple", "berry", "cedar")]


def sent(ids: list[int]) -> str:
    """What the extension would send for a sample's place, as its tokens read."""
    text = TOKENIZER.decode(ids)
    before, rest = text.split(PREFIX)
    prefix, rest = rest.split(SUFFIX)
    suffix, _ = rest.split(MIDDLE)
    if not before:
        return fim_prompt(prefix, suffix)
    names = [part.split("\n", 1) for part in before.removeprefix(f"{REPOSITORY}workspace\n").split(FILE)[1:]]
    *context, (path, _) = ((name, piece.removesuffix("\n")) for name, piece in names)
    return repository_prompt(path, prefix, suffix, context)


def test_an_adapter_learns_from_prompts_that_the_extension_sends() -> None:
    settings = Adapt(base="", prefix_tokens=60, suffix_tokens=20, middle_tokens=24, context_tokens=200)
    alone = CodeFile("fern.py", module("fern"), "two")
    samples = draw_samples([*FILES, alone], 300, TOKENIZER, settings, "1")
    led = 0
    for sample in samples:
        prompt = TOKENIZER.decode(sample.ids[: -sample.middle])
        assert prompt == sent(sample.ids)
        assert prompt.count(REPOSITORY) == (prompt.count(FILE) > 1), "the header is for other files"
        led += prompt.startswith(REPOSITORY)
        if "fern_base" in prompt.rsplit(PREFIX)[-1]:
            assert prompt.startswith(PREFIX), "there is no other file of its repository"
    assert 60 < led < 180
    none = draw_samples(FILES, 50, TOKENIZER, settings.model_copy(update={"context_rate": 0.0}), "1")
    assert all(sample.ids[0] == TOKENIZER.special[PREFIX] for sample in none)


def test_the_end_is_taught_where_the_hole_is_whole() -> None:
    settings = Adapt(base="", prefix_tokens=8, suffix_tokens=8, middle_tokens=16)
    blanks = "x = (\n" + " " * 1000 + "\n1)\n" * 3
    tokenizer = CodeTokenizer.of(train_tokenizer([module("some"), blanks * 20], 512))
    assert len(tokenizer.encode(" " * 1000)) < 16, "more characters than are read for so many tokens"
    ended = cut_off = 0
    for text in (module("apple"), blanks):
        for seed in range(300):
            hole = cut(text, random.Random(seed))
            sample = hole_sample(text, "a.py", tokenizer, settings, random.Random(seed))
            if sample is None:
                continue
            taught = tokenizer.decode(sample.ids[-sample.middle :])
            if taught.endswith(END):
                assert taught == hole.middle + END
                ended += 1
            else:
                assert hole.middle.startswith(taught.rstrip("\ufffd")) and len(taught) < len(hole.middle)
                cut_off += 1
    assert ended > 50 and cut_off > 50
