"""Reading and writing: equal to a plain loop, bounded in memory, and never a damaged character. By every engine."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from engines import MAKERS, Noting, loud_model, memory_of
from hypothesis import given, settings
from hypothesis import strategies as st

from penwright.alphabet.byte_fallback import ByteFallbackGate
from penwright.alphabet.characters import Alphabet
from penwright.errors import AuthorError
from penwright.model.char_model import CharModel
from penwright.model.config import CELLS
from penwright.writing import generation
from penwright.writing.engines.base import Engine
from penwright.writing.engines.plain import PlainEngine
from penwright.writing.generation import Bookmark, iter_text, read_text
from penwright.writing.options import SamplingConfig
from penwright.writing.sampling import choose_next, draws_of

PROSE = "The lamp went out at nine. “Who is there?” asked Mr. Vane.\n"
ALPHABET = Alphabet.learn(dict.fromkeys(PROSE, 1))
SAMPLING = SamplingConfig(temperature=1.0, min_p=0.0)
MODEL = loud_model(ALPHABET)
ENGINES = {name: make(MODEL, ALPHABET) for name, make in MAKERS.items()}
EACH_KIND = pytest.mark.parametrize("kind", MAKERS)
EACH_ENGINE = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


def written(
    engine: Engine,
    prompt: str,
    number: int,
    *,
    alphabet: Alphabet = ALPHABET,
    seed: int = 5,
    after: Bookmark | None = None,
    sampling: SamplingConfig = SAMPLING,
    **options: Any,
) -> str:
    """The first characters of an endless text."""
    strings = iter_text(engine, alphabet, prompt, sampling=sampling, draws=draws_of(seed), after=after, **options)
    return "".join(islice(strings, number))


def steps(engine: Engine, ids: list[int]) -> Bookmark:
    """Read ids one by one: the plain twin of reading in stretches."""
    state = engine.initial_state()
    for symbol in ids:
        logits, state = engine.read(np.array([[symbol]]), state)
    return Bookmark(logits[0, 0], state)


def assert_same_end(first: Bookmark, second: Bookmark) -> None:
    """Both expect and remember the same; with the compiled engine, to the last bit."""
    error = {"rtol": 0, "atol": 1e-5 if type(first.state).__name__ == "PlainState" else 0}
    np.testing.assert_allclose(first.logits, second.logits, **error)
    for ours, theirs in zip(memory_of(first.state), memory_of(second.state), strict=True):
        np.testing.assert_allclose(ours, theirs, **error)


# Reading


@EACH_KIND
@pytest.mark.parametrize("cell", CELLS)
def test_reading_equals_reading_one_by_one(kind: str, cell: str) -> None:
    engine = MAKERS[kind](loud_model(ALPHABET, cell=cell, is_residual=cell in ("gated", "lstm")), ALPHABET)
    assert_same_end(read_text(engine, ALPHABET, PROSE), steps(engine, [0, *ALPHABET.encode(PROSE).tolist()]))


@EACH_ENGINE
@given(st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=20)
def test_reading_on_equals_reading_at_once(engine: Engine, first: str, second: str) -> None:
    """Any text, lone surrogates included."""
    first_read = read_text(engine, ALPHABET, first)
    assert_same_end(read_text(engine, ALPHABET, second, after=first_read), read_text(engine, ALPHABET, first + second))


@EACH_ENGINE
@pytest.mark.parametrize("text", ["", "\ud800", "\udfff\ud83d", "\0\x1b", "灯が消えた", "🕯" * 5, "\U0010ffff"])
def test_any_text_can_be_read(engine: Engine, text: str) -> None:
    assert np.isfinite(read_text(engine, ALPHABET, text).logits).all()


@EACH_ENGINE
def test_a_bookmark_is_a_value(engine: Engine) -> None:
    """Reading and writing on from it, twice, leaves it as it was."""
    bookmark = read_text(engine, ALPHABET, "The lamp")
    before = [bookmark.logits.copy(), *(array.copy() for array in memory_of(bookmark.state))]
    first, second = (read_text(engine, ALPHABET, " went out", after=bookmark) for _ in range(2))
    assert np.array_equal(first.logits, second.logits)
    written(engine, " went", 10, after=bookmark)
    written(engine, "", 10, after=bookmark)
    after = [bookmark.logits, *memory_of(bookmark.state)]
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(before, after, strict=True))


@EACH_ENGINE
def test_reading_nothing_more_stays_in_place(engine: Engine) -> None:
    bookmark = read_text(engine, ALPHABET, "The lamp")
    assert read_text(engine, ALPHABET, "", after=bookmark) is bookmark


@EACH_ENGINE
def test_a_new_book_opens_with_its_edge(engine: Engine) -> None:
    assert_same_end(read_text(engine, ALPHABET, ""), steps(engine, [0]))


@EACH_ENGINE
def test_a_text_without_a_prompt_begins_a_paragraph_and_no_heading(engine: Engine) -> None:
    """An untrained author would begin most of forty texts with a blank, nibbles or two capitals."""
    after_blank_line = steps(engine, [0, *ALPHABET.encode("\n\n").tolist()])
    for seed in range(40):
        start = written(engine, "", 2, seed=seed)
        assert not start[0].isspace()
        assert not (start.isalpha() and start.isupper())
    coldest = SamplingConfig(temperature=0, min_p=0.0)
    allowed = np.array([bool(text.strip()) for text in ALPHABET.texts])
    expected = choose_next(after_blank_line.logits, config=coldest, allowed=allowed, draw=0.5)
    assert written(engine, "", 1, sampling=coldest) == ALPHABET.texts[expected]


@EACH_KIND
def test_the_seed_reads_its_start_letter_only_without_a_prompt(kind: str) -> None:
    seed = Alphabet.seed()
    engine = MAKERS[kind](loud_model(seed), seed)
    assert_same_end(read_text(engine, seed, ""), steps(engine, [seed.start_id]))
    assert_same_end(read_text(engine, seed, "No"), steps(engine, seed.encode("No").tolist()))


@pytest.fixture
def noting() -> Noting:
    """An engine that notes what it reads."""
    return Noting(ENGINES["compiled"])


def test_a_long_text_is_read_in_stretches_of_bounded_size(noting: Noting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "CHARS_ENCODED_AT_ONCE", 100)
    monkeypatch.setattr(generation, "MAX_IDS_AT_ONCE", 64)
    text = "The lamp 灯. " * 40
    bookmark = read_text(noting, ALPHABET, text)
    ids = [0, *ALPHABET.encode(text).tolist()]
    assert max(map(len, noting.stretches)) == 64
    assert noting.ids == ids
    assert_same_end(bookmark, steps(ENGINES["compiled"], ids))


def test_a_large_alphabet_is_read_in_smaller_stretches(noting: Noting, monkeypatch: pytest.MonkeyPatch) -> None:
    """The logits of a stretch stay bounded, not its length."""
    monkeypatch.setattr(generation, "MAX_LOGITS", 3 * ALPHABET.vocab_size + 1)
    read_text(noting, ALPHABET, "The lamp")
    monkeypatch.setattr(generation, "MAX_LOGITS", 1)
    read_text(noting, ALPHABET, "The")
    assert list(map(len, noting.stretches)) == [1, 3, 3, 2, 1, 1, 1, 1]


@EACH_ENGINE
def test_a_bookmark_does_not_keep_the_whole_stretch_in_memory(engine: Engine) -> None:
    logits = read_text(engine, ALPHABET, PROSE * 5).logits
    while logits.base is not None:
        logits = logits.base
    assert logits.nbytes == 4 * ALPHABET.vocab_size


# Writing


def plain_loop(engine: Engine, alphabet: Alphabet, prompt: str, *, number: int, seed: int) -> str:
    """What `iter_text` does, in the plainest way."""
    return alphabet.decode(plain_ids(engine, alphabet, prompt, number=number, seed=seed))


def plain_ids(engine: Engine, alphabet: Alphabet, prompt: str, *, number: int, seed: int) -> list[int]:
    """The ids of so many characters written after a prompt."""
    gate, draws, ids = ByteFallbackGate(alphabet), draws_of(seed), [0, *alphabet.encode(prompt).tolist()]
    logits, state, _ = steps(engine, ids)
    num_read = len(ids)
    while gate.is_inside or len(alphabet.decode(ids[num_read:])) < number:
        allowed = np.ones(alphabet.vocab_size, np.bool_)
        allowed[list(gate.banned_ids)] = False
        symbol = choose_next(logits, config=SAMPLING, allowed=allowed, draw=draws.at(len(ids)))
        gate.push(symbol)
        ids.append(symbol)
        shown, state = engine.read(np.array([[symbol]]), state)
        logits = shown[0, 0]
    return ids[num_read:]


@EACH_KIND
@pytest.mark.parametrize("cell", ["window", "gru", "lstm", "gated"])
def test_writing_equals_a_plain_loop(kind: str, cell: str) -> None:
    engine = MAKERS[kind](loud_model(ALPHABET, cell=cell, is_residual=cell == "gated"), ALPHABET)
    assert written(engine, "The lamp", 60) == plain_loop(engine, ALPHABET, "The lamp", number=60, seed=5)


@pytest.mark.parametrize("cell", CELLS)
def test_every_engine_writes_the_same_text(cell: str) -> None:
    model = loud_model(ALPHABET, cell=cell, is_residual=cell in ("gated", "lstm"), match_slots=64)
    texts = {written(make(model, ALPHABET), "The lamp", 200) for make in MAKERS.values()}
    assert len(texts) == 1


@EACH_ENGINE
def test_the_same_seed_writes_the_same_text(engine: Engine) -> None:
    assert written(engine, "The", 50) == written(engine, "The", 50)
    assert written(engine, "The", 50) != written(engine, "The", 50, seed=6)
    assert written(engine, "The", 50) != written(engine, "the", 50)


@EACH_ENGINE
@given(st.text(max_size=10), st.integers(0, 2**32))
@settings(max_examples=25)
def test_every_string_is_one_sound_character(engine: Engine, prompt: str, seed: int) -> None:
    for char in islice(iter_text(engine, ALPHABET, prompt, sampling=SAMPLING, draws=draws_of(seed)), 40):
        assert len(char) == 1
        assert char != "\ufffd"
        assert char in ALPHABET.characters or char.isprintable() or not char.isascii()
        char.encode("utf-8")


@EACH_ENGINE
@given(st.integers(0, 2**32))
@settings(max_examples=10)
def test_a_written_text_reads_back_to_where_the_writing_was(engine: Engine, seed: int) -> None:
    """So that a text can be continued from its characters alone."""
    ids = plain_ids(engine, ALPHABET, "The lamp", number=30, seed=seed)
    assert ids == ALPHABET.encode(ALPHABET.decode(ids)).tolist()
    assert written(engine, "The lamp", 30, seed=seed) == ALPHABET.decode(ids)[:30]


@EACH_ENGINE
@given(st.text(alphabet=PROSE, min_size=1, max_size=10), st.integers(0, 2**63 - 1), st.integers(0, 79))
@settings(max_examples=15)
def test_a_text_is_continued_from_its_middle(engine: Engine, prompt: str, seed: int, num_read: int) -> None:
    """The same seed goes on as if the text had never been interrupted."""
    whole = written(engine, prompt, 80, seed=seed)
    assert written(engine, prompt + whole[:num_read], 80 - num_read, seed=seed) == whole[num_read:]


@EACH_ENGINE
def test_writing_on_from_a_bookmark_equals_writing_after_the_whole_prompt(engine: Engine) -> None:
    bookmark = read_text(engine, ALPHABET, "The lamp")
    assert written(engine, " went", 40, after=bookmark) == written(engine, "The lamp went", 40)
    assert written(engine, "", 40, after=bookmark) == written(engine, "The lamp", 40)


@EACH_KIND
def test_the_edge_of_a_book_is_never_written(kind: str) -> None:
    model = loud_model(ALPHABET)
    with torch.no_grad():
        model.readout_bias[0] = 1e6
    text = written(MAKERS[kind](model, ALPHABET), "The", 30)
    assert len(text) == 30
    assert "\0" not in text


@EACH_KIND
def test_the_seeds_unknown_symbol_is_never_written(kind: str) -> None:
    seed = Alphabet.seed()
    model = loud_model(seed)
    with torch.no_grad():
        model.readout_bias[0] = 1e6
    assert "\0" not in written(MAKERS[kind](model, seed), "Né", 50, alphabet=seed)


@EACH_KIND
def test_an_author_that_believes_its_own_words_does_not_go_round_in_circles(kind: str) -> None:
    model = loud_model(ALPHABET, cell="gated", is_residual=True, hidden_size=8, mlp_size=0, match_slots=256)
    fresh = CharModel(model.config, generator=torch.Generator().manual_seed(0))
    assert fresh.context_models is not None
    with torch.no_grad():
        fresh.context_models.bonus_bias += 10.0  # whatever was said before will be said again
    engine = MAKERS[kind](fresh, ALPHABET)
    prompt = "hehe" * 8
    circle = "he" * 50
    assert written(engine, prompt, 100) != circle
    assert written(engine, prompt, 100, max_match_length=None) == circle


@EACH_ENGINE
def test_a_greedy_text_needs_no_seed(engine: Engine) -> None:
    greedy = SamplingConfig(temperature=0.0)
    assert len({written(engine, "The", 30, seed=seed, sampling=greedy) for seed in range(3)}) == 1


def test_nothing_is_read_before_the_first_character_is_asked_for(noting: Noting) -> None:
    strings: Iterator[str] = iter_text(noting, ALPHABET, "The", sampling=SAMPLING, draws=draws_of(1))
    assert noting.stretches == []
    next(strings)
    assert list(map(len, noting.stretches))[:2] == [1, 3]


class Steering:
    """A guide that notes what it sees and steers the first symbols."""

    def __init__(self, forced: str) -> None:
        self.forced, self.symbols, self.text = forced, [], ""
        self.temperatures = iter([0.0, 5.0, None])

    def adjust(self, logits: np.ndarray, allowed: np.ndarray) -> float | None:
        if len(self.text) < len(self.forced):
            allowed[:] = False
            allowed[ALPHABET.encode(self.forced[len(self.text)])] = True
            logits[:] = -np.inf
        return next(self.temperatures, None)

    def push(self, symbol: int, text: str) -> None:
        self.symbols.append(symbol)
        self.text += text


@EACH_ENGINE
def test_a_guide_steers_and_sees_every_symbol(engine: Engine) -> None:
    bookmark = read_text(engine, ALPHABET, "The lamp")
    before = bookmark.logits.copy()
    guide = Steering(" went")
    strings = iter_text(engine, ALPHABET, sampling=SAMPLING, draws=draws_of(5), after=bookmark, guides=[guide])
    text = "".join(islice(strings, 40))
    assert text.startswith(" went")
    assert guide.text[:40] == text
    assert ALPHABET.decode(guide.symbols) == guide.text
    assert text[5:] == written(engine, "The lamp went", 35), "from then on it is free, and of the usual temperature"
    assert np.array_equal(bookmark.logits, before)


def test_the_callers_gradients_stay_on_between_characters() -> None:
    for _ in islice(iter_text(PlainEngine(MODEL), ALPHABET, "The", sampling=SAMPLING, draws=draws_of(1)), 2):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


@EACH_KIND
def test_writing_leaves_the_model_ready_to_learn(kind: str) -> None:
    model = loud_model(ALPHABET)
    written(MAKERS[kind](model, ALPHABET), "The", 10)
    logits, _ = model.sequence(torch.tensor([[17, 18]]), model.initial_state(1))
    logits.sum().backward()
    assert model.readout_bias.grad is not None


@EACH_KIND
def test_predictions_that_are_not_numbers_are_one_sentence(kind: str) -> None:
    model = loud_model(ALPHABET)
    with torch.no_grad():
        model.readout_bias.fill_(torch.nan)
    with pytest.raises(AuthorError, match="predictions are not numbers"):
        written(MAKERS[kind](model, ALPHABET), "The", 5)


@EACH_ENGINE
def test_another_alphabet_than_the_models_is_our_own_mistake(engine: Engine) -> None:
    with pytest.raises(AssertionError):
        read_text(engine, Alphabet.seed(), "The")
