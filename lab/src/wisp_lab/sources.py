"""From the recipe's sources to repositories, and from a repository to its files."""

from __future__ import annotations

import importlib.metadata
import os
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

from wisp_lab.errors import EmptySourceError, LabError
from wisp_lab.git import Blob, Change, GitRepository
from wisp_lab.languages import language_of
from wisp_lab.licences import LICENCE_FILE, LicenceMap
from wisp_lab.recipe import FolderSource, GitSource, PythonEnvironmentSource, Source
from wisp_lab.recipe_file import recipe_path
from wisp_lab.steps import digest_of

_SKIPPED_FOLDERS = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", "venv"})
_STDLIB_SKIPPED = frozenset({"site-packages", "test", "tests", "idlelib", "lib2to3", "ensurepip", "turtledemo"})


_LICENCE_BYTES = 200_000


@dataclass(frozen=True)
class Listed:
    """A file that is known to be there and has not been read."""

    path: str
    """In the repository, with forward slashes."""
    commit: str = ""
    date: str = ""
    """Of the version where it is one of many, else of the repository."""
    hash: str = ""
    """Of the content, in a git repository."""


@dataclass(frozen=True)
class SourceFile(Listed):
    data: bytes | None = None
    """None where the file cannot be read, or is too large."""
    too_large: bool = False


@dataclass(frozen=True)
class Repository:
    """A unit that is split as a whole: a folder, one commit or the history of a git repository, a package."""

    name: str
    kind: str
    root: str
    commit: str = ""
    date: str = ""
    history: bool = False
    licence: str = ""
    package: str = ""

    @cached_property
    def licences(self) -> LicenceMap:
        """Of the one version there is; in a history, of the last one."""
        if self.history:
            return next(reversed(self._licences_by_commit.values()), LicenceMap({}, self.licence))
        return LicenceMap(dict(self._licence_texts(self._list(_is_licence))), self.licence)

    def licence_of(self, file: Listed) -> str:
        """What a folder's licence said of the file; in a history, when that version was written.

        A version that is still there is under what the last commit says: a licence is often added after the code.
        """
        if not self.history or self._last.get(file.path) == file.commit:
            return self.licences.of(file.path)
        return self._licences_by_commit[file.commit].of(file.path)

    @cached_property
    def _changes(self) -> list[Change]:
        return GitRepository(Path(self.root)).changes(self.commit)

    @cached_property
    def _last(self) -> dict[str, str]:
        """The commit that each file was last changed by."""
        last: dict[str, str] = {}
        for change in self._changes:
            last.setdefault(change.path, change.commit)
        return last

    @cached_property
    def _licences_by_commit(self) -> dict[str, LicenceMap]:
        """For each commit of the history the licences as they were then."""
        changes = [change for change in self._changes if _is_licence(change.path)]
        listed = [Listed(change.path, hash=change.hash) for change in changes if change.hash]
        texts = {file.hash: _text(file.data) for file in self.read(listed, _LICENCE_BYTES) if file.data is not None}
        now: dict[str, str] = {}
        licences, found = LicenceMap({}, self.licence), {}
        for commit, group in groupby(reversed(self._changes), key=lambda change: change.commit):
            if changed := [change for change in group if _is_licence(change.path)]:
                now |= {change.path: change.hash for change in changed}
                held = {path: texts[name] for path, name in now.items() if name in texts}
                licences = LicenceMap(held, self.licence)
            found[commit] = licences
        return found

    def _licence_texts(self, files: list[Listed]) -> Iterator[tuple[str, str]]:
        for file in self.read(files, _LICENCE_BYTES):
            if file.data is not None:
                yield file.path, _text(file.data)

    def code(self, languages: frozenset[str]) -> list[Listed]:
        """Files of known languages in a fixed order; an empty set of languages takes all."""

        def wanted(path: str) -> bool:
            language = language_of(path)
            return language is not None and (not languages or language in languages)

        return self._list(wanted)

    def state(self, languages: frozenset[str]) -> str:
        """What is read is the same as long as this is: the commit, or the files with their sizes and times.

        A package's files are told by its version and their sizes: installed anew they have other times.
        """
        if self.kind == "git":
            return self.commit
        found = []
        for file in [*self.code(languages), *self._list(_is_licence)]:
            try:
                stat = (Path(self.root) / file.path).stat()
            except OSError:  # gone since it was listed
                continue
            found.append((file.path, stat.st_size, stat.st_mtime_ns if self.kind == "folder" else 0))
        return digest_of([self.commit, found])

    def read(self, files: list[Listed], at_most: int) -> Iterator[SourceFile]:
        """The files in their order; what has more bytes than `at_most` is not read."""
        if self.kind != "git":
            for file in files:
                data, too_large = _content(Path(self.root) / file.path, at_most)
                yield SourceFile(file.path, file.commit, file.date, data=data, too_large=too_large)
            return
        git = GitRepository(Path(self.root))
        blobs = [Blob(file.path, file.hash) for file in files]
        fits = [size <= at_most for size in git.sizes(blobs)]
        with closing(git.contents([blob for blob, fit in zip(blobs, fits, strict=True) if fit])) as contents:
            for file, fit in zip(files, fits, strict=True):
                data = next(contents)[1] if fit else None
                yield SourceFile(file.path, file.commit, file.date, file.hash, data, too_large=not fit)

    def _list(self, wanted: Callable[[str], bool]) -> list[Listed]:
        if self.kind == "git":
            if self.history:
                versions = self._versions(wanted).values()
                return [Listed(change.path, change.commit, change.date, change.hash) for change in versions]
            blobs = GitRepository(Path(self.root)).files(self.commit)
            return [Listed(blob.path, self.commit, self.date, blob.hash) for blob in blobs if wanted(blob.path)]
        root = Path(self.root)
        names = _distribution_files(self.package) if self.package else _walk(root, self.kind == "stdlib")
        return [
            Listed(name, self.commit, self.date)
            for name in names
            if wanted(name) and (root / name).is_file() and not (root / name).is_symlink()
        ]

    def _versions(self, wanted: Callable[[str], bool]) -> dict[Blob, Change]:
        """Every content that a file had, newest first, with the last commit that gave it that."""
        found: dict[Blob, Change] = {}
        for change in self._changes:
            if change.hash and wanted(change.path):
                found.setdefault(Blob(change.path, change.hash), change)
        return found


def _is_licence(path: str) -> bool:
    return bool(LICENCE_FILE.match(path.rsplit("/", 1)[-1]))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def repositories(sources: list[Source], base: Path) -> list[Repository]:
    """@param base the folder that relative paths of the recipe start from"""
    found: list[Repository] = []
    for source in sources:
        match source:
            case FolderSource():
                found += _folders(source, base)
            case GitSource():
                found.append(_git(source, base))
            case PythonEnvironmentSource():
                found += _python_environment(source)
    names = [repository.name for repository in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LabError(f"Two sources are called {', '.join(twice)}.", "Give each its own `name`.")
    if not found:
        raise EmptySourceError("The sources hold no repository.")
    return found


def _folder(path: str, base: Path) -> Path:
    folder = recipe_path(path, base)
    if not folder.is_dir():
        raise EmptySourceError(f"There is no folder {folder}.", "Check `path` of the source in the recipe.")
    return folder


def _folders(source: FolderSource, base: Path) -> list[Repository]:
    root = _folder(source.path, base)
    folders = sorted(p for p in root.iterdir() if p.is_dir()) if source.each else [root]
    return [
        Repository(
            name=path.name if source.each or not source.name else source.name,
            kind="folder",
            root=str(path),
            licence=source.licence,
        )
        for path in folders
        if path.name not in _SKIPPED_FOLDERS
    ]


def _git(source: GitSource, base: Path) -> Repository:
    git = GitRepository(_folder(source.path, base))
    commit = git.resolve(source.at)
    name = source.name or git.path.name.removesuffix(".git")
    return Repository(name, "git", str(git.path), commit, git.date(commit), source.mode == "history", source.licence)


def _python_environment(source: PythonEnvironmentSource) -> list[Repository]:
    found = []
    if source.stdlib:
        version = sysconfig.get_python_version()
        root = sysconfig.get_path("stdlib")
        found.append(Repository(f"cpython-{version}", "stdlib", root, licence="PSF-2.0"))
    for name in source.packages:
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            raise LabError(f"The package {name} is not installed beside the lab.") from None
        expression = distribution.metadata.get("License-Expression") or ""
        root = str(distribution.locate_file(""))
        found.append(
            Repository(name, "package", root, distribution.version, licence=expression, package=distribution.name)
        )
    return found


def _distribution_files(name: str) -> list[str]:
    files = importlib.metadata.distribution(name).files or []
    return sorted(str(file) for file in files if not str(file).startswith(".."))


def _content(path: Path, at_most: int) -> tuple[bytes | None, bool]:
    """What is in the file, and whether it is too large to be read."""
    try:
        if path.stat().st_size > at_most:
            return None, True
        return path.read_bytes(), False
    except OSError:  # of another user, or gone since it was listed
        return None, False


def _walk(root: Path, stdlib: bool) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name for name in folders if name not in _SKIPPED_FOLDERS and not (stdlib and name in _STDLIB_SKIPPED)
        )
        for name in sorted(files):
            yield (Path(folder) / name).relative_to(root).as_posix()
