"""adapt: LoRA (arXiv 2106.09685) on the extension's own model, with the user's own code."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch.nn.functional import cross_entropy

from wisp_lab.adapter_export import export_adapter
from wisp_lab.checkpoint import checkpoints, load_checkpoint, save_checkpoint
from wisp_lab.collect import documents
from wisp_lab.curves import Metrics, draw_curves, read_metrics
from wisp_lab.errors import EmptySourceError, Interrupted, LabError
from wisp_lab.fim import PAD
from wisp_lab.gguf_model import check_gguf_fits, load_gguf, read_gguf
from wisp_lab.hole_samples import CodeFile, HoleSample, draw_samples
from wisp_lab.interrupt import StopRequest
from wisp_lab.precision import chosen_precision, has_fast_bf16
from wisp_lab.preflight import check_disk
from wisp_lab.recipe import Adapt, Recipe
from wisp_lab.recipe_file import recipe_path
from wisp_lab.steps import RunFolder, digest_of, done_digest, file_digest, step
from wisp_lab.token_dataset import IGNORED
from wisp_lab.tokenizer import CodeTokenizer

ADAPTER_FILE = "adapter.gguf"

_DISK = 500_000_000
"""Bytes for the tokenizer, two checkpoints and the adapter in both forms, with room to spare."""


def adapt(
    recipe: Recipe,
    folder: RunFolder,
    *,
    base: Path,
    fresh: bool = False,
    max_seconds: float = 0,
    stop_at: int | None = None,
    report: Callable[[str], None] = lambda _: None,
    on_progress: Callable[[dict], None] = lambda _: None,
) -> Path:
    """Trains an adapter and writes it for the engine (GGUF) and for PEFT or vLLM (safetensors).

    @param base the folder that a relative `adapt.base` starts from
    @raises Interrupted when it stopped early; run again, it goes on from the last checkpoint
    """
    settings = recipe.adapt
    assert settings is not None
    model_file = recipe_path(settings.base, base)
    read_gguf(model_file)
    data_digest = done_digest(folder.data)
    if data_digest is None:
        raise EmptySourceError(f"There is no finished data in {folder.data}.", "Run `collect` first.")
    made_from = {
        "adapt": settings.model_dump(exclude={"checkpoint_every", "evaluate_every"}),
        "base": file_digest(model_file),
        "data": data_digest,
        "seed": recipe.run.seed,
    }
    check_disk(folder.path, _DISK)
    if fresh or done_digest(folder.adapter) != digest_of(made_from):
        check_base_fits(settings, base)
    begun = bool(checkpoints(folder.adapter))
    with step(folder.adapter, made_from, fresh=fresh, begun=begun) as wanted:
        if wanted:
            _Adaptation(recipe, settings, folder, model_file, report, on_progress).run(max_seconds, stop_at)
    return folder.adapter / ADAPTER_FILE


def check_base_fits(settings: Adapt, base: Path) -> None:
    """@raises ModelFileError, ResourceError when the model is of no use or too large, without loading it"""
    half = settings.precision == "bf16" or (settings.precision == "auto" and has_fast_bf16(_device()))
    check_gguf_fits(recipe_path(settings.base, base), torch.bfloat16 if half else torch.float32)


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _code_files(folder: RunFolder, part: str) -> list[CodeFile]:
    return [CodeFile(d.metadata["path"], d.text, d.metadata["repository"]) for d in documents(folder.data, part)]


class _Adaptation:
    def __init__(
        self,
        recipe: Recipe,
        settings: Adapt,
        folder: RunFolder,
        model_file: Path,
        report: Callable[[str], None],
        on_progress: Callable[[dict], None],
    ) -> None:
        self.seed, self.settings, self.out = recipe.run.seed, settings, folder.adapter
        self.name, self.model_file = recipe.run.name, model_file
        self.report, self.on_progress = report, on_progress
        self.documents = _code_files(folder, "train")
        if not self.documents:
            raise EmptySourceError("There is no training document.", "See the data card.")
        self.valid_documents = _code_files(folder, "valid")
        self.device = _device()

    def run(self, max_seconds: float, stop_at: int | None) -> None:
        settings = self.settings
        started = time.monotonic()
        self.report(f"Loading {self.model_file.name} and dequantising it.")
        if not (self.out / "tokenizer.json").is_file():  # taking it out of a GGUF file takes long
            CodeTokenizer.load(self.model_file).backend.save(str(self.out / "tokenizer.json"))
        self.tokenizer = CodeTokenizer.load(self.out)
        precision = chosen_precision(settings.precision, self.device, self.out)
        torch.manual_seed(self.seed)
        self.model = get_peft_model(
            load_gguf(self.model_file, torch.bfloat16 if precision == "bf16" else torch.float32),
            LoraConfig(
                r=settings.rank,
                lora_alpha=settings.alpha,
                lora_dropout=settings.dropout,
                target_modules=settings.targets,
                task_type="CAUSAL_LM",
            ),
        ).to(self.device)
        trained = [p for p in self.model.parameters() if p.requires_grad]
        for parameter in trained:
            parameter.data = parameter.data.float()
        self.report(f"{sum(p.numel() for p in trained) / 1e6:.2f} M parameters to train, rank {settings.rank}.")
        optimizer = torch.optim.AdamW(trained, lr=settings.learning_rate, weight_decay=0.0)
        found = checkpoints(self.out)
        done = 0
        if found:
            done, path = found[-1]
            state = load_checkpoint(path, self.device)
            set_peft_model_state_dict(self.model, state["model"])
            optimizer.load_state_dict(state["optimizer"])
            self.report(f"Going on after step {done}.")
        metrics = Metrics(self.out, done)
        valid = self._valid_samples()
        if done == 0 and valid:
            metrics.add(0, valid_loss=self._valid_loss(valid))
            self.report(f"before: valid {read_metrics(metrics.path)[-1]['valid_loss']:.4f}")
        number = self._steps(optimizer, metrics, valid, done, started, max_seconds, stop_at)
        metrics.close()
        draw_curves(read_metrics(metrics.path), self.out / "curves.png", self.name)
        if number < settings.steps:
            raise Interrupted(f"Stopped after step {number} of {settings.steps}.", "Run it again to go on.")
        self.model.save_pretrained(self.out, save_embedding_layers=False)
        config = self.model.config
        export_adapter(
            self.out,
            self.out / ADAPTER_FILE,
            read_gguf(self.model_file),
            name=self.name,
            heads=(config.num_attention_heads, config.num_key_value_heads),
        )

    def _steps(self, optimizer, metrics, valid, done: int, started: float, max_seconds: float, stop_at) -> int:
        settings = self.settings
        last = min(settings.steps, stop_at or settings.steps)
        left = max(1.0, max_seconds - (time.monotonic() - started)) if max_seconds else 0
        columns = (
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )  # fmt: skip
        number = done
        with StopRequest(left) as stop, Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("Adapting", total=settings.steps, completed=done, note="")
            while number < last:
                rate = settings.learning_rate * self._factor(number)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                begun = time.monotonic()
                loss, norm, tokens = self._step(optimizer, number)
                number += 1
                speed = tokens / (time.monotonic() - begun)
                metrics.add(number, loss=loss, learning_rate=rate, gradient_norm=norm, tokens_per_second=speed)
                progress.update(task, completed=number, note=f"loss {loss:.3f}  {speed:,.0f} tokens/s")
                self.on_progress({"step": number, "steps": settings.steps, "loss": loss})
                if valid and (number % settings.evaluate_every == 0 or number == settings.steps):
                    value = self._valid_loss(valid)
                    metrics.add(number, valid_loss=value)
                    self.report(f"step {number}: loss {loss:.4f}, valid {value:.4f}")
                if number % settings.checkpoint_every == 0 or number == last or stop.due:
                    state = {
                        "model": get_peft_model_state_dict(self.model, save_embedding_layers=False),
                        "optimizer": optimizer.state_dict(),
                    }
                    save_checkpoint(self.out, number, state, keep=2)
                if stop.due:
                    break
        return number

    def _step(self, optimizer, number: int) -> tuple[float, float, int]:
        settings = self.settings
        self.model.train()
        torch.manual_seed(hash((self.seed, number)) % 2**31)  # dropout, the same after a resume
        total, tokens = 0.0, 0
        for part in range(settings.accumulation):
            samples = draw_samples(
                self.documents, settings.batch, self.tokenizer, settings, f"{self.seed}/{number}/{part}"
            )
            loss = self._loss(samples)
            (loss / settings.accumulation).backward()
            total += float(loss.detach()) / settings.accumulation
            tokens += sum(len(sample.ids) for sample in samples)
        if not math.isfinite(total):
            raise LabError(f"The loss is {total} at step {number}.", "Lower adapt.learning_rate.")
        norm = torch.nn.utils.clip_grad_norm_([p for p in self.model.parameters() if p.requires_grad], 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return total, float(norm), tokens

    def _loss(self, samples: list[HoleSample]) -> torch.Tensor:
        """Padded at the left, so that the holes stand at the end and only their logits are computed."""
        width = max(len(sample.ids) for sample in samples)
        pad = self.tokenizer.special[PAD]
        ids = torch.tensor([[pad] * (width - len(s.ids)) + s.ids for s in samples], device=self.device)
        mask = torch.tensor([[0] * (width - len(s.ids)) + [1] * len(s.ids) for s in samples], device=self.device)
        labels = ids.clone()
        for row, sample in enumerate(samples):
            labels[row, : width - self._learnt(sample)] = IGNORED
        keep = max(map(self._learnt, samples)) + 1
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        plain = len(samples) == 1
        logits = self.model(
            input_ids=ids,
            attention_mask=None if plain else mask,
            position_ids=positions,
            logits_to_keep=keep,
            use_cache=False,
        ).logits
        return cross_entropy(
            logits[:, :-1].float().flatten(0, 1), labels[:, -keep:][:, 1:].flatten(), ignore_index=IGNORED
        )

    def _learnt(self, sample: HoleSample) -> int:
        """How many tokens at the end are learnt; nothing stands before the first of a prompt that could tell it."""
        return sample.middle if self.settings.loss == "middle" else len(sample.ids) - 1

    def _factor(self, number: int) -> float:
        """Warm-up, then a straight line to a tenth."""
        warmup = max(1, round(self.settings.warmup * self.settings.steps))
        if number < warmup:
            return (number + 1) / warmup
        return 1 - 0.9 * (number - warmup) / max(1, self.settings.steps - warmup)

    def _valid_samples(self) -> list[HoleSample]:
        if not self.valid_documents:
            return []
        count = self.settings.evaluate_samples
        return draw_samples(self.valid_documents, count, self.tokenizer, self.settings, "valid")

    @torch.no_grad()
    def _valid_loss(self, samples: list[HoleSample]) -> float:
        self.model.eval()
        total = sum(float(self._loss([sample])) * self._learnt(sample) for sample in samples)
        return total / sum(map(self._learnt, samples))
