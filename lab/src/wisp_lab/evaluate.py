"""evaluate: completions of one model, or of a model before and after adapting, on the same cases."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console
from rich.progress import track

from wisp_lab.cases import Case, cases_from_commits, cases_from_documents, load_cases, save_cases
from wisp_lab.collect import documents
from wisp_lab.cut import check_cut, learnt_heldout_lines, learnt_lines
from wisp_lab.engine import Engine, installed_runtime
from wisp_lab.errors import Interrupted, LabError, RecipeError
from wisp_lab.execution import Sandbox, find_sandbox
from wisp_lab.fim import fim_prompt
from wisp_lab.gguf_model import read_gguf
from wisp_lab.git import GitRepository
from wisp_lab.recipe import Evaluate, Recipe
from wisp_lab.recipe_file import recipe_path
from wisp_lab.scoring import Comparison, Score, compare, interval, score, share, trimmed
from wisp_lab.steps import RunFolder, digest_of, done_digest, file_digest, write_json
from wisp_lab.tokenizer import CodeTokenizer

_MARKS = 4
"""Tokens of a fill-in-the-middle prompt that are no text, and the end."""


def make_cases(recipe: Recipe, folder: RunFolder, base: Path) -> list[Case]:
    """The recipe's cases; those that are made are kept beside the results, so that every model gets the same.

    Other data and other commits make other cases.
    """
    settings = recipe.evaluate
    if settings.cases:
        return load_cases(recipe_path(settings.cases, base))
    path = _made_cases(recipe, folder, base)
    if path.is_file():
        return load_cases(path)
    counts: Counter[str] = Counter()
    if settings.repository:
        cases = cases_from_commits(
            recipe_path(settings.repository, base), settings.cut, settings.path_pattern, settings.count,
            recipe.run.seed, learnt=learnt_lines(folder.data),
        )  # fmt: skip
    else:
        cases = cases_from_documents(
            documents(folder.data, "heldout"), settings.count, recipe.run.seed,
            learnt=learnt_heldout_lines(folder.data), counts=counts,
        )  # fmt: skip
        write_json(_counts_file(path), counts)
    save_cases(cases, path)
    return cases


def _made_cases(recipe: Recipe, folder: RunFolder, base: Path) -> Path:
    """Where cases of these settings and this data lie, or will."""
    settings = recipe.evaluate
    wanted = {name: getattr(settings, name) for name in ("repository", "cut", "path_pattern", "count")}
    made_from = [wanted, recipe.run.seed, done_digest(folder.data), "none learnt"]  # once, learnt lines made some
    if settings.repository:
        git = GitRepository(recipe_path(settings.repository, base))
        made_from += [git.resolve(settings.cut), git.resolve("HEAD")]
    return folder.evaluation / f"cases-{digest_of(made_from)[:12]}.jsonl.gz"


def _counts_file(cases: Path) -> Path:
    return cases.with_name(cases.name.removesuffix(".jsonl.gz") + ".json")


def _left_out(recipe: Recipe, folder: RunFolder, base: Path) -> list[str]:
    """What the report says of lines that would have made a case and were learnt."""
    if recipe.evaluate.cases or recipe.evaluate.repository:
        return []
    counts = json.loads(_counts_file(_made_cases(recipe, folder, base)).read_text(encoding="utf-8"))
    lines, learnt = counts["lines"], counts.get("learnt", 0)
    return [f"Of {lines:,} held-out lines that could make a case, {learnt:,} stand in train and were left out."]


def check_cases(recipe: Recipe, folder: RunFolder, base: Path) -> None:
    """Makes the cases that need no earlier step, and looks for the runtime that completes them.

    @raises LabError when there are none, they were learnt, or are larger than the model's context, or EngineError
    """
    installed_runtime()
    settings = recipe.evaluate
    context = read_gguf(recipe_path(recipe.adapt.base, base)).context if recipe.adapt else recipe.model.context
    need = settings.prefix_tokens + settings.suffix_tokens + settings.max_tokens + _MARKS
    if need > context:
        raise RecipeError(
            f"evaluate asks for {need} tokens in all; the model's context is {context}.",
            "Lower evaluate.prefix_tokens, suffix_tokens or max_tokens.",
        )
    check_cut(recipe, base)
    if settings.cases or settings.repository:
        make_cases(recipe, folder, base)


def predict(
    cases: list[Case],
    model: Path,
    adapter: Path | None,
    settings: Evaluate,
    out: Path,
    *,
    max_seconds: float = 0,
) -> dict[str, str]:
    """Greedy completions in the engine by case id, kept line by line so that a stopped run goes on.

    @raises Interrupted after `max_seconds`
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    done = _kept_completions(out)
    left = [case for case in cases if case.id not in done]
    if not left:
        return done
    saved = adapter.parent if adapter and (adapter.parent / "tokenizer.json").is_file() else None
    tokenizer = CodeTokenizer.load(saved or model)
    started = time.monotonic()
    label = f"Completing with {adapter.parent.name if adapter else model.stem}"
    context = settings.prefix_tokens + settings.suffix_tokens + settings.max_tokens + 64
    with Engine(model, adapter, context=context) as engine, out.open("a", encoding="utf-8") as file:
        for case in track(left, label, console=Console(stderr=True)):
            answer = engine.generate(_prompt(case, tokenizer, settings), max_tokens=settings.max_tokens)
            done[case.id] = trimmed(case, answer.text)
            row = {"id": case.id, "completion": done[case.id], "latency_ms": round(answer.ms), "shown": True}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
            if max_seconds and time.monotonic() - started > max_seconds and len(done) < len(cases):
                raise Interrupted(f"{len(done)} of {len(cases)} cases done.", "Run it again to go on.")
    return done


def _kept_completions(out: Path) -> dict[str, str]:
    """What an earlier run wrote; a last line that a crash cut off is taken out of the file."""
    if not out.is_file():
        return {}
    whole, _, rest = out.read_bytes().rpartition(b"\n")
    if rest:
        out.write_bytes(whole + b"\n" if whole else b"")
    rows = [json.loads(line) for line in whole.decode("utf-8").split("\n") if line]
    return {row["id"]: row["completion"] for row in rows}


def _prompt(case: Case, tokenizer: CodeTokenizer, settings: Evaluate) -> str:
    """As much on both sides as the settings say, in tokens, never cutting a character."""
    prefix = tokenizer.encode(case.prefix[-settings.prefix_tokens * 8 :])[-settings.prefix_tokens :]
    suffix = tokenizer.encode(case.suffix[: settings.suffix_tokens * 8])[: settings.suffix_tokens]
    before = tokenizer.decode(prefix).lstrip("\ufffd")
    after = tokenizer.decode(suffix).rstrip("\ufffd") if suffix else ""
    return fim_prompt(before, after)


def evaluate(
    recipe: Recipe,
    folder: RunFolder,
    models: list[tuple[str, Path, Path | None]],
    *,
    base: Path,
    max_seconds: float = 0,
    run_tests: bool = False,
    title: str = "",
    notes: Sequence[str] = (),
    report: Callable[[str], None] = lambda _: None,
) -> Path:
    """Scores every (name, GGUF file, adapter) on the same cases and writes a table; with two, compares them.

    @param notes what else the report says
    @param title of other cases than the recipe's: their results lie beside those of the recipe
    @return the report, Markdown, with results.json beside it
    """
    settings = recipe.evaluate
    cases = make_cases(recipe, folder, base)
    report(f"{len(cases)} cases.")
    sandbox = _sandbox_for(cases, report) if run_tests else None
    names = [name for name, _, _ in models]
    scores: dict[str, list[Score]] = {}
    started = time.monotonic()
    key = digest_of(
        [
            [[c.id, c.prefix, c.suffix] for c in cases],
            settings.prefix_tokens,
            settings.suffix_tokens,
            settings.max_tokens,
        ]
    )
    for name, model, adapter in models:
        left = max(1.0, max_seconds - (time.monotonic() - started)) if max_seconds else 0
        stamp = digest_of([file_digest(p) for p in (model, adapter) if p])[:8]
        out = folder.evaluation / f"predictions-{name}-{key[:8]}-{stamp}.jsonl"
        found = predict(cases, model, adapter, settings, out, max_seconds=left)
        scores[name] = [score(case, found[case.id]) for case in cases]
        if sandbox:
            scores[name] = [
                replace(row, passed=sandbox.passes(case, found[case.id])) if case.test else row
                for case, row in zip(cases, scores[name], strict=True)
            ]
    files = _files(cases)
    pair = (scores[names[0]], scores[names[-1]])
    comparison = compare(*pair, files, settings.confidence) if len(names) > 1 else None
    text = _table(cases, scores, settings, comparison, [*notes, *_left_out(recipe, folder, base)])
    suffix = f"-{title}" if title else ""
    path = folder.evaluation / f"REPORT{suffix}.md"
    path.write_text(text, encoding="utf-8")
    write_json(
        folder.evaluation / f"results{suffix}.json",
        {
            "cases": len(cases),
            "scores": {
                name: {
                    "exact": asdict(share([s.exact for s in rows], settings.confidence)),
                    "similarity": asdict(interval([s.similarity for s in rows], files, settings.confidence)),
                }
                for name, rows in scores.items()
            },
            "comparison": asdict(comparison) | {"better": comparison.better} if comparison else None,
        },
    )
    return path


def _sandbox_for(cases: list[Case], report: Callable[[str], None]) -> Sandbox:
    if not any(case.test for case in cases):
        raise LabError("No case has a test to run.", "Files in the format of HumanEval-Infilling have them.")
    sandbox = find_sandbox()
    report(f"The completed programs run with limits: {sandbox.limits}.")
    return sandbox


def _table(
    cases: list[Case],
    scores: dict[str, list[Score]],
    settings: Evaluate,
    comparison: Comparison | None,
    notes: Sequence[str] = (),
) -> str:
    level = f"{settings.confidence:.0%} interval"
    lines = [
        "# Evaluation",
        "",
        f"{len(cases)} cases, greedy, {settings.prefix_tokens} + {settings.suffix_tokens} tokens round the hole,"
        " in the extension's runtime. Intervals: Wilson's for shares, else bootstrap over files.",
        "",
        *(line for note in notes for line in (note, "")),
        f"| model | exact first line ({level}) | edit similarity ({level}) |",
        "|---|---|---|",
    ]
    for name, rows in scores.items():
        exact = share([s.exact for s in rows], settings.confidence)
        near = interval([s.similarity for s in rows], _files(cases), settings.confidence)
        lines.append(f"| {name} | {_percent(exact)} | {_percent(near)} |")
    for name, rows in scores.items():
        passed = [row.passed for row in rows if row.passed is not None]
        if passed:
            part = _percent(share(passed, settings.confidence))
            count = f"{sum(passed)} of {len(passed)} programs"
            lines += ["", f"{name} passes the tests of {count}: {part} (pass@1, greedy)."]
    if comparison:
        first, last = next(iter(scores)), list(scores)[-1]
        lines += [
            "",
            f"{last} against {first}, paired: exact {_signed(comparison.exact)} points,"
            f" similarity {_signed(comparison.similarity)} points; {comparison.gained} cases became right,"
            f" {comparison.lost} wrong (McNemar p = {comparison.p_value:.3f}).",
            "",
            f"**Recommended: {last}.** {_reason(comparison)}"
            if comparison.better
            else f"**Not recommended: {last}** is not better than {first} beyond chance on these cases.",
        ]
    return "\n".join(lines) + "\n"


def _reason(comparison: Comparison) -> str:
    """What the recommendation rests on, which may be one of the measures alone."""
    if comparison.more_exact and comparison.nearer:
        return "The gains in exact lines and in edit similarity are larger than chance explains."
    if comparison.more_exact:
        return "The gain in exact lines is larger than chance explains; that in edit similarity is not settled."
    return (
        "Its lines are nearer to the right ones: the gain in edit similarity is larger than chance explains."
        " Whether more of them are exactly right is not settled."
    )


def _files(cases: list[Case]) -> list[str]:
    """The file of each case; a task that names none of a repository is a file of its own."""
    return [f"{case.repo}/{case.path}" if case.repo else case.id for case in cases]


def _percent(value) -> str:
    return f"{value.mean * 100:.1f} % ({value.low * 100:.1f} to {value.high * 100:.1f})"


def _signed(value) -> str:
    return f"{value.mean * 100:+.1f} ({value.low * 100:+.1f} to {value.high * 100:+.1f})"
