"""Any text, character by character and paragraph by paragraph."""

import math
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.characters import Alphabet
from penwright.errors import AuthorError, UsageError
from penwright.evaluation import texts
from penwright.evaluation.books import evaluate
from penwright.evaluation.costs import symbol_nats
from penwright.evaluation.texts import character_bits, score_text, split_paragraphs
from penwright.model.states import ModelState


class Memory(NamedTuple):
    sum: Tensor


class Rememberer(nn.Module):
    """A leaky sum of all that was read decides the logits."""

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.config = SimpleNamespace(vocab_size=vocab_size)
        generator = torch.Generator().manual_seed(7)
        self.table = nn.Parameter(torch.randn(vocab_size, vocab_size, generator=generator))

    def initial_state(self, batch_size: int):
        return ModelState((Memory(torch.zeros(batch_size, self.config.vocab_size)),))

    def sequence(self, ids, state):
        memory = state.layers[0].sum
        logits = []
        for time in range(ids.shape[1]):
            memory = 0.9 * memory + self.table[ids[:, time]]
            logits.append(memory)
        return torch.stack(logits, dim=1), ModelState((Memory(memory),))


LEARNT = Alphabet("\n abcdefgh")
BPE = learn_subwords(LEARNT, ["ab ab\n\nabc " * 3], unit="bpe", num_symbols=35)
WORDS = learn_subwords(LEARNT, ["ab ab\n\nabc " * 3], unit="words", num_symbols=35)
ALL = (LEARNT, Alphabet.seed(), BPE, WORDS)
ALPHABETS = pytest.mark.parametrize("alphabet", ALL, ids=lambda alphabet: alphabet.kind)
MODELS = {alphabet.kind: partial(symbol_nats, Rememberer(alphabet.vocab_size)) for alphabet in ALL}
PROSE = st.text(alphabet="ab \n\r\té", min_size=2, max_size=40)


@ALPHABETS
@settings(max_examples=40)
@given(text=PROSE)
def test_paragraphs_hold_every_character_once_and_make_up_the_whole(alphabet: Alphabet, text: str) -> None:
    score = score_text(MODELS[alphabet.kind], alphabet, text)
    assert "".join(paragraph.text for paragraph in score.paragraphs) == text
    assert all(text.startswith(paragraph.text, paragraph.start) for paragraph in score.paragraphs)
    assert sum(paragraph.num_chars for paragraph in score.paragraphs) == score.num_chars
    weighted = sum(paragraph.num_chars * paragraph.bits_per_char for paragraph in score.paragraphs)
    assert weighted / score.num_chars == pytest.approx(score.bits_per_char, rel=1e-9)


@settings(max_examples=40)
@given(text=PROSE)
def test_a_character_costs_the_same_whatever_follows_it(text: str) -> None:
    model = MODELS["learnt"]
    whole = character_bits(model, LEARNT, text)
    part = character_bits(model, LEARNT, text[: len(text) // 2])
    assert part == pytest.approx(whole[: len(part)], abs=1e-5)
    assert len(whole) == len(text)


@pytest.mark.parametrize("alphabet", [LEARNT, BPE, WORDS], ids=lambda alphabet: alphabet.kind)
@settings(max_examples=40)
@given(text=PROSE)
def test_the_bits_of_the_characters_are_those_of_the_symbols(alphabet: Alphabet, text: str) -> None:
    bits = character_bits(MODELS[alphabet.kind], alphabet, text)
    assert len(bits) == len(text)
    nats = MODELS[alphabet.kind](np.array([0, *alphabet.encode(text)]))
    assert bits.sum() == pytest.approx(nats.sum() / math.log(2), rel=1e-6)


@pytest.mark.parametrize("weight", [math.nan, 3e38])
def test_predictions_that_are_no_numbers_are_no_score(weight: float) -> None:
    """They used to be printed as "nan bits/char"."""
    model = Rememberer(LEARNT.vocab_size)
    model.table.data[:, ::2] = weight
    model.table.data[:, 1::2] = -weight
    with pytest.raises(AuthorError, match="predictions are not numbers"):
        score_text(partial(symbol_nats, model), LEARNT, "abc abc abc")


def test_each_character_of_a_piece_costs_an_even_part_of_it() -> None:
    uniform = Rememberer(WORDS.vocab_size)
    uniform.table.data.zero_()
    one = math.log2(WORDS.vocab_size)
    bits = character_bits(partial(symbol_nats, uniform), WORDS, "a ab\u2026")
    assert bits == pytest.approx([one, one / 3, one / 3, one / 3, 6 * one], rel=1e-6)


def test_a_book_scored_as_a_text_costs_what_it_costs_as_a_held_out_book(corpus, tiny_model) -> None:
    book = corpus.books[0]
    text = score_text(partial(symbol_nats, tiny_model), corpus.alphabet, corpus.book_text(book))
    (score,) = evaluate(tiny_model, corpus, [book])
    assert text.num_chars == score.num_chars
    assert text.bits_per_char == pytest.approx(score.bits_per_char, rel=1e-6)


def test_a_spelled_character_costs_the_sum_of_its_nibbles() -> None:
    uniform = Rememberer(LEARNT.vocab_size)
    uniform.table.data.zero_()
    bits = character_bits(partial(symbol_nats, uniform), LEARNT, "aé€b")
    assert bits == pytest.approx([n * math.log2(LEARNT.vocab_size) for n in (1, 4, 6, 1)], rel=1e-6)


def test_a_seed_author_only_reads_the_first_character() -> None:
    score = score_text(MODELS["seed"], Alphabet.seed(), "Lorna")
    assert score.num_chars == 4
    assert character_bits(MODELS["seed"], Alphabet.seed(), "Lorna")[0] == 0.0
    first = score_text(MODELS["seed"], Alphabet.seed(), "L\nab").paragraphs[0]
    assert (first.text, first.num_chars) == ("L\n", 1)


def test_characters_that_the_seed_alphabet_loses_are_counted() -> None:
    score = score_text(MODELS["seed"], Alphabet.seed(), "café — thé")
    assert (score.is_lossless, score.num_lost_chars) == (False, 3)
    score = score_text(MODELS["learnt"], LEARNT, "café — thé")
    assert (score.is_lossless, score.num_lost_chars) == (True, 0)


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("one\ntwo\n\nthree\n", ["one\ntwo\n\n", "three\n"]),
        ("one\n \t\n\n  two", ["one\n \t\n\n", "  two"]),
        ("one\r\n\r\ntwo", ["one\r\n\r\n", "two"]),
        ("one\ntwo\nthree", ["one\n", "two\n", "three"]),
        ("one\ntwo\n\n", ["one\n", "two\n\n"]),
        ("\n\none\n\ntwo\n\n\n", ["\n\none\n\n", "two\n\n\n"]),
        (" \n\n", [" \n\n"]),
        ("", []),
    ],
)
def test_a_paragraph_ends_with_its_blank_lines_or_with_its_line(text: str, paragraphs: list[str]) -> None:
    assert list(split_paragraphs(text)) == paragraphs


@pytest.mark.parametrize(("alphabet", "text"), [(LEARNT, ""), (Alphabet.seed(), ""), (Alphabet.seed(), "L")])
def test_a_text_with_nothing_to_score_is_refused(alphabet: Alphabet, text: str) -> None:
    with pytest.raises(UsageError, match=r"the text has \d characters; at least \d are needed"):
        score_text(MODELS[alphabet.kind], alphabet, text)


def test_the_most_surprising_paragraphs_are_long_ones_where_there_are_any() -> None:
    def paragraph(num_chars: int, bits: float) -> texts.ParagraphScore:
        return texts.ParagraphScore(start=0, text="a" * num_chars, num_chars=num_chars, bits_per_char=bits)

    heading, first, second = paragraph(9, 7.0), paragraph(100, 2.0), paragraph(300, 3.0)
    score = texts.TextScore(
        bits_per_char=2.0, num_chars=409, is_lossless=True, num_lost_chars=0, paragraphs=(heading, first, second)
    )
    assert score.most_surprising(5) == [second, first]
    assert score.most_surprising(1) == [second]
    assert replace(score, paragraphs=(heading,)).most_surprising(5) == [heading]


def test_short_lines_are_joined_to_passages_before_they_are_ranked() -> None:
    text = "".join(f"Line {number} of a verse\n" for number in range(30))
    alphabet = Alphabet("".join(sorted(set(text))))
    score = texts.score_bits(np.arange(len(text), dtype=np.float64), alphabet, text)
    ranked = score.most_surprising(99)
    assert len(ranked) > 1 and all(len(each.text.strip()) >= texts.MIN_PASSAGE_CHARS for each in ranked)
    assert "".join(each.text for each in sorted(ranked, key=lambda each: each.start)) == text
    bits = sum(each.bits_per_char * each.num_chars for each in ranked)
    assert bits == pytest.approx(score.bits_per_char * len(text))
