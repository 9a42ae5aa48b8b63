"""export: a trained model → GGUF files that llama.cpp, and with it the extension's engine, loads."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from transformers import AutoConfig, PretrainedConfig
from transformers import AutoModelForCausalLM as Causal

from wisp_lab.errors import ModelFileError
from wisp_lab.fim import END, FILE, MIDDLE, PAD, PREFIX, REPOSITORY, SUFFIX
from wisp_lab.preflight import check_disk
from wisp_lab.tokenizer import CodeTokenizer

ARCHITECTURES = {
    "llama": gguf.MODEL_ARCH.LLAMA,
    "qwen2": gguf.MODEL_ARCH.QWEN2,
    "qwen3": gguf.MODEL_ARCH.QWEN3,
}
_FILE_TYPES = {
    "f32": gguf.LlamaFileType.ALL_F32,
    "f16": gguf.LlamaFileType.MOSTLY_F16,
    "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
}
_TENSOR_TYPES = {
    "f32": gguf.GGMLQuantizationType.F32,
    "f16": gguf.GGMLQuantizationType.F16,
    "q8_0": gguf.GGMLQuantizationType.Q8_0,
}


def export_gguf(model: Path, target: Path, kind: str, *, name: str, licence: str) -> Path:
    """Writes one GGUF file of the type f32, f16 or q8_0.

    @param model folder with config.json, model.safetensors and tokenizer.json
    @raises ModelFileError for another architecture
    """
    config = AutoConfig.from_pretrained(model)
    if config.model_type not in ARCHITECTURES:
        raise ModelFileError(
            f"{model} is a {config.model_type} model.", f"The export knows {', '.join(sorted(ARCHITECTURES))}."
        )
    loaded = Causal.from_pretrained(model, dtype=torch.float32)
    check_disk(target.parent, sum(p.numel() for p in loaded.parameters()) * 4)
    partial = target.with_name(target.name + ".partial")
    writer = gguf.GGUFWriter(partial, gguf.MODEL_ARCH_NAMES[ARCHITECTURES[config.model_type]])
    _write_metadata(writer, config, kind, name, licence)
    _write_tokenizer(writer, CodeTokenizer.load(model), model)
    _write_tensors(writer, loaded, config, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(target)
    return target


def _write_metadata(writer: gguf.GGUFWriter, config: PretrainedConfig, kind: str, name: str, licence: str) -> None:
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_name(name)
    if licence:
        writer.add_license(licence)
    writer.add_file_type(_FILE_TYPES[kind])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)


def _write_tokenizer(writer: gguf.GGUFWriter, tokenizer: CodeTokenizer, model: Path) -> None:
    """The byte-level BPE as llama.cpp's `gpt2` model with the splitting rule `qwen2`, and the FIM tokens by role."""
    state = json.loads(tokenizer.backend.to_str())
    split = next((p for p in state["pre_tokenizer"].get("pretokenizers", []) if p["type"] == "Split"), None)
    if state["model"]["type"] != "BPE" or split is None:
        raise ModelFileError(f"{model} has no byte-level BPE tokenizer.", "Train one with `tokenize`.")
    size = json.loads((model / "config.json").read_text())["vocab_size"]
    names = {number: text for text, number in tokenizer.backend.get_vocab(with_added_tokens=True).items()}
    special = {added["id"] for added in state["added_tokens"] if added["special"]}
    added = {added["id"] for added in state["added_tokens"]}
    tokens, types = [], []
    for number in range(size):
        tokens.append(names.get(number, f"[PAD{number}]"))
        if number not in names:
            types.append(gguf.TokenType.UNUSED)
        elif number in special:
            types.append(gguf.TokenType.CONTROL)
        else:
            types.append(gguf.TokenType.USER_DEFINED if number in added else gguf.TokenType.NORMAL)
    merges = [m if isinstance(m, str) else " ".join(m) for m in state["model"]["merges"]]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    of = tokenizer.special
    writer.add_eos_token_id(of[END])
    writer.add_eot_token_id(of[END])
    writer.add_pad_token_id(of[PAD])
    writer.add_add_bos_token(False)
    for role, token in (
        ("pre", PREFIX), ("suf", SUFFIX), ("mid", MIDDLE), ("pad", PAD), ("rep", REPOSITORY), ("sep", FILE),
    ):  # fmt: skip
        writer.add_uint32(f"tokenizer.ggml.fim_{role}_token_id", of[token])


def _write_tensors(writer: gguf.GGUFWriter, model, config: PretrainedConfig, kind: str) -> None:
    names = gguf.get_tensor_name_map(ARCHITECTURES[config.model_type], config.num_hidden_layers)
    wanted = _TENSOR_TYPES[kind]
    parameters = list(model.named_parameters())
    for name, parameter in track(parameters, f"Writing {kind}", console=Console(stderr=True)):
        target = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if target is None:
            raise ModelFileError(f"GGUF has no name for the tensor {name}.")
        data = parameter.detach().to(torch.float32).numpy()
        if config.model_type == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
            heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
            data = _interleaved(data, heads)
        # Norms and biases stay exact, as in every file of llama.cpp's own converter.
        use = wanted if data.ndim == 2 else gguf.GGMLQuantizationType.F32
        if use == gguf.GGMLQuantizationType.Q8_0 and data.shape[-1] % 32:
            use = gguf.GGMLQuantizationType.F16
        writer.add_tensor(target, gguf.quants.quantize(np.ascontiguousarray(data), use), raw_dtype=use)


def _interleaved(weights: np.ndarray, heads: int) -> np.ndarray:
    """Rows in the order of llama.cpp's `llama`, which rotates neighbours where transformers rotates halves."""
    rows, columns = weights.shape
    return weights.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)
