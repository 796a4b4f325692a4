"""Texts that adapt: the same by every engine, in any division and any crowd, learned from reading and never from
writing."""

from itertools import islice

import numpy as np
import pytest
from engines import MAKERS, compiled_engine, loud_model, memory_of
from hypothesis import given, settings
from hypothesis import strategies as st

from penwright.alphabet.characters import Alphabet
from penwright.writing.bookmark import Bookmark
from penwright.writing.branches import Branches
from penwright.writing.costs import symbol_nats
from penwright.writing.crowd import Crowd, Written
from penwright.writing.engines.base import Engine
from penwright.writing.generation import iter_text, read_text
from penwright.writing.options import SamplingConfig
from penwright.writing.pen import MAX_MATCH_LENGTH
from penwright.writing.sampling import draws_of
from penwright.writing.suggesting import suggest_words

PROSE = "The lamp went out at nine. “Who is there?” asked Mr. Vane;\nthe lamps were lamps.\n" * 3
ALPHABET = Alphabet.learn(dict.fromkeys(PROSE, 1))
MODEL = loud_model(ALPHABET, cell="gated", is_residual=True)
ENGINES = {kind: make(MODEL, ALPHABET) for kind, make in MAKERS.items()}
ENGINE = compiled_engine(MODEL, ALPHABET)
SAMPLING = SamplingConfig(temperature=1.5, min_p=0.0)
EACH_ENGINE = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


def assert_same(first: Bookmark, second: Bookmark) -> None:
    """Two bookmarks hold the same bits."""
    assert np.array_equal(first.logits, second.logits)
    for ours, theirs in zip(memory_of(first.state), memory_of(second.state), strict=True):
        assert ours.dtype == theirs.dtype and ours.tobytes() == theirs.tobytes()


def written(bookmark: Bookmark, size: int, *, seed: int = 5) -> str:
    """What the compiled engine writes on from a bookmark."""
    return "".join(islice(iter_text(ENGINE, ALPHABET, sampling=SAMPLING, draws=draws_of(seed), after=bookmark), size))


@given(st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=20, deadline=None)
def test_reading_on_equals_reading_at_once(first: str, second: str) -> None:
    part = read_text(ENGINE, ALPHABET, first, adapts=True)
    whole = read_text(ENGINE, ALPHABET, first + second, adapts=True)
    assert_same(read_text(ENGINE, ALPHABET, second, after=part), whole)


def test_both_engines_learn_the_same() -> None:
    found, expected = (read_text(ENGINES[kind], ALPHABET, PROSE, adapts=True) for kind in ("compiled", "plain"))
    assert np.abs(found.logits - read_text(ENGINE, ALPHABET, PROSE).logits).max() > 0.01
    np.testing.assert_allclose(found.logits, expected.logits, rtol=0, atol=1e-4)
    for ours, theirs in zip(found.state.adapted, expected.state.adapted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)


@EACH_ENGINE
def test_the_costs_are_those_of_the_predictions_read_one_by_one(engine: Engine) -> None:
    ids = ALPHABET.encode(PROSE).astype(np.int64)
    state, expected = engine.initial_state(adapts=True), []
    for symbol, target in zip(ids[:-1], ids[1:], strict=True):
        logits, state = engine.read(np.array([[symbol]]), state, learns=True)
        values = logits[0, 0].astype(np.float64)
        expected.append(np.log(np.exp(values - values.max()).sum()) + values.max() - values[target])
    np.testing.assert_allclose(symbol_nats(engine, ids, adapts=True), expected, rtol=0, atol=1e-4)
    assert abs(symbol_nats(engine, ids).mean() - np.mean(expected)) > 0.01


@EACH_ENGINE
def test_nothing_is_learned_from_what_is_written(engine: Engine) -> None:
    bookmark = read_text(engine, ALPHABET, PROSE, adapts=True)
    _, after = engine.read(ALPHABET.encode("the").astype(np.int64)[None], bookmark.state)
    for name in ("biases", "factors"):
        assert np.array_equal(getattr(after.adapted, name), getattr(bookmark.state.adapted, name))
    assert not np.array_equal(after.adapted.places, bookmark.state.adapted.places)


def test_writing_uses_what_was_learned_and_leaves_the_bookmark_as_it_was() -> None:
    plain, bookmark = (read_text(ENGINE, ALPHABET, PROSE, adapts=adapts) for adapts in (False, True))
    before = Bookmark(bookmark.logits.copy(), bookmark.state.copy())
    text = written(bookmark, 120)
    assert text == written(bookmark, 120) != written(plain, 120)
    assert_same(bookmark, before)


def test_a_text_of_a_crowd_is_the_text_alone_beside_others_that_do_not_adapt() -> None:
    plain, adapting = (read_text(ENGINE, ALPHABET, PROSE, adapts=adapts) for adapts in (False, True))
    crowd = Crowd(ENGINE, ALPHABET, num_threads=2)
    keys: dict[int, tuple[Bookmark, int]] = {}
    made: list[Written] = []
    for each in range(9):  # the first do not adapt, so the crowd makes room later
        bookmark = adapting if each in (2, 5, 8) else plain
        key = crowd.join(bookmark, sampling=SAMPLING, draws=draws_of(each))
        keys[key] = bookmark, each
        made += crowd.step()
    for _ in range(40):
        made += crowd.step()
    for key, (bookmark, seed) in keys.items():
        text = "".join(each.text for each in made if each.key == key)
        assert text == written(bookmark, len(text), seed=seed)
        left = crowd.leave(key)
        assert left.adapts == bookmark.adapts and written(left, 30) == written(left, 30)
        ids = np.array([[each.symbol for each in made if each.key == key]])
        logits, state = ENGINE.read(ids, bookmark.state, max_match_length=MAX_MATCH_LENGTH)
        assert_same(left, Bookmark(logits[0, 0], state))


def test_branches_and_suggestions_are_what_copies_would_be() -> None:
    bookmark = read_text(ENGINE, ALPHABET, PROSE + "The l", adapts=True)
    branches = Branches(ENGINE, bookmark.logits, bookmark.state, num_rows=2)
    branch, state = branches.root, bookmark.state
    for symbol in ALPHABET.encode("amp"):
        (branch,) = branches.read([branch], [symbol])
        logits, state = ENGINE.read(np.array([[symbol]], np.int64), state)
        assert np.array_equal(branch.logits, logits[0, 0]) and not branch.state.biases.size
    plain = read_text(ENGINE, ALPHABET, PROSE + "The l")
    words = [suggest_words(ENGINE, ALPHABET, each, "The l", count=3) for each in (plain, bookmark)]
    assert words[0] != words[1]
