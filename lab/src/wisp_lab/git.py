"""What the lab asks of git, through its command line: files, versions and added lines of a commit."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from wisp_lab.errors import LabError

_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}([T ].*)?$")
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_REGULAR = ("100644", "100755")


@dataclass(frozen=True)
class Blob:
    path: str
    hash: str


@dataclass(frozen=True)
class Change:
    """What a commit of the first-parent line did to a file."""

    commit: str
    date: str
    path: str
    hash: str
    """Empty where the file is gone, or no regular file any more."""


@dataclass(frozen=True)
class AddedLine:
    path: str
    line: int
    """From 0, in the newer version."""
    text: str


class GitRepository:
    """A repository on this machine, with a work tree or bare.

    Nothing that it names is ever run and nothing is fetched: only plumbing commands are asked, which do not read the
    settings of the commands for people, and no protocol is allowed, so that a partial clone stays partial.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        settings = (
            f"core.hooksPath={os.devnull}", "core.fsmonitor=false", "log.showSignature=false", "gpg.program=false",
            "core.quotePath=false", "safe.directory=*",
        )  # fmt: skip
        self._base = ["git", *(part for setting in settings for part in ("-c", setting)), "-C", str(path)]
        self._environment = _environment()
        try:
            self._run("rev-parse", "--git-dir")
        except LabError:
            raise LabError(f"{path} is not a git repository.", "Use kind = 'folder' for a plain folder.") from None

    def resolve(self, at: str) -> str:
        """The full hash of a revision, or of the last commit of the first-parent line before a date."""
        if _DATE.match(at):
            moment = at if len(at) > 10 else f"{at}T00:00:00Z"
            found = self._run("rev-list", "-1", "--first-parent", f"--before={moment}", "HEAD").strip()
            if not found:
                raise LabError(f"{self.path} has no commit before {at}.")
            return found
        return self._run("rev-parse", "--verify", "--end-of-options", f"{at}^{{commit}}").strip()

    def is_ancestor(self, commit: str, later: str) -> bool:
        """Whether `later` holds all that `commit` holds; every commit is its own ancestor."""
        return not self._run("rev-list", "-1", commit, f"^{later}").strip()

    def date(self, commit: str) -> str:
        """When it was committed, in UTC."""
        return _moment(self._run("rev-list", "--no-walk", "--timestamp", commit).split()[0])

    def files(self, commit: str) -> list[Blob]:
        """Regular files of a commit, in path order; links and submodules are left out."""
        blobs = []
        for entry in self._run("ls-tree", "-r", "-z", "--full-tree", commit).split("\0"):
            if not entry:
                continue
            head, path = entry.split("\t", 1)
            mode, kind, name = head.split()
            if kind == "blob" and mode in _REGULAR:
                blobs.append(Blob(path, name))
        return sorted(blobs, key=lambda blob: blob.path)

    def changes(self, commit: str) -> list[Change]:
        """What was done to every file up to `commit`, newest first."""
        commits = self._run("rev-list", "--first-parent", "--timestamp", commit).split()
        dates = {name: _moment(seconds) for seconds, name in zip(commits[::2], commits[1::2], strict=True)}
        fields = self._run(
            "diff-tree", "--stdin", "--root", "-r", "--diff-merges=first-parent", "--raw", "-z", "--no-renames",
            "--no-abbrev", given="".join(f"{name}\n" for name in dates),
        ).split("\0")  # fmt: skip
        found, changed, rest = [], "", iter(fields[:-1])
        for head in rest:
            if not head.startswith(":"):
                changed = head
                continue
            _, mode, _, name, _ = head.split()
            found.append(Change(changed, dates[changed], next(rest), name if mode in _REGULAR else ""))
        return found

    def sizes(self, blobs: list[Blob]) -> list[int]:
        """Bytes of many blobs, without reading them."""
        told = self._run("cat-file", "--batch-check=%(objectsize)", given="".join(f"{blob.hash}\n" for blob in blobs))
        for blob, line in zip(blobs, told.splitlines(), strict=True):
            if not line.isdigit():
                raise self._lacks(blob)
        return [int(line) for line in told.splitlines()]

    def contents(self, blobs: list[Blob]) -> Iterator[tuple[Blob, bytes]]:
        """The bytes of many blobs in order, through one process."""
        command = [*self._base, "cat-file", "--batch"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self._environment
        ) as process:
            assert process.stdin and process.stdout
            for blob in blobs:
                process.stdin.write(f"{blob.hash}\n".encode())
                process.stdin.flush()
                head = process.stdout.readline().split()
                if len(head) != 3:
                    raise self._lacks(blob)
                data = process.stdout.read(int(head[2]))
                process.stdout.read(1)
                yield blob, data
            process.stdin.close()

    def added_lines(self, old: str, new: str) -> Iterator[AddedLine]:
        """Lines of `new` that a diff from `old` shows as added; files whose name is not text are left out."""
        diff = self._run(
            "diff-tree", "-r", "-p", "-U0", "-M40%", "-l1000", "--inter-hunk-context=0", "--diff-algorithm=myers",
            "--indent-heuristic", "--no-ext-diff", "--no-textconv", "--no-color", "--no-relative", "--full-index",
            "--ignore-submodules", "--src-prefix=a/", "--dst-prefix=b/", old, new,
        )  # fmt: skip
        path, line, removed, added = "", 0, 0, 0
        for row in diff.split("\n"):
            # What a hunk holds is counted, since a line of code can look like a header.
            if removed and row.startswith("-"):
                removed -= 1
            elif added and row.startswith("+"):
                if path and is_text(path):
                    yield AddedLine(path, line, row[1:])
                line, added = line + 1, added - 1
            elif row.startswith("+++ "):
                path = row[6:].rstrip("\t") if row.startswith("+++ b/") else ""
            elif found := _HUNK.match(row):
                removed, added = (1 if size is None else int(size) for size in found.group(1, 3))
                line = int(found.group(2)) - 1

    def _lacks(self, blob: Blob) -> LabError:
        return LabError(f"{self.path} lacks the object {blob.hash}.", "A shallow or partial clone?")

    def _run(self, *arguments: str, given: str = "") -> str:
        try:
            done = subprocess.run(
                [*self._base, *arguments],
                input=given.encode(), capture_output=True, check=False, env=self._environment,
            )  # fmt: skip
        except FileNotFoundError:
            raise LabError("git is not installed.", "The lab needs it for sources of kind 'git'.") from None
        if done.returncode != 0:
            message = done.stderr.decode("utf-8", "replace").strip()
            raise LabError(f"git {arguments[0]} failed in {self.path}: {message}")
        return done.stdout.decode("utf-8", "surrogateescape")


def is_text(name: str) -> bool:
    """Whether a file name was UTF-8; other bytes come as surrogates, which nothing can be written with."""
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def _environment() -> dict[str, str]:
    """Ours without what steers git: neither the user's settings nor a GIT_DIR of a hook may alter what is read."""
    kept = {name: value for name, value in os.environ.items() if name == "GIT_EXEC_PATH" or not name.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def _moment(seconds: str) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()
