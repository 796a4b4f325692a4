"""Copied spans, found by names and in pieces, beside a search that compares everything with everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.alphabet.characters import code_points_of
from penwright.evaluation.copying import Copied, copied, window_names

TEXT = st.text(alphabet="abé日😀\n", max_size=30)
LENGTHS = (1, 2, 3, 5, 8)


def copied_plainly(samples: list[str], texts: list[str], *, lengths: tuple[int, ...]) -> Copied:
    """The same by Python's own search for a string in a string."""

    def is_copied(span: str) -> bool:
        return any(span in text for text in texts)

    shares = {}
    for length in lengths:
        num_copied = 0
        for sample in samples:
            starts = [s for s in range(len(sample) - length + 1) if is_copied(sample[s : s + length])]
            num_copied += len({offset for start in starts for offset in range(start, start + length)})
        shares[length] = num_copied / max(1, sum(map(len, samples)))
    spans = [
        sample[start:end] for sample in samples for start in range(len(sample)) for end in range(start, len(sample) + 1)
    ]
    return Copied(shares, max((span for span in spans if is_copied(span)), key=len, default=""))


@given(st.lists(TEXT, max_size=3), st.lists(TEXT, max_size=3), st.integers(1, 9))
def test_the_quick_way_finds_what_the_plain_way_finds(samples: list[str], texts: list[str], chunk_chars: int) -> None:
    found = copied(samples, texts, lengths=LENGTHS, chunk_chars=chunk_chars)
    plain = copied_plainly(samples, texts, lengths=LENGTHS)
    assert found.shares == pytest.approx(plain.shares)
    assert found.longest == plain.longest


def test_a_span_reaches_neither_over_the_edge_of_a_sample_nor_of_a_text() -> None:
    assert copied(["abc", "def"], ["xabcdefx"], lengths=[4]).shares == {4: 0.0}
    assert copied(["abcdef"], ["xabc", "defx"], lengths=[3, 4]) == ({3: 1.0, 4: 0.0}, "abc")


def test_every_character_of_a_copied_span_counts_once() -> None:
    """Two overlapping spans of three characters cover four."""
    found = copied(["..abcd...."], ["abc", "bcd"], lengths=[3])
    assert found.shares == {3: 0.4} and found.longest == "abc"


def test_a_whole_sample_may_be_copied() -> None:
    sample = "It was late, and the lamp burned low." * 20
    assert copied([sample], [f"“{sample}”"], lengths=[16, 120]) == ({16: 1.0, 120: 1.0}, sample)


def test_a_name_that_agrees_by_chance_is_no_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a multiplier of 1 a name is a sum, so that every order of the same characters shares it."""
    monkeypatch.setattr("penwright.evaluation.copying._MULTIPLIER", 1)
    assert copied(["abcd"], ["dcba"], lengths=[4]).shares == {4: 0.0}
    assert copied(["abcd"], ["dcbabcd", "abcd"], lengths=[4]).shares == {4: 1.0}
    assert copied(["abcd"], ["dcbaabcd"], lengths=[4]).shares == {4: 1.0}
    with pytest.raises(AssertionError, match="two different windows share a name"):
        copied(["abba"], [""], lengths=[2])


@pytest.mark.parametrize("length", [1, 2, 7, 16, 24, 50])
def test_windows_have_one_name_each_wherever_they_stand(length: int) -> None:
    text = np.random.default_rng(0).integers(0, 3, 60).astype(np.uint32)
    names = window_names(np.concatenate([text, text]), length=length)
    assert len(names) == 120 - length + 1
    assert np.array_equal(names[:1], names[60:61])
    for first in range(0, len(names), 7):
        window = np.concatenate([text, text])[first : first + length]
        assert np.array_equal(window_names(window, length=length), names[first : first + 1])


def test_a_text_shorter_than_a_window_has_none() -> None:
    assert len(window_names(code_points_of("abc"), length=4)) == 0
    assert copied(["abc"], ["abc"], lengths=[4]) == ({4: 0.0}, "abc")
    assert copied([], ["abc"], lengths=[4]) == ({4: 0.0}, "")
