"""Reading recipe.toml: what is wrong in it is told before any work starts."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from wisp_lab.errors import RecipeError, did_you_mean
from wisp_lab.recipe import FolderSource, GitSource, PythonEnvironmentSource, Recipe, Section


def load_recipe(path: Path) -> Recipe:
    """Reads and checks a recipe.

    @raises RecipeError with every wrong key and the nearest right one.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"There is no recipe {path}.", "Recipes of the lab lie in lab/recipes.") from None
    except IsADirectoryError:
        raise RecipeError(f"{path} is a folder.", "Give the recipe itself, a TOML file.") from None
    except OSError as error:
        raise RecipeError(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not valid TOML: {error}") from None
    return parse_recipe(data, str(path))


def parse_recipe(data: dict[str, Any], name: str = "recipe") -> Recipe:
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        lines = [_explain(e["loc"], e["type"], e["msg"]) for e in error.errors()]
        raise RecipeError(f"{name} is wrong:\n" + "\n".join(f"  - {line}" for line in lines)) from None


def recipe_path(text: str, base: Path) -> Path:
    """A path that a recipe names. @param base the recipe's own folder, from which relative ones start"""
    try:
        return (base / Path(text).expanduser()).resolve()
    except (RuntimeError, ValueError) as error:  # ~nobody, or a NUL in it
        raise RecipeError(f"'{text}' is no path: {error}") from None


def _explain(location: tuple[int | str, ...], kind: str, message: str) -> str:
    where = ".".join(str(part) for part in location) or "recipe"
    if kind != "extra_forbidden":
        return f"{where}: {message.removeprefix('Value error, ')}"
    return f"{where}: there is no such key. {did_you_mean(str(location[-1]), _known_keys(location[:-1]))}"


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    section: Any = Recipe
    for part in location:
        if part in ("folder", "git", "python-environment"):
            by_kind = {"folder": FolderSource, "git": GitSource, "python-environment": PythonEnvironmentSource}
            section = by_kind[str(part)]
            continue
        field = section.model_fields.get(part) if isinstance(part, str) else None
        if field is None:
            continue
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
        section = next((c for c in candidates if isinstance(c, type) and issubclass(c, Section)), section)
    return sorted(section.model_fields)
