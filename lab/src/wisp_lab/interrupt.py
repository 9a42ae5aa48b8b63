"""Ctrl+C ends a training after the step that runs, with a checkpoint."""

from __future__ import annotations

import signal
import time
from types import FrameType


class StopRequest:
    """Turns SIGINT and SIGTERM into a flag while it is entered; a second SIGINT ends at once.

    @param seconds stop by itself after so long; 0 is never
    """

    def __init__(self, seconds: float = 0) -> None:
        self.requested = False
        self._deadline = time.monotonic() + seconds if seconds else float("inf")

    @property
    def due(self) -> bool:
        return self.requested or time.monotonic() >= self._deadline

    def __enter__(self) -> StopRequest:
        self._before = {s: signal.signal(s, self._on) for s in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on(self, number: int, _frame: FrameType | None) -> None:
        if self.requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.requested = True
