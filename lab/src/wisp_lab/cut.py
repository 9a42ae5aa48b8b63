"""Nothing that a model is judged by may have been learnt: the cut in time between the two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wisp_lab.collect import documents
from wisp_lab.errors import LabError, RecipeError
from wisp_lab.git import GitRepository
from wisp_lab.recipe import FolderSource, GitSource, Recipe
from wisp_lab.recipe_file import recipe_path


def check_cut(recipe: Recipe, base: Path) -> None:
    """@raises RecipeError when a source holds what `evaluate.repository` gained after `evaluate.cut`"""
    settings = recipe.evaluate
    if recipe.collect is None or settings.cases or not settings.repository:
        return
    judged = GitRepository(recipe_path(settings.repository, base))
    cut = judged.resolve(settings.cut)
    for source in recipe.collect.sources:
        match source:
            case FolderSource():
                if _holds(recipe_path(source.path, base), source.each, judged, cut):
                    raise RecipeError(
                        f"The source {source.path} is a folder of evaluate.repository, as it stands now.",
                        f'Use kind = "git" with at = "{settings.cut}": later lines are what it is judged by.',
                    )
            case GitSource():
                git = _clone(recipe_path(source.path, base), cut)
                if git and not git.is_ancestor(git.resolve(source.at), cut):
                    raise RecipeError(
                        f'The source {source.path} is evaluate.repository, and at = "{source.at}" is no earlier'
                        f' than cut = "{settings.cut}".',
                        f'Set at = "{settings.cut}": later lines are what it is judged by.',
                    )


def learnt_lines(data: Path) -> set[str]:
    """Every line that a training on the collected data sees, runs of white space counting as one."""
    return _lines(data, "train") | _lines(data, "valid")


def learnt_heldout_lines(data: Path) -> set[str]:
    """Those of the held-out part's lines that stand in train; memory grows with the held-out part alone."""
    heldout = _lines(data, "heldout")
    return {line for line in _each_line(data, "train") if line in heldout}


def _lines(data: Path, part: str) -> set[str]:
    return set(_each_line(data, part))


def _each_line(data: Path, part: str) -> Iterator[str]:
    for document in documents(data, part):
        yield from (" ".join(line.split()) for line in document.text.splitlines())


def _holds(folder: Path, each: bool, judged: GitRepository, cut: str) -> bool:
    places = [folder, *(place for place in folder.iterdir() if each and place.is_dir())] if folder.is_dir() else []
    return judged.path.resolve().is_relative_to(folder.resolve()) or any(_clone(place, cut) for place in places)


def _clone(path: Path, commit: str) -> GitRepository | None:
    """The repository that `path` lies in, where it has the commit: a clone or another work tree of the judged one."""
    try:
        git = GitRepository(path)
        git.resolve(commit)
    except LabError:
        return None
    return git
