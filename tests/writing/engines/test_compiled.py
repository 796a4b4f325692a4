"""The compiled engine against the plain one: every cell, every unit, any crowd, any division, eight bits."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.characters import Alphabet
from penwright.kernels.reading import read as kernel
from penwright.model.char_model import CharModel
from penwright.model.config import ModelConfig
from penwright.model.rounding import RoundedWeight, is_rounded, rounded
from penwright.ngrams.letters import marks_of
from penwright.ngrams.lookup_arrays import lookup_arrays
from penwright.ngrams.tables import NgramTables, arrays_of, make_tables
from penwright.training.settings.config import RunConfig
from penwright.training.settings.resolve import resolve_config
from penwright.writing.engines.compiled import CompiledEngine, TextState
from penwright.writing.engines.plain import PlainEngine
from penwright.writing.engines.relay import relay

TEXT = "The lamp went out at nine (so), the lamps didn't say; a lamp is one. “Who is there?” asked Mr. Vane.\n\n" * 6
CHARACTERS = Alphabet.learn(dict.fromkeys(TEXT, 1))
ALPHABETS = {
    "characters": CHARACTERS,
    "bpe": learn_subwords(CHARACTERS, [TEXT], unit="bpe", num_symbols=120),
    "words": learn_subwords(CHARACTERS, [TEXT], unit="words", num_symbols=70),
}
CONTEXTS: dict[str, Any] = {"ngram_entries": 5_000, "match_slots": 64}
STACKS: dict[str, dict[str, Any]] = {
    "residual": {"is_residual": True, "embedding_dim": 66, "mlp_size": 80},
    "without perceptron": {"is_residual": True, "embedding_dim": 66, "mlp_size": 0},
    "plain": {"is_residual": False, "embedding_dim": 66},
    "one-hot": {"is_residual": False, "embedding_dim": 0},
}
LADDER = ["perceptron", "window", "elman", "gru before", "gru after", "lstm", "gated"]
SHAPES: dict[str, dict[str, Any]] = {
    **{f"{cell}, {stack}": {"cell": cell, **STACKS[stack]} for cell in LADDER for stack in STACKS},
    "gated, n-grams and matches": {"cell": "gated", **STACKS["residual"], **CONTEXTS},
    "gated, matches": {"cell": "gated", **STACKS["residual"], "match_slots": 64},
    "gated, n-grams": {"cell": "gated", **STACKS["residual"], "ngram_entries": 5_000},
    "gru, n-grams and matches": {"cell": "gru before", **STACKS["without perceptron"], **CONTEXTS},
    "gated, consensus": {"cell": "gated", **STACKS["residual"], **CONTEXTS, "consensus": True},
    "gated, consensus of matches": {"cell": "gated", **STACKS["residual"], "match_slots": 64, "consensus": True},
    "gated, consensus of n-grams": {"cell": "gated", **STACKS["residual"], "ngram_entries": 5_000, "consensus": True},
    "gated, settings": {"cell": "gated", **STACKS["residual"], **CONTEXTS, "consensus": True, "context_kinds": 2},
    "gated, settings of matches": {
        "cell": "gated",
        **STACKS["residual"],
        "match_slots": 64,
        "consensus": True,
        "context_kinds": 2,
    },
    "bpe, second list": {"unit": "bpe", "cell": "gated", **STACKS["residual"], **CONTEXTS, "context_kinds": 2},
    "bpe, consensus": {"unit": "bpe", "cell": "gated", **STACKS["residual"], **CONTEXTS, "consensus": True},
    "bpe, n-grams and matches": {"unit": "bpe", "cell": "gated", **STACKS["residual"], **CONTEXTS},
    "words, n-grams and matches": {"unit": "words", "cell": "gated", **STACKS["residual"], **CONTEXTS},
    "gated, n-grams, matches and labels": {"cell": "gated", **STACKS["residual"], **CONTEXTS, "num_labels": 3},
    "lstm, plain, labels": {"cell": "lstm", **STACKS["plain"], "num_labels": 3},
}
LABELLED = [name for name in SHAPES if "labels" in name]
MOST = [
    "gated, n-grams and matches",
    "gated, consensus",
    "gated, settings",
    "bpe, n-grams and matches",
    "lstm, one-hot",
    "gru after, residual",
    "window, plain",
]
"""Shapes that have between them every kind of memory."""


class Author:
    """A model whose weights all matter, as torch has it and compiled."""

    def __init__(self, config: ModelConfig, alphabet: Alphabet) -> None:
        self.config, self.marks = config, marks_of(alphabet)
        self.model = CharModel(config, generator=torch.Generator().manual_seed(0))
        noise = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.add_(torch.randn(parameter.shape, generator=noise) * 0.1)
        self.tables: NgramTables | None = None
        ids = alphabet.encode(TEXT)
        if config.has_ngrams:
            kinds = config.kinds
            self.tables = make_tables([ids], kinds=kinds, marks=self.marks, max_entries=config.ngram_entries)
        if self.model.context_models is not None:
            tables = self.tables or make_tables([], kinds=config.kinds, marks=self.marks, max_entries=0)
            self.model.context_models.use(tables, torch.from_numpy(self.marks))
        self.plain = PlainEngine(self.model)
        self.ids = ids.astype(np.int64)
        if not config.is_residual:  # what it reads makes little difference as yet
            logits, _ = self.plain.read(self.ids[None, :50], self.plain.initial_state(), num_shown=50)
            with torch.no_grad():
                self.model.readout_weight.mul_(0.5 / float(logits.std(axis=1).max()))
        self.weights = {name: tensor.numpy().copy() for name, tensor in self.model.state_dict().items()}
        self.engine = self.compiled(self.weights)

    def compiled(self, weights: Any) -> CompiledEngine:
        """An engine with other weights of these names."""
        packed = None if self.tables is None else lookup_arrays(arrays_of(self.tables))
        return CompiledEngine(self.config, weights, marks=self.marks, tables=packed)

    def texts(self, num_texts: int, num_symbols: int, seed: int = 0) -> np.ndarray:
        """Parts of the text that repeat themselves, some symbols at random among them."""
        random = np.random.default_rng(seed)
        starts = random.integers(0, len(self.ids) - num_symbols, num_texts)
        texts = np.stack([self.ids[start : start + num_symbols] for start in starts])
        texts[:, num_symbols // 2 :] = texts[:, : num_symbols - num_symbols // 2]
        others = random.integers(0, self.config.vocab_size, texts.shape)
        return np.where(random.random(texts.shape) < 0.05, others, texts)


@cache
def author_of(name: str) -> Author:
    """The author of a shape."""
    shape = dict(SHAPES[name])
    cell, _, reset = shape.pop("cell").partition(" ")
    alphabet = ALPHABETS[shape.get("unit", "characters")]
    config = ModelConfig(
        vocab_size=alphabet.vocab_size,
        cell=cell,
        gru_reset=reset or "before",
        hidden_size=72,
        num_layers=2,
        window_size=5,
        **shape,
    )
    return Author(config, alphabet)


def assert_same_bits(one: TextState, other: TextState) -> None:
    """Two memories are the same."""
    for name, ours, theirs in zip(one._fields, one, other, strict=True):
        assert ours.tobytes() == theirs.tobytes(), name


@pytest.mark.parametrize("name", SHAPES)
def test_it_expects_what_the_plain_engine_expects(name: str) -> None:
    author = author_of(name)
    ids = author.texts(5, 40)
    found, state = author.engine.read(ids, author.engine.initial_state(5), num_shown=40)
    needed, plain = author.plain.read(ids, author.plain.initial_state(5), num_shown=40)
    np.testing.assert_allclose(found, needed, rtol=0, atol=1e-4)
    assert float(needed.std(axis=1).max()) > 0.2, "else it proves little"
    assert state.position.tolist() == plain.position.tolist() == [40] * 5


@pytest.mark.parametrize("name", LABELLED)
def test_labels_that_change_within_a_text_are_what_the_plain_engine_has(name: str) -> None:
    author = author_of(name)
    ids, (first, second, _) = author.texts(4, 40), author.model.label_embedding.detach().numpy() * 5.0
    found, states = [], []
    for engine in (author.engine, author.plain):
        labelled = engine.with_label(first)
        before, state = labelled.read(ids[:, :20], labelled.initial_state(4), num_shown=20)
        shared = labelled.to_text_state(engine.relabelled(state, second))
        after, state = engine.read(ids[:, 20:], engine.from_text_state(shared.copy()), num_shown=20)
        found.append(np.concatenate([before, after], axis=1))
        states.append(engine.to_text_state(state))
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=2e-4)
    np.testing.assert_allclose(states[0].memory, states[1].memory, rtol=0, atol=2e-4)
    unlabelled, _ = author.engine.read(ids, author.engine.initial_state(4), num_shown=40)
    assert np.abs(unlabelled - found[0]).max(axis=(0, 2)).min() > 1e-3, "else it proves little"
    assert not author.engine.initial_state(1).memory.any(), "the engine itself has no label"


@pytest.mark.parametrize("name", LABELLED)
def test_texts_side_by_side_have_labels_of_their_own(name: str) -> None:
    author = author_of(name)
    engine, ids, vectors = author.engine, author.texts(3, 30), author.model.label_embedding.detach().numpy()
    alone = [engine.with_label(vector).initial_state() for vector in vectors]
    together = TextState(*map(np.concatenate, zip(*alone, strict=True)))
    found, _ = engine.read(ids, together, num_shown=30)
    for row, state in enumerate(alone):
        assert engine.read(ids[row : row + 1], state, num_shown=30)[0][0].tobytes() == found[row].tobytes()


@pytest.mark.parametrize("name", SHAPES)
def test_a_text_is_the_same_alone_and_symbol_by_symbol(name: str) -> None:
    engine, ids = author_of(name).engine, author_of(name).texts(11, 30)
    together, after = engine.read(ids, engine.initial_state(11), num_shown=30)
    state, shown = engine.initial_state(), []
    for time in range(30):
        logits, state = engine.read(ids[3:4, time : time + 1], state)
        shown.append(logits[0, 0])
    assert np.stack(shown).tobytes() == together[3].tobytes()
    assert_same_bits(state, TextState(*[array[3:4] for array in after]))


@pytest.mark.parametrize("name", MOST)
@settings(max_examples=25)
@given(num_texts=st.integers(1, 20), cuts=st.sets(st.integers(1, 29), max_size=6), seed=st.integers(0, 99))
def test_a_text_is_the_same_in_any_crowd_and_any_division(name: str, num_texts: int, cuts: set[int], seed: int) -> None:
    """The crowd reads at once, then each text alone in some stretches, and the crowd in the same stretches."""
    engine, ids = author_of(name).engine, author_of(name).texts(num_texts, 30, seed)
    together, after = engine.read(ids, engine.initial_state(num_texts), num_shown=30)

    def in_stretches(own: np.ndarray) -> tuple[np.ndarray, TextState]:
        state, shown = engine.initial_state(len(own)), []
        for start, stop in spans(cuts, 30):
            stretch = np.ascontiguousarray(own[:, start:stop])
            logits, state = engine.read(stretch, state, num_shown=stop - start, consumes_state=True)
            shown.append(logits)
        return np.concatenate(shown, axis=1), state

    divided, after_divided = in_stretches(ids)
    assert divided.tobytes() == together.tobytes()
    assert_same_bits(after_divided, after)
    row = seed % num_texts
    alone, after_alone = in_stretches(ids[row : row + 1])
    assert alone[0].tobytes() == together[row].tobytes()
    assert_same_bits(after_alone, TextState(*[array[row : row + 1] for array in after]))


def spans(cuts: set[int], end: int) -> Iterator[tuple[int, int]]:
    """The stretches between some cuts."""
    edges = [0, *sorted(cuts), end]
    yield from zip(edges[:-1], edges[1:], strict=True)


@pytest.mark.parametrize("name", SHAPES)
def test_eight_bits_expect_what_torch_expects_of_the_rounded_weights(name: str) -> None:
    author = author_of(name)
    weights = {name: rounded(each) if is_rounded(each.shape) else each for name, each in author.weights.items()}
    assert sum(isinstance(weight, RoundedWeight) for weight in weights.values()) >= 2
    twin = CharModel(author.config)
    values = {name: each.values() if isinstance(each, RoundedWeight) else each for name, each in weights.items()}
    twin.load_state_dict({name: torch.from_numpy(each) for name, each in values.items()})
    if author.model.context_models is not None:
        tables = author.model.tables or make_tables([], kinds=author.config.kinds, marks=author.marks, max_entries=0)
        assert twin.context_models is not None
        twin.context_models.use(tables, torch.from_numpy(author.marks))
    ids = author.texts(9, 40)
    engine, plain = author.compiled(weights), PlainEngine(twin)
    found, _ = engine.read(ids, engine.initial_state(9), num_shown=40)
    needed, _ = plain.read(ids, plain.initial_state(9), num_shown=40)
    np.testing.assert_allclose(found, needed, rtol=0, atol=1e-4)
    exact, _ = author.engine.read(ids, author.engine.initial_state(9), num_shown=40)
    assert float(np.abs(found - exact).max()) > 3e-4, "it did round"
    alone, _ = engine.read(ids[4:5], engine.initial_state(), num_shown=40)
    assert alone[0].tobytes() == found[4].tobytes()


@pytest.mark.parametrize("limit", [0, 1, 3, 16, None])
@pytest.mark.parametrize("name", ["gated, n-grams and matches", "bpe, n-grams and matches", "gated, matches"])
def test_a_match_is_silent_from_a_length_on(name: str, limit: int | None) -> None:
    author = author_of(name)
    ids = np.tile(author.ids[:10], (1, 6))
    shown, states = [], (author.engine.initial_state(), author.plain.initial_state())
    for time in range(ids.shape[1]):
        pairs = [
            engine.read(ids[:, time : time + 1], state, max_match_length=limit)  # type: ignore[arg-type]
            for engine, state in zip((author.engine, author.plain), states, strict=True)
        ]
        states = tuple(state for _, state in pairs)  # type: ignore[assignment]
        shown.append([logits[0, 0] for logits, _ in pairs])
    found, needed = np.array(shown).swapaxes(0, 1)
    np.testing.assert_allclose(found, needed, rtol=0, atol=1e-4)
    free, _ = author.engine.read(ids, author.engine.initial_state(), num_shown=60)
    assert (np.abs(free[0] - found).max() > 1e-2) == (limit is not None)


@pytest.mark.parametrize("name", MOST)
@pytest.mark.parametrize("num_symbols", [1, 7])
def test_the_state_passed_in_stays_as_it_is_unless_it_is_given_away(name: str, num_symbols: int) -> None:
    engine, ids = author_of(name).engine, author_of(name).texts(3, 30)
    _, state = engine.read(ids, engine.initial_state(3))
    before, more = state.copy(), np.ascontiguousarray(ids[:, :num_symbols])
    first, after = engine.read(more, state)
    assert_same_bits(state, before)
    assert not any(np.shares_memory(ours, theirs) for ours, theirs in zip(state, after, strict=True))
    second, given_away = engine.read(more, state, consumes_state=True)
    assert first.tobytes() == second.tobytes()
    assert_same_bits(after, given_away)
    assert all(ours is theirs for ours, theirs in zip(state, given_away, strict=True))
    assert given_away.position.tolist() == [30 + num_symbols] * 3


@pytest.mark.parametrize("num_shown", [1, 2, 9, 30])
def test_the_last_symbols_are_shown(num_shown: int) -> None:
    for name in MOST:
        engine, ids = author_of(name).engine, author_of(name).texts(6, 30)
        everything, _ = engine.read(ids, engine.initial_state(6), num_shown=30)
        shown, _ = engine.read(ids, engine.initial_state(6), num_shown=num_shown)
        assert shown.tobytes() == np.ascontiguousarray(everything[:, 30 - num_shown :]).tobytes()


def test_texts_of_some_rows_are_read_in_place_and_no_others() -> None:
    engine, ids = author_of(MOST[0]).engine, author_of(MOST[0]).texts(7, 5)
    _, state = engine.read(ids, engine.initial_state(7))
    needed, after = engine.read(ids, state)
    before, logits = state.copy(), np.zeros((7, 1, engine.vocab_size), np.float32)
    engine.read_rows(2, 6, ids, state, logits)
    assert logits[2:6].tobytes() == needed[2:6].tobytes()
    assert not logits[:2].any() and not logits[6:].any()
    for ours, old, new in zip(state.network, before.network, after.network, strict=True):
        assert np.array_equal(ours[2:6], new[2:6])
        assert np.array_equal(ours[:2], old[:2]) and np.array_equal(ours[6:], old[6:])


def test_nothing_is_compiled_anew_for_another_model_or_layout() -> None:
    """A compilation takes half a minute."""
    kinds: list[Any] = []
    for name in SHAPES:
        author = author_of(name)
        for ids in (author.texts(3, 6), author.texts(3, 12)[:, ::2], author.texts(6, 3).T):
            author.engine.read(ids, author.engine.initial_state(3))
        kinds.append(list(kernel.signatures))  # type: ignore[attr-defined]
    assert kinds[0] == kinds[-1] and 1 <= len(kinds[0]) <= 2, "one for each width of slots"


def test_the_seed_preset_is_an_author_like_any_other() -> None:
    config: RunConfig = resolve_config("seed", overrides={"model": {"hidden_size": 40}}).config
    alphabet = Alphabet.seed()
    author = Author(config.model_config(vocab_size=alphabet.vocab_size, unit=alphabet.unit), alphabet)
    ids = author.texts(9, 40)
    found, _ = author.engine.read(ids, author.engine.initial_state(9), num_shown=40)
    needed, _ = author.plain.read(ids, author.plain.initial_state(9), num_shown=40)
    np.testing.assert_allclose(found, needed, rtol=0, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("vocab_size", [255, 300, 1_100])
def test_a_large_alphabet_has_wider_slots(vocab_size: int) -> None:
    """Another kernel is compiled for it. The largest looks no n-grams up."""
    text = TEXT + "".join(map(chr, range(0x4E00, 0x4E00 + 2_000)))
    alphabet = Alphabet.learn(dict.fromkeys(text[: len(TEXT)] + text[len(TEXT) :][:vocab_size], 1))
    shape = {"cell": "gated", "embedding_dim": 66, "hidden_size": 72, "num_layers": 1, **CONTEXTS}
    author = Author(ModelConfig(vocab_size=alphabet.vocab_size, **shape), alphabet)  # type: ignore[arg-type]
    assert alphabet.vocab_size >= 255
    ids = author.texts(5, 40)
    found, state = author.engine.read(ids, author.engine.initial_state(5), num_shown=40)
    needed, _ = author.plain.read(ids, author.plain.initial_state(5), num_shown=40)
    assert state.slots.dtype == np.int64
    np.testing.assert_allclose(found, needed, rtol=0, atol=1e-4)


@pytest.mark.parametrize("adapts", [False, True])
@pytest.mark.parametrize("num_shown", [1, 200, 700])
@pytest.mark.parametrize("name", [*MOST, "window, residual"])
def test_a_long_text_is_read_by_several_threads_to_the_last_bit(name: str, num_shown: int, adapts: bool) -> None:
    author = author_of(name)
    ids = np.ascontiguousarray(np.random.default_rng(3).integers(0, author.engine.vocab_size, (1, 700)))
    found, after = author.engine.read(ids, author.engine.initial_state(adapts=adapts), num_shown=num_shown, learns=True)
    shown, state = [], author.engine.initial_state(adapts=adapts)
    for start in range(0, 700, 100):
        logits, state = author.engine.read(ids[:, start : start + 100], state, num_shown=100, learns=True)
        shown.append(logits)
    assert found.tobytes() == np.concatenate(shown, axis=1)[:, 700 - num_shown :].tobytes()
    assert_same_bits(state, after)


def test_a_part_that_fails_ends_the_others() -> None:
    def run(part: int, stage: int) -> None:
        if (part, stage) == (1, 1):
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        relay(run, num_parts=9, num_stages=3)


def test_no_part_overtakes_another() -> None:
    done: list[tuple[int, int]] = []
    relay(lambda part, stage: done.append((stage, part)), num_parts=20, num_stages=4)
    for stage in range(4):
        assert [part for at, part in done if at == stage] == list(range(20))
