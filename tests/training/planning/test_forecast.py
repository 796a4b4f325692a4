"""Forecasts: which way they move, and what they are measured by."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from folders import SHELF
from numpy.typing import NDArray

from penwright import Corpus, CorpusConfig, prepare
from penwright.alphabet.characters import Alphabet, Ids
from penwright.evaluation.baselines.measuring import measure_baselines
from penwright.evaluation.passages import choose_passages
from penwright.training.planning import forecast as forecast_module
from penwright.training.planning.forecast import LAW, best_update, forecast, fresh_chars, measure_difficulty


def bits(**changes: float) -> float:
    facts = {
        "difficulty": 2.0,
        "chars_read": 1e7,
        "num_parameters": 10**6,
        "shelf_chars": 5 * 10**7,
        "update_chars": 4_096,
    }
    return forecast(**{**facts, **changes}).bits_per_char  # type: ignore[arg-type]


def test_more_reading_more_weights_and_a_larger_shelf_promise_fewer_bits() -> None:
    assert bits(chars_read=2e7) < bits() < bits(chars_read=5e6)
    assert bits(num_parameters=2 * 10**6) < bits() < bits(num_parameters=10**5)
    assert bits(shelf_chars=10**8) < bits() < bits(shelf_chars=10**7)


def test_longer_trainings_want_larger_updates() -> None:
    assert bits(update_chars=2_048, chars_read=2e6) < bits(update_chars=8_192, chars_read=2e6)
    assert bits(update_chars=2_048, chars_read=5e7) > bits(update_chars=8_192, chars_read=5e7)
    best = round(best_update(1e7))
    assert bits(update_chars=best) < min(bits(update_chars=best // 2), bits(update_chars=2 * best))


def test_a_forecast_grows_with_the_difficulty_and_has_a_band_around_it() -> None:
    assert bits(difficulty=4.0) == pytest.approx(2 * bits())
    found = forecast(difficulty=2.0, chars_read=1e7, num_parameters=10**6, shelf_chars=10**7, update_chars=4_096)
    assert 0 < found.low < found.bits_per_char < found.high


@pytest.mark.parametrize("chars_read", [0.0, 1.0, 2_000.0])
def test_an_author_that_hardly_reads_is_expected_to_predict_as_its_counts_do(chars_read: float) -> None:
    """Of a minute and a half in which nearly all was counting it used to promise 6.9 bits of a difficulty of 2.0."""
    expected = bits(chars_read=chars_read, num_parameters=330_000, shelf_chars=63_000_000, update_chars=2_048)
    counts = 2.0 * (LAW.counts_floor + LAW.shelf * 63**-LAW.shelf_power)
    assert expected == pytest.approx(counts, rel=0.05)
    assert expected < 2.0


def test_characters_read_again_are_worth_less_than_new_ones() -> None:
    assert fresh_chars(500, shelf_chars=1_000) == 500
    assert fresh_chars(1_000, shelf_chars=1_000) == 1_000
    assert 1_900 < fresh_chars(2_000, shelf_chars=1_000) < 2_000
    assert fresh_chars(1e9, shelf_chars=1_000) == pytest.approx(1_000 * 16.4)


def difficulty_beside_a_table(corpus: Corpus) -> float:
    passages = choose_passages(corpus, corpus.books_in("val"), max_chars=10**6)
    (table,) = [each for each in measure_baselines(corpus, passages) if each.name == "6-character table"]
    difficulty = measure_difficulty(corpus)
    assert difficulty is not None
    return difficulty / table.bits_per_char


def test_a_text_that_repeats_itself_is_easier_than_a_table_finds_it(tmp_path: Path, corpus: Corpus) -> None:
    for number, name in enumerate(["Vane_One", "Wren_Two", "Kerr_Three", "Moss_Four"]):
        word = f"{name[:4].lower()}{chr(97 + number)}quv "
        (tmp_path / f"{name}.txt").write_text(word * 200, encoding="utf-8")
    assert difficulty_beside_a_table(prepare([tmp_path], cache_dir=tmp_path / "cache")) < 0.5
    assert difficulty_beside_a_table(corpus) > 0.7


@pytest.mark.parametrize(("suffix", "packed", "share"), [("c", 0.6, 0.6), ("c", 3.0, 1.0), ("txt", 0.6, 1.0)])
def test_code_is_as_much_easier_as_a_compressor_finds_it(
    suffix: str, packed: float, share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        (tmp_path / f"part{number}").mkdir()
        text = "".join(random.Random(number).choices("abcdefgh_();\n", k=2_000))
        (tmp_path / f"part{number}" / f"lamp{number}.{suffix}").write_text(text, encoding="utf-8")
    corpus = prepare(tmp_path, cache_dir=tmp_path / "cache")
    monkeypatch.setattr(forecast_module, "holds_code", lambda corpus: False)
    usual = measure_difficulty(corpus)
    assert usual is not None
    monkeypatch.undo()
    bits = packed * usual * forecast_module.PACKED_NOVELS
    monkeypatch.setattr(forecast_module, "packed_bits_after", lambda data, before: bits * len(data))
    assert measure_difficulty(corpus) == pytest.approx(share * usual)


def test_an_author_of_code_gains_more_from_reading_as_far_as_was_measured() -> None:
    def gain(millions: float) -> float:
        found = {
            is_code: forecast(
                difficulty=2.0,
                chars_read=millions * 1e6,
                num_parameters=300_000,
                shelf_chars=20_000_000,
                update_chars=4_096,
                is_code=is_code,
            ).bits_per_char
            for is_code in (False, True)
        }
        return found[True] / found[False]

    assert [gain(millions) for millions in (0.5, 1.0)] == [1.0, 1.0]
    assert 1.0 > gain(4.0) > gain(15.0) == pytest.approx(gain(1_000.0))


def test_the_same_books_are_not_counted_twice(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    real, counted = forecast_module.iter_table_bits, []

    def count(
        alphabet: Alphabet, texts: Sequence[Ids], asked: Sequence[Ids], *, max_order: int
    ) -> Iterator[list[NDArray[np.float64]]]:
        counted.append(len(texts))
        return real(alphabet, texts, asked, max_order=max_order)

    monkeypatch.setattr(forecast_module, "iter_table_bits", count)
    measure_difficulty(corpus)
    assert len(counted) == len(set(counted)) == 2


def test_without_held_out_books_there_is_no_difficulty(tmp_path: Path) -> None:
    config = CorpusConfig(val_fraction=0.0)
    assert measure_difficulty(prepare([SHELF], config=config, cache_dir=tmp_path)) is None


def test_a_library_promises_no_more_than_the_shelf_whose_ngrams_are_counted() -> None:
    """Of 13 GB the default counts 64 million characters, and five minutes of them promised 1.22 bits."""
    library = bits(shelf_chars=12e9, counted_chars=7e7)
    assert library == pytest.approx(bits(shelf_chars=7e7))
    assert library > bits(shelf_chars=12e9)
    assert bits(counted_chars=1e12) == bits()
