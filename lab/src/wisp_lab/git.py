"""What the lab asks of git, through its command line: files, versions and added lines of a commit."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wisp_lab.errors import LabError

_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}([T ].*)?$")


@dataclass(frozen=True)
class Blob:
    path: str
    hash: str


@dataclass(frozen=True)
class AddedLine:
    path: str
    line: int
    """From 0, in the newer version."""
    text: str


class GitRepository:
    """A repository on this machine, with a work tree or bare. Nothing in it is ever run: no hooks, no filters."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._base = ["git", "-c", "core.hooksPath=/dev/null", "-c", "safe.directory=*", "-C", str(path)]
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
        return self._run("show", "-s", "--format=%cI", commit).strip()

    def files(self, commit: str) -> list[Blob]:
        """Regular files of a commit, in path order; links and submodules are left out."""
        blobs = []
        for entry in self._run("ls-tree", "-r", "-z", "--full-tree", commit).split("\0"):
            if not entry:
                continue
            head, path = entry.split("\t", 1)
            mode, kind, name = head.split()
            if kind == "blob" and mode in ("100644", "100755"):
                blobs.append(Blob(path, name))
        return sorted(blobs, key=lambda blob: blob.path)

    def versions(self, commit: str) -> list[Blob]:
        """Every version that a file had up to `commit`, newest first."""
        log = self._run(
            "log", "--first-parent", "-m", "--raw", "-z", "--no-renames", "--no-abbrev",
            "--diff-filter=AM", "--format=", commit,
        )  # fmt: skip
        fields = [field for field in log.split("\0") if field]
        seen: dict[Blob, None] = {}
        for head, path in zip(fields[::2], fields[1::2], strict=True):
            _, mode, _, name, _ = head.lstrip(":\n").split()
            if mode in ("100644", "100755"):
                seen.setdefault(Blob(path, name))
        return list(seen)

    def contents(self, blobs: list[Blob]) -> Iterator[tuple[Blob, bytes]]:
        """The bytes of many blobs in order, through one process."""
        command = [*self._base, "cat-file", "--batch"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin and process.stdout
            for blob in blobs:
                process.stdin.write(f"{blob.hash}\n".encode())
                process.stdin.flush()
                head = process.stdout.readline().split()
                if len(head) != 3:
                    raise LabError(f"{self.path} lacks the object {blob.hash}.", "A shallow or partial clone?")
                data = process.stdout.read(int(head[2]))
                process.stdout.read(1)
                yield blob, data
            process.stdin.close()

    def added_lines(self, old: str, new: str) -> Iterator[AddedLine]:
        """Lines of `new` that a diff from `old` shows as added."""
        diff = self._run(
            "-c", "core.quotePath=false", "diff", "--no-ext-diff", "--no-textconv", "-U0", "-M40%",
            "--no-color", old, new,
        )  # fmt: skip
        path, line = "", 0
        for row in diff.split("\n"):
            if row.startswith("+++ "):
                path = row[6:].rstrip("\t") if row.startswith("+++ b/") else ""
            elif row.startswith("@@"):
                found = re.match(r"@@ -\S+ \+(\d+)", row)
                line = int(found.group(1)) - 1 if found else 0
            elif row.startswith("+") and path:
                yield AddedLine(path, line, row[1:])
                line += 1

    def _run(self, *arguments: str) -> str:
        try:
            done = subprocess.run([*self._base, *arguments], capture_output=True, check=False)
        except FileNotFoundError:
            raise LabError("git is not installed.", "The lab needs it for sources of kind 'git'.") from None
        if done.returncode != 0:
            message = done.stderr.decode("utf-8", "replace").strip()
            raise LabError(f"git {arguments[0]} failed in {self.path}: {message}")
        return done.stdout.decode("utf-8", "surrogateescape")
