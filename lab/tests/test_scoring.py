from __future__ import annotations

from dataclasses import replace

import pytest

from wisp_lab.cases import Case
from wisp_lab.errors import LabError
from wisp_lab.evaluate import _table
from wisp_lab.recipe import Evaluate
from wisp_lab.scoring import Comparison, Score, compare, interval, score, share, trimmed

CASE = Case("1", "line_end", "python", "a.py", "x = call(", ")\ny = 2\n", "first, second")


def test_scores_and_trimming() -> None:
    assert trimmed(CASE, "first, second)\nmore") == "first, second"
    assert score(CASE, "first,  second") == Score(True, 1.0)
    near = score(CASE, "first, third")
    assert not near.exact and 0.4 < near.similarity < 1
    assert score(CASE, "") == Score(False, 0.0)


def test_only_what_is_too_much_is_trimmed() -> None:
    nested = replace(CASE, truth="abs(a), abs(b)")
    assert trimmed(nested, "abs(a), abs(b)") == trimmed(nested, "abs(a), abs(b))") == nested.truth
    assert trimmed(nested, "max(a, b), min(c)") == "max(a, b), min(c)", "another right answer stays whole too"
    ended = Case("1", "line_end", "go", "a.ts", "x = ", ";\n", "call()")
    assert trimmed(ended, "call();") == trimmed(ended, "call()") == "call()"
    power = Case("1", "line_end", "python", "a.py", "return ", " * x\n", "x * x")
    assert trimmed(power, "x * x") == "x * x"


def names(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def test_the_interval_holds_the_mean_and_narrows_with_more_cases() -> None:
    few, many = (interval([0.0, 1.0] * n, names(2 * n), 0.95) for n in (10, 500))
    assert few.mean == many.mean == 0.5
    assert few.low < many.low < 0.5 < many.high < few.high
    # Standard error of a share: sqrt(0.25 / 1000) = 0.0158; 1.96 of them on each side.
    assert many.high - many.low == pytest.approx(2 * 1.96 * 0.0158, rel=0.1)


def test_cases_of_one_file_say_less_than_as_many_of_others() -> None:
    values = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0] * 10
    apart = interval(values, names(60), 0.95)
    together = interval(values, [str(number // 3) for number in range(60)], 0.95)
    assert together.mean == apart.mean
    # Three alike cases of a file count as one: the width grows with the root of three.
    assert together.high - together.low == pytest.approx(3**0.5 * (apart.high - apart.low), rel=0.1)
    assert interval([0.2, 0.3], ["a", "a"], 0.95).low < 0, "one file alone settles nothing"


def test_a_share_of_all_or_none_has_an_interval_and_none_of_nothing_is_refused() -> None:
    # Wilson's bounds for 0 of n are 0 and z^2 / (n + z^2).
    assert share([False] * 100, 0.95).low == 0
    assert share([False] * 100, 0.95).high == pytest.approx(3.8415 / 103.8415, rel=1e-3)
    assert share([True] * 12, 0.95).low == pytest.approx(12 / 15.8415, rel=1e-3)
    for measure in (lambda: share([], 0.95), lambda: interval([], [], 0.95)):
        with pytest.raises(LabError, match="no case"):
            measure()


def test_only_a_gain_beyond_chance_is_recommended() -> None:
    wrong, right = Score(False, 0.4), Score(True, 1.0)

    def judged(before: list[Score], after: list[Score]) -> Comparison:
        return compare(before, after, names(len(before)), 0.95)

    same = judged([wrong, right] * 50, [wrong, right] * 50)
    assert not same.better and same.p_value == 1.0
    chance = judged([wrong] * 100, [right] * 2 + [wrong] * 98)
    assert chance.gained == 2 and not chance.exact.low > 0
    gain = judged([wrong] * 100, [right] * 20 + [wrong] * 80)
    assert gain.better and gain.p_value < 0.001
    loss = judged([right] * 20 + [wrong] * 80, [wrong] * 100)
    assert not loss.better and loss.lost == 20
    few = judged([wrong] * 100, [Score(True, 0.4)] * 5 + [wrong] * 95)
    assert few.exact.low > 0 and few.p_value > 0.05 and not few.better, "five changes are not settled by the test"
    near = judged([Score(False, 0.4)] * 100, [Score(False, 0.6)] * 100)
    exact = judged([wrong] * 100, [Score(True, 0.4)] * 20 + [wrong] * 80)
    cases = [replace(CASE, id=name) for name in names(100)]
    text = {
        name: _table(cases, {"base": [wrong] * 100, "adapted": [wrong] * 100}, Evaluate(), result)
        for name, result in (("same", same), ("gain", gain), ("loss", loss), ("near", near), ("exact", exact))
    }
    assert "**Recommended: adapted.** The gains in exact lines and in edit similarity are larger" in text["gain"]
    assert "**Recommended: adapted.** Its lines are nearer" in text["near"]
    assert "exactly right is not settled" in text["near"] and "exact lines is larger" not in text["near"]
    assert "The gain in exact lines is larger than chance explains; that in edit similarity is not" in text["exact"]
    assert "**Not recommended: adapted**" in text["same"] and "**Not recommended: adapted**" in text["loss"]
