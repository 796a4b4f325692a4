"""Held-out books in bits per character."""

import math
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from penwright.alphabet.characters import Alphabet
from penwright.errors import CorpusError
from penwright.evaluation import costs as costs_module
from penwright.evaluation import passages as passages_module
from penwright.evaluation.book_score import BookScore
from penwright.evaluation.books import evaluate, total
from penwright.model.states import ModelState


class Memory(NamedTuple):
    sum: Tensor
    count: Tensor


class Shelf:
    """Books in memory that look like a corpus."""

    def __init__(self, *texts: str, alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        self.books = [
            SimpleNamespace(title=f"Book {n}", author="Anon", num_chars=len(text), text=text)
            for n, text in enumerate(texts)
        ]

    def book_ids(self, book):
        edge = [] if self.alphabet.boundary_id is None else [self.alphabet.boundary_id]
        return np.concatenate([np.array(edge, dtype=self.alphabet.dtype), self.alphabet.encode(book.text)])


class Uniform(nn.Module):
    """Gives every symbol the same probability."""

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.config = SimpleNamespace(vocab_size=vocab_size)
        self.weight = nn.Parameter(torch.zeros(()))

    def initial_state(self, batch_size: int):
        return ModelState((Memory(torch.zeros(batch_size, 1), torch.zeros(batch_size)),))

    def sequence(self, ids, state):
        return torch.zeros(*ids.shape, self.config.vocab_size) + self.weight, state


class Rememberer(Uniform):
    """A leaky sum of all that was read decides the logits, so a state that is lost or mixed up shows in every score."""

    def __init__(self, vocab_size: int) -> None:
        super().__init__(vocab_size)
        generator = torch.Generator().manual_seed(7)
        self.table = nn.Parameter(torch.randn(vocab_size, vocab_size, generator=generator))

    def initial_state(self, batch_size: int):
        return ModelState((Memory(torch.zeros(batch_size, self.config.vocab_size), torch.zeros(batch_size)),))

    def sequence(self, ids, state):
        (memory,) = state.layers
        logits = []
        for time in range(ids.shape[1]):
            memory = Memory(0.9 * memory.sum + self.table[ids[:, time]], memory.count + 1)
            logits.append(memory.sum)
        return torch.stack(logits, dim=1), ModelState((memory,))


ALPHABET = Alphabet("abcdefgh ")
TEXTS = ("abc def gh " * 9, "ha", "gab " * 40, "bed" * 3, "face fad deaf" * 20)


def by_hand(model: Rememberer, alphabet: Alphabet, text: str) -> float:
    """Read one text in a single call."""
    edge = [] if alphabet.boundary_id is None else [alphabet.boundary_id]
    ids = torch.tensor([edge + alphabet.encode(text).tolist()])
    with torch.no_grad():
        logits, _ = model.sequence(ids[:, :-1], model.initial_state(1))
    return float(cross_entropy(logits[0], ids[0, 1:], reduction="sum")) / math.log(2)


@pytest.mark.parametrize("alphabet", [ALPHABET, Alphabet.seed()], ids=lambda alphabet: alphabet.kind)
def test_uniform_logits_cost_exactly_log2_of_the_vocabulary(alphabet: Alphabet) -> None:
    shelf = Shelf(*TEXTS, alphabet=alphabet)
    for score in evaluate(Uniform(alphabet.vocab_size), shelf, shelf.books):
        assert score.bits_per_char == pytest.approx(math.log2(alphabet.vocab_size), rel=1e-6)


def test_a_character_spelled_in_nibbles_costs_each_of_them() -> None:
    shelf = Shelf("ab", "aé", alphabet=ALPHABET)  # the second book reads five symbols for two characters
    plain, spelled = evaluate(Uniform(ALPHABET.vocab_size), shelf, shelf.books)
    assert plain.bits_per_char == pytest.approx(math.log2(ALPHABET.vocab_size), rel=1e-6)
    assert spelled.bits_per_char == pytest.approx(5 / 2 * math.log2(ALPHABET.vocab_size), rel=1e-6)
    assert spelled.num_chars == 2


@pytest.mark.parametrize("alphabet", [ALPHABET, Alphabet.seed()], ids=lambda alphabet: alphabet.kind)
def test_each_book_is_read_from_its_beginning_with_its_own_state(alphabet: Alphabet) -> None:
    model, shelf = Rememberer(alphabet.vocab_size), Shelf(*TEXTS, alphabet=alphabet)
    scores = evaluate(model, shelf, shelf.books)
    num_unscored = 1 if alphabet.boundary_id is None else 0
    for score, text in zip(scores, TEXTS, strict=True):
        assert score.num_chars == len(text) - num_unscored
        assert score.bits_per_char * score.num_chars == pytest.approx(by_hand(model, alphabet, text), rel=1e-5)


def test_scores_do_not_depend_on_lanes_or_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    model, shelf = Rememberer(ALPHABET.vocab_size), Shelf(*TEXTS, alphabet=ALPHABET)
    reference = evaluate(model, shelf, shelf.books, batch_size=1)
    for batch_size, chunk_size in ((2, 256), (3, 7), (64, 1)):
        monkeypatch.setattr(costs_module, "CHUNK_SIZE", chunk_size)
        scores = evaluate(model, shelf, shelf.books, batch_size=batch_size)
        assert [score.title for score in scores] == [book.title for book in shelf.books]
        for one, other in zip(scores, reference, strict=True):
            assert one.bits_per_char == pytest.approx(other.bits_per_char, abs=1e-5)
            assert one.accuracy == other.accuracy


def test_stretches_side_by_side_score_every_symbol_once_with_a_state_that_is_warm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The memory forgets all but a hundred-thousandth of what lies a hundred symbols back."""
    model, shelf = Rememberer(ALPHABET.vocab_size), Shelf(*TEXTS, alphabet=ALPHABET)
    reference = evaluate(model, shelf, shelf.books)
    monkeypatch.setattr(passages_module, "WARM_UP", 110)
    for max_stretch, batch_size, chunk_size in ((110, 64, 256), (120, 3, 16), (200, 5, 30)):
        monkeypatch.setattr(costs_module, "CHUNK_SIZE", chunk_size)
        told: list[float] = []
        scores = evaluate(model, shelf, shelf.books, max_stretch=max_stretch, batch_size=batch_size, tell=told.append)
        for one, other in zip(scores, reference, strict=True):
            assert (one.title, one.num_chars) == (other.title, other.num_chars)
            assert one.bits_per_char == pytest.approx(other.bits_per_char, rel=1e-3)
            assert one.accuracy == pytest.approx(other.accuracy, abs=0.01)
        assert told == sorted(told) and told[-1] == 1.0
    monkeypatch.setattr(passages_module, "WARM_UP", 0)
    cold = evaluate(model, shelf, shelf.books, max_stretch=7)
    assert abs(total(cold).bits_per_char - total(reference).bits_per_char) > 0.01, "the state matters here"


def test_a_large_vocabulary_makes_chunks_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    model, shelf = Rememberer(ALPHABET.vocab_size), Shelf(*TEXTS, alphabet=ALPHABET)
    reference = evaluate(model, shelf, shelf.books)
    monkeypatch.setattr(costs_module, "MAX_LOGITS", 3 * ALPHABET.vocab_size * len(TEXTS))
    sizes = []
    read = model.sequence
    model.sequence = lambda ids, state: (sizes.append(ids.shape[1]), read(ids, state))[1]
    scores = evaluate(model, shelf, shelf.books)
    assert total(scores).bits_per_char == pytest.approx(total(reference).bits_per_char, abs=1e-5)
    assert max(sizes) == 3


def test_a_budget_scores_the_beginnings_only() -> None:
    model, shelf = Rememberer(ALPHABET.vocab_size), Shelf(*TEXTS, alphabet=ALPHABET)
    scores = evaluate(model, shelf, shelf.books, max_chars=50)
    assert sum(score.num_chars for score in scores) == 50
    first = scores[0]
    expected = by_hand(model, ALPHABET, TEXTS[0][: first.num_chars])
    assert first.bits_per_char * first.num_chars == pytest.approx(expected, rel=1e-5)


def test_accuracy_counts_symbols_that_were_the_most_probable() -> None:
    class Always(Uniform):
        def sequence(self, ids, state):
            logits = torch.zeros(*ids.shape, self.config.vocab_size)
            logits[..., int(ALPHABET.encode("a")[0])] = 1.0
            return logits, state

    shelf = Shelf("aaab", alphabet=ALPHABET)
    assert evaluate(Always(ALPHABET.vocab_size), shelf, shelf.books)[0].accuracy == 0.75


def test_evaluating_leaves_no_gradients_and_draws_no_dropout() -> None:
    model, shelf = Rememberer(ALPHABET.vocab_size), Shelf(*TEXTS, alphabet=ALPHABET)
    evaluate(model, shelf, shelf.books)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.is_grad_enabled()


def test_an_untrained_author_is_about_as_good_as_chance(corpus, tiny_model) -> None:
    scores = evaluate(tiny_model, corpus, corpus.books)
    assert [score.title for score in scores] == [book.title for book in corpus.books]
    assert total(scores).num_chars == sum(book.num_chars for book in corpus.books)
    assert total(scores).bits_per_char == pytest.approx(math.log2(corpus.alphabet.vocab_size), rel=0.1)


def test_scores_of_a_real_author_do_not_depend_on_lanes(corpus, tiny_model) -> None:
    alone = evaluate(tiny_model, corpus, corpus.books, max_chars=3000, batch_size=1)
    together = evaluate(tiny_model, corpus, corpus.books, max_chars=3000, batch_size=4)
    for one, other in zip(alone, together, strict=True):
        assert one.bits_per_char == pytest.approx(other.bits_per_char, abs=1e-5)


def test_the_total_weighs_books_by_their_characters() -> None:
    scores = [
        BookScore(title="long", author="", num_chars=300, bits_per_char=2.0, accuracy=0.6),
        BookScore(title="short", author="", num_chars=100, bits_per_char=4.0, accuracy=0.2),
    ]
    assert total(scores) == (2.5, pytest.approx(0.5), 400)


def test_a_total_of_nothing_says_what_is_missing() -> None:
    with pytest.raises(CorpusError, match="Hold out at least one book"):
        total([])
