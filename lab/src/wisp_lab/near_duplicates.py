"""Near-duplicates by MinHash (Broder 1997) with locality-sensitive hashing, on datatrove's four stages."""

from __future__ import annotations

import re

import numpy as np
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
from datatrove.utils.hashing import HashConfig, create_hash_func

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\d+|[^\sA-Za-z0-9_]")

CODE_MINHASH = MinhashConfig(n_grams=7, num_buckets=16, hashes_per_bucket=8, hash_config=HashConfig(precision=64))
"""Two documents meet with probability 1 - (1 - s^8)^16: 0.99 at a Jaccard similarity s of 0.85, 0.06 at 0.5.

Shingles are 7 tokens of code, because 5 of them (`for i in range (`) are common to unrelated files.
"""


class CodeSignature(MinhashDedupSignature):
    """datatrove's first stage with shingles of code tokens; its own asks for a natural language's tokenizer."""

    def __init__(self, output_folder, config: MinhashConfig = CODE_MINHASH):
        PipelineStep.__init__(self)
        from datatrove.io import get_datafolder

        self.output_folder = get_datafolder(output_folder)
        self.config = config
        self.num_hashes = config.num_buckets * config.hashes_per_bucket
        self.skip_existing_sigs = False
        self._parameters = None
        self._hash_func = create_hash_func(config.hash_config)

    def get_shingles(self, text: str) -> np.ndarray:
        words = _WORD.findall(text)
        size = min(self.config.n_grams, max(1, len(words)))
        shingles = {" ".join(words[i : i + size]) for i in range(len(words) - size + 1)}
        return np.fromiter((self._hash_func(s) for s in sorted(shingles)), dtype=np.uint64).reshape((-1, 1))
