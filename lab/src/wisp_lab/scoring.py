"""How good completions are, and whether a difference is more than chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein
from scipy import stats

from wisp_lab.cases import Case
from wisp_lab.errors import LabError

_RESAMPLES = 10_000
_AT_ONCE = 500
"""A few resamples at a time, so that thousands of files need no gigabytes."""


@dataclass(frozen=True)
class Score:
    exact: bool
    """The first line is right, runs of white space counting as one."""
    similarity: float
    """Levenshtein ratio of the first lines, 0 to 1."""
    passed: bool | None = None
    """Whether the completed program passed the case's tests; None where they were not run."""


def score(case: Case, completion: str) -> Score:
    multi = "\n" in case.truth.strip("\n")
    want = _folded(case.truth if multi and case.kind == "human_eval" else _first_line(case.truth))
    got = _folded(completion if multi and case.kind == "human_eval" else _first_line(completion))
    return Score(got == want, Levenshtein.normalized_similarity(got, want))


def trimmed(case: Case, completion: str) -> str:
    """What an editor would insert: one line where the hole is one line, without what stands right of it already.

    Only what is too much is left out: a closing bracket that the hole needs besides the one behind it stays.
    """
    text = completion if "\n" in case.truth else completion.split("\n", 1)[0]
    rest = case.suffix.split("\n", 1)[0].strip()
    without = text.rstrip().removesuffix(rest)
    if without == text.rstrip():  # nothing stands right of the hole, or the text does not come to it
        return text
    # The file with the truth in it is whole: a completion that opens and closes as much leaves it so.
    if _open(without) == _open(text):
        return text if case.truth.rstrip().endswith(rest) else without
    return without if _open(without) == _open(case.truth) else text


def _open(text: str) -> list[int]:
    """How many brackets of each kind are left open; below zero where it closes those of the text before."""
    return [text.count(left) - text.count(right) for left, right in ("()", "[]", "{}")]


def _first_line(text: str) -> str:
    return next((line for line in text.split("\n") if line.strip()), "")


def _folded(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True)
class Interval:
    mean: float
    low: float
    high: float


def share(values: list[bool], confidence: float) -> Interval:
    """How many of the cases, with Wilson's interval (1927): it has a width even where all or none are."""
    if not values:
        raise LabError("There is no case to measure on.")
    found = stats.binomtest(sum(values), len(values)).proportion_ci(confidence, method="wilson")
    return Interval(sum(values) / len(values), float(found.low), float(found.high))


def interval(values: list[float], files: list[str], confidence: float) -> Interval:
    """Mean with a percentile bootstrap interval (Efron 1979), 10,000 resamples, fixed seed.

    Whole files are drawn, not cases: those of one file are alike, and say less together than as many of others.
    @param files the file of each value; one alone says nothing about others, so nothing from -1 to 1 is ruled out
    """
    if not values:
        raise LabError("There is no case to measure on.")
    mean = float(np.mean(values))
    names, places = np.unique(files, return_inverse=True)
    if len(names) < 2:
        return Interval(mean, -1.0, 1.0)
    return Interval(mean, *resampled(np.bincount(places, weights=values), np.bincount(places), confidence))


def resampled(sums: np.ndarray, counts: np.ndarray, confidence: float) -> tuple[float, float]:
    """The bounds of a mean when whole groups are drawn anew: each has its sum, and how many values are in it."""
    shares = []
    numbers, tail = np.random.default_rng(0), (1 - confidence) / 2
    for _ in range(_RESAMPLES // _AT_ONCE):
        draws = numbers.integers(0, len(sums), (_AT_ONCE, len(sums)))
        shares.append(sums[draws].sum(axis=1) / counts[draws].sum(axis=1))
    low, high = np.quantile(np.concatenate(shares), [tail, 1 - tail])
    return float(low), float(high)


@dataclass(frozen=True)
class Comparison:
    """Paired by case: after minus before."""

    exact: Interval
    similarity: Interval
    gained: int
    lost: int
    p_value: float
    """McNemar's exact test on the cases that changed between right and wrong."""
    confidence: float

    @property
    def more_exact(self) -> bool:
        """More lines are right than chance explains: by the interval and by the test, which doubts small numbers."""
        return self.exact.low > 0 and self.p_value < 1 - self.confidence

    @property
    def nearer(self) -> bool:
        """The lines are nearer to the right ones than chance explains."""
        return self.similarity.low > 0

    @property
    def better(self) -> bool:
        """One measure gained more than chance explains and the other did not fall."""
        return (self.more_exact and self.similarity.mean >= 0) or (self.nearer and self.exact.mean >= 0)


def compare(before: list[Score], after: list[Score], files: list[str], confidence: float) -> Comparison:
    """@param files the file of each case"""
    pairs = list(zip(before, after, strict=True))
    gained = sum(b.exact < a.exact for b, a in pairs)
    lost = sum(b.exact > a.exact for b, a in pairs)
    changed = gained + lost
    return Comparison(
        interval([float(a.exact) - float(b.exact) for b, a in pairs], files, confidence),
        interval([a.similarity - b.similarity for b, a in pairs], files, confidence),
        gained,
        lost,
        float(stats.binomtest(gained, changed).pvalue) if changed else 1.0,
        confidence,
    )
