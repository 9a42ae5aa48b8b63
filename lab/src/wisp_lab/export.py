"""export: every file type of the recipe, each compared with PyTorch in the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from wisp_lab.engine import find_repository
from wisp_lab.errors import EngineError, ModelFileError
from wisp_lab.gguf_export import export_gguf
from wisp_lab.parity import check_parity
from wisp_lab.recipe import Recipe
from wisp_lab.steps import RunFolder, make_folder, write_json

CLOSE_CHOICES = 0.05
"""Logit gap under which another order of additions alone may turn a choice round."""


def export_all(recipe: Recipe, folder: RunFolder, *, parity: bool) -> Iterator[str]:
    """Yields what was done, line by line.

    @raises EngineError when a file cuts a prompt into other tokens, or an f32 or f16 file says something else
    """
    if not (folder.model / "config.json").is_file():
        raise ModelFileError(f"There is no trained model in {folder.model}.", "Run the step `train` first.")
    make_folder(folder.exported)
    name = recipe.export.name or recipe.run.name
    results = {}
    for kind in recipe.export.types:
        target = folder.exported / f"{name}-{kind}.gguf"
        export_gguf(folder.model, target, kind, name=name, licence=recipe.export.licence)
        yield f"{target} ({target.stat().st_size / 1e6:.1f} MB)"
        if not parity:
            continue
        if find_repository() is None:
            yield "The engine is not installed here, so the file was not compared (run `npm install`)."
            continue
        result = check_parity(folder.model, target)
        results[kind] = asdict(result)
        yield (
            f"  engine: {result.same_prompt_tokens} of {result.prompts} prompts cut alike, {result.same_tokens}"
            f" of {result.tokens} generated tokens alike"
        )
        if result.same_prompt_tokens < result.prompts:
            raise EngineError(f"{target} cuts text into other tokens in the engine than the tokenizer in PyTorch.")
        if result.tokens == 0:
            raise EngineError(f"{target} was compared on no token at all.")
        if kind != "q8_0" and not result.exact and result.widest_margin > CLOSE_CHOICES:
            raise EngineError(f"{target} says something else in the engine than the model in PyTorch.")
    if results:
        write_json(folder.exported / "parity.json", results)
