"""What a model is judged by and what it learnt have little in common, line by line."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from collecting import card, settings
from conftest import MIT, module, tiny_recipe, write
from datatrove.data import Document

from wisp_lab.cases import cases_from_documents
from wisp_lab.collect import collect, documents
from wisp_lab.cut import learnt_heldout_lines
from wisp_lab.errors import EmptySourceError
from wisp_lab.evaluate import _left_out, make_cases
from wisp_lab.overlap import RUN, runs
from wisp_lab.steps import RunFolder


def repositories(root: Path) -> Path:
    """`judge` and `check` hold a copy of some of what is learnt, in files that are not near to it as wholes."""
    learnt = module("learnt", 12)
    copied = module("learnt", 4).replace("\n    ", "\n\n      # moved\n        ")
    return write(
        root,
        {
            "learn/LICENSE": MIT,
            "learn/learnt.py": learnt,
            "judge/LICENSE": MIT,
            "judge/own.py": module("own", 30),
            "judge/mixed.py": module("mixed", 30) + copied,
            "judge/nearly.py": module("nearly", 200) + copied,
            "check/LICENSE": MIT,
            "check/other.py": module("other", 30),
            "check/copy.py": module("copy", 8) + copied,
        },
    )


def collected(root: Path, out: Path, **split) -> dict[str, set[str]]:
    wanted = settings(
        root,
        sources=[{"kind": "folder", "path": str(root), "each": True}],
        split={"valid_names": ["check"], "heldout_names": ["judge"]} | split,
    )
    collect(wanted, out, base=root, seed=0)
    return {part: {d.metadata["path"] for d in documents(out, part)} for part in ("train", "valid", "heldout")}


def test_a_document_that_was_learnt_in_part_judges_nothing(tmp_path: Path) -> None:
    root = repositories(tmp_path / "code")
    out = tmp_path / "out"
    parts = collected(root, out, max_overlap=0.05)
    assert parts == {"train": {"learnt.py"}, "valid": {"other.py"}, "heldout": {"own.py", "nearly.py"}}
    found = card(out)
    assert found["dropped"]["learnt"] == 2
    files = [gzip.decompress(file.read_bytes()) for file in (out / "dropped" / "learnt").glob("*.gz")]
    written = [json.loads(row) for file in files for row in file.splitlines()]
    assert {row["metadata"]["path"] for row in written} == {"mixed.py", "copy.py"}
    learnt = set(runs(module("learnt", 12)).tolist())
    kept = [run for d in documents(out, "heldout") for run in runs(d.text).tolist()]
    overlap = found["overlap"]["heldout"]
    assert overlap["kept"] == len(kept) and overlap["kept_learnt"] == sum(run in learnt for run in kept) > 0
    assert overlap["found_learnt"] > overlap["kept_learnt"] and found["overlap"]["valid"]["kept_learnt"] == 0
    text = (out / "DATA_CARD.md").read_text()
    assert f"| heldout | {overlap['found_learnt']} of {overlap['found']:,} (" in text and "| learnt | 2 |" in text
    assert "more than 5% of their runs" in text


def test_the_bound_is_the_recipes(tmp_path: Path) -> None:
    root = repositories(tmp_path / "code")
    assert "mixed.py" in collected(root, tmp_path / "loose", max_overlap=1.0)["heldout"]
    assert collected(root, tmp_path / "strict", max_overlap=0)["heldout"] == {"own.py"}


def test_shards_see_what_other_shards_learn(tmp_path: Path) -> None:
    root = repositories(tmp_path / "code")
    wanted = settings(
        root,
        sources=[{"kind": "folder", "path": str(root), "each": True}],
        split={"valid_names": ["check"], "heldout_names": ["judge"], "max_overlap": 0.05},
        executor={"tasks": 7},
        near_duplicates=False,
        format="parquet",
    )
    collect(wanted, tmp_path / "out", base=root, seed=0)
    assert {d.metadata["path"] for d in documents(tmp_path / "out", "heldout")} == {"own.py", "nearly.py"}


def test_lines_that_say_nothing_are_in_no_run() -> None:
    notice = "".join(f"# line {number} of a licence\n" for number in range(20)) + "import os\nimport sys\n\n\n"
    assert len(runs(notice)) == 0
    body = "".join(f"value_{number} = {number}\n" for number in range(RUN + 2))
    assert len(runs(body)) == 3
    assert runs(notice + body.replace("\n", "  \n\n")).tolist() == runs(body).tolist()


def test_a_heldout_line_that_stands_in_train_makes_no_case(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    root = repositories(tmp_path / "code")
    collected(root, folder.data, max_overlap=1.0)
    learnt = {" ".join(line.split()) for line in module("learnt", 12).splitlines()}
    recipe = tiny_recipe(root, tmp_path, run={"seed": 5}, evaluate={"count": 10_000})
    cases = make_cases(recipe, folder, tmp_path)
    assert {case.path for case in cases} == {"own.py", "mixed.py", "nearly.py"}
    for case in cases:
        assert " ".join((case.prefix.rsplit("\n", 1)[-1] + case.truth).split()) not in learnt
    counts: Counter[str] = Counter()
    cases_from_documents(
        documents(folder.data, "heldout"), 9, 5, learnt=learnt_heldout_lines(folder.data), counts=counts
    )
    assert 0 < counts["learnt"] < counts["lines"]
    note = f"Of {counts['lines']:,} held-out lines that could make a case, {counts['learnt']:,} stand in train"
    assert _left_out(recipe, folder, tmp_path)[0].startswith(note)
    copy = Document(text=module("learnt", 3), id="", metadata={"path": "copy.py", "repository": "copy"})
    with pytest.raises(EmptySourceError, match="stands in train makes none"):
        cases_from_documents([copy], 9, 5, learnt=learnt)
