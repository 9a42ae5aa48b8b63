"""Does the exported model say in the engine what the trained one says in PyTorch?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM as Causal

from wisp_lab.engine import Engine
from wisp_lab.fim import END, fim_prompt
from wisp_lab.tokenizer import CodeTokenizer

PROMPTS = (
    fim_prompt("def add(a, b):\n    return ", "\n"),
    fim_prompt("import os\nimport sys\n\n\ndef main(argv):\n    ", "\n\n\nif __name__ == '__main__':\n    main()\n"),
    fim_prompt('class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, ', "\n"),
    "for i in range(",
    "# Grüße, 世界 \U0001f30d\nx = [1, 22, 333]\n",
)  # fmt: skip


@dataclass(frozen=True)
class Parity:
    prompts: int
    same_prompt_tokens: int
    same_tokens: int
    """Generated tokens, the end among them, that agree before the first difference, over all prompts."""
    tokens: int
    widest_margin: float
    """Largest gap in logits between PyTorch's first and second choice where the two parted; 0 where none did."""

    @property
    def exact(self) -> bool:
        return self.same_prompt_tokens == self.prompts and self.same_tokens == self.tokens > 0


def torch_greedy(model, ids: list[int], max_tokens: int, end: int) -> tuple[list[int], list[float]]:
    """Greedy tokens, and for each and for the end how far the second choice's logit lay behind."""
    out, margins = [], []
    with torch.no_grad():
        for _ in range(max_tokens):
            logits = model(input_ids=torch.tensor([[*ids, *out]])).logits[0, -1]
            first, second = torch.topk(logits.float(), 2).values.tolist()
            margins.append(first - second)
            token = int(logits.argmax())
            if token == end:
                break
            out.append(token)
    return out, margins


def check_parity(model: Path, file: Path, *, max_tokens: int = 24) -> Parity:
    tokenizer = CodeTokenizer.load(model)
    special = Special(tokenizer)
    loaded = Causal.from_pretrained(model, dtype=torch.float32).eval()
    prompts_alike = same = total = 0
    margin = 0.0
    with Engine(file) as engine:
        for prompt in PROMPTS:
            ids = special.encode(prompt)
            answer = engine.generate(prompt, max_tokens=max_tokens)
            prompts_alike += answer.prompt_tokens == ids
            expected, margins = torch_greedy(loaded, ids, max_tokens, tokenizer.special[END])
            expected, found = (_ended(tokens, max_tokens, tokenizer) for tokens in (expected, answer.tokens))
            total += len(expected)
            alike = 0
            for mine, theirs in zip(expected, found, strict=False):
                if mine != theirs:
                    break
                alike += 1
            same += alike
            if alike < len(expected):
                margin = max(margin, margins[alike])
    return Parity(len(PROMPTS), prompts_alike, same, total, margin)


def _ended(tokens: list[int], max_tokens: int, tokenizer: CodeTokenizer) -> list[int]:
    """With the end behind it where the model chose it: to say nothing more is an answer that must agree too."""
    return tokens if len(tokens) >= max_tokens else [*tokens, tokenizer.special[END]]


class Special:
    """Encodes a prompt in which special tokens stand by name, as the engine does."""

    def __init__(self, tokenizer: CodeTokenizer) -> None:
        from tokenizers import Tokenizer

        self._backend = Tokenizer.from_str(tokenizer.backend.to_str())
        self._backend.encode_special_tokens = False

    def encode(self, prompt: str) -> list[int]:
        return self._backend.encode(prompt, add_special_tokens=False).ids
