"""Loading the extension's GGUF file into PyTorch: checked first, then dequantised."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from gguf import GGUFReader
from transformers import AutoModelForCausalLM as Causal
from transformers import PreTrainedModel

from wisp_lab.errors import ModelFileError
from wisp_lab.fim import MIDDLE, PREFIX, SUFFIX
from wisp_lab.gguf_export import ARCHITECTURES
from wisp_lab.preflight import check_memory


@dataclass(frozen=True)
class GgufInfo:
    architecture: str
    name: str
    layers: int
    context: int
    parameters: int
    vocabulary: int


def read_gguf(path: Path) -> GgufInfo:
    """What the file says of itself, without loading the weights.

    @raises ModelFileError for anything that the lab cannot adapt, naming the reason
    """
    if not path.is_file():
        raise ModelFileError(
            f"There is no model file {path}.",
            "Give the GGUF file that the extension uses (`Wisp: Remove Models…` shows where it lies).",
        )
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(path: Path, _version: int) -> GgufInfo:
    try:
        reader = GGUFReader(path)
    except (ValueError, IndexError, OSError) as error:
        raise ModelFileError(f"{path} is not a readable GGUF file: {error}") from None
    architecture = _text(reader, "general.architecture")
    if _text(reader, "general.type", "model") != "model":
        raise ModelFileError(f"{path} holds no whole model but a {_text(reader, 'general.type')}.")
    if architecture not in ARCHITECTURES:
        raise ModelFileError(
            f"{path} is a model of the architecture '{architecture}'.",
            f"The lab knows {', '.join(sorted(ARCHITECTURES))}; Qwen2.5-Coder is qwen2.",
        )
    field = reader.get_field("tokenizer.ggml.tokens")
    if field is None:
        raise ModelFileError(f"{path} has no tokenizer.")
    wanted = {token.encode() for token in (PREFIX, MIDDLE, SUFFIX)}
    # Special tokens stand near the end of the vocabulary, and reading 150,000 names one by one is slow.
    tail = field.data[-4096:]
    if not wanted <= {bytes(field.parts[index]) for index in tail}:
        raise ModelFileError(f"{path} has no fill-in-the-middle tokens.", "Use a Qwen2.5-Coder model.")
    return GgufInfo(
        architecture,
        _text(reader, "general.name", path.stem),
        _number(reader, f"{architecture}.block_count"),
        _number(reader, f"{architecture}.context_length"),
        sum(int(tensor.n_elements) for tensor in reader.tensors),
        len(field.data),
    )


def check_gguf_fits(path: Path, dtype: torch.dtype) -> None:
    """@raises ModelFileError, or ResourceError when the weights in `dtype` do not fit into memory"""
    info = read_gguf(path)
    width = torch.finfo(dtype).bits // 8
    check_memory(
        int(info.parameters * width * 1.5) + 1_000_000_000,
        f"Loading {path.name} ({info.parameters / 1e9:.2f} billion parameters)",
        "Use a smaller model, or precision = 'bf16'.",
    )


def load_gguf(path: Path, dtype: torch.dtype) -> PreTrainedModel:
    """The model with its weights dequantised to `dtype`. @raises ModelFileError, ResourceError"""
    check_gguf_fits(path, dtype)
    model = Causal.from_pretrained(str(path.parent), gguf_file=path.name, dtype=dtype, attn_implementation="sdpa")
    # An adapter's files name the model that it is for: by its own name, not by a folder of this machine.
    model.name_or_path = model.config._name_or_path = read_gguf(path).name
    return model


def _text(reader: GGUFReader, key: str, default: str = "") -> str:
    field = reader.get_field(key)
    return str(field.contents()) if field is not None else default


def _number(reader: GGUFReader, key: str) -> int:
    field = reader.get_field(key)
    return int(field.contents()) if field is not None else 0
