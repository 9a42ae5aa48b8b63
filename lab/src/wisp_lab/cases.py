"""Completion cases: a place in a file with its hole open, and the text that belongs there.

Three sources: lines that a repository's later commits added, the held-out part of a data set, and files in the
formats of the repository's evaluation set and of HumanEval-Infilling (github.com/openai/human-eval-infilling).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from wisp_lab.errors import EmptySourceError, LabError
from wisp_lab.git import GitRepository
from wisp_lab.languages import is_telling, language_of

_BREAK = re.compile(r"\w+|[^\w\s]")
_PER_FILE = 3
_MINIMUM_TRUTH = 6


@dataclass(frozen=True)
class Case:
    """`prefix + truth + suffix` is the whole file."""

    id: str
    kind: str
    language: str
    path: str
    prefix: str
    suffix: str
    truth: str
    repo: str = ""
    test: str = ""
    """Code that checks the completed file (HumanEval-Infilling); empty elsewhere."""

    @property
    def truth_line(self) -> str:
        return self.truth.split("\n", 1)[0]


def cases_from_commits(
    repository: Path, cut: str, pattern: str, count: int, seed: int, *, learnt: frozenset[str] | set[str] = frozenset()
) -> list[Case]:
    """Half-typed lines that were added after `cut` and stand nowhere in a file of that language before it.

    @param learnt further lines that make no case, runs of white space counting as one

    Positions and choice depend on the seed alone; at most three cases come from one file.
    @raises EmptySourceError when no added line is left
    """
    git = GitRepository(repository)
    old, new = git.resolve(cut), git.resolve("HEAD")
    wanted = re.compile(pattern) if pattern else None
    added: dict[str, set[int]] = {}
    for line in git.added_lines(old, new):
        if language_of(line.path) and (wanted is None or wanted.search(line.path)):
            added.setdefault(line.path, set()).add(line.line)
    languages = {language_of(path) for path in added}
    known = _known_lines(git, old, languages) | learnt
    blobs = [blob for blob in git.files(new) if blob.path in added]
    found: list[Case] = []
    for blob, data in git.contents(blobs):
        try:
            text = data.decode("utf-8").replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
        if "\r" in text:  # git counts its lines otherwise than an editor
            continue
        found += _in_file(text, blob.path, added[blob.path], known, repository.name, seed)
    if not found:
        raise EmptySourceError(f"No line of {repository} that was added after {cut} makes a case.")
    return _choose(found, count, seed)


def cases_from_documents(
    documents: Iterable,
    count: int,
    seed: int,
    *,
    learnt: frozenset[str] | set[str] = frozenset(),
    counts: Counter[str] | None = None,
) -> list[Case]:
    """Half-typed lines of the held-out part.

    @param learnt lines that make no case, runs of white space counting as one
    @param counts is told how many `lines` could make a case, and how many of them are `learnt`
    """
    found: list[Case] = []
    for document in documents:
        lines = set(range(document.text.count("\n") + 1))
        metadata = document.metadata
        found += _in_file(document.text, metadata["path"], lines, learnt, metadata["repository"], seed, counts)
    if not found:
        raise EmptySourceError(
            "The held-out part has no line that makes a case.", "A line that stands in train makes none."
        )
    return _choose(found, count, seed)


def _known_lines(git: GitRepository, commit: str, languages: set[str | None]) -> set[str]:
    blobs = [blob for blob in git.files(commit) if language_of(blob.path) in languages]
    known: set[str] = set()
    for _, data in git.contents(blobs):
        known.update(" ".join(line.split()) for line in data.decode("utf-8", "replace").splitlines())
    return known


def _in_file(
    text: str,
    path: str,
    lines: set[int],
    known: frozenset[str] | set[str],
    repo: str,
    seed: int,
    counts: Counter[str] | None = None,
) -> list[Case]:
    counts = Counter() if counts is None else counts
    rows = text.split("\n")
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row) + 1)
    found = []
    for number in sorted(lines):
        row = rows[number] if number < len(rows) else ""
        if not is_telling(row) or not 12 <= len(row) <= 160:
            continue
        key = f"{repo}/{path}:{number}"
        breaks = [m.end() for m in _BREAK.finditer(row)]
        breaks = [b for b in breaks if len(row[b:].strip()) >= _MINIMUM_TRUTH and row[:b].strip()]
        if not breaks:
            continue
        counts["lines"] += 1
        if " ".join(row.split()) in known:
            counts["learnt"] += 1
            continue
        at = breaks[_order(seed, key + "#at") % len(breaks)]
        offset = starts[number] + at
        found.append(
            Case(
                id=key, kind="line_end", language=language_of(path) or "", path=path,
                prefix=text[:offset], suffix=text[starts[number] + len(row):], truth=row[at:], repo=repo,
            )
        )  # fmt: skip
    return sorted(found, key=lambda case: _order(seed, case.id))[:_PER_FILE]


def _choose(found: list[Case], count: int, seed: int) -> list[Case]:
    return sorted(found, key=lambda case: _order(seed, case.id))[:count]


def _order(seed: int, key: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}\0{key}".encode()).digest()[:8])


def save_cases(cases: list[Case], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for case in cases:
            file.write(json.dumps(asdict(case), ensure_ascii=False) + "\n")


def load_cases(path: Path) -> list[Case]:
    """Reads cases of this lab, of the repository's evaluation set or of HumanEval-Infilling (.jsonl or .jsonl.gz).

    @raises LabError when the file is missing or empty, a line has neither format, or an id stands there twice
    """
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
        rows = [json.loads(line) for line in text.split("\n") if line.strip()]
    except (OSError, EOFError, zlib.error, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"{path} cannot be read as cases: {error}") from None
    cases = [_case(row, path) for row in rows]
    if not cases:
        raise LabError(f"{path} has no case.")
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise LabError(f"{path} has two cases with the id {case.id}.", "Completions are kept by id.")
        seen.add(case.id)
    return cases


def _case(row: dict, path: Path) -> Case:
    if not isinstance(row, dict):
        raise LabError(f"{path} has a line that is no object.")
    if "canonical_solution" in row:
        return _infilling_case(row, path)
    truth = row.get("truth", row.get("truth_block"))
    if not all(isinstance(text, str) for text in (truth, row.get("id"), row.get("prefix"), row.get("suffix"))):
        raise LabError(f"{path} has a line in no known format.", f"Its keys are {', '.join(sorted(row))}.")
    return Case(
        id=row["id"], kind=row.get("kind", ""), language=row.get("language", ""), path=row.get("path", ""),
        prefix=row["prefix"], suffix=row["suffix"], truth=truth, repo=row.get("repo", ""),
        test=row.get("test", ""),
    )  # fmt: skip


def _infilling_case(row: dict, path: Path) -> Case:
    fields = ("task_id", "prompt", "suffix", "canonical_solution", "test", "entry_point")
    if missing := [name for name in fields if not isinstance(row.get(name), str)]:
        raise LabError(f"{path} has a task of HumanEval-Infilling without {', '.join(missing)}.")
    prefix, suffix, truth = row["prompt"], row["suffix"], row["canonical_solution"]
    if truth.endswith("\n") and (not prefix or prefix.endswith("\n")):
        # Whole lines are missing: in an editor the cursor stands on an empty one, and the line feed is there already.
        suffix, truth = f"\n{suffix}", truth[:-1]
    return Case(
        id=row["task_id"], kind="human_eval", language="python", path="solution.py",
        prefix=prefix, suffix=suffix, truth=truth, test=f"{row['test']}\ncheck({row['entry_point']})\n",
    )  # fmt: skip
