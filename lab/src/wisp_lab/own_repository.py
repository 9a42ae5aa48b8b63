"""A recipe for somebody's own repository: cut at the day after which there is enough new code to judge by."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

from wisp_lab.cases import cases_from_commits
from wisp_lab.errors import EmptySourceError, LabError
from wisp_lab.gguf_model import read_gguf
from wisp_lab.git import GitRepository
from wisp_lab.steps import make_folder

WANTED_CASES = 100
LEAST_CASES = 30
"""With fewer the interval of the gain is too wide for any recommendation."""

_USUAL_TOKENS = 340
"""What the longest case takes: both sides of the hole, the answer, and the marks of the prompt."""

_DAYS = (7, 14, 30, 60, 120, 240, 480, 960)


def choose_cut(repository: Path, seed: int) -> tuple[str, int]:
    """The latest of some days before the last commit whose later lines give enough cases.

    @return the day (2026-05-01) and the number of cases, at most WANTED_CASES
    @raises EmptySourceError when no day leaves LEAST_CASES
    """
    git = GitRepository(repository)
    try:
        last = datetime.fromisoformat(git.date(git.resolve("HEAD")))
    except LabError:
        raise EmptySourceError(f"{repository} has no commit yet.", "Commit your code first.") from None
    best: tuple[str, int] | None = None
    for days in _DAYS:
        day = (last - timedelta(days=days)).strftime("%Y-%m-%d")
        try:
            found = len(cases_from_commits(repository, day, "", WANTED_CASES, seed))
        except EmptySourceError:
            continue
        except LabError:
            break  # no commit that old
        if best is None or found > best[1]:
            best = day, found
        if found >= WANTED_CASES:
            break
    if best is None or best[1] < LEAST_CASES:
        raise EmptySourceError(
            f"The history of {repository} gives {best[1] if best else 0} places to judge an adapter by;"
            f" at least {LEAST_CASES} are needed.",
            "An adapter is worth it for a repository with some weeks of commits.",
        )
    return best


def write_recipe(repository: Path, base: Path, output: Path, *, steps: int, seed: int = 1) -> Path:
    """Writes `output`/recipe.toml unless it is there, so that a stopped run goes on with what it began with.

    @raises LabError, ModelFileError before anything is written when the repository or the model is of no use
    """
    path = output / "recipe.toml"
    if path.is_file():
        return path
    # A model that the lab itself made can have room for less than what is usual.
    fit = min(1.0, read_gguf(base).context / _USUAL_TOKENS)
    day, count = choose_cut(repository, seed)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", repository.name).strip("-._") or "repository"
    text = f"""# Made by `wisp-lab adapt-repository`. Change what you like before the steps have run.

[run]
name = {_text(name)}
seed = {seed}
output = "."
steps = ["collect", "adapt", "evaluate"]

[collect]

[[collect.sources]]
kind = "git"
path = {_text(str(repository))}
at = {_text(day)}
licence = "own"

[collect.split]
unit = "file"
valid = 0.05
heldout = 0.0

[adapt]
base = {_text(str(base))}
rank = 8
alpha = 16
steps = {steps}
accumulation = 2
prefix_tokens = {int(160 * fit)}
suffix_tokens = {int(32 * fit)}
middle_tokens = {int(48 * fit)}
context_tokens = {int(64 * fit)}
evaluate_every = {max(1, steps // 2)}
evaluate_samples = 12
checkpoint_every = 10
learning_rate = 3e-4

[evaluate]
repository = {_text(str(repository))}
cut = {_text(day)}
count = {count}
prefix_tokens = {int(256 * fit)}
suffix_tokens = {int(32 * fit)}
max_tokens = {int(32 * fit)}
"""
    make_folder(output)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return path


def _text(value: str) -> str:
    """A TOML basic string; JSON's escapes are a subset of TOML's where DEL is escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
