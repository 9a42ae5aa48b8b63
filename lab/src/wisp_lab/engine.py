"""The extension's runtime as a child process: the judge of what a model does in the editor."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from wisp_lab.errors import EngineError

_SCRIPT = Path(__file__).parent / "node" / "generate.mjs"


@dataclass(frozen=True)
class Answer:
    id: str
    prompt_tokens: list[int]
    tokens: list[int]
    text: str
    probabilities: list[list[tuple[int, float]]]
    ms: float


def find_repository() -> Path | None:
    """The folder whose node_modules holds the runtime: the repository or the installed extension that the lab lies
    in, or WISP_REPOSITORY."""
    given = os.environ.get("WISP_REPOSITORY")
    places = [Path(given)] if given else list(Path(__file__).resolve().parents)
    for parent in places:
        for place in (parent, parent / "dist" / "engine"):
            if (place / "node_modules" / "node-llama-cpp" / "package.json").is_file():
                return place
    return None


def find_node(repository: Path) -> str | None:
    """WISP_NODE is the editor's own Node, where the extension starts the lab."""
    given = os.environ.get("WISP_NODE")
    if given:
        return given
    local = repository / "node_modules" / ".bin" / "node"
    return str(local) if local.exists() else shutil.which("node")


def installed_runtime() -> tuple[Path, str]:
    """The folder of the runtime and the Node that runs it. @raises EngineError when one is missing"""
    repository = find_repository()
    node = find_node(repository) if repository else None
    if repository is None or node is None:
        raise EngineError(
            "The engine's runtime is not installed.",
            "Run `npm install` in the repository, or set WISP_REPOSITORY to a checkout where that was done.",
        )
    return repository, node


class Engine:
    """A loaded GGUF model, with an adapter or without; use it in a `with` statement.

    @raises EngineError when Node or the runtime is missing, or the model or adapter cannot be loaded
    """

    def __init__(self, model: Path, adapter: Path | None = None, *, context: int = 2048, threads: int = 0) -> None:
        repository, node = installed_runtime()
        # llama.cpp's threads wait for each other spinning: one core is left to everything else.
        threads = threads or max(1, (os.cpu_count() or 2) - 1)
        options = {"model": str(model), "contextSize": context, "threads": threads}
        if adapter is not None:
            options["adapter"] = str(adapter)
        runtime = repository / "node_modules" / "node-llama-cpp" / "dist" / "index.js"
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115, closed in __exit__
        self._process = subprocess.Popen(
            [node, str(_SCRIPT), json.dumps(options), runtime.as_uri()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            encoding="utf-8",
        )
        self.info = self._read()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        assert self._process.stdin
        if self._process.poll() is None:
            self._process.stdin.close()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()

    def generate(
        self,
        prompt: str | list[int],
        *,
        max_tokens: int,
        stop: list[int] | None = None,
        top: int = 0,
        id: str = "",
    ) -> Answer:
        """Greedy continuation of a prompt given as text or as tokens; `max_tokens` 0 only cuts it into tokens."""
        key = "prompt" if isinstance(prompt, str) else "tokens"
        request = {"id": id, key: prompt, "maxTokens": max_tokens, "stop": stop or [], "top": top}
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure("The engine ended.") from None
        answer = self._read()
        if "error" in answer:
            raise EngineError(f"The engine could not answer: {answer['error']}")
        return Answer(
            id, answer["promptTokens"], answer["tokens"], answer["text"], answer["probabilities"], answer["ms"]
        )

    def _read(self) -> dict:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise self._failure("The engine did not start.")

    def _failure(self, message: str) -> EngineError:
        self._process.wait()
        self._log.seek(0)
        detail = self._log.read().strip()[-2000:]
        self._log.close()
        return EngineError(message, detail)
