from __future__ import annotations

import json
import random
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wisp_lab.engine import find_node, find_repository
from wisp_lab.fim import PREFIX, cut, fim_prompt, psm, repository_prompt, spm

REPOSITORY = find_repository()
TEMPLATE = REPOSITORY / "src" / "prompt" / "fimTemplate.ts" if REPOSITORY else None


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


@pytest.mark.skipif(TEMPLATE is None or not TEMPLATE.is_file(), reason="the extension's sources are not here")
def test_the_prompt_is_the_one_that_the_extension_sends() -> None:
    assert REPOSITORY and TEMPLATE
    places = [
        {"context": [], "path": "src/a.py", "prefix": "x = 1\ny = ", "suffix": "\nprint(y)\n"},
        {"context": [{"path": "b.py", "text": "B = 2"}], "path": "src/a.py", "prefix": "x = ", "suffix": ""},
        {
            "context": [{"path": "b.py", "text": "B = 2\n"}, {"path": "c/d.ts", "text": "let c"}],
            "path": "ü.py",
            "prefix": "",
            "suffix": "end",
        },
    ]
    script = (
        "const { findFimFamily, fimPrompt } = await import(process.argv[1]);"
        "const family = findFimFamily('qwen2.5-coder', '');"
        "const places = JSON.parse(process.argv[2]);"
        "console.log(JSON.stringify(places.map((place) => fimPrompt(family, place).prompt)));"
    )
    done = subprocess.run(
        [find_node(REPOSITORY) or "node", "--input-type=module", "-e", script, str(TEMPLATE), json.dumps(places)],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = json.loads(done.stdout)
    for place, prompt in zip(places, expected, strict=True):
        context = [(file["path"], file["text"]) for file in place["context"]]
        assert repository_prompt(place["path"], place["prefix"], place["suffix"], context) == prompt
    assert expected[0] == fim_prompt(places[0]["prefix"], places[0]["suffix"])
    assert expected[0].startswith(PREFIX)
