"""evaluate for a run: which models there are to compare follows from what the run has made."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from wisp_lab.adapt import ADAPTER_FILE
from wisp_lab.errors import LabError, ModelFileError
from wisp_lab.evaluate import check_cases, evaluate
from wisp_lab.gguf_export import export_gguf
from wisp_lab.gguf_model import read_gguf
from wisp_lab.language_loss import LanguageLoss, language_loss
from wisp_lab.recipe import Recipe
from wisp_lab.recipe_file import recipe_path
from wisp_lab.steps import RunFolder, digest_of, done_digest, write_json


def evaluate_run(
    recipe: Recipe,
    folder: RunFolder,
    *,
    base: Path,
    against: Path | None = None,
    max_seconds: float = 0,
    run_tests: bool = False,
    title: str = "",
    report: Callable[[str], None] = lambda _: None,
) -> Path:
    """@raises ModelFileError when the run has neither a trained model nor an adapter"""
    adapter = folder.adapter / ADAPTER_FILE
    is_adapted = recipe.adapt is not None and adapter.is_file()
    if not is_adapted and not (folder.model / "config.json").is_file():
        raise ModelFileError(
            f"{folder.path} has neither a trained model nor an adapter.", "Run `train` or `adapt` first."
        )
    if against is not None:
        if is_adapted:
            raise LabError("An adapter is compared with its own model.", "--against is for a trained model.")
        read_gguf(against)
    check_cases(recipe, folder, base)
    notes: list[str] = []
    if recipe.adapt is not None and is_adapted:
        file = recipe_path(recipe.adapt.base, base)
        read_gguf(file)
        models: list[tuple[str, Path, Path | None]] = [("base", file, None), ("adapted", file, adapter)]
    else:
        if not title:  # the held-out part is what the recipe's own cases are from
            notes.append(_heldout_loss(recipe, folder).summary(recipe.evaluate.confidence))
            report(notes[-1])
        models = [(recipe.run.name, _trained_model(recipe, folder), None)]
        if against is not None:
            models.insert(0, (against.stem, against.resolve(), None))
    return evaluate(
        recipe, folder, models, base=base, max_seconds=max_seconds, run_tests=run_tests, title=title,
        notes=notes, report=report,
    )  # fmt: skip


def _heldout_loss(recipe: Recipe, folder: RunFolder) -> LanguageLoss:
    """Of the trained model; measured once for one model and its data."""
    trained, confidence = (folder.model / "config.json").stat().st_mtime_ns, recipe.evaluate.confidence
    made_from = digest_of([done_digest(folder.training), trained, done_digest(folder.tokens), confidence])
    loss_file = folder.evaluation / f"perplexity-{made_from[:12]}.json"
    if not loss_file.is_file():
        write_json(loss_file, asdict(language_loss(folder.model, folder.tokens, "heldout", confidence=confidence)))
    return LanguageLoss(**json.loads(loss_file.read_text(encoding="utf-8")))


def _trained_model(recipe: Recipe, folder: RunFolder) -> Path:
    """The trained model's file for the runtime, written once for one model."""
    trained = (folder.model / "config.json").stat().st_mtime_ns
    file = folder.evaluation / "model-f16.gguf"
    if not file.is_file() or file.stat().st_mtime_ns < trained:
        export_gguf(folder.model, file, "f16", name=recipe.run.name, licence=recipe.export.licence)
    return file
