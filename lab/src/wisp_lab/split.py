"""Train, valid and held-out parts that share no repository, folder or file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from wisp_lab.errors import RecipeError
from wisp_lab.recipe import Split
from wisp_lab.sources import Repository

PARTS = ("train", "valid", "heldout")


@dataclass(frozen=True)
class SplitPlan:
    """Decides the part of a document by its unit alone, so that every shard and every run decides alike.

    A repository that the recipe names is in that part as a whole, whatever the unit.
    """

    settings: Split
    seed: int
    by_repository: dict[str, str]

    def part(self, repository: str, path: str) -> str:
        if repository in self.by_repository:
            return self.by_repository[repository]
        unit = path if self.settings.unit == "file" else str(PurePosixPath(path).parent)
        share = _fraction(self.seed, f"{repository}\0{unit}")
        if share < self.settings.heldout:
            return "heldout"
        return "valid" if share < self.settings.heldout + self.settings.valid else "train"


def plan_split(settings: Split, repositories: list[Repository], seed: int) -> SplitPlan:
    """@raises RecipeError when a name is unknown or in two parts, or there are too few repositories for each part"""
    names = [repository.name for repository in repositories]
    unknown = sorted({*settings.valid_names, *settings.heldout_names} - set(names))
    if unknown:
        raise RecipeError(
            f"collect.split names {', '.join(unknown)}, which no source has.", f"There are: {', '.join(names)}"
        )
    if both := sorted({*settings.valid_names} & {*settings.heldout_names}):
        raise RecipeError(
            f"collect.split has {', '.join(both)} in valid_names and in heldout_names.", "A repository is in one part."
        )
    named = dict.fromkeys(settings.valid_names, "valid") | dict.fromkeys(settings.heldout_names, "heldout")
    if settings.unit != "repository":
        return SplitPlan(settings, seed, named)
    parts = dict.fromkeys(names, "train") | named
    free = sorted((n for n in names if parts[n] == "train"), key=lambda name: _fraction(seed, name))
    for part, share, chosen in (
        ("heldout", settings.heldout, settings.heldout_names),
        ("valid", settings.valid, settings.valid_names),
    ):
        missing = 0 if chosen or share == 0 else max(1, round(share * len(names)))
        for name in free[:missing]:
            parts[name] = part
        free = free[missing:]
    if "train" not in parts.values():
        raise RecipeError(
            f"{len(names)} repositories are too few to keep one each for train, valid and held-out.",
            "Add sources, or set collect.split.unit to 'directory' or 'file'.",
        )
    return SplitPlan(settings, seed, parts)


def _fraction(seed: int, name: str) -> float:
    return int.from_bytes(hashlib.sha256(f"{seed}\0{name}".encode()).digest()[:8]) / 2**64
