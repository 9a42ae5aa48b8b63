"""Training samples that any process can build by number alone: what makes resuming and many GPUs exact."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch.utils.data import Dataset

from wisp_lab.errors import EmptySourceError
from wisp_lab.fim import END, PAD, Piece, cut, header, lead, psm, spm
from wisp_lab.recipe import Fim
from wisp_lab.tokenize import TokenFile
from wisp_lab.tokenizer import CodeTokenizer

IGNORED = -100
"""Label that the loss leaves out (PyTorch's default)."""

_CONTEXT_TOKENS = 96
"""Of another file before a hole, and never more than a quarter of the window's part."""

_SPARE = 0.94
"""Share of a window filled with plain tokens; FIM's marks and the cuts in words need the rest."""


@dataclass(frozen=True)
class Window:
    """A stretch of the shuffled documents laid end to end: (document, first token, end token) of each part."""

    parts: list[tuple[int, int, int]]


class PackedCode(Dataset):
    """A sample is a window of the documents laid end to end in the epoch's shuffled order, and the windows are
    shuffled again, since neighbours often come from one document. Each document's part is turned into
    fill-in-the-middle on its own with probability `fim.rate` ("context-level FIM" of arXiv 2207.14255: cutting
    after chunking leaves no sample with a mark missing).

    A sample depends on (seed, k) alone. Samples are numbered through all epochs.
    """

    def __init__(
        self, file: TokenFile, tokenizer: CodeTokenizer, length: int, fim: Fim, seed: int, samples: int
    ) -> None:
        """@raises EmptySourceError when the part is smaller than one window"""
        self.file, self.tokenizer, self.length = file, tokenizer, length
        self.fim, self.seed, self.samples = fim, seed, samples
        self.window = int(length * _SPARE)
        self.per_epoch = int(file.offsets[-1]) // self.window
        if self.per_epoch == 0:
            raise EmptySourceError(
                f"{int(file.offsets[-1])} tokens do not fill one sequence of {length}.", "Collect more code."
            )
        self._order = lru_cache(maxsize=2)(self._shuffled)
        self._together: dict[str, list[int]] = defaultdict(list)
        for document, (repository, _) in enumerate(file.names):
            self._together[repository].append(document)

    def __len__(self) -> int:
        return self.samples

    def _shuffled(self, epoch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        random_numbers = np.random.default_rng((self.seed, epoch))
        order = random_numbers.permutation(len(self.file))
        lengths = np.diff(self.file.offsets)[order]
        return order, np.concatenate([[0], np.cumsum(lengths)]), random_numbers.permutation(self.per_epoch)

    def parts(self, index: int) -> Window:
        epoch, number = divmod(index, self.per_epoch)
        order, ends, windows = self._order(epoch)
        number = int(windows[number])
        start, stop = number * self.window, (number + 1) * self.window
        found = []
        first = int(np.searchsorted(ends, start, side="right")) - 1
        for place in range(first, len(order)):
            if ends[place] >= stop:
                break
            begin, end = max(start, int(ends[place])), min(stop, int(ends[place + 1]))
            if end > begin:
                offset = int(self.file.offsets[order[place]]) - int(ends[place])
                found.append((int(order[place]), begin + offset, end + offset))
        return Window(found)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        rng = random.Random(f"{self.seed}/{index}")
        ids: list[int] = []
        for document, begin, end in self.parts(index).parts:
            ids += self._document(document, begin, end, rng)
        size = self.length + 1
        ids = ids[:size]
        labels = ids + [IGNORED] * (size - len(ids))
        ids = ids + [self.tokenizer.special[PAD]] * (size - len(ids))
        return {"input_ids": torch.tensor(ids[:-1]), "labels": torch.tensor(labels[1:])}

    def _document(self, document: int, begin: int, end: int, rng: random.Random) -> list[int]:
        plain = self.file.tokens[begin:end].tolist()
        path = self.file.names[document][1]
        named = rng.random() < self.fim.header_rate
        last = int(self.file.offsets[document + 1])
        if rng.random() >= self.fim.rate or len(plain) < 8:
            front = header(path) if named and begin == self.file.offsets[document] else []
            closes = [self.tokenizer.special[END]] if end == last else []
            return self.tokenizer.encode_pieces(front) + plain + closes
        front = self.tokenizer.encode_pieces(lead(path, self._context(document, len(plain) // 4, rng)) if named else [])
        kept = plain[: max(8, len(plain) - len(front))]  # what stands in front takes its place from the window
        # A window's edge can cut a character in two; those bytes stay out of the hole.
        hole = cut(self.tokenizer.decode(kept).strip("\ufffd"), rng)
        order = spm if rng.random() < self.fim.spm_rate else psm
        # Where the text goes on behind the window, a hole that reaches its edge has no end to learn.
        ends = hole.suffix != "" or begin + len(kept) == last
        return front + self.tokenizer.encode_pieces([*order(hole), *([Piece(END, True)] if ends else [])])

    def _context(self, document: int, tokens: int, rng: random.Random) -> list[tuple[str, str]]:
        """A piece of another file of the repository, from the beginning of a line; none where it has no other."""
        others = self._together[self.file.names[document][0]]
        other = others[rng.randrange(len(others))]
        begin, end = int(self.file.offsets[other]), int(self.file.offsets[other + 1])
        size = min(_CONTEXT_TOKENS, tokens)
        if other == document or size < 16:
            return []
        start = rng.randint(begin, max(begin, end - size))
        text = self.tokenizer.decode(self.file.tokens[start : min(end, start + size)].tolist()).strip("\ufffd")
        if start > begin:
            text = text.partition("\n")[2]
        text = text.rpartition("\n")[0] or text
        return [(self.file.names[other][1], text)] if text.strip() else []
