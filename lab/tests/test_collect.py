from __future__ import annotations

import os
from pathlib import Path

import pytest
from collecting import kept, settings
from conftest import MIT, commit, module, write
from datatrove.data import Document

from wisp_lab.collect import RepositoryReader, collect, documents
from wisp_lab.errors import EmptySourceError, LabError, RecipeError, ResourceError
from wisp_lab.filters import PathFilter
from wisp_lab.git import Blob, GitRepository
from wisp_lab.recipe import Split
from wisp_lab.recipe_file import load_recipe
from wisp_lab.sources import Repository, repositories
from wisp_lab.split import PARTS, plan_split


def test_no_repository_is_in_two_parts(tmp_path: Path, corpus: Path) -> None:
    wanted = settings(
        corpus,
        sources=[{"kind": "folder", "path": str(corpus), "each": True}],
        split={"unit": "repository", "valid": 0.2, "heldout": 0.2},
        executor={"tasks": 3},
    )
    out = tmp_path / "out"
    collect(wanted, out, base=tmp_path, seed=7)
    parts = {part: {d.metadata["repository"] for d in documents(out, part)} for part in PARTS}
    assert all(parts.values())
    assert sum(map(len, parts.values())) == len(set.union(*parts.values())) == 6


def test_the_same_settings_give_the_same_files_in_both_formats(tmp_path: Path, corpus: Path) -> None:
    def run(name: str, **changes) -> dict:
        sources = [{"kind": "folder", "path": str(corpus), "each": True}]
        collect(settings(corpus, sources=sources, **changes), tmp_path / name, base=tmp_path, seed=0)
        return kept(tmp_path / name)

    first = run("one")
    assert first == run("two") == run("three", format="parquet")
    assert len(first) == 12


def test_every_kind_of_line_end_is_a_line_feed(tmp_path: Path) -> None:
    text = module("a")
    files = {"mac.py": text.replace("\n", "\r"), "dos.py": module("b").replace("\n", "\r\n")}
    collect(settings(write(tmp_path / "code", {"LICENSE": MIT} | files)), tmp_path / "out", base=tmp_path, seed=0)
    assert kept(tmp_path / "out") == {"mac.py": text, "dos.py": module("b")}


def test_a_finished_step_is_not_run_again_nor_replaced_by_other_settings(tmp_path: Path) -> None:
    root = write(tmp_path / "code", {"LICENSE": MIT, "a.py": module("a")})
    out = tmp_path / "out"
    path = collect(settings(root), out, base=tmp_path, seed=0)
    before = path.stat().st_mtime_ns
    collect(settings(root), out, base=tmp_path, seed=0)
    assert path.stat().st_mtime_ns == before
    with pytest.raises(LabError, match="result of other settings"):
        collect(settings(root, min_bytes=10), out, base=tmp_path, seed=0)
    collect(settings(root, min_bytes=10), out, base=tmp_path, seed=0, fresh=True)
    assert path.stat().st_mtime_ns != before


@pytest.mark.parametrize("change", ["edited", "added", "removed", "licence", "as it was"])
def test_a_folder_that_changed_is_not_done(tmp_path: Path, change: str) -> None:
    files = {"LICENSE": MIT, "a.py": module("a"), "b.py": module("b"), "notes.txt": "words"}
    root, out = write(tmp_path / "code", files), tmp_path / "out"
    collect(settings(root), out, base=tmp_path, seed=0)
    match change:
        case "edited":  # to as many bytes
            write(root, {"a.py": module("c")})
            os.utime(root / "a.py", ns=(1, 1))
        case "added":
            write(root, {"c.py": module("c")})
        case "removed":
            (root / "b.py").unlink()
        case "licence":
            write(root, {"LICENSE": "All rights reserved."})
        case "as it was":
            write(root, {"notes.txt": "other words"})
            collect(settings(root), out, base=tmp_path, seed=0)
            return
    with pytest.raises(LabError, match="other settings or other inputs"):
        collect(settings(root), out, base=tmp_path, seed=0)


def test_a_stopped_collection_goes_on(tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wisp_lab import collect as module_under_test

    sources = [{"kind": "folder", "path": str(corpus), "each": True}]
    execute, stages = module_under_test._execute, []

    def stopping(executor, name, work, pipeline, tasks):
        if name == "clusters" and "stopped" not in stages:
            stages.append("stopped")
            raise KeyboardInterrupt
        stages.append(name)
        execute(executor, name, work, pipeline, tasks)

    monkeypatch.setattr(module_under_test, "_execute", stopping)
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        collect(settings(corpus, sources=sources), out, base=tmp_path, seed=0)
    read = (out / "work" / "clean" / "00000.jsonl.gz").stat().st_mtime_ns
    collect(settings(corpus, sources=sources), out, base=tmp_path, seed=0)
    assert (out / "work" / "clean" / "00000.jsonl.gz").stat().st_mtime_ns == read
    assert len(kept(out)) == 12


@pytest.mark.parametrize(
    ("files", "message"),
    [({}, "No document is left"), ({"a.txt": "words"}, "No document is left"), ({"a.py": b"\xff\xfe"}, "not_text 1")],
)
def test_a_source_without_code_is_an_error_before_any_training(tmp_path: Path, files: dict, message: str) -> None:
    root = write(tmp_path / "code", {"LICENSE": MIT} | files)
    with pytest.raises(EmptySourceError, match=message):
        collect(settings(root), tmp_path / "out", base=tmp_path, seed=0)


def test_a_full_disk_is_told_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path / "code", {"LICENSE": MIT, "a.py": module("a")})
    monkeypatch.setattr("wisp_lab.preflight.shutil.disk_usage", lambda _: type("Full", (), {"free": 0})())
    with pytest.raises(ResourceError, match=r"of disk; 0\.0 GB are free"):
        collect(settings(root), tmp_path / "out", base=tmp_path, seed=0)
    assert not any((tmp_path / "out").iterdir())


def test_a_missing_folder_and_too_few_repositories_are_errors(tmp_path: Path) -> None:
    with pytest.raises(EmptySourceError, match="There is no folder"):
        collect(settings(tmp_path / "none"), tmp_path / "out", base=tmp_path, seed=0)
    root = write(tmp_path / "code", {"LICENSE": MIT, "a.py": module("a")})
    with pytest.raises(RecipeError, match="too few"):
        collect(settings(root, split={"valid": 0.5}), tmp_path / "out", base=tmp_path, seed=0)


def test_git_sources_stop_at_a_date_and_can_hold_every_version(tmp_path: Path) -> None:
    repository = tmp_path / "repo"
    old, new = module("old"), module("new", 20)
    first = commit(repository, {"LICENSE": MIT, "a.py": old}, "2026-01-10T10:00:00Z")
    commit(repository, {"a.py": new, "b.py": module("later")}, "2026-03-10T10:00:00Z")
    source = {"kind": "git", "path": str(repository), "at": "2026-02-01"}
    collect(settings(repository, sources=[source]), tmp_path / "cut", base=tmp_path, seed=0)
    assert kept(tmp_path / "cut") == {"a.py": old}
    assert [d.metadata["commit"] for d in documents(tmp_path / "cut", "train")] == [first]
    history = {"kind": "git", "path": str(repository), "mode": "history"}
    collect(settings(repository, sources=[history]), tmp_path / "history", base=tmp_path, seed=0)
    texts = {d.text for d in documents(tmp_path / "history", "train")}
    assert texts == {old, new, module("later")}
    with pytest.raises(LabError, match="no commit before"):
        early = {"kind": "git", "path": str(repository), "at": "2020-01-01"}
        collect(settings(repository, sources=[early]), tmp_path / "early", base=tmp_path, seed=0)


def test_a_version_of_the_history_has_its_own_licence_commit_and_date(tmp_path: Path) -> None:
    repository = tmp_path / "repo"
    commit(repository, {"late.py": module("late"), "early.py": module("early")}, "2026-01-10T10:00:00Z")
    first = commit(
        repository, {"LICENSE": MIT, "old.py": module("old"), "early.py": module("nearly")}, "2026-02-10T10:00:00Z"
    )
    commit(repository, {"LICENSE": "All rights reserved.", "old.py": module("older")}, "2026-03-10T10:00:00Z")
    commit(repository, {"new.py": module("new")}, "2026-04-10T10:00:00Z")
    history = {"kind": "git", "path": str(repository), "mode": "history"}
    collect(settings(repository, sources=[history]), tmp_path / "out", base=tmp_path, seed=0)
    # What was written under the MIT licence and has been replaced since; what is there now is under today's.
    found = [(d.text, d.metadata["commit"], d.metadata["date"][:10]) for d in documents(tmp_path / "out", "train")]
    assert found == [(module("old"), first, "2026-02-10")]
    commit(repository, {"LICENSE": MIT}, "2026-05-10T10:00:00Z")
    collect(settings(repository, sources=[history]), tmp_path / "again", base=tmp_path, seed=0)
    # A licence that came after the code holds for what is still there, not for what went before.
    texts = {d.text for d in documents(tmp_path / "again", "train")}
    assert texts == {module(name) for name in ("late", "nearly", "old", "older", "new")}


@pytest.mark.parametrize("unit", ["file", "directory", "repository"])
def test_a_named_repository_is_in_its_part_whatever_the_unit(unit: str) -> None:
    found = [Repository(name, "folder", "") for name in ("apple", "berry", "cedar")]
    split = Split(unit=unit, valid=0, heldout=0, valid_names=["apple"], heldout_names=["berry"])
    plan = plan_split(split, found, 0)
    assert {plan.part("apple", f"{n}/a.py") for n in range(9)} == {"valid"}
    assert {plan.part("berry", f"{n}/a.py") for n in range(9)} == {"heldout"}
    assert {plan.part("cedar", f"{n}/a.py") for n in range(9)} == {"train"}
    with pytest.raises(RecipeError, match="apple in valid_names and in heldout_names"):
        plan_split(split.model_copy(update={"heldout_names": ["apple"]}), found, 0)


def test_the_tiny_recipe_holds_out_nothing_that_train_has_a_copy_of() -> None:
    recipe = load_recipe(Path(__file__).parent.parent / "recipes" / "tiny-cpu.toml").collect
    assert recipe
    vendored = PathFilter(recipe)
    assert vendored.filter(Document(text="", id="", metadata={"path": "typer/_click/core.py"})) == (False, "vendored")
    assert vendored.filter(Document(text="", id="", metadata={"path": "numpy/_core/numeric.py"})) is True
    assert "click" not in {name for source in recipe.sources for name in getattr(source, "packages", ())}


def test_each_shard_reads_its_own_files_alone_and_none_that_is_too_large(tmp_path: Path, monkeypatch) -> None:
    files = {"LICENSE": MIT, "large.py": module("large", 200)} | {f"{n}.py": module(f"n{n}") for n in range(6)}
    repository = tmp_path / "code"
    commit(repository, files, "2026-01-10T10:00:00Z")
    reads: list[str] = []
    read_file, read_blobs = Path.read_bytes, GitRepository.contents
    monkeypatch.setattr(Path, "read_bytes", lambda path: reads.append(path.name) or read_file(path))

    def contents(git: GitRepository, blobs: list[Blob]):
        for blob, data in read_blobs(git, blobs):
            reads.append(blob.path)
            yield blob, data

    monkeypatch.setattr(GitRepository, "contents", contents)
    for source in (
        {"kind": "folder", "path": str(repository), "licence": "MIT"},
        {"kind": "git", "path": str(repository), "licence": "MIT"},
        {"kind": "git", "path": str(repository), "mode": "history", "licence": "MIT"},
    ):
        wanted = settings(repository, sources=[source], max_bytes=10_000)
        found, seen = repositories(wanted.sources, tmp_path), []
        for rank in range(3):
            reads.clear()
            mine = [d.metadata["path"] for d in RepositoryReader(found, wanted).run(rank=rank, world_size=3)]
            assert mine and [name for name in reads if name != "LICENSE"] == mine
            seen += mine
        assert sorted(seen) == [f"{n}.py" for n in range(6)]
