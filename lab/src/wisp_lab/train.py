"""train: next-token prediction with fill-in-the-middle, on a CPU, one GPU or many."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import set_seed
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, Subset

from wisp_lab.checkpoint import checkpoints, load_checkpoint, save_checkpoint
from wisp_lab.curves import Metrics, draw_curves, read_metrics
from wisp_lab.errors import EmptySourceError, Interrupted, LabError
from wisp_lab.interrupt import StopRequest
from wisp_lab.model import model_config, model_size, new_model, peak_flops
from wisp_lab.precision import chosen_precision
from wisp_lab.preflight import check_compiler, check_training
from wisp_lab.recipe import Fim, Recipe
from wisp_lab.schedule import learning_rate_factor
from wisp_lab.sharding import load_optimizer, whole_state
from wisp_lab.steps import RunFolder, digest_of, done_digest, step
from wisp_lab.token_dataset import IGNORED, PackedCode
from wisp_lab.tokenize import TokenFile
from wisp_lab.tokenizer import CodeTokenizer


@dataclass(frozen=True)
class TrainResult:
    steps: int
    loss: float
    valid_loss: float | None


def train(
    recipe: Recipe,
    folder: RunFolder,
    *,
    fresh: bool = False,
    max_seconds: float = 0,
    stop_at: int | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Path:
    """Trains to `train.steps`, from the last checkpoint where there is one, and saves the model.

    @param max_seconds stop with a checkpoint after so long
    @param stop_at stop with a checkpoint after this step, as if interrupted there
    @raises Interrupted when it stopped early
    """
    settings = recipe.train
    assert settings is not None
    tokens_digest = done_digest(folder.tokens)
    if tokens_digest is None:
        raise EmptySourceError(f"There are no finished tokens in {folder.tokens}.", "Run `tokenize` first.")
    free = {"checkpoint_every", "evaluate_every", "keep_checkpoints", "workers"}  # the weights are the same
    made_from = {
        "train": settings.model_dump(exclude=free),
        "model": recipe.model.model_dump(),
        "seed": recipe.run.seed,
        "tokens": tokens_digest,
    }
    if fresh or done_digest(folder.training) != digest_of(made_from):
        check_model_fits(recipe, CodeTokenizer.load(folder.tokens).size, folder)
    processes = PartialState(cpu=_on_cpu())
    with ExitStack() as stack:
        with processes.main_process_first():
            begun = bool(checkpoints(folder.training))
            entered = step(folder.training, made_from, fresh=fresh, writes=processes.is_main_process, begun=begun)
            wanted = stack.enter_context(entered)
        if wanted:
            _train(recipe, folder, max_seconds, stop_at, report if processes.is_main_process else lambda _: None)
    return folder.model


def check_model_fits(recipe: Recipe, vocabulary: int, folder: RunFolder) -> None:
    """@raises ResourceError when memory, disk or the compiler are missing, without building anything"""
    assert recipe.train is not None
    if recipe.train.compile:
        check_compiler()
    size = model_size(model_config(recipe.model, vocabulary, 0, 1))
    check_training(size.parameters, recipe.train.batch, recipe.model, vocabulary, folder.training)


def _train(
    recipe: Recipe, folder: RunFolder, max_seconds: float, stop_at: int | None, report: Callable[[str], None]
) -> None:
    settings = recipe.train
    assert settings is not None
    tokenizer = CodeTokenizer.load(folder.tokens)
    with PartialState().main_process_first():
        precision = chosen_precision(settings.precision, PartialState().device, folder.training)
    accelerator = Accelerator(
        gradient_accumulation_steps=settings.accumulation,
        mixed_precision="no" if precision == "fp32" else precision,
        cpu=_on_cpu(),
    )
    set_seed(recipe.run.seed)
    model = new_model(recipe.model, tokenizer, recipe.run.seed)
    size = model_size(model.config)
    world = accelerator.num_processes
    per_step = settings.batch * settings.accumulation * world
    data = PackedCode(
        TokenFile.open(folder.tokens, "train"), tokenizer, recipe.model.context, settings.fim,
        recipe.run.seed, settings.steps * per_step,
    )  # fmt: skip
    report(
        f"{size.parameters / 1e6:.2f} M parameters; {settings.steps} steps of"
        f" {per_step * recipe.model.context} tokens ({settings.steps * per_step / data.per_epoch:.2f} epochs)"
    )
    optimizer = torch.optim.AdamW(
        _groups(model, settings.weight_decay), lr=settings.learning_rate, betas=(0.9, settings.beta2)
    )
    found = checkpoints(folder.training)
    done = 0
    if found:
        done, path = found[-1]
        state = load_checkpoint(path)
        if state["processes"] != world:  # each step would take other samples
            raise LabError(
                f"The training in {folder.training} was begun with {state['processes']} processes; this is {world}.",
                f"Start it with `accelerate launch --num-processes {state['processes']}`, or say --fresh.",
            )
        model.load_state_dict(state["model"])
        report(f"Going on after step {done}.")
    if settings.compile:
        model = torch.compile(model)
    model, optimizer = accelerator.prepare(model, optimizer)
    if found:
        load_optimizer(accelerator, model, optimizer, state["optimizer"])
        del state
    known = peak_flops(accelerator.device, torch.bfloat16 if accelerator.mixed_precision == "bf16" else torch.float32)
    report(_peak_line(known, precision, world))
    flops = size.flops_per_token(recipe.model.context)
    metrics = Metrics(folder.training, done) if accelerator.is_main_process else None

    def save(number: int) -> None:
        accelerator.wait_for_everyone()
        state = whole_state(accelerator, model, optimizer) | {"processes": world}
        if accelerator.is_main_process:
            save_checkpoint(folder.training, number, state, settings.keep_checkpoints)
        accelerator.wait_for_everyone()

    batches = _batches(data, settings, accelerator, done, per_step)
    valid = _valid_batches(folder, tokenizer, recipe)
    stop_after = min(settings.steps, stop_at or settings.steps)
    with StopRequest(max_seconds) as stop, _progress(accelerator) as progress:
        task = progress.add_task("Training", total=settings.steps, completed=done, note="")
        number, mark, since = done, time.perf_counter(), done
        while number < stop_after:
            rate = settings.learning_rate * learning_rate_factor(settings, number)
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss, norm = _step(model, optimizer, batches, accelerator, settings)
            number += 1
            if not math.isfinite(loss):
                raise LabError(f"The loss is {loss} at step {number}.", "Lower train.learning_rate.")
            if number % 10 == 0 or number == stop_after:
                now = time.perf_counter()
                speed = (number - since) * per_step * recipe.model.context / (now - mark)
                mark, since = now, number
                use = {"mfu": speed * flops / (known[0] * world)} if known else {}
                shown = f"  MFU {use['mfu']:.1%}" if use else ""
                progress.update(task, completed=number, note=f"loss {loss:.3f}  {speed:,.0f} tokens/s{shown}")
                if metrics:
                    metrics.add(
                        number, loss=loss, learning_rate=rate, gradient_norm=norm,
                        tokens_per_second=speed, **use,
                    )  # fmt: skip
            if valid and (number % settings.evaluate_every == 0 or number == settings.steps):
                valid_loss = _valid_loss(model, valid, accelerator)
                report(f"step {number}: loss {loss:.4f}, valid {valid_loss:.4f}")
                if metrics:
                    metrics.add(number, valid_loss=valid_loss)
                mark, since = time.perf_counter(), number
            stopping = number < settings.steps and _any(stop.due, accelerator)
            if number % settings.checkpoint_every == 0 or number == stop_after or stopping:
                save(number)
                mark, since = time.perf_counter(), number
            if stopping:
                break
    if metrics:
        metrics.close()
        draw_curves(read_metrics(metrics.path), folder.training / "curves.png", recipe.run.name)
    if number < settings.steps:
        raise Interrupted(f"Stopped after step {number} of {settings.steps}.", "Run it again to go on.")
    if accelerator.is_main_process:
        final = new_model(recipe.model, tokenizer, recipe.run.seed)
        final.load_state_dict(load_checkpoint(checkpoints(folder.training)[-1][1])["model"])
        final.config.use_cache = True
        final.save_pretrained(folder.model)
        for file in folder.tokens.glob("tokenizer*.json"):
            (folder.model / file.name).write_bytes(file.read_bytes())


def _peak_line(known: tuple[float, str] | None, precision: str, world: int) -> str:
    if known is None:
        return f"What this device can do at best in {precision} is not known here, so MFU is not told."
    return f"Peak {known[0] / 1e12:.2f} TFLOP/s per device in {precision} ({known[1]}), {world} device(s)."


def _any(flag: bool, accelerator: Accelerator) -> bool:
    """Whether one process says so: all must leave the loop after the same step."""
    if accelerator.num_processes == 1:
        return flag
    return bool(accelerator.reduce(torch.tensor(float(flag), device=accelerator.device), "sum") > 0)


def _on_cpu() -> bool:
    """Said outright: several processes without a GPU join (over gloo) only when accelerate is told so."""
    return not torch.accelerator.is_available()


def _groups(model: torch.nn.Module, decay: float) -> list[dict]:
    """Weight decay on matrices alone, as is usual: not on norms and biases."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    return [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def _batches(data: PackedCode, settings, accelerator: Accelerator, done: int, per_step: int):
    """This process's share of the samples from step `done` on, in the order of their numbers."""
    world, rank = accelerator.num_processes, accelerator.process_index
    numbers = [
        first + rank * settings.batch + row
        for first in range(done * per_step, settings.steps * per_step, settings.batch * world)
        for row in range(settings.batch)
    ]
    loader = DataLoader(Subset(data, numbers), settings.batch, num_workers=settings.workers, persistent_workers=False)
    return iter(loader)


def _valid_batches(folder: RunFolder, tokenizer: CodeTokenizer, recipe: Recipe) -> list[dict]:
    """The same samples at every evaluation; empty when there is no valid part."""
    settings = recipe.train
    assert settings is not None
    file = TokenFile.open(folder.tokens, "valid")
    if file.offsets[-1] < recipe.model.context:
        return []
    fim = Fim(rate=settings.fim.rate, spm_rate=0.0, header_rate=settings.fim.header_rate)
    count = settings.evaluate_batches * settings.batch
    data = PackedCode(file, tokenizer, recipe.model.context, fim, 0, count)
    data.samples = min(count, data.per_epoch)
    return list(DataLoader(data, settings.batch))


def _step(model, optimizer, batches, accelerator: Accelerator, settings) -> tuple[float, float]:
    model.train()
    total, norm = torch.zeros((), device=accelerator.device), 0.0
    for _ in range(settings.accumulation):
        batch = next(batches)
        with accelerator.accumulate(model):
            loss = _loss(model, batch, accelerator)
            accelerator.backward(loss)
            total += loss.detach() / settings.accumulation
            if accelerator.sync_gradients:
                norm = float(accelerator.clip_grad_norm_(model.parameters(), settings.clip))
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
    return float(accelerator.reduce(total, "mean")), norm


def _loss(model, batch: dict, accelerator: Accelerator) -> torch.Tensor:
    ids, labels = (batch[key].to(accelerator.device) for key in ("input_ids", "labels"))
    with accelerator.autocast():
        logits = model(input_ids=ids).logits
    return cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED)


@torch.no_grad()
def _valid_loss(model, batches: list[dict], accelerator: Accelerator) -> float:
    model.eval()
    total, count = 0.0, 0
    for batch in batches:
        tokens = int((batch["labels"] != IGNORED).sum())
        total += float(_loss(model, batch, accelerator)) * tokens
        count += tokens
    return total / count


def _progress(accelerator: Accelerator) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(stderr=True), disable=not accelerator.is_main_process,
    )  # fmt: skip
