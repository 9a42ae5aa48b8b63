"""evaluate for a run: which models there are to compare follows from what the run has made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from wisp_lab.adapt import ADAPTER_FILE
from wisp_lab.errors import ModelFileError
from wisp_lab.evaluate import evaluate
from wisp_lab.gguf_export import export_gguf
from wisp_lab.gguf_model import read_gguf
from wisp_lab.language_loss import language_loss
from wisp_lab.recipe import Recipe
from wisp_lab.steps import RunFolder, write_json


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
    models: list[tuple[str, Path, Path | None]] = []
    adapter = folder.adapter / ADAPTER_FILE
    if recipe.adapt is not None and adapter.is_file():
        file = (base / Path(recipe.adapt.base).expanduser()).resolve()
        read_gguf(file)
        models = [("base", file, None), ("adapted", file, adapter)]
    elif (folder.model / "config.json").is_file():
        loss_file = folder.evaluation / "perplexity.json"
        if not loss_file.is_file():
            loss = language_loss(folder.model, folder.tokens, "heldout")
            write_json(
                loss_file,
                asdict(loss) | {"perplexity": loss.perplexity, "bits_per_byte": loss.bits_per_byte},
            )
        report(loss_file.read_text(encoding="utf-8"))
        file = folder.evaluation / "model-f16.gguf"
        if not file.is_file() or file.stat().st_mtime < (folder.model / "config.json").stat().st_mtime:
            export_gguf(folder.model, file, "f16", name=recipe.run.name, licence=recipe.export.licence)
        models = [(recipe.run.name, file, None)]
        if against is not None:
            models.insert(0, (against.stem, against.resolve(), None))
    else:
        raise ModelFileError(
            f"{folder.path} has neither a trained model nor an adapter.", "Run `train` or `adapt` first."
        )
    return evaluate(
        recipe, folder, models, base=base, max_seconds=max_seconds, run_tests=run_tests, title=title, report=report
    )
