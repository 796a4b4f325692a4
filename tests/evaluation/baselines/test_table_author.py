"""A table scores as the baselines do, and writes as an author does."""

from itertools import islice

import pytest

from penwright import Corpus
from penwright.evaluation.baselines.measuring import measure_baselines
from penwright.evaluation.baselines.table_author import ROWS_AT_ONCE, TableEngine, count_corpus, score_counts
from penwright.evaluation.passages import choose_passages
from penwright.writing.generation import iter_text
from penwright.writing.options import SamplingConfig
from penwright.writing.sampling import draws_of


def test_its_score_is_that_of_the_baseline(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passages are predicted in pieces, whose edges must not show."""
    monkeypatch.setattr("penwright.evaluation.baselines.table_author.ROWS_AT_ONCE", 100)
    assert ROWS_AT_ONCE > 100
    passages = choose_passages(corpus, corpus.books_in("val"), max_chars=700)
    baselines = {each.name: each for each in measure_baselines(corpus, passages, max_compressor_train_chars=0)}
    counts, num_chars = count_corpus(corpus, order=5)
    score = score_counts(counts, passages)
    assert num_chars == baselines["5-character table"].train_chars
    assert score.bits_per_char == pytest.approx(baselines["5-character table"].bits_per_char, rel=1e-9)
    assert score.order_1_bits_per_char == pytest.approx(baselines["1-character table"].bits_per_char, rel=1e-9)
    assert score.num_chars == sum(passage.num_chars for passage in passages)
    assert 0.2 < score.accuracy < 0.9


def test_it_writes_what_its_shelf_holds(corpus: Corpus) -> None:
    """At temperature 0 each character is the likeliest after five others; the edge of a book is never written."""
    engine = TableEngine(count_corpus(corpus, order=5)[0])

    def page(temperature: float, seed: int) -> str:
        sampling = SamplingConfig(temperature=temperature)
        text = iter_text(engine, corpus.alphabet, "It was ", sampling=sampling, draws=draws_of(seed))
        return "".join(islice(text, 200))

    train = "".join(corpus.alphabet.decode(corpus.book_ids(book)[1:].tolist()) for book in corpus.books_in("train"))
    greedy = page(0.0, 1)
    assert all(greedy[at : at + 3] in train for at in range(190))
    assert page(0.7, 1) == page(0.7, 1) != page(0.7, 2)
