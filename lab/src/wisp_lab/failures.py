"""What the command line prints when a step cannot go on."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from wisp_lab.errors import Interrupted, LabError


@contextmanager
def told_failures(console: Console) -> Iterator[None]:
    """Print what ends a command, with what to do, and exit: 130 when interrupted, 1 for a LabError or a full disk.

    Anything else is a fault of the lab and keeps its traceback.
    """
    try:
        yield
    except Interrupted as stop:
        console.print(f"[yellow]{escape(stop.message)}[/yellow] {escape(stop.hint)}")
        sys.exit(130)
    except KeyboardInterrupt:
        console.print("[yellow]Interrupted.[/yellow] Run it again to go on.")
        sys.exit(130)
    except LabError as error:
        console.print(f"[red]{type(error).__name__}:[/red] {escape(error.message)}", highlight=False)
        if error.hint:
            console.print(escape(error.hint), highlight=False)
        sys.exit(1)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        console.print(f"[red]The disk is full:[/red] {escape(str(error))}", highlight=False)
        console.print("Free some space and run it again: it goes on from what is there.", highlight=False)
        sys.exit(1)
