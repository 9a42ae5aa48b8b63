"""The training's numbers: one line of JSON per event, TensorBoard, and a picture of the curves."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot
from torch.utils.tensorboard import SummaryWriter


class Metrics:
    """Appends events; after a resume, events of steps that are done again are dropped first."""

    def __init__(self, folder: Path, resumed_at: int) -> None:
        self.path = folder / "metrics.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        kept = [row for row in read_metrics(self.path) if row["step"] <= resumed_at]
        self.path.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=resumed_at + 1)

    def add(self, step: int, **values: float) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")
        for name, value in values.items():
            self._board.add_scalar(name, value, step)

    def close(self) -> None:
        self._board.close()


def read_metrics(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue  # a crash cut the last line; its step is done again
    return rows


def draw_curves(rows: list[dict[str, Any]], path: Path, title: str) -> None:
    figure, axes = pyplot.subplots(1, 3, figsize=(15, 4.2), constrained_layout=True)
    _line(axes[0], rows, "loss", "train", alpha=0.35)
    _line(axes[0], rows, "valid_loss", "valid", marker="o", markersize=3)
    axes[0].set(title="loss (nats per token)", xlabel="step")
    _line(axes[1], rows, "learning_rate", "learning rate")
    _line(axes[1].twinx(), rows, "gradient_norm", "gradient norm", color="tab:orange", alpha=0.4)
    axes[1].set(title="learning rate (blue), gradient norm (orange)", xlabel="step")
    _line(axes[2], rows, "tokens_per_second", "tokens/s")
    axes[2].set(title="tokens per second", xlabel="step")
    for axis in axes:
        axis.grid(alpha=0.3)
    axes[0].legend()
    figure.suptitle(title)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _line(axis, rows, key: str, label: str, **style) -> None:
    points = [(row["step"], row[key]) for row in rows if key in row and math.isfinite(row[key])]
    if points:
        axis.plot(*zip(*points, strict=True), label=label, **style)
