from pathlib import Path

import pytest

from wisp_lab.errors import RecipeError
from wisp_lab.recipe_file import load_recipe, parse_recipe

RECIPES = Path(__file__).parent.parent / "recipes"
MINIMAL = {"run": {"name": "x", "steps": ["train"]}, "train": {"steps": 5}}


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.name)
def test_every_recipe_of_the_lab_is_valid(path: Path) -> None:
    assert load_recipe(path).run.name == path.stem


def test_a_wrong_key_is_named_with_the_nearest_right_one() -> None:
    with pytest.raises(RecipeError, match=r"train\.learnin_rate: there is no such key\. Did you mean 'learning_rate'"):
        parse_recipe(MINIMAL | {"train": {"steps": 5, "learnin_rate": 1}})


def test_a_wrong_key_of_a_source_is_named() -> None:
    collect = {"sources": [{"kind": "git", "path": ".", "mod": "tree"}]}
    with pytest.raises(RecipeError, match=r"Did you mean 'mode'"):
        parse_recipe(MINIMAL | {"collect": collect})


def test_every_wrong_value_is_told_at_once() -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(MINIMAL | {"train": {"steps": 0, "batch": 0}, "model": {"heads": 3, "kv_heads": 2}})
    assert "train.steps" in str(caught.value)
    assert "train.batch" in str(caught.value)
    assert "multiple of kv_heads" in str(caught.value)


def test_a_step_needs_its_section() -> None:
    with pytest.raises(RecipeError, match=r"'adapt', but there is no \[adapt\] section"):
        parse_recipe({"run": {"name": "x", "steps": ["adapt"]}})


def test_broken_toml_and_a_missing_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no recipe"):
        load_recipe(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[run\n")
    with pytest.raises(RecipeError, match="not valid TOML"):
        load_recipe(tmp_path / "bad.toml")
