"""Reading and writing: equal to a plain loop, bounded in memory, and never a damaged character."""

from collections.abc import Iterator
from itertools import islice

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from penwright.alphabet.byte_fallback import ByteFallbackGate
from penwright.alphabet.characters import Alphabet
from penwright.errors import AuthorError
from penwright.model.char_model import CharModel
from penwright.model.config import CELLS, ModelConfig
from penwright.writing import plain
from penwright.writing.options import SamplingConfig
from penwright.writing.plain import Bookmark, iter_text, read_text
from penwright.writing.sampling import generator_from, sample_next

PROSE = "The lamp went out at nine. “Who is there?” asked Mr. Vane.\n"
ALPHABET = Alphabet.learn(dict.fromkeys(PROSE, 1))
SAMPLING = SamplingConfig(temperature=1.0, min_p=0.0)


def tiny_model(alphabet: Alphabet, *, cell: str = "gru", is_residual: bool = False) -> CharModel:
    """An untrained model of one layer, loud enough that what it reads makes a difference."""
    config = ModelConfig(
        vocab_size=alphabet.vocab_size,
        cell=cell,
        embedding_dim=8,
        hidden_size=16,
        num_layers=1,
        window_size=4,
        mlp_size=16,
        is_residual=is_residual,
    )
    model = CharModel(config, generator=generator_from(1))
    with torch.no_grad():
        model.embedding.mul_(20.0)
        model.readout_weight.normal_(0.0, 1.0, generator=generator_from(2))
    return model


MODEL = tiny_model(ALPHABET)


def written(prompt: str, number: int, *, model: CharModel = MODEL, seed: int = 5, after: Bookmark | None = None) -> str:
    """The first pieces of an endless text."""
    pieces = iter_text(model, ALPHABET, prompt, sampling=SAMPLING, generator=generator_from(seed), after=after)
    return "".join(islice(pieces, number))


def steps(model: CharModel, ids: list[int]) -> Bookmark:
    """Read ids one by one: the plain twin of reading in pieces."""
    state = model.initial_state(1)
    logits = torch.zeros(0)
    with torch.no_grad():
        for symbol in ids:
            logits, state = model.step(torch.tensor([symbol]), state)
    return Bookmark(logits, state)


def assert_same_end(first: Bookmark, second: Bookmark) -> None:
    """Both expect and remember the same."""
    assert torch.allclose(first.logits, second.logits, atol=1e-5)
    for ours, theirs in zip(first.state.parts, second.state.parts, strict=True):
        for tensor, other in zip(ours, theirs, strict=True):
            assert torch.allclose(tensor, other, atol=1e-5)


# Reading


@pytest.mark.parametrize("cell", CELLS)
def test_reading_equals_reading_one_by_one(cell: str) -> None:
    model = tiny_model(ALPHABET, cell=cell, is_residual=cell in ("gated", "lstm"))
    assert_same_end(read_text(model, ALPHABET, PROSE), steps(model, [0, *ALPHABET.encode(PROSE).tolist()]))


@given(st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=20)
def test_reading_on_equals_reading_at_once(first: str, second: str) -> None:
    """Any text, lone surrogates included."""
    first_read = read_text(MODEL, ALPHABET, first)
    assert_same_end(read_text(MODEL, ALPHABET, second, after=first_read), read_text(MODEL, ALPHABET, first + second))


@pytest.mark.parametrize("text", ["", "\ud800", "\udfff\ud83d", "\0\x1b", "灯が消えた", "🕯" * 5, "\U0010ffff"])
def test_any_text_can_be_read(text: str) -> None:
    assert torch.isfinite(read_text(MODEL, ALPHABET, text).logits).all()


def test_a_bookmark_is_a_value() -> None:
    """Reading on from it, twice, leaves it as it was."""
    bookmark = read_text(MODEL, ALPHABET, "The lamp")
    before = [bookmark.logits.clone(), *(tensor.clone() for part in bookmark.state.parts for tensor in part)]
    first, second = (read_text(MODEL, ALPHABET, " went out", after=bookmark) for _ in range(2))
    assert torch.equal(first.logits, second.logits)
    after = [bookmark.logits, *(tensor for part in bookmark.state.parts for tensor in part)]
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(before, after, strict=True))


def test_reading_nothing_more_stays_in_place() -> None:
    bookmark = read_text(MODEL, ALPHABET, "The lamp")
    assert read_text(MODEL, ALPHABET, "", after=bookmark).logits is bookmark.logits


def test_a_new_book_opens_with_its_edge() -> None:
    assert_same_end(read_text(MODEL, ALPHABET, ""), steps(MODEL, [0]))


def test_a_text_without_a_prompt_begins_a_paragraph_and_no_heading() -> None:
    """An untrained author would begin most of forty texts with a blank, nibbles or two capitals."""
    after_blank_line = steps(MODEL, [0, *ALPHABET.encode("\n\n").tolist()])
    for seed in range(40):
        start = written("", 2, seed=seed)
        assert not start[0].isspace()
        assert not (start.isalpha() and start.isupper())
    coldest = SamplingConfig(temperature=0, min_p=0.0)
    banned = [symbol for symbol, text in enumerate(ALPHABET.texts) if not text.strip()]
    first = next(iter_text(MODEL, ALPHABET, sampling=coldest, generator=generator_from(1)))
    expected = sample_next(after_blank_line.logits, config=coldest, generator=generator_from(1), banned_ids=banned)
    assert first == ALPHABET.texts[int(expected)]


def test_the_seed_reads_its_start_letter_only_without_a_prompt() -> None:
    seed = Alphabet.seed()
    model = tiny_model(seed)
    assert_same_end(read_text(model, seed, ""), steps(model, [seed.start_id]))
    assert_same_end(read_text(model, seed, "No"), steps(model, seed.encode("No").tolist()))


@pytest.fixture
def pieces_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the pieces that a model is given."""
    sizes: list[int] = []
    sequence = CharModel.sequence

    def noted(self: CharModel, ids: Tensor, state: plain.ModelState) -> tuple[Tensor, plain.ModelState]:
        sizes.append(ids.shape[1])
        return sequence(self, ids, state)

    monkeypatch.setattr(CharModel, "sequence", noted)
    return sizes


def test_a_long_text_is_read_in_pieces_of_bounded_size(pieces_read: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "CHARS_ENCODED_AT_ONCE", 100)
    monkeypatch.setattr(plain, "IDS_READ_AT_ONCE", 64)
    text = "The lamp 灯. " * 40
    bookmark = read_text(MODEL, ALPHABET, text)
    ids = ALPHABET.encode(text).tolist()
    assert max(pieces_read) == 64
    assert sum(pieces_read) == 1 + len(ids)
    assert_same_end(bookmark, steps(MODEL, [0, *ids]))


def test_a_large_alphabet_is_read_in_smaller_pieces(pieces_read: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The logits of a piece stay bounded, not its length."""
    monkeypatch.setattr(plain, "MAX_LOGITS", 3 * ALPHABET.vocab_size + 1)
    read_text(MODEL, ALPHABET, "The lamp")
    assert pieces_read == [1, 3, 3, 2]
    monkeypatch.setattr(plain, "MAX_LOGITS", 1)
    read_text(MODEL, ALPHABET, "The")
    assert pieces_read[4:] == [1, 1, 1, 1]


def test_a_bookmark_does_not_keep_the_whole_piece_in_memory() -> None:
    bookmark = read_text(MODEL, ALPHABET, PROSE * 5)
    assert bookmark.logits.untyped_storage().nbytes() == 4 * ALPHABET.vocab_size


# Writing


def plain_loop(model: CharModel, alphabet: Alphabet, prompt: str, *, number: int, seed: int) -> str:
    """What `iter_text` does, in the plainest way."""
    generator = generator_from(seed)
    gate = ByteFallbackGate(alphabet)
    logits, state, _ = steps(model, [0, *alphabet.encode(prompt).tolist()])
    chosen: list[int] = []
    text = ""
    while len(text) < number:
        symbol = int(sample_next(logits, config=SAMPLING, generator=generator, banned_ids=gate.banned_ids))
        gate.push(symbol)
        chosen.append(symbol)
        with torch.no_grad():
            logits, state = model.step(torch.tensor([symbol]), state)
        if not gate.is_inside:
            text = alphabet.decode(chosen)
    return text


@pytest.mark.parametrize("cell", ["window", "gru", "lstm", "gated"])
def test_writing_equals_a_plain_loop(cell: str) -> None:
    model = tiny_model(ALPHABET, cell=cell, is_residual=cell == "gated")
    assert written("The lamp", 60, model=model) == plain_loop(model, ALPHABET, "The lamp", number=60, seed=5)


def test_the_same_seed_writes_the_same_text() -> None:
    assert written("The", 50) == written("The", 50)
    assert written("The", 50) != written("The", 50, seed=6)
    assert written("The", 50) != written("the", 50)


@given(st.text(max_size=10), st.integers(0, 2**32))
@settings(max_examples=25)
def test_every_piece_is_one_sound_character(prompt: str, seed: int) -> None:
    pieces = iter_text(MODEL, ALPHABET, prompt, sampling=SAMPLING, generator=generator_from(seed))
    for piece in islice(pieces, 40):
        assert len(piece) == 1
        assert piece != "\ufffd"
        assert piece in ALPHABET.characters or piece.isprintable() or not piece.isascii()
        piece.encode("utf-8")


@given(st.integers(0, 2**32))
@settings(max_examples=10)
def test_what_was_written_reads_back_to_where_the_writing_was(seed: int) -> None:
    """So that a text can be continued from its characters alone."""
    text = written("The lamp", 30, seed=seed)
    noted: list[int] = [0, *ALPHABET.encode("The lamp").tolist()]
    gate, generator = ByteFallbackGate(ALPHABET), generator_from(seed)
    bookmark = read_text(MODEL, ALPHABET, "The lamp")
    while ALPHABET.decode(noted[9:]) != text:
        symbol = sample_next(bookmark.logits, config=SAMPLING, generator=generator, banned_ids=gate.banned_ids)
        gate.push(int(symbol))
        noted.append(int(symbol))
        with torch.inference_mode():
            bookmark = Bookmark(*MODEL.step(symbol, bookmark.state))
    assert noted == [0, *ALPHABET.encode("The lamp" + text).tolist()]


def test_writing_on_from_a_bookmark_equals_writing_after_the_whole_prompt() -> None:
    bookmark = read_text(MODEL, ALPHABET, "The lamp")
    assert written(" went", 40, after=bookmark) == written("The lamp went", 40)
    assert written("", 40, after=bookmark) == written("The lamp", 40)


def test_the_edge_of_a_book_is_never_written() -> None:
    model = tiny_model(ALPHABET)
    with torch.no_grad():
        model.readout_bias[0] = 1e6
    text = written("The", 30, model=model)
    assert len(text) == 30
    assert "\0" not in text


def test_the_seeds_unknown_symbol_is_never_written() -> None:
    seed = Alphabet.seed()
    model = tiny_model(seed)
    with torch.no_grad():
        model.readout_bias[0] = 1e6
    pieces = iter_text(model, seed, "Né", sampling=SAMPLING, generator=generator_from(1))
    assert "\0" not in "".join(islice(pieces, 50))


def test_an_author_that_believes_its_own_words_does_not_go_round_in_circles(monkeypatch: pytest.MonkeyPatch) -> None:
    config = ModelConfig(
        cell="gated",
        is_residual=True,
        vocab_size=ALPHABET.vocab_size,
        embedding_dim=8,
        hidden_size=8,
        num_layers=1,
        mlp_size=0,
        match_slots=256,
    )
    model = CharModel(config, generator=torch.Generator().manual_seed(0))
    assert model.context_models is not None
    with torch.no_grad():
        model.context_models.bonus_bias += 10.0  # whatever was said before will be said again
    prompt = "hehe" * 8
    circle = "he" * 50
    monkeypatch.setattr(plain, "WRITING", plain.ReadOptions())
    assert written(prompt, 100, model=model) == circle
    monkeypatch.undo()
    assert written(prompt, 100, model=model) != circle


def test_a_greedy_text_needs_no_seed() -> None:
    greedy = SamplingConfig(temperature=0.0)
    texts = {
        "".join(islice(iter_text(MODEL, ALPHABET, "The", sampling=greedy, generator=generator_from(seed)), 30))
        for seed in range(3)
    }
    assert len(texts) == 1


def test_nothing_is_read_before_the_first_piece_is_asked_for(pieces_read: list[int]) -> None:
    pieces: Iterator[str] = iter_text(MODEL, ALPHABET, "The", sampling=SAMPLING, generator=generator_from(1))
    assert pieces_read == []
    next(pieces)
    assert pieces_read == [1, 3]


def test_the_callers_gradients_stay_on_between_pieces() -> None:
    for _ in islice(iter_text(MODEL, ALPHABET, "The", sampling=SAMPLING, generator=generator_from(1)), 2):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


def test_writing_leaves_the_model_ready_to_learn() -> None:
    model = tiny_model(ALPHABET)
    written("The", 10, model=model)
    logits, _ = model.sequence(torch.tensor([[17, 18]]), model.initial_state(1))
    logits.sum().backward()
    assert model.readout_bias.grad is not None


def test_predictions_that_are_not_numbers_are_one_sentence() -> None:
    model = tiny_model(ALPHABET)
    with torch.no_grad():
        model.readout_bias.fill_(torch.nan)
    with pytest.raises(AuthorError, match="predictions are not numbers"):
        written("The", 5, model=model)


def test_another_alphabet_than_the_models_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        read_text(MODEL, Alphabet.seed(), "The")
