from __future__ import annotations

import shutil

import numpy as np
import pytest
from conftest import module
from hypothesis import given, settings
from hypothesis import strategies as st

from wisp_lab.errors import EmptySourceError, LabError, ModelFileError
from wisp_lab.fim import SPECIAL_TOKENS, Hole, Piece, header, psm
from wisp_lab.recipe import Tokenize
from wisp_lab.tokenize import TokenFile, check_tokenizer, tokenize
from wisp_lab.tokenizer import CodeTokenizer, save_tokenizer, train_tokenizer

TOKENIZER = CodeTokenizer.of(train_tokenizer([module("some"), module("more")], 512))


@given(st.one_of(st.text(), st.binary().map(lambda data: data.decode("utf-8", "replace"))))
@settings(max_examples=300, deadline=None)
def test_every_text_comes_back_byte_for_byte(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text)).encode("utf-8") == text.encode("utf-8")


@given(st.binary(min_size=1, max_size=64))
@settings(max_examples=200, deadline=None)
def test_arbitrary_bytes_have_tokens_and_come_back(data: bytes) -> None:
    """Every byte is in the vocabulary under its own name, so bytes that are no text can be written too."""
    from tokenizers.pre_tokenizers import ByteLevel

    alphabet = sorted(ByteLevel.alphabet())
    names = [TOKENIZER.backend.token_to_id(name) for name in alphabet]
    assert all(number is not None for number in names) and len(names) == 256
    text = data.decode("latin-1")
    assert TOKENIZER.decode(TOKENIZER.encode(text)).encode("latin-1") == data


@given(st.lists(st.sampled_from([*SPECIAL_TOKENS, "x = ", "\n"]), min_size=1))
@settings(max_examples=100, deadline=None)
def test_special_tokens_that_stand_in_a_text_are_text(parts: list[str]) -> None:
    text = "".join(parts)
    ids = TOKENIZER.encode(text)
    assert not set(ids) & set(TOKENIZER.special.values())
    assert TOKENIZER.decode(ids) == text


def test_special_tokens_have_the_last_numbers_and_the_size_is_as_asked() -> None:
    small = CodeTokenizer.of(train_tokenizer([module("some"), module("more")], 300))
    assert small.size == 300
    assert sorted(small.special.values()) == list(range(293, 300))


def test_pieces_become_one_number_for_each_mark() -> None:
    ids = TOKENIZER.encode_pieces([*header("a/b.py"), *psm(Hole("x = ", "1", "\n"))])
    names = {number: name for name, number in TOKENIZER.special.items()}
    assert [names[i] for i in ids if i in names] == [
        "<|repo_name|>", "<|file_sep|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>",
    ]  # fmt: skip
    assert TOKENIZER.encode_pieces([Piece("")]) == []


def test_a_tokenizer_without_fim_tokens_is_refused() -> None:
    from tokenizers import Tokenizer, models

    with pytest.raises(ModelFileError, match=r"fim_prefix"):
        CodeTokenizer.of(Tokenizer(models.BPE()))


def test_token_files_hold_the_documents_in_order(trained) -> None:
    from wisp_lab.collect import documents

    _, folder = trained
    tokenizer = CodeTokenizer.load(folder.tokens)
    for part in ("train", "valid", "heldout"):
        file, found = TokenFile.open(folder.tokens, part), list(documents(folder.data, part))
        assert len(file) == len(found) == len(file.names) > 0
        assert file.tokens.dtype == np.uint16
        for number, document in enumerate(found):
            ids = file.tokens[file.offsets[number] : file.offsets[number + 1]].tolist()
            assert tokenizer.decode(ids) == document.text
            assert file.names[number] == (document.metadata["repository"], document.metadata["path"])


def test_tokenizing_needs_collected_data(tmp_path) -> None:
    with pytest.raises(EmptySourceError, match="Run the step `collect`"):
        tokenize(Tokenize(), tmp_path / "none", tmp_path / "tokens", base=tmp_path)


@pytest.mark.parametrize("kind", ["a GGUF file", "a model's folder"])
def test_a_models_own_tokenizer_is_taken(trained, exported, tmp_path, kind: str) -> None:
    _, folder = trained
    model, files = exported
    own = files["f16"] if kind == "a GGUF file" else model
    settings = Tokenize(from_model=str(own), vocabulary=9999)
    assert check_tokenizer(settings, tmp_path) == CodeTokenizer.load(folder.tokens).size
    tokenize(settings, folder.data, tmp_path / "tokens", base=tmp_path)
    mine, theirs = TokenFile.open(tmp_path / "tokens", "train"), TokenFile.open(folder.tokens, "train")
    assert mine.tokens.tolist() == theirs.tokens.tolist()


def test_another_tokenizer_under_the_same_path_is_noticed(trained, exported, tmp_path) -> None:
    _, folder = trained
    own = tmp_path / "model"
    shutil.copytree(exported[0], own)
    settings = Tokenize(from_model=str(own))
    tokenize(settings, folder.data, tmp_path / "tokens", base=tmp_path)
    tokenize(settings, folder.data, tmp_path / "tokens", base=tmp_path)
    save_tokenizer(train_tokenizer([module("other")], 512), own)
    with pytest.raises(LabError, match="other settings or other inputs"):
        tokenize(settings, folder.data, tmp_path / "tokens", base=tmp_path)
