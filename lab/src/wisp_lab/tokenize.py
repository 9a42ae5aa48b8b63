"""tokenize: documents → memory-mapped token files, one per part.

A part is three files: PART.bin holds every document's tokens one after the other (uint16, or uint32 for large
vocabularies), PART.offsets.npy where each begins (one more entry than documents), PART.names.json the repository and
the path of each.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from wisp_lab.collect import documents
from wisp_lab.errors import EmptySourceError, ModelFileError
from wisp_lab.gguf_model import read_gguf
from wisp_lab.recipe import Tokenize
from wisp_lab.recipe_file import recipe_path
from wisp_lab.split import PARTS
from wisp_lab.steps import done_digest, file_digest, step, write_json
from wisp_lab.tokenizer import CodeTokenizer, limited, save_tokenizer, train_tokenizer

_BATCH = 256


@dataclass(frozen=True)
class TokenFile:
    """One part, mapped into memory."""

    tokens: np.ndarray
    offsets: np.ndarray
    names: list[tuple[str, str]]
    """(repository, path) of each document."""

    @classmethod
    def open(cls, folder: Path, part: str) -> TokenFile:
        file = folder / f"{part}.bin"
        if not file.is_file():
            raise EmptySourceError(f"There are no tokens in {folder}.", "Run the step `tokenize` first.")
        kind = json.loads((folder / "report.json").read_text())["dtype"]
        offsets = np.load(folder / f"{part}.offsets.npy")
        tokens = np.memmap(file, dtype=kind, mode="r") if file.stat().st_size else np.zeros(0, kind)
        names = json.loads((folder / f"{part}.names.json").read_text(encoding="utf-8"))
        return cls(tokens, offsets, [(repository, path) for repository, path in names])

    def __len__(self) -> int:
        return len(self.offsets) - 1


def check_tokenizer(settings: Tokenize, base: Path) -> int:
    """The size of the vocabulary that there will be.

    @raises ModelFileError when `from_model` names nothing that has a suitable tokenizer
    """
    if not settings.from_model:
        return settings.vocabulary
    model = recipe_path(settings.from_model, base)
    if model.suffix == ".gguf":
        return read_gguf(model).vocabulary
    if not (model / "tokenizer.json").is_file():
        raise ModelFileError(
            f"tokenize.from_model: there is no tokenizer in {model}.",
            "Give a GGUF file, or a model's folder with its tokenizer.json.",
        )
    return CodeTokenizer.load(model).size


def tokenize(settings: Tokenize, data: Path, out: Path, *, base: Path, fresh: bool = False) -> Path:
    """@raises EmptySourceError when `data` is not finished or has no training documents"""
    check_tokenizer(settings, base)
    data_digest = done_digest(data)
    if data_digest is None:
        raise EmptySourceError(f"There is no finished data in {data}.", "Run the step `collect` first.")
    model = recipe_path(settings.from_model, base) if settings.from_model else None
    made_from = {"tokenize": settings.model_dump(), "data": data_digest, "model": model and _model_digest(model)}
    with step(out, made_from, fresh=fresh) as wanted:
        if wanted:
            if model is not None:
                CodeTokenizer.load(model).backend.save(str(out / "tokenizer.json"))
            else:
                texts = (document.text for document in documents(data, "train"))
                save_tokenizer(train_tokenizer(limited(texts, settings.train_bytes), settings.vocabulary), out)
            _write(CodeTokenizer.load(out), data, out)
    return out / "report.json"


def _model_digest(model: Path) -> str:
    return file_digest(model if model.suffix == ".gguf" else model / "tokenizer.json")


def _write(tokenizer: CodeTokenizer, data: Path, out: Path) -> None:
    kind = "uint16" if tokenizer.size <= 1 << 16 else "uint32"
    sizes: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    parts = {}
    with Progress(console=Console(stderr=True)) as progress:
        for part in PARTS:
            task = progress.add_task(f"Tokenizing {part}", total=None)
            offsets, names = [0], []
            with (out / f"{part}.bin").open("wb") as file:
                waiting = documents(data, part)
                while batch := list(islice(waiting, _BATCH)):
                    for document, ids in zip(batch, tokenizer.encode_batch([d.text for d in batch]), strict=True):
                        np.asarray(ids, dtype=kind).tofile(file)
                        offsets.append(offsets[-1] + len(ids))
                        names.append((document.metadata["repository"], document.metadata["path"]))
                        language = document.metadata["language"]
                        sizes[language] += len(document.text.encode("utf-8"))
                        counts[language] += len(ids)
                    progress.update(task, advance=len(batch))
            progress.update(task, total=len(names))
            np.save(out / f"{part}.offsets.npy", np.asarray(offsets, dtype=np.int64))
            write_json(out / f"{part}.names.json", names)
            parts[part] = {"documents": len(names), "tokens": offsets[-1]}
    if parts["train"]["tokens"] == 0:
        raise EmptySourceError("The training part has no tokens.", "See the data card for what was dropped.")
    write_json(
        out / "report.json",
        {
            "vocabulary": tokenizer.size,
            "dtype": kind,
            "tokenizer": hashlib.sha256(tokenizer.backend.to_str().encode()).hexdigest(),
            "parts": parts,
            "bytes_per_token": {name: round(sizes[name] / counts[name], 3) for name in sorted(counts)},
        },
    )
