"""Does the completed program pass its tests? Runs generated code: only when the user asks for it by name."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

from wisp_lab.cases import Case
from wisp_lab.errors import LabError

_SECONDS = 10
_MEMORY = 1 << 30
_FILE_SIZE = 1 << 20
_NO_NETWORK = ("unshare", "--map-root-user", "--net")


@dataclass(frozen=True)
class Sandbox:
    """What holds the programs in, as well as this system can."""

    bubblewrap: str | None
    no_network: bool

    @property
    def limits(self) -> str:
        """In words, for the report: what is held back is worth nothing to a reader who does not know it."""
        always = f"{_SECONDS} s, {_MEMORY >> 30} GB of memory, {_FILE_SIZE >> 20} MB per file"
        if self.bubblewrap:
            return f"{always}, no network, nothing of the machine but Python (bubblewrap)"
        network = "no network" if self.no_network else "network within reach"
        return f"{always}, {network}, your files within reach (bubblewrap would hold them back)"

    def passes(self, case: Case, completion: str) -> bool:
        """Whether prefix + completion + suffix + test runs to its end in a Python of its own.

        The end alone leaves a word that nobody can guess: a program that ends before its last test has not passed it.
        """
        with tempfile.TemporaryDirectory(prefix="wisp-lab-case-") as folder:
            program, passed, word = Path(folder, "program.py"), Path(folder, "passed"), uuid4().hex
            end = f"__import__('pathlib').Path({str(passed)!r}).write_text({word!r})"
            text = f"{case.prefix}{completion}{case.suffix}\n{case.test}\n{end}\n"
            program.write_bytes(text.encode("utf-8", "surrogatepass"))
            process = subprocess.Popen(
                [*self._wrapper(folder), sys.executable, "-I", str(program)],
                cwd=folder,
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                preexec_fn=_limit,
                start_new_session=True,
            )
            try:
                ended_well = process.wait(timeout=_SECONDS) == 0
            except subprocess.TimeoutExpired:
                return False
            finally:
                # Its children too, whether it is done or not.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            return ended_well and passed.is_file() and passed.read_bytes() == word.encode()

    def _wrapper(self, folder: str) -> list[str]:
        if self.bubblewrap:
            return [*_bubblewrap(self.bubblewrap), "--bind", folder, folder, "--chdir", folder]
        return [shutil.which(_NO_NETWORK[0]) or _NO_NETWORK[0], *_NO_NETWORK[1:]] if self.no_network else []


@cache
def find_sandbox() -> Sandbox:
    """@raises LabError where programs cannot be held to limits at all"""
    if sys.platform == "win32":
        raise LabError(
            "The tests of cases need limits that Windows does not have.", "Run them on Linux, macOS or in WSL."
        )
    found = shutil.which("bwrap")
    if found is not None and _works([*_bubblewrap(found), sys.executable, "-I", "-c", ""]):
        return Sandbox(found, True)
    return Sandbox(None, shutil.which(_NO_NETWORK[0]) is not None and _works([*_NO_NETWORK, sys.executable, "-c", ""]))


def _bubblewrap(program: str) -> list[str]:
    """Read-only: the system's libraries and the Python that runs this. Of the rest nothing is there."""
    shown = [place for place in ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache") if Path(place).exists()]
    shown += sorted({sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parent.parent)})
    binds = [word for place in shown for word in ("--ro-bind", place, place)]
    return [
        program, "--unshare-all", "--die-with-parent", "--clearenv", *binds,
        "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
    ]  # fmt: skip


def _works(command: list[str]) -> bool:
    """A tool can be there and yet not be allowed to make namespaces."""
    try:
        return subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _limit() -> None:
    import resource  # not on Windows

    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_SIZE, _FILE_SIZE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
