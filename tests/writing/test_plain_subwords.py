"""Reading and writing in pieces: a prompt that ends within a word is continued exactly, one character at a time."""

from itertools import islice

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.byte_fallback import ByteFallbackGate
from penwright.alphabet.characters import FIRST_CHARACTER_ID, Alphabet
from penwright.alphabet.subwords import MAX_SUBWORD_CHARS, SubwordAlphabet
from penwright.model.char_model import CharModel, ReadOptions
from penwright.model.config import ModelConfig
from penwright.model.context_models.context_models import PLAINLY
from penwright.writing import plain
from penwright.writing.options import SamplingConfig
from penwright.writing.plain import Bookmark, iter_text, read_text
from penwright.writing.sampling import generator_from

PROSE = "The lamp went out at nine. \u201cWho is there?\u201d asked the keeper; the lamps didn't say. The lamplight"
PROSE += " went.\n\n"
LEARNT = Alphabet.learn(dict.fromkeys(PROSE, 1))
BPE = learn_subwords(LEARNT, [PROSE * 3], unit="bpe", num_symbols=100)
WORDS = learn_subwords(LEARNT, [PROSE * 3], unit="words", num_symbols=70)
BOTH = pytest.mark.parametrize("alphabet", [BPE, WORDS], ids=lambda alphabet: alphabet.unit)
SAMPLING = SamplingConfig(temperature=1.0, min_p=0.0)
PROMPTS = st.one_of(
    st.text(alphabet="The lamp'dint\n \u706f\ud800", max_size=20),
    st.integers(0, len(PROSE)).map(lambda stop: PROSE[:stop]),
)


def tiny_model(alphabet: Alphabet) -> CharModel:
    """An untrained model of one layer, loud enough that what it reads makes a difference."""
    config = ModelConfig(
        vocab_size=alphabet.vocab_size, cell="gru", embedding_dim=8, hidden_size=16, num_layers=1, is_residual=False
    )
    model = CharModel(config, generator=generator_from(1))
    with torch.no_grad():
        model.embedding.mul_(20.0)
        model.readout_weight.normal_(0.0, 1.0, generator=generator_from(2))
    return model


MODELS = {alphabet.unit: tiny_model(alphabet) for alphabet in (BPE, WORDS)}


@pytest.fixture
def ids_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """All ids that a model is given, in order."""
    noted: list[int] = []
    sequence, step = CharModel.sequence, CharModel.step

    def noted_sequence(self: CharModel, ids: Tensor, state: plain.ModelState) -> tuple[Tensor, plain.ModelState]:
        noted.extend(ids[0].tolist())
        return sequence(self, ids, state)

    def noted_step(
        self: CharModel, ids: Tensor, state: plain.ModelState, *, options: ReadOptions = PLAINLY
    ) -> tuple[Tensor, plain.ModelState]:
        noted.extend(ids.tolist())
        return step(self, ids, state, options=options)

    monkeypatch.setattr(CharModel, "sequence", noted_sequence)
    monkeypatch.setattr(CharModel, "step", noted_step)
    return noted


def assert_same_end(first: Bookmark, second: Bookmark) -> None:
    """Both expect and remember the same, and have the same text to read yet."""
    assert first.unread == second.unread
    assert torch.allclose(first.logits, second.logits, atol=1e-5)


@BOTH
@given(prompt=PROMPTS.filter(bool), seed=st.integers(0, 2**32))
@example(prompt="The la", seed=1)
@example(prompt="they didn'", seed=1)
@example(prompt="The \u706f", seed=1)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_continues_exactly_the_prompt(
    alphabet: SubwordAlphabet, ids_read: list[int], prompt: str, seed: int
) -> None:
    ids_read.clear()
    pieces = iter_text(MODELS[alphabet.unit], alphabet, prompt, sampling=SAMPLING, generator=generator_from(seed))
    text = ""
    for piece in islice(pieces, 30):
        assert len(piece) == 1
        text += piece
    "".join(islice(pieces, MAX_SUBWORD_CHARS))  # by then the piece that `text` ends in has been read
    assert alphabet.decode(ids_read).startswith(prompt + text)


@BOTH
def test_a_word_that_is_begun_is_completed_with_the_pieces_of_its_whole(
    alphabet: SubwordAlphabet, ids_read: list[int]
) -> None:
    """A model that is sure of " lamp" writes it after " la" as one piece, as its books have it."""
    model = tiny_model(alphabet)
    with torch.no_grad():
        model.readout_bias[alphabet.id_of_text[" lamp"]] = 1e6
    pieces = iter_text(model, alphabet, "The la", sampling=SAMPLING, generator=generator_from(1))
    assert next(pieces) + next(pieces) == "mp"
    expected = [0, *alphabet.encode("The").tolist(), alphabet.id_of_text[" lamp"]]
    assert ids_read[: len(expected)] == expected


@BOTH
@given(first=PROMPTS, second=PROMPTS)
@settings(max_examples=20)
def test_reading_on_equals_reading_at_once(alphabet: SubwordAlphabet, first: str, second: str) -> None:
    model = MODELS[alphabet.unit]
    first_read = read_text(model, alphabet, first)
    assert_same_end(read_text(model, alphabet, second, after=first_read), read_text(model, alphabet, first + second))


@BOTH
def test_a_text_is_read_to_the_beginning_of_its_last_word(alphabet: SubwordAlphabet, ids_read: list[int]) -> None:
    bookmark = read_text(MODELS[alphabet.unit], alphabet, "The lamp went o")
    assert bookmark.unread == " o"
    assert ids_read == [0, *alphabet.encode("The lamp went").tolist()]
    assert read_text(MODELS[alphabet.unit], alphabet, "", after=bookmark) is bookmark


@BOTH
def test_a_long_text_is_read_in_stretches_as_the_whole(
    alphabet: SubwordAlphabet, ids_read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "CHARS_ENCODED_AT_ONCE", 256)
    text = PROSE * 8 + "end"
    read_text(MODELS[alphabet.unit], alphabet, text)
    assert ids_read == [0, *alphabet.encode(PROSE * 8).tolist()]


@BOTH
def test_the_same_seed_writes_the_same_text(alphabet: SubwordAlphabet) -> None:
    def written(seed: int) -> str:
        pieces = iter_text(MODELS[alphabet.unit], alphabet, "The la", sampling=SAMPLING, generator=generator_from(seed))
        return "".join(islice(pieces, 50))

    assert written(5) == written(5)
    assert len({written(seed) for seed in range(5)}) > 1


@BOTH
def test_a_piece_may_follow_wherever_a_character_may(alphabet: SubwordAlphabet) -> None:
    gate = ByteFallbackGate(alphabet)
    assert not {*range(FIRST_CHARACTER_ID, alphabet.vocab_size)} & {*gate.banned_ids}
    gate.push(1 + 0xE)
    assert {*range(FIRST_CHARACTER_ID, alphabet.vocab_size)} <= {*gate.banned_ids}


def test_with_characters_nothing_is_left_unread() -> None:
    assert read_text(tiny_model(LEARNT), LEARNT, "The la").unread == ""
