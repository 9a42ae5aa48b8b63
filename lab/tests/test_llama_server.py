"""A second engine: llama.cpp's own HTTP server loads what `export` wrote and says what PyTorch says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import torch
from transformers import AutoModelForCausalLM

from wisp_lab.fim import END, fim_prompt
from wisp_lab.parity import PROMPTS, Special, torch_greedy
from wisp_lab.tokenizer import CodeTokenizer

xllamacpp = pytest.importorskip("xllamacpp", reason="llama.cpp's server is not installed (uv sync)")


@contextmanager
def llama_server(model: Path) -> Iterator[str]:
    """The address of a server on a free port of this machine."""
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.n_ctx = 256
    params.n_parallel = 1
    params.n_gpu_layers = 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 2
    server = xllamacpp.Server(params)
    yield server.listening_address
    del server  # which ends it


def ask(address: str, path: str, **request: object) -> dict:
    body = {"temperature": 0, "cache_prompt": False, "return_tokens": True, **request}
    call = Request(f"{address}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(call, timeout=60) as answer:
        return json.load(answer)


def alike_from_the_start(some: list[int], others: list[int]) -> int:
    """How many tokens of both agree before the first that does not."""
    pairs = enumerate(zip(some, others, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(some), len(others)))


@pytest.mark.parametrize("kind", ["f32", "f16", "q8_0"])
def test_the_server_cuts_and_goes_on_as_pytorch_does(exported, kind: str) -> None:
    folder, files = exported
    tokenizer = CodeTokenizer.load(folder)
    special = Special(tokenizer)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    alike = total = 0
    with llama_server(files[kind]) as address:
        for prompt in PROMPTS:
            ids = special.encode(prompt)
            assert ask(address, "/tokenize", content=prompt)["tokens"] == ids
            expected, margins = torch_greedy(model, ids, 16, tokenizer.special[END])
            answer = ask(address, "/completion", prompt=prompt, n_predict=16)
            found = [token for token in answer["tokens"] if token != tokenizer.special[END]]
            same = alike_from_the_start(expected, found)
            alike, total = alike + same, total + len(expected)
            if kind != "q8_0":
                # Where two choices are that close, another order of additions turns them round.
                assert found == expected or margins[same] < 1e-3, prompt
    assert total > 30 and alike > 0.5 * total


def test_the_server_fills_in_the_middle_with_the_tokens_that_the_file_names(exported) -> None:
    """`/infill` makes the prompt itself and refuses a model whose file does not say how."""
    folder, files = exported
    tokenizer = CodeTokenizer.load(folder)
    prefix, suffix = "def apple_3(left, right", "\n    total = left"
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with llama_server(files["f32"]) as address:
        filled = ask(address, "/infill", input_prefix=prefix, input_suffix=suffix, prompt="", n_predict=8)
        properties = json.load(urlopen(f"{address}/props", timeout=60))
    assert filled["prompt"].endswith(fim_prompt(prefix, suffix))
    end = tokenizer.special[END]
    expected, margins = torch_greedy(model, Special(tokenizer).encode(filled["prompt"]), 8, end)
    found = [token for token in filled["tokens"] if token != end]
    assert filled["tokens"] and (found == expected or margins[alike_from_the_start(expected, found)] < 1e-3)
    assert properties["model_path"] == str(files["f32"])
