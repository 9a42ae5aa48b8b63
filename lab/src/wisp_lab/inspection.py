"""inspect: what the model sees, weighs and chooses, token by token."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from transformers import AutoModelForCausalLM as Causal
from transformers import PreTrainedModel

from wisp_lab.errors import LabError, ModelFileError
from wisp_lab.fim import END
from wisp_lab.gguf_model import load_gguf
from wisp_lab.parity import Special
from wisp_lab.tokenizer import CodeTokenizer

_PAGE = Path(__file__).parent / "inspect.html"


@dataclass(frozen=True)
class Candidate:
    id: int
    text: str
    probability: float


@dataclass(frozen=True)
class Step:
    chosen: int
    text: str
    candidates: list[Candidate]
    attention: list[list[float]]
    """By layer, how much the last position looks at each earlier one, mean over the heads; rows sum to 1."""
    heads: list[list[int]]
    """By layer and head, the position that it looks at most."""


@dataclass(frozen=True)
class Inspection:
    model: str
    prompt: list[Candidate]
    """The prompt's tokens; the probability is the one that the model gave the token after those before it."""
    steps: list[Step]


def load_for_inspection(path: Path) -> tuple[PreTrainedModel, CodeTokenizer]:
    """@param path a model folder or a GGUF file"""
    if path.suffix == ".gguf":
        model = load_gguf(path, torch.float32)
    else:
        if not (path / "config.json").is_file():
            raise ModelFileError(f"There is no model in {path}.", "Give runs/NAME/train/model, or a GGUF file.")
        tokenizer = CodeTokenizer.load(path)
        return _ready(Causal.from_pretrained(path, dtype=torch.float32)), tokenizer
    return _ready(model), CodeTokenizer.load(path)


def _ready(model: PreTrainedModel) -> PreTrainedModel:
    model.set_attn_implementation("eager")  # the only one that gives its weights out
    return model.eval()


@torch.no_grad()
def inspect(
    model: PreTrainedModel, tokenizer: CodeTokenizer, name: str, prompt: str, *, steps: int, top: int
) -> Inspection:
    """Greedy generation with everything on the way written down. Special tokens in `prompt` count as such."""
    ids = Special(tokenizer).encode(prompt)
    room = model.config.max_position_embeddings - steps
    if not ids or room < 1:
        raise LabError(
            "There is nothing to go on from." if not ids else f"The model has room for {room + steps} tokens in all.",
            "Give --prefix some code." if not ids else "Ask for fewer --steps.",
        )
    ids = ids[-room:]
    output = model(input_ids=torch.tensor([ids]), output_attentions=True, use_cache=True)
    given = torch.softmax(output.logits[0].float(), dim=-1)
    first = [Candidate(ids[0], tokenizer.decode(ids[:1]), 0.0)]
    seen = first + [
        Candidate(token, tokenizer.decode([token]), float(given[place, token])) for place, token in enumerate(ids[1:])
    ]
    found: list[Step] = []
    for _ in range(steps):
        probabilities = torch.softmax(output.logits[0, -1].float(), dim=-1)
        best = torch.topk(probabilities, min(top, len(probabilities)))
        candidates = [
            Candidate(int(token), tokenizer.decode([int(token)]), float(p))
            for p, token in zip(best.values, best.indices, strict=True)
        ]
        layers = [layer[0, :, -1, :].float() for layer in output.attentions]
        chosen = candidates[0]
        found.append(
            Step(
                chosen.id,
                chosen.text,
                candidates,
                [[round(w, 5) for w in layer.mean(dim=0).tolist()] for layer in layers],
                [layer.argmax(dim=-1).tolist() for layer in layers],
            )
        )
        if chosen.id == tokenizer.special[END]:
            break
        output = model(
            input_ids=torch.tensor([[chosen.id]]),
            past_key_values=output.past_key_values,
            output_attentions=True,
            use_cache=True,
        )
    return Inspection(name, seen, found)


def print_inspection(result: Inspection, console: Console) -> None:
    prompt = Table(title="Prompt", show_lines=False)
    for column in ("#", "id", "token", "expected with"):
        prompt.add_column(column)
    for place, token in enumerate(result.prompt):
        prompt.add_row(str(place), str(token.id), _shown(token.text), f"{token.probability:.1%}" if place else "")
    console.print(prompt)
    table = Table(title="Generation, step by step")
    for column in ("step", "chosen", "candidates", "looks at (last layer)"):
        table.add_column(column)
    texts = [token.text for token in result.prompt]
    for number, step in enumerate(result.steps, 1):
        weights = step.attention[-1]
        places = sorted(range(len(weights)), key=lambda i: -weights[i])[:3]
        looks = "  ".join(f"{_shown([*texts, ''][p])} {weights[p]:.0%}" for p in places)
        others = "  ".join(f"{_shown(c.text)} {c.probability:.1%}" for c in step.candidates[:5])
        table.add_row(str(number), _shown(step.text), others, looks)
        texts.append(step.text)
    console.print(table)


def _shown(text: str) -> str:
    return escape(text.replace("\n", "⏎").replace("\t", "⇥").replace(" ", "·"))


def write_page(result: Inspection, path: Path) -> None:
    """One HTML file with everything in it: no network, no other file."""
    data = json.dumps(asdict(result), ensure_ascii=False).replace("<", "\\u003c")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_PAGE.read_text(encoding="utf-8").replace("/*DATA*/null", data), encoding="utf-8")
