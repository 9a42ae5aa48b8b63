"""Byte-level BPE: training one, taking a model's own, and the two ways to encode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from wisp_lab.errors import ModelFileError
from wisp_lab.fim import END, PAD, SPECIAL_TOKENS, Piece

QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How text is cut before merging. llama.cpp knows it under the name `qwen2`, so both split alike."""


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """A byte-level BPE (no byte is unknown, decoding gives the very text back) with the FIM tokens at the end."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN2_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=True,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[t for t in SPECIAL_TOKENS if t not in (END, PAD)],
        clean_up_tokenization_spaces=False,
    )
    fast.save_pretrained(str(folder))


@dataclass(frozen=True)
class CodeTokenizer:
    """Encodes text as text: a special token's name that stands in a document is not that token."""

    backend: Tokenizer
    special: dict[str, int]

    @classmethod
    def of(cls, backend: Tokenizer, where: str = "tokenizer") -> CodeTokenizer:
        special = {name: backend.token_to_id(name) for name in SPECIAL_TOKENS}
        missing = [name for name, number in special.items() if number is None]
        if missing:
            raise ModelFileError(
                f"{where} lacks {', '.join(missing)}.",
                "The lab needs a model with Qwen2.5-Coder's fill-in-the-middle tokens.",
            )
        backend = Tokenizer.from_str(backend.to_str())
        backend.encode_special_tokens = True
        backend.post_processor = None  # no token is added at either end
        return cls(backend, special)

    @classmethod
    def load(cls, path: Path) -> CodeTokenizer:
        """@param path a folder with tokenizer.json, or a GGUF file"""
        if path.suffix == ".gguf":
            fast = AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)
            return cls.of(fast.backend_tokenizer, path.name)
        file = path / "tokenizer.json"
        if not file.is_file():
            raise ModelFileError(f"There is no tokenizer in {path}.", "Run the step `tokenize` first.")
        try:
            backend = Tokenizer.from_file(str(file))
        except Exception as error:  # of no class of its own
            raise ModelFileError(f"{file} cannot be read: {error}") from None
        return cls.of(backend, str(path))

    @property
    def size(self) -> int:
        return self.backend.get_vocab_size(with_added_tokens=True)

    def encode(self, text: str) -> list[int]:
        return self.backend.encode(text, add_special_tokens=False).ids

    def encode_pieces(self, pieces: Iterable[Piece]) -> list[int]:
        ids: list[int] = []
        for piece in pieces:
            if piece.special:
                ids.append(self.special[piece.text])
            elif piece.text:
                ids += self.encode(piece.text)
        return ids

    def encode_batch(self, texts: list[str]) -> list[list[int]]:
        return [e.ids for e in self.backend.encode_batch(texts, add_special_tokens=False)]

    def decode(self, ids: list[int]) -> str:
        return self.backend.decode(ids, skip_special_tokens=False)


def limited(texts: Iterable[str], size: int) -> Iterator[str]:
    """Texts until `size` bytes are reached."""
    left = size
    for text in texts:
        if left <= 0:
            return
        yield text
        left -= len(text.encode("utf-8"))
