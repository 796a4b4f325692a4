"""Contestants are given the same ids, and count in the same way."""

import math
from pathlib import Path

import numpy as np
import pytest
from peers.contract import (
    Facts,
    Figures,
    HeldOut,
    Reader,
    better,
    draw,
    linear_rate,
    load_job,
    save_corpus,
    save_job,
    side_by_side,
)


def test_bits_are_shared_by_characters_and_not_by_symbols() -> None:
    held_out = HeldOut((np.arange(9),), num_chars=4)
    assert held_out.bits_per_char(8 * math.log(2)) == pytest.approx(2.0)


def test_a_rate_climbs_stays_and_lands() -> None:
    rates = [
        linear_rate(1.0, step=step, fraction_done=fraction, warmup_steps=10, decay_fraction=0.75, final_fraction=0.05)
        for step, fraction in ((1, 0.0), (10, 0.01), (50, 0.25), (99, 0.625), (150, 1.0), (151, 1.3))
    ]
    assert rates == pytest.approx([0.1, 1.0, 1.0, 0.525, 0.05, 0.05])


def test_lanes_go_on_where_they_ended_and_around_the_ring() -> None:
    text = np.arange(100, dtype=np.uint8)
    reader = Reader(text, batch_size=4, seq_len=5, seed=3)
    windows = [reader.window(number) for number in range(30)]
    for window, following in zip(windows, windows[1:], strict=False):
        assert (window[:, -1] == following[:, 0]).all()
        assert ((window[:, 1:] - window[:, :-1]) % 100 == 1).all()
    assert len(set(windows[0][:, 0] % 25)) == 1, "the lanes should divide the text evenly"
    assert (Reader(text, batch_size=4, seq_len=5, seed=4).window(0) != windows[0]).any()


def test_passages_side_by_side_score_every_symbol_but_the_first() -> None:
    lanes, is_scored = side_by_side([np.arange(1, 8), np.arange(1, 4)], multiple_of=4)
    assert lanes.tolist() == [[1, 2, 3, 4, 5, 6, 7, 0, 0], [1, 2, 3, 0, 0, 0, 0, 0, 0]]
    assert is_scored.sum(axis=1).tolist() == [6, 2]
    assert is_scored[1].tolist() == [True, True] + [False] * 6


def test_the_better_reading_is_chosen_on_the_validation_books() -> None:
    readings = {"empty": Figures(2.0, 2.5), "carried on": Figures(2.1, 2.4)}
    assert better(readings) == ("empty", Figures(2.0, 2.5))


def test_a_sample_has_no_boundary_and_nothing_improbable() -> None:
    random = np.random.default_rng(0)
    logits = np.array([9.0, 2.0, 2.0, -4.0])
    assert {draw(logits, random=random, boundary_id=0) for _ in range(200)} == {1, 2}


def test_a_job_is_read_as_it_was_written(tmp_path: Path) -> None:
    facts = Facts(
        path="there",
        digest="abc",
        vocab_size=9,
        boundary_id=0,
        symbols_per_char=1.25,
        scored_chars=10,
        prompt="a",
        prompt_ids=[3],
        sample_chars=5,
    )
    val = HeldOut((np.array([0, 1, 2], dtype=np.uint8), np.array([0, 5], dtype=np.uint8)), 3)
    test = HeldOut((np.array([0, 7], dtype=np.uint8),), 1)
    train = np.arange(8, dtype=np.uint8)
    save_corpus(tmp_path / "corpus", facts=facts, train=train, held_out={"val": val, "test": test})
    save_job(tmp_path / "job", corpus=tmp_path / "corpus", seconds=6.0, seed=2, threads=1, settings={"a": 1})
    job = load_job(tmp_path / "job")
    assert (job.facts, job.seconds, job.seed, job.threads, job.settings) == (facts, 6.0, 2, 1, {"a": 1})
    assert job.train.tolist() == train.tolist()
    for found, given in ((job.val, val), (job.test, test)):
        assert found.num_chars == given.num_chars
        assert [ids.tolist() for ids in found.passages] == [ids.tolist() for ids in given.passages]
