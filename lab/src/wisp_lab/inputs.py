"""What the steps of a recipe take from outside, looked at before the first of them begins."""

from __future__ import annotations

from pathlib import Path

from wisp_lab.adapt import ADAPTER_FILE, check_base_fits
from wisp_lab.collect import check_sources
from wisp_lab.errors import RecipeError
from wisp_lab.evaluate import check_cases
from wisp_lab.recipe import Recipe, Step
from wisp_lab.steps import RunFolder, done_digest, make_folder
from wisp_lab.tokenize import check_tokenizer
from wisp_lab.tokenizer import CodeTokenizer
from wisp_lab.train import check_model_fits

_MADE_BY: dict[Step, tuple[Step, ...]] = {
    "tokenize": ("collect",),
    "train": ("tokenize",),
    "adapt": ("collect",),
    "evaluate": ("train", "adapt"),
    "export": ("train",),
}
"""What a step works on is made by one of these."""


def check_inputs(recipe: Recipe, folder: RunFolder, base: Path) -> None:
    """@param base the folder that relative paths of the recipe start from
    @raises LabError for what would stop a later step: its source, model or cases, memory, or an earlier step
    """
    make_folder(folder.path)
    _check_order(recipe, folder)
    steps = recipe.run.steps
    if "collect" in steps and recipe.collect is not None:
        check_sources(recipe.collect, base, recipe.run.seed)
    vocabulary = check_tokenizer(recipe.tokenize, base) if "tokenize" in steps else None
    if "train" in steps and not (folder.model / "config.json").is_file():
        check_model_fits(recipe, vocabulary or CodeTokenizer.load(folder.tokens).size, folder)
    if "adapt" in steps and recipe.adapt is not None and not (folder.adapter / ADAPTER_FILE).is_file():
        check_base_fits(recipe.adapt, base)
    if "evaluate" in steps:
        _check_evaluation(recipe, folder, base)


def _check_order(recipe: Recipe, folder: RunFolder) -> None:
    lies_there = {
        "collect": done_digest(folder.data) is not None,
        "tokenize": done_digest(folder.tokens) is not None,
        "train": done_digest(folder.training) is not None,
        "adapt": done_digest(folder.adapter) is not None,
    }
    before: set[str] = {name for name, done in lies_there.items() if done}
    for step in recipe.run.steps:
        makers = _MADE_BY.get(step, ())
        if makers and not before.intersection(makers):
            names = " or ".join(f"'{name}'" for name in makers)
            raise RecipeError(f"run.steps: '{step}' works on what {names} makes.", f"Name {names} before it.")
        before.add(step)


def _check_evaluation(recipe: Recipe, folder: RunFolder, base: Path) -> None:
    split = recipe.collect.split if recipe.collect and "collect" in recipe.run.steps else None
    if recipe.adapt is None and split and split.heldout == 0 and not split.heldout_names:
        raise RecipeError(
            "evaluate measures on the held-out part, and collect.split leaves none.",
            "Raise collect.split.heldout, or name repositories in heldout_names.",
        )
    check_cases(recipe, folder, base)
