"""The transformer: from the recipe to a transformers model, with its size and cost in numbers."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from transformers import AutoModelForCausalLM as Causal
from transformers import LlamaConfig, PretrainedConfig, PreTrainedModel, Qwen2Config, Qwen3Config
from transformers.utils import logging as transformers_logging

from wisp_lab.cards import card_peak
from wisp_lab.recipe import Model
from wisp_lab.tokenizer import CodeTokenizer

transformers_logging.disable_progress_bar()  # a bar for a file that is read in a moment

_CONFIGS = {"llama": LlamaConfig, "qwen2": Qwen2Config, "qwen3": Qwen3Config}


_MEASURED = 1024
"""Rows and columns of the product that a processor's peak is measured with."""


def model_config(model: Model, vocabulary: int, end: int, pad: int) -> PretrainedConfig:
    """RoPE, RMSNorm, SwiGLU and grouped-query attention in all three; qwen3 norms queries and keys besides,
    which keeps training stable at high learning rates (arXiv 2505.09388), qwen2 has biases on them.
    """
    return _CONFIGS[model.architecture](
        vocab_size=vocabulary,
        hidden_size=model.width,
        intermediate_size=model.feed_forward,
        num_hidden_layers=model.layers,
        num_attention_heads=model.heads,
        num_key_value_heads=model.kv_heads,
        head_dim=model.head_width or model.width // model.heads,
        max_position_embeddings=model.context,
        rope_parameters={"rope_type": "default", "rope_theta": model.rope_theta},
        rms_norm_eps=model.norm_epsilon,
        tie_word_embeddings=model.tied_embeddings,
        bos_token_id=None,
        eos_token_id=end,
        pad_token_id=pad,
        use_cache=False,
    )


def new_model(model: Model, tokenizer: CodeTokenizer, seed: int) -> PreTrainedModel:
    from wisp_lab.fim import END, PAD

    torch.manual_seed(seed)
    config = model_config(model, tokenizer.size, tokenizer.special[END], tokenizer.special[PAD])
    return Causal.from_config(config, dtype=torch.float32, attn_implementation="sdpa")


@dataclass(frozen=True)
class ModelSize:
    parameters: int
    """All of them; tied embeddings count once."""
    matrix: int
    """Parameters that multiply each token: everything but norms and the look-up of embeddings."""
    layers: int
    attention_width: int
    """heads x head width"""

    def flops_per_token(self, context: int) -> float:
        """Floating-point operations of one training step per token: 6 N + 12 L H Q T (PaLM, arXiv 2204.02311, B)."""
        return 6 * self.matrix + 12 * self.layers * self.attention_width * context


def model_size(config: PretrainedConfig) -> ModelSize:
    with torch.device("meta"):
        model = Causal.from_config(config)
    seen = {id(p): (name, p) for name, p in model.named_parameters()}
    total = sum(p.numel() for _, p in seen.values())
    embeddings = config.vocab_size * config.hidden_size
    matrix = sum(p.numel() for _, p in seen.values() if p.dim() == 2)
    if not config.tie_word_embeddings:
        matrix -= embeddings
    width = config.num_attention_heads * config.head_dim
    return ModelSize(total, matrix, config.num_hidden_layers, width)


def peak_flops(device: torch.device, dtype: torch.dtype) -> tuple[float, str] | None:
    """What the device could do at best, and how that is known: a card's by its data sheet, a processor's by measuring.

    None for a card that is not known, or not in these numbers: no share of a peak is better than a wrong one.
    """
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        peak = card_peak(name, dtype)
        return (peak, f"data sheet of {name}") if peak else None
    if device.type != "cpu":
        return None
    a = torch.randn(_MEASURED, _MEASURED, dtype=dtype)
    best = 0.0
    for _ in range(5):
        start = time.perf_counter()
        a @ a
        best = max(best, 2 * _MEASURED**3 / max(time.perf_counter() - start, 1e-9))
    return best, f"measured, {_MEASURED} x {_MEASURED} matrix product"
