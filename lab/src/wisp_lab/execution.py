"""Does the completed program pass its tests? Runs generated code: only when the user asks for it by name."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile

from wisp_lab.cases import Case

_SECONDS = 10
_MEMORY = 1 << 30


def passes(case: Case, completion: str) -> bool:
    """Runs prefix + completion + suffix + test in a Python of its own, bounded in time and memory.

    That keeps accidents small; it is no sandbox. A program that means harm can read this user's files.
    """
    program = f"{case.prefix}{completion}{case.suffix}\n{case.test}"
    with tempfile.TemporaryDirectory(prefix="wisp-lab-case-") as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", program],
                cwd=folder,
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                preexec_fn=_limit,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
