from __future__ import annotations

import re
import socket
import time
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from wisp_lab.cases import Case, load_cases
from wisp_lab.execution import Sandbox, find_sandbox

INFILLING = Path(__file__).parent.parent / "cases" / "infilling.jsonl"
SANDBOXES = {"found here": find_sandbox(), "limits alone": Sandbox(None, no_network=False)}


@pytest.mark.parametrize("sandbox", SANDBOXES.values(), ids=SANDBOXES)
def test_programs_are_run_with_their_tests_in_bounds(sandbox: Sandbox, tmp_path: Path, monkeypatch) -> None:
    case = Case("1", "human_eval", "python", "s.py", "def f(x):\n", "    return y\n", "", test="assert f(1) == 2\n")
    assert sandbox.passes(case, "    y = x + 1\n")
    assert not sandbox.passes(case, "    y = x + 2\n")
    assert not sandbox.passes(case, "    y = (\n")
    assert not sandbox.passes(case, "    y = len(bytearray(1 << 31))\n")
    assert not sandbox.passes(case, "    open('big', 'wb').write(bytes(1 << 22)); y = x + 1\n")
    assert not sandbox.passes(case, "    y = '\ud800'\n"), "half a character is no Python"
    monkeypatch.setattr("wisp_lab.execution._SECONDS", 1)
    assert not sandbox.passes(case, "    while True: pass\n")


@pytest.mark.parametrize("end", ["raise SystemExit", "exit()", "import os; os._exit(0)", "import sys; sys.exit(0)"])
def test_a_program_that_ends_before_its_tests_has_not_passed_them(end: str) -> None:
    case = Case("1", "human_eval", "python", "s.py", "def f(x):\n", "    return y\n", "", test="assert f(1) == 2\n")
    assert not SANDBOXES["limits alone"].passes(case, f"    {end}\n")
    assert not SANDBOXES["found here"].passes(case, f"    {end}\n")


def test_a_long_program_is_run_too() -> None:
    case = Case("1", "human_eval", "python", "s.py", f"x = '{'long' * 100_000}'\ny = ", "\n", "", test="assert y == 1")
    assert SANDBOXES["limits alone"].passes(case, "1")
    assert not SANDBOXES["limits alone"].passes(case, "2")


@pytest.mark.parametrize("sandbox", SANDBOXES.values(), ids=SANDBOXES)
def test_a_program_leaves_no_process_behind(sandbox: Sandbox) -> None:
    mark = f"# {uuid4()}"
    child = f"import time; time.sleep(600) {mark}"
    start = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {child!r}])\n"
    forks = Case("1", "human_eval", "python", "s.py", start, "", "")
    assert sandbox.passes(forks, "")
    deadline = time.monotonic() + 10
    while left := [
        p for p in psutil.process_iter(["cmdline"]) if any(mark in word for word in p.info["cmdline"] or [])
    ]:
        assert time.monotonic() < deadline, left


@pytest.mark.skipif(not find_sandbox().no_network, reason="this system has no namespaces for the user")
def test_a_program_has_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        call = f"import socket\nsocket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2)\n"
        case = Case("1", "human_eval", "python", "s.py", call, "", "")
        assert SANDBOXES["limits alone"].passes(case, "")
        assert not SANDBOXES["found here"].passes(case, "")


@pytest.mark.skipif(find_sandbox().bubblewrap is None, reason="bubblewrap (bwrap) is not installed")
def test_a_program_sees_nothing_of_the_machine_but_python(tmp_path: Path) -> None:
    (tmp_path / "diary").write_text("Dear diary")
    for path in (tmp_path / "diary", Path(__file__), Path("/etc/passwd")):
        case = Case("1", "human_eval", "python", "s.py", f"open({str(path)!r})\n", "", "")
        assert SANDBOXES["limits alone"].passes(case, "")
        assert not SANDBOXES["found here"].passes(case, "")


def test_the_infilling_tasks_of_the_lab_are_passed_by_their_solution_alone(monkeypatch) -> None:
    sandbox = SANDBOXES["found here"]
    cases = load_cases(INFILLING)
    assert len(cases) == 12
    for case in cases:
        assert sandbox.passes(case, case.truth), case.id
    monkeypatch.setattr("wisp_lab.execution._SECONDS", 2)  # without its line one of them never ends
    for case in cases:
        assert not sandbox.passes(case, re.sub(r"\S.*", "pass", case.truth)), case.id
