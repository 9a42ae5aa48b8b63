"""The command line: one command per step, one that runs a recipe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from wisp_lab.errors import LabError
from wisp_lab.failures import told_failures
from wisp_lab.recipe_file import load_recipe
from wisp_lab.steps import make_folder, run_folder

console = Console(stderr=True)
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="From a folder of code to a completion model in your editor.\n\n"
    "Each step reads one recipe (a TOML file, see lab/recipes) and writes into its run's folder. Run a step"
    " again and it goes on where it stopped, or says that nothing is to be done.",
)

RecipePath = Annotated[Path, typer.Argument(help="The recipe, for example recipes/tiny-cpu.toml.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Throw away this step's earlier result and start anew.")]


@app.callback()
def _lab() -> None:
    pass


def main() -> None:
    """Entry point: a failure that the user can mend is printed without a traceback."""
    with told_failures(console):
        app()


@app.command()
def collect(recipe: RecipePath, fresh: Fresh = False) -> None:
    """Collect code into documents and drop what should not be learnt.

    Reads folders, git repositories and installed packages. Left out, each with its reason in the data card:
    files under other licences than `collect.licences`, with credentials, vendored, generated or minified ones,
    binary and broken text, near-duplicates. The rest is cut into train, valid and held-out parts that share no
    repository.
    """
    from wisp_lab.collect import collect as run

    settings = load_recipe(recipe)
    if settings.collect is None:
        raise LabError(f"{recipe} has no [collect] section.")
    folder = run_folder(settings, recipe)
    card = run(settings.collect, folder.data, base=recipe.parent, seed=settings.run.seed, fresh=fresh)
    console.print(card.read_text(encoding="utf-8").split("## Languages")[0])
    console.print(f"Data card: {card}")


@app.command()
def tokenize(recipe: RecipePath, fresh: Fresh = False) -> None:
    """Cut the documents into tokens.

    Trains a byte-level BPE tokenizer on the training part (frequent runs of bytes become one token), or takes the
    tokenizer of a model (`tokenize.from_model`), and writes each part into a file that training maps into memory.
    The report tells how many bytes a token stands for, by language: more is cheaper.
    """
    from wisp_lab.tokenize import tokenize as run

    settings = load_recipe(recipe)
    folder = run_folder(settings, recipe)
    report = run(settings.tokenize, folder.data, folder.tokens, base=recipe.parent, fresh=fresh)
    console.print_json(report.read_text(encoding="utf-8"))


@app.command()
def train(
    recipe: RecipePath,
    fresh: Fresh = False,
    max_seconds: Annotated[float, typer.Option(min=0, help="Stop with a checkpoint after so long; 0 is never.")] = 0,
    stop_at: Annotated[int, typer.Option(min=0, help="Stop with a checkpoint after this step; 0 is never.")] = 0,
) -> None:
    """Train the transformer of the recipe from nothing.

    It learns to say the next token, half of the time in fill-in-the-middle form, which is what ghost text asks of
    it. Ctrl+C keeps everything up to the step that runs; the same command goes on from there, on the same curve.
    On several GPUs: `accelerate launch --num-processes N -m wisp_lab train RECIPE`. The curves lie in curves.png
    and in TensorBoard's format beside the model.
    """
    from wisp_lab.train import train as run

    settings = load_recipe(recipe)
    if settings.train is None:
        raise LabError(f"{recipe} has no [train] section.")
    folder = run_folder(settings, recipe)
    report = lambda text: console.print(text, highlight=False)  # noqa: E731
    model = run(settings, folder, fresh=fresh, max_seconds=max_seconds, stop_at=stop_at or None, report=report)
    console.print(f"Model: {model}\nCurves: {folder.training / 'curves.png'}")


@app.command()
def adapt(
    recipe: RecipePath,
    fresh: Fresh = False,
    max_seconds: Annotated[float, typer.Option(min=0, help="Stop with a checkpoint after so long; 0 is never.")] = 0,
    stop_at: Annotated[int, typer.Option(min=0, help="Stop with a checkpoint after this step; 0 is never.")] = 0,
    json_progress: Annotated[bool, typer.Option(help="One line of JSON per step on the standard output.")] = False,
) -> None:
    """Adapt the extension's own model to your code (LoRA).

    Takes the GGUF file that the extension has, leaves its weights as they are and trains two thin matrices beside
    some of them, on prompts of the very form that the extension sends. The result is adapter.gguf for the
    extension, and PEFT's safetensors for vLLM. Judge it with `evaluate` before you use it.
    """
    from wisp_lab.adapt import adapt as run

    settings = load_recipe(recipe)
    if settings.adapt is None:
        raise LabError(f"{recipe} has no [adapt] section.")
    adapter = run(
        settings,
        run_folder(settings, recipe),
        base=recipe.parent,
        fresh=fresh,
        max_seconds=max_seconds,
        stop_at=stop_at or None,
        report=lambda text: console.print(text, highlight=False),
        on_progress=(lambda event: print(json.dumps(event), flush=True)) if json_progress else lambda _: None,
    )
    console.print(f"Adapter: {adapter}")


@app.command()
def adapt_repository(
    repository: Annotated[Path, typer.Argument(help="A git repository: your own code.")],
    base: Annotated[Path, typer.Option(help="The GGUF file of the model to adapt, the one that the extension has.")],
    output: Annotated[Path, typer.Option(help="The folder of the results; made when it is missing.")],
    steps: Annotated[int, typer.Option(min=1, help="Steps of training, of two samples each.")] = 120,
) -> None:
    """Adapt a model to one repository and judge it, without writing a recipe.

    Cuts the repository's history at a day, learns from the code as it stood then, and completes lines that came
    later, with and without the adapter. The day is chosen so that there are enough of them. `recipe.toml` in the
    output folder keeps all settings; the same command goes on where it stopped. This is what the extension's
    command "Adapt to This Workspace" runs.
    """
    from wisp_lab.own_repository import write_recipe

    recipe = write_recipe(repository.resolve(), base.resolve(), output.resolve(), steps=steps)
    console.print(f"Recipe: {recipe}", highlight=False)
    run(recipe)


@app.command()
def export(
    recipe: RecipePath,
    parity: Annotated[bool, typer.Option(help="Compare with the engine afterwards.")] = True,
) -> None:
    """Write the trained model as GGUF files for the extension, llama-server and their like.

    Then asks the same prompts of PyTorch and of the extension's runtime: the tokens of the f32 and f16 files
    must agree; q8_0 rounds the weights and may part where two choices are close.
    """
    from wisp_lab.export import export_all

    settings = load_recipe(recipe)
    folder = run_folder(settings, recipe)
    for line in export_all(settings, folder, parity=parity):
        console.print(line, highlight=False)


@app.command()
def evaluate(
    recipe: RecipePath,
    against: Annotated[
        Path | None, typer.Option(help="Another GGUF file to answer the same cases, for a trained model.")
    ] = None,
    cases: Annotated[Path | None, typer.Option(help="Use these cases instead of the recipe's.")] = None,
    max_seconds: Annotated[float, typer.Option(min=0, help="Stop after so long; run it again to go on.")] = 0,
    run_tests: Annotated[
        bool, typer.Option(help="Run the completed programs of cases that carry tests (HumanEval-Infilling).")
    ] = False,
) -> None:
    """Measure completions in the extension's runtime, with intervals.

    A trained model: perplexity on the held-out part, then exact match and edit similarity on half-typed lines of
    it. An adapter: the model without and with it on lines that your later commits added, paired case by case; it
    is recommended only where the gain is larger than chance explains, in exact lines or in edit similarity, and
    the report says in which.

    --run-tests runs what a model wrote: held to time and memory, without a network where Linux allows that, and
    without sight of your files where bubblewrap (bwrap) is installed. The first line says what holds.
    """
    from wisp_lab.evaluate_run import evaluate_run

    settings = load_recipe(recipe)
    if cases is not None:
        settings = settings.model_copy(
            update={"evaluate": settings.evaluate.model_copy(update={"cases": str(cases.resolve())})}
        )
    report = evaluate_run(
        settings,
        run_folder(settings, recipe),
        base=recipe.parent,
        against=against,
        max_seconds=max_seconds,
        run_tests=run_tests,
        title=cases.name.split(".")[0] if cases is not None else "",
        report=lambda text: console.print(text, highlight=False),
    )
    console.print(report.read_text(encoding="utf-8"), highlight=False)


@app.command()
def inspect(
    model: Annotated[Path, typer.Argument(help="A model folder (runs/NAME/train/model) or a GGUF file.")],
    prefix: Annotated[str, typer.Option(help="The code before the cursor; \\n is a new line.")],
    suffix: Annotated[str, typer.Option(help="The code after it; empty asks for a plain continuation.")] = "",
    steps: Annotated[int, typer.Option(min=1, help="Tokens to generate.")] = 12,
    top: Annotated[int, typer.Option(min=1, help="Candidates to show.")] = 8,
    html: Annotated[Path | None, typer.Option(help="Also write a page to look at in a browser.")] = None,
) -> None:
    """Show generation step by step: tokens, ids, attention, and what else the model weighed.

    The prompt's column "expected with" tells how probable the model found each token of your own code: low
    numbers are where it was surprised.
    """
    from wisp_lab.fim import fim_prompt
    from wisp_lab.inspection import inspect as run
    from wisp_lab.inspection import load_for_inspection, print_inspection, write_page

    if html is not None:
        make_folder(html.parent)
    before, after = (text.replace("\\n", "\n") for text in (prefix, suffix))
    loaded, tokenizer = load_for_inspection(model)
    prompt = fim_prompt(before, after) if after else before
    result = run(loaded, tokenizer, model.name, prompt, steps=steps, top=top)
    print_inspection(result, Console())
    if html is not None:
        write_page(result, html)
        console.print(f"Page: {html}")


@app.command()
def plan(
    recipe: RecipePath,
    gpu: Annotated[str, typer.Option(help="H100, A100, L4, RTX 4090 and others, or a number of FLOP/s.")] = "H100",
    gpus: Annotated[int, typer.Option(min=1)] = 1,
    mfu: Annotated[float, typer.Option(min=0.01, max=1, help="Model FLOPs utilisation to expect.")] = 0.35,
) -> None:
    """Tell what a training would take, without starting it: parameters, tokens, FLOPs, memory, hours."""
    from wisp_lab.plan import compute_plan

    console.print(compute_plan(load_recipe(recipe), gpu, gpus, mfu), highlight=False)


@app.command()
def run(
    recipe: RecipePath,
    max_seconds: Annotated[float, typer.Option(min=0, help="Stop after so long; run it again to go on.")] = 0,
) -> None:
    """Run every step that the recipe names, in order. Finished steps are skipped, a stopped one goes on.

    What the steps take from outside is looked at before the first of them begins: sources, models, cases, memory.
    """
    import time

    from wisp_lab.inputs import check_inputs

    settings = load_recipe(recipe)
    check_inputs(settings, run_folder(settings, recipe), recipe.parent)
    started = time.monotonic()
    for name in settings.run.steps:
        console.rule(name)
        left = max(1.0, max_seconds - (time.monotonic() - started)) if max_seconds else 0
        begun = time.monotonic()
        match name:
            case "collect":
                collect(recipe)
            case "tokenize":
                tokenize(recipe)
            case "train":
                train(recipe, max_seconds=left)
            case "adapt":
                adapt(recipe, max_seconds=left)
            case "evaluate":
                evaluate(recipe, max_seconds=left)
            case "export":
                export(recipe)
        console.print(f"{name}: {time.monotonic() - begun:.0f} s", highlight=False)
