"""What a notebook shows: trainings drawn in place, values as tables, every text escaped."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from folders import ROOT

import penwright
from penwright import Author, Card, CharModel, Corpus, Finished, Progress, Sample
from penwright.author.card import CardBook
from penwright.evaluation.book_score import BookScore
from penwright.notebook import in_notebook, raise_author, show

HOSTILE = "<script>alert('x')</script>\x1b"
SMALL = {
    "model": {"embedding_dim": 8, "hidden_size": 8, "mlp_size": 8, "num_layers": 1, "ngram_entries": 0},
    "train": {"batch_size": 4, "seq_len": 16},
}


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a kernel of IPython is given to display. IPython itself is not needed."""
    given: list[dict[str, Any]] = []

    def display(bundle: Mapping[str, str], **options: Any) -> None:
        given.append({**bundle, **options})

    shell = SimpleNamespace(kernel=object())
    ipython = SimpleNamespace(get_ipython=lambda: shell, display=SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return given


def when(step: int) -> dict[str, Any]:
    return {"step": step, "chars_read": 100 * step, "elapsed_seconds": float(step)}


def some_records() -> Iterator[penwright.Progress | penwright.Sample | penwright.Finished]:
    """Records of a short training."""
    for step in range(1, 4):
        yield Progress(
            **when(step),
            epoch=1,
            loss=2.0,
            bits_per_char=4.0 - step / 10,
            accuracy=0.1,
            learning_rate=0.001,
            chars_per_second=99.0,
            fraction_done=step / 4,
            eta_seconds=9.0,
        )
    yield Sample(**when(3), prompt="It was ", text=HOSTILE)
    yield Finished(
        **when(4),
        reason="done",
        best_bits_per_char=3.5,
        best_step=4,
        author=f"runs/{HOSTILE}/author.safetensors",
        val_books=(),
        test_books=(),
    )


def test_a_training_is_drawn_in_one_place_and_escaped(drawings: list[dict[str, Any]]) -> None:
    assert in_notebook()
    assert list(show(some_records())) == list(some_records())
    assert [drawing["update"] for drawing in drawings] == [False, *[True] * (len(drawings) - 1)]
    assert len({drawing["display_id"] for drawing in drawings}) == 1
    last = drawings[-1]
    assert "<svg" in last["text/html"] and 'value="1.000"' in last["text/html"]
    assert "It was &lt;script&gt;" in last["text/html"] and "<script" not in last["text/html"]
    assert last["text/plain"] == "Done: 4 steps, 400 characters read, best on held-out text 3.500 bits/char"


def test_nothing_is_drawn_more_often_than_one_can_see(drawings: list[dict[str, Any]]) -> None:
    assert len(list(show(some_records(), clock=lambda: 0.0))) == 5
    assert len(drawings) == 3  # the first, the end, and once more when the generator is closed


@pytest.mark.parametrize("ipython", [None, SimpleNamespace(get_ipython=lambda: None)])
def test_outside_a_kernel_nothing_is_drawn(ipython: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert not in_notebook()
    assert list(show(some_records())) == list(some_records())


def test_one_call_trains_and_returns_an_author(
    drawings: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENWRIGHT_CACHE", str(tmp_path / "cache"))
    author = raise_author(ROOT / "tests/shelf", steps=2, seed=5, overrides=SMALL)
    assert isinstance(author, Author) and author.card.seed == 5
    assert drawings and [path.name[10:] for path in (tmp_path / "runs").iterdir()] == ["-shelf"]
    with pytest.raises(penwright.PenwrightError, match="there is no setting model.nothing"):
        raise_author(tmp_path / "nowhere", overrides={"model": {"nothing": 1}})


def test_an_interrupt_returns_the_author_so_far(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = penwright.notebook.train

    def interrupted(*args: Any, **options: Any) -> Iterator[object]:
        for record in plain(*args, **options):
            yield record
            if isinstance(record, Finished):
                raise KeyboardInterrupt

    monkeypatch.setattr("penwright.notebook.train", interrupted)
    author = raise_author(corpus, run=tmp_path / "run", steps=2, overrides=SMALL)
    assert author.card.steps <= 2


def test_values_are_shown_as_tables_and_briefly(tiny_model: CharModel, corpus: Corpus) -> None:
    book = CardBook(title=HOSTILE, author="Vane", split="val", num_chars=9, sha256="0" * 64)
    score = BookScore(title=HOSTILE, author="Vane", num_chars=9, bits_per_char=2.0, accuracy=0.5)
    card = Card(name=HOSTILE, books=(book,) * 40, num_books=40, val_scores=(score,) * 40, bits_per_char=2.0, steps=1)
    author = Author(tiny_model, corpus.alphabet, card)
    for value in (author, card, corpus, author.score("A dark night.\n\n" + HOSTILE)):
        html = value._repr_html_()
        assert html.startswith("<div>") and "<table>" in html and "<script" not in html and "\x1b" not in html
        assert len(repr(value)) < 200
    assert "&lt;script&gt;" in card._repr_html_() and "and 28 more" in card._repr_html_()
    assert "40 books, 2.000 bits/char, 1 step" in repr(card)


def test_write_explains_every_option_with_its_default_and_range() -> None:
    text = Author.write.__doc__ or ""
    assert "min_p: Keep characters at least this share" in text
    assert "A number from 0 to 10. Default 0.8." in text
    assert all(f"    {name}:" in text for name in penwright.writing.options.WriteOptions.__annotations__)
