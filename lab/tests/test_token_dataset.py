from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from wisp_lab.errors import EmptySourceError
from wisp_lab.fim import END, MIDDLE, PAD, PREFIX, SUFFIX
from wisp_lab.recipe import Fim
from wisp_lab.token_dataset import IGNORED, PackedCode
from wisp_lab.tokenize import TokenFile
from wisp_lab.tokenizer import CodeTokenizer

LENGTH = 96


@pytest.fixture(scope="module")
def parts(trained):
    _, folder = trained
    return TokenFile.open(folder.tokens, "train"), CodeTokenizer.load(folder.tokens)


def dataset(parts, rate: float, samples: int = 10_000, seed: int = 5) -> PackedCode:
    return PackedCode(*parts, LENGTH, Fim(rate=rate, spm_rate=0.2, header_rate=0.3), seed, samples)


def test_an_epoch_visits_every_token_once_but_for_the_last_window(parts) -> None:
    data = dataset(parts, 0.5)
    for epoch in (0, 1):
        seen: Counter[int] = Counter()
        for index in range(epoch * data.per_epoch, (epoch + 1) * data.per_epoch):
            for document, begin, end in data.parts(index).parts:
                assert parts[0].offsets[document] <= begin < end <= parts[0].offsets[document + 1]
                seen.update(range(begin, end))
        assert set(seen.values()) == {1}
        assert len(seen) == data.per_epoch * data.window


def test_epochs_and_seeds_differ_and_a_sample_does_not(parts) -> None:
    one, two, other = dataset(parts, 0.5), dataset(parts, 0.5), dataset(parts, 0.5, seed=6)
    assert all((one[3][k] == two[3][k]).all() for k in one[3])
    assert any(not np.array_equal(one[i]["input_ids"], other[i]["input_ids"]) for i in range(5))
    second = one[3 + one.per_epoch]
    assert not np.array_equal(one[3]["input_ids"], second["input_ids"])


def test_labels_are_the_next_token_and_padding_is_not_learnt(parts) -> None:
    data = dataset(parts, 0.5)
    pad = parts[1].special[PAD]
    for index in range(40):
        ids, labels = data[index]["input_ids"], data[index]["labels"]
        assert len(ids) == len(labels) == LENGTH
        learnt = labels != IGNORED
        assert (labels[:-1][learnt[:-1]] == ids[1:][learnt[:-1]]).all()
        assert not (labels[learnt] == pad).any()
        assert learnt.float().mean() > 0.8


def test_without_fim_the_text_is_unchanged_and_with_it_every_mark_is_there(parts) -> None:
    special = parts[1].special
    marks = {special[PREFIX], special[MIDDLE], special[SUFFIX]}
    plain = dataset(parts, 0.0)
    assert not any(marks & set(plain[i]["input_ids"].tolist()) for i in range(30))
    complete = 0
    for index in range(60):
        ids = dataset(parts, 1.0)[index]["input_ids"].tolist()
        counts = [ids.count(special[mark]) for mark in (PREFIX, SUFFIX, MIDDLE)]
        assert max(counts) - min(counts) <= 1
        complete += min(counts) >= 1 and special[END] in ids
    assert complete > 30


def test_too_little_data_is_an_error(parts) -> None:
    file = TokenFile(np.arange(10, dtype=np.uint16), np.array([0, 10]), ["a.py"])
    with pytest.raises(EmptySourceError, match="do not fill one sequence"):
        PackedCode(file, parts[1], LENGTH, Fim(), 0, 10)
