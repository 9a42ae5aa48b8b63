from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from wisp_lab.errors import EmptySourceError
from wisp_lab.fim import END, FILE, MIDDLE, PAD, PREFIX, REPOSITORY, SUFFIX, cut
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
    assert complete > 20


def test_a_hole_is_led_by_another_file_or_by_nothing(parts) -> None:
    """The forms of the extension: the repository's name only in front of other files."""
    special = parts[1].special
    file = parts[0]
    led = plain = 0
    for document in range(len(file)):
        begin, end = int(file.offsets[document]), int(file.offsets[document + 1])
        data = PackedCode(*parts, LENGTH, Fim(rate=1.0, spm_rate=0.2, header_rate=0.5), 1, 10)
        for seed in range(20):
            ids = data._document(document, begin, min(end, begin + 300), random.Random(seed))
            assert ids.count(special[REPOSITORY]) == (ids.count(special[FILE]) > 0)
            if ids[0] != special[REPOSITORY]:
                assert ids[0] == special[PREFIX] and special[FILE] not in ids
                plain += 1
                continue
            led += 1
            front = parts[1].decode(ids[: ids.index(special[PREFIX])])
            first, other, own = front.split("<|file_sep|>")
            repository, path = file.names[document]
            assert (first, own) == ("<|repo_name|>workspace\n", f"{path}\n")
            name, text = other.split("\n", 1)
            assert (repository, name) in file.names and name != path
            whole = file.names.index((repository, name))
            assert text[:-1] in parts[1].decode(file.tokens[file.offsets[whole] : file.offsets[whole + 1]].tolist())
            assert len(ids) <= 300 + 3 + 1 + 8
    assert led > 20 and plain > 20


def test_the_end_is_taught_where_the_text_ends_and_not_at_a_windows_edge(parts) -> None:
    file, tokenizer = parts
    end, last = tokenizer.special[END], int(file.offsets[1])
    first = last - 150
    data = PackedCode(*parts, LENGTH, Fim(rate=1.0, spm_rate=0.2, header_rate=0.0), 1, 10)

    def sample(stop: int, seed: int) -> tuple[bool, bool]:
        """Whether the hole reaches the edge, and whether an end is taught."""
        ids = data._document(0, first, stop, random.Random(seed))
        text, rng = tokenizer.decode(file.tokens[first:stop].tolist()), random.Random(seed)
        rng.random(), rng.random()
        return cut(text, rng).suffix == "", ids[-1] == end

    inside = [sample(last - 40, seed) for seed in range(400)]
    whole = [sample(last, seed) for seed in range(400)]
    assert sum(edge for edge, _ in inside) > 3 and sum(edge for edge, _ in whole) > 3
    assert all(taught != edge for edge, taught in inside)
    assert all(taught for _, taught in whole)


def test_too_little_data_is_an_error(parts) -> None:
    file = TokenFile(np.arange(10, dtype=np.uint16), np.array([0, 10]), [("a", "a.py")])
    with pytest.raises(EmptySourceError, match="do not fill one sequence"):
        PackedCode(file, parts[1], LENGTH, Fim(), 0, 10)
