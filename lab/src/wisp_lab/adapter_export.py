"""A LoRA adapter as a GGUF file, in the form of llama.cpp's convert_lora_to_gguf: two thin matrices per tensor."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file

from wisp_lab.errors import ModelFileError
from wisp_lab.gguf_export import ARCHITECTURES, _interleaved
from wisp_lab.gguf_model import GgufInfo


def export_adapter(folder: Path, target: Path, base: GgufInfo, *, name: str, heads: tuple[int, int] = (0, 0)) -> Path:
    """@param folder PEFT's adapter_config.json and adapter_model.safetensors
    @param name for people: what the model was adapted to
    @param heads query and key heads; only used where the order of rows differs (architecture llama)
    """
    config = json.loads((folder / "adapter_config.json").read_text())
    weights = load_file(folder / "adapter_model.safetensors")
    names = gguf.get_tensor_name_map(ARCHITECTURES[base.architecture], base.layers)
    partial = target.with_name(target.name + ".partial")
    writer = gguf.GGUFWriter(partial, base.architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(config["lora_alpha"]))
    writer.add_name(name)
    writer.add_string("general.base_model.0.name", base.name)
    for weight in sorted(weights):
        module, _, part = weight.removeprefix("base_model.model.").partition(".lora_")
        target_name = names.get_name(f"{module}.weight", try_suffixes=(".weight",))
        if target_name is None or part not in ("A.weight", "B.weight"):
            raise ModelFileError(f"The adapter changes {weight}, which GGUF has no name for.")
        data = weights[weight].astype(np.float32)
        if base.architecture == "llama" and part == "B.weight" and module.endswith(("q_proj", "k_proj")):
            data = _interleaved(data, heads[0] if module.endswith("q_proj") else heads[1])
        writer.add_tensor(f"{target_name}.lora_{part[0].lower()}", np.ascontiguousarray(data))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(target)
    return target
