"""How much of a document that judges a model was learnt: runs of lines that stand in train word for word.

Near-duplicates are found by the whole document. A file that holds another one, or a good part of it, is not near to it
as a whole, so it is looked for by its lines, on three stages of datatrove: the runs of what judges, which of them stand
in train, and the filter. What is held in memory grows with the parts that judge, not with train.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import xxhash
from datatrove.data import Document, DocumentsPipeline
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.filters.base_filter import BaseFilter

from wisp_lab.languages import is_telling

RUN = 6
"""Lines in a run: fewer are alike by chance in code of one language."""


def runs(text: str) -> np.ndarray:
    """A hash of every run of lines; imports, comments, lone brackets and blank lines say nothing and are left out."""
    lines = [" ".join(line.split()) for line in text.split("\n") if is_telling(line)]
    found = (xxhash.xxh64_intdigest("\n".join(lines[at : at + RUN])) for at in range(len(lines) - RUN + 1))
    return np.fromiter(found, dtype=np.uint64)


class JudgedRuns(PipelineStep):
    """Writes this shard's runs of the parts that judge."""

    type = "⚖️ - OVERLAP"
    name = "runs that judge"

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        found = [runs(document.text) for document in data if document.metadata["part"] != "train"]
        _save(self.folder, rank, np.unique(np.concatenate([*found, _NONE])))
        yield from ()


class LearntRuns(PipelineStep):
    """Writes those runs that stand in this shard's part of train."""

    type = "⚖️ - OVERLAP"
    name = "runs that are learnt"

    def __init__(self, judged: Path, folder: Path):
        super().__init__()
        self.judged, self.folder = judged, folder

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        judged, found = _load(self.judged), _NONE
        for document in data:
            if document.metadata["part"] == "train" and len(judged):
                found = np.union1d(found, np.intersect1d(runs(document.text), judged))
        _save(self.folder, rank, found)
        yield from ()


class OverlapFilter(BaseFilter):
    """Drops what judges where more of its runs than `bound` are learnt, and counts them in what is kept."""

    name = "overlap"

    def __init__(self, learnt: Path, bound: float, exclusion_writer=None):
        super().__init__(exclusion_writer)
        self.folder, self.bound = learnt, bound

    @cached_property
    def _learnt(self) -> np.ndarray:
        return _load(self.folder)

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        part = doc.metadata["part"]
        if part == "train":
            return True
        mine = runs(doc.text)
        learnt = int(np.isin(mine, self._learnt).sum())
        self.stat_update(f"found_{part}", value=len(mine))
        self.stat_update(f"found_learnt_{part}", value=learnt)
        if len(mine) and learnt / len(mine) > self.bound:
            return False, "learnt"
        self.stat_update(f"kept_{part}", value=len(mine))
        self.stat_update(f"kept_learnt_{part}", value=learnt)
        return True


_NONE = np.empty(0, dtype=np.uint64)


def _save(folder: Path, rank: int, found: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / f"{rank:05d}.npy", found)


def _load(folder: Path) -> np.ndarray:
    return np.unique(np.concatenate([_NONE, *(np.load(path) for path in sorted(folder.glob("*.npy")))]))
