from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from conftest import commit, git, module

from wisp_lab.errors import LabError
from wisp_lab.git import AddedLine, Blob, GitRepository


def script(path: Path, told: Path) -> Path:
    path.write_text(f'#!/bin/sh\necho "$0" >> "{told}"\nexit 1\n')
    path.chmod(0o755)
    return path


def everything(root: Path) -> None:
    """All that the lab ever asks of a repository."""
    repository = GitRepository(root)
    old, new = repository.resolve("2026-02-01"), repository.resolve("HEAD")
    assert repository.date(new) == "2026-03-10T10:00:00+00:00"
    blobs = repository.files(new)
    assert blobs and all(data for _, data in repository.contents(blobs))
    assert len(repository.changes(new)) == 3
    assert list(repository.added_lines(old, new))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    commit(root, {"a.py": module("a")}, "2026-01-10T10:00:00Z")
    commit(root, {"b.py": module("b"), "a.py": module("a", 13)}, "2026-03-10T10:00:00Z")
    return root


def test_a_repository_runs_none_of_its_programs(root: Path, tmp_path: Path) -> None:
    told = tmp_path / "told"
    program = str(script(tmp_path / "program", told))
    # A signed commit, whose signature `git show` would have verified by the repository's own program.
    head = git(root, "cat-file", "commit", "HEAD")
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ\n -----END PGP SIGNATURE-----\n"
    top, body = head.split("\n\n", 1)
    (tmp_path / "signed").write_text(f"{top}\n{signature}\n{body}")
    signed = git(root, "hash-object", "-t", "commit", "-w", str(tmp_path / "signed")).strip()
    git(root, "update-ref", "HEAD", signed)
    for name in (
        "gpg.program", "core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "diff.code.textconv",
        "diff.code.command", "filter.code.smudge",
    ):  # fmt: skip
        git(root, "config", name, program)
    git(root, "config", "log.showSignature", "true")
    (root / ".git" / "info" / "attributes").write_text("*.py diff=code filter=code\n")
    script(root / ".git" / "hooks" / "post-checkout", told)
    everything(root)
    assert not told.exists()


def test_a_partial_clone_fetches_nothing(root: Path, tmp_path: Path) -> None:
    told = tmp_path / "told"
    git(root, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", root.as_uri(), str(clone))
    git(clone, "config", "remote.origin.uploadpack", str(script(tmp_path / "program", told)))
    repository = GitRepository(clone)
    with pytest.raises(LabError, match="partial clone"):
        list(repository.contents(repository.files(repository.resolve("HEAD"))))
    assert not told.exists()


def test_no_setting_of_the_user_or_the_repository_changes_the_added_lines(
    root: Path, tmp_path: Path, monkeypatch
) -> None:
    before = (root / "a.py").read_text().split("\n")
    later = [*before[:3], "++ counted", "text = 1", *before[3:5], "--- a/none", "+++ b/none.py", *before[5:]]
    old = git(root, "rev-parse", "HEAD").strip()
    new = commit(root, {"a.py": "\n".join(later)}, "2026-04-10T10:00:00Z")
    wanted = [
        AddedLine("a.py", 3, "++ counted"), AddedLine("a.py", 4, "text = 1"),
        AddedLine("a.py", 7, "--- a/none"), AddedLine("a.py", 8, "+++ b/none.py"),
    ]  # fmt: skip
    assert list(GitRepository(root).added_lines(old, new)) == wanted
    settings = {
        "diff.noprefix": "true",
        "diff.interHunkContext": "9",
        "diff.mnemonicPrefix": "true",
        "diff.context": "5",
    }
    for name, value in settings.items():
        git(root, "config", name, value)
    home = tmp_path / "gitconfig"
    home.write_text("[diff]\nnoprefix = true\ninterHunkContext = 9\nalgorithm = patience\n[color]\nui = always\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", shutil.which("true") or os.devnull)
    assert list(GitRepository(root).added_lines(old, new)) == wanted


def test_changes_follow_the_first_parents_through_a_merge(root: Path) -> None:
    git(root, "checkout", "-q", "-b", "side")
    commit(root, {"side.py": "passing = 1\n"}, "2026-03-11T10:00:00Z")
    commit(root, {"side.py": "final = 2\n"}, "2026-03-12T10:00:00Z")
    git(root, "checkout", "-q", "main")
    commit(root, {"b.py": module("bb")}, "2026-03-13T10:00:00Z")
    git(root, "merge", "-q", "--no-ff", "-m", "merge", "side", date="2026-03-14T10:00:00Z")
    repository = GitRepository(root)
    changes = repository.changes(repository.resolve("HEAD"))
    texts = [data.decode() for _, data in repository.contents([Blob(change.path, change.hash) for change in changes])]
    assert [change.path for change in changes] == ["side.py", "b.py", "a.py", "b.py", "a.py"]
    assert texts == ["final = 2\n", module("bb"), module("a", 13), module("b"), module("a")]
    assert [change.date[:10] for change in changes] == [
        "2026-03-14", "2026-03-13", "2026-03-10", "2026-03-10", "2026-01-10",
    ]  # fmt: skip
    (root / "a.py").unlink()
    commit(root, {}, "2026-03-15T10:00:00Z")
    gone = repository.changes(repository.resolve("HEAD"))[0]
    assert (gone.path, gone.hash) == ("a.py", "")
