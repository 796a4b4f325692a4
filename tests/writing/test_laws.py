"""The laws of writing: each holds for every unit and engine, alone and in a crowd, and from the middle of a text."""

import re
from collections import Counter
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from engines import MAKERS, compiled_engine, loud_model

from penwright.alphabet.auto import learn_subwords
from penwright.alphabet.characters import Alphabet
from penwright.errors import UsageError
from penwright.model.char_model import CharModel
from penwright.writing.best import iter_best
from penwright.writing.crowd import Crowd
from penwright.writing.generation import iter_text, read_text
from penwright.writing.laws.bias import LogitBias
from penwright.writing.laws.choosing import guides_of
from penwright.writing.laws.pace import Pace
from penwright.writing.laws.pairs import ClosedPairs
from penwright.writing.laws.words import WordTemperature
from penwright.writing.options import Laws, SamplingConfig
from penwright.writing.pen import ForesightedGuide, ReadingGuide
from penwright.writing.sampling import draws_of

PROSE = 'The lamp went "out" at nine. Mr. Vane (the keeper) said: "who is there?" The lamps didn\'t say.\n\n'
LEARNT = Alphabet.learn(dict.fromkeys(PROSE, 1))
ALPHABETS = {
    "characters": LEARNT,
    "bpe": learn_subwords(LEARNT, [PROSE * 3], unit="bpe", num_symbols=100),
    "words": learn_subwords(LEARNT, [PROSE * 3], unit="words", num_symbols=70),
}
MODELS = {unit: loud_model(alphabet) for unit, alphabet in ALPHABETS.items()}
SAMPLING = SamplingConfig(temperature=1.0, min_p=0.0)
EACH_UNIT = pytest.mark.parametrize("unit", ALPHABETS)
ALL = Laws(
    word_temperature=1.5,
    no_repeat_ngram=2,
    sentence_length=2,
    paragraph_length=0.5,
    close_quotes=True,
    logit_bias={"e": 1.0, "w": -100.0},
)


def written(
    unit: str,
    laws: Laws,
    number: int,
    *,
    prompt: str = "The lamp",
    seed: int = 5,
    sampling: SamplingConfig = SAMPLING,
    kind: str = "compiled",
    model: CharModel | None = None,
) -> str:
    alphabet = ALPHABETS[unit]
    engine = MAKERS[kind](MODELS[unit] if model is None else model, alphabet)
    guides = guides_of(laws, alphabet=alphabet, sampling=sampling)
    strings = iter_text(engine, alphabet, prompt, sampling=sampling, draws=draws_of(seed), guides=guides)
    return "".join(islice(strings, number))


def id_of(character: str) -> int:
    return LEARNT.texts.index(character)


def words_of(text: str) -> list[str]:
    """The whole words of a text in small letters; the last may be cut."""
    return re.findall(r"[^\W_]+", text.lower())[:-1]


def parrot(unit: str) -> CharModel:
    """A model that loves some letters so much that it repeats them."""
    alphabet, model = ALPHABETS[unit], loud_model(ALPHABETS[unit])
    with torch.no_grad():
        for symbol, text in enumerate(alphabet.texts):
            if text in ("e", "n", " ", "a", " lamp", " the", "the"):
                model.readout_bias[symbol] += 6.0
    return model


# Every law


@EACH_UNIT
def test_a_text_under_all_laws_is_the_same_by_every_engine_and_from_its_middle(unit: str) -> None:
    whole = written(unit, ALL, 150)
    assert whole != written(unit, Laws(), 150)
    assert whole == written(unit, ALL, 150, kind="plain")
    if unit == "characters":  # subwords are read as books are cut, which an untrained author does not do
        for num_read in (1, 40, 93):
            assert written(unit, ALL, 150 - num_read, prompt="The lamp" + whole[:num_read]) == whole[num_read:]


@EACH_UNIT
def test_a_text_of_a_crowd_keeps_its_own_laws(unit: str) -> None:
    """Members with other laws, and without, join and leave beside it."""
    alphabet, engine = ALPHABETS[unit], compiled_engine(MODELS[unit], ALPHABETS[unit])
    prompt = "The lamp went"
    bookmark = read_text(engine, alphabet, prompt)._replace(unread="")
    crowd, expected, text = Crowd(engine, alphabet, num_threads=2), "", ""
    guides = guides_of(ALL, alphabet=alphabet, sampling=SAMPLING)
    strings = iter_text(engine, alphabet, sampling=SAMPLING, draws=draws_of(5), after=bookmark, guides=guides)
    expected = "".join(islice(strings, 100))
    others = [crowd.join(bookmark, sampling=SAMPLING, draws=draws_of(each)) for each in range(3)]
    own = guides_of(ALL, alphabet=alphabet, sampling=SAMPLING)
    key = crowd.join(bookmark, sampling=SAMPLING, draws=draws_of(5), guides=own)
    while len(text) < 100:
        text += "".join(each.text for each in crowd.step() if each.key == key)
        if len(text) > 20 and others:
            crowd.leave(others.pop(0))
    assert text[:100] == expected


def test_without_laws_there_are_no_guides() -> None:
    assert guides_of(Laws(), alphabet=LEARNT, sampling=SAMPLING) == []
    assert all(isinstance(guide, ReadingGuide) for guide in guides_of(ALL, alphabet=LEARNT, sampling=SAMPLING))
    assert any(isinstance(guide, ForesightedGuide) for guide in guides_of(ALL, alphabet=LEARNT, sampling=SAMPLING))


# Word temperature


@EACH_UNIT
def test_another_temperature_holds_where_words_begin_and_only_there(unit: str) -> None:
    guide = WordTemperature(ALPHABETS[unit], temperature=1.5)
    logits, allowed = np.zeros(ALPHABETS[unit].vocab_size, np.float32), np.ones(ALPHABETS[unit].vocab_size, np.bool_)
    letter = next(symbol for symbol, text in enumerate(ALPHABETS[unit].texts) if text == "a")
    logits[letter] = 50  # the author believes that the word goes on
    for text, expected in {"The ": 1.5, "(": 1.5, "la": None, "didn'": None, '"': 1.5, "9": None}.items():
        guide.read(text)
        assert guide.adjust(logits, allowed) == expected, text


@pytest.mark.parametrize("unit", ["bpe", "words"])
def test_a_subword_that_brings_its_blank_begins_a_word(unit: str) -> None:
    alphabet = ALPHABETS[unit]
    guide, logits = WordTemperature(alphabet, temperature=1.5), np.zeros(alphabet.vocab_size, np.float32)
    logits[alphabet.texts.index(" lamp")] = 50
    guide.read("The")
    assert guide.adjust(logits, np.ones(alphabet.vocab_size, np.bool_)) == 1.5


# Repetition


@EACH_UNIT
@pytest.mark.parametrize("num_words", [2, 3])
@pytest.mark.parametrize("kind", MAKERS)
def test_no_run_of_words_is_completed_twice(unit: str, num_words: int, kind: str) -> None:
    model = parrot(unit)
    sampling = SamplingConfig(temperature=0.7, min_p=0.1)

    def repeated(laws: Laws, seed: int) -> int:
        prompt = "The lamp went out, the lamp went"
        text = written(unit, laws, 400, prompt=prompt, seed=seed, sampling=sampling, kind=kind, model=model)
        words = words_of(prompt + text)
        runs = Counter(tuple(words[i : i + num_words]) for i in range(len(words) - num_words + 1))
        return sum(count - 1 for run, count in runs.items())

    given = words_of("The lamp went out, the lamp went ")
    of_prompt = sum(n - 1 for n in Counter(zip(given, given[1:], strict=False)).values()) if num_words == 2 else 0
    assert any(repeated(Laws(), seed) > of_prompt for seed in (1, 2))
    assert all(repeated(Laws(no_repeat_ngram=num_words), seed) <= of_prompt for seed in (1, 2))


def test_a_forbidden_word_gives_way_at_its_first_letter() -> None:
    """A model that always writes "nnn " chooses another word, not another ending."""
    model = loud_model(LEARNT)
    with torch.no_grad():
        model.readout_weight.zero_()
        model.readout_bias[id_of("n")] += 6.0
        model.readout_bias[id_of(" ")] += 6.0
    text = written("characters", Laws(no_repeat_ngram=2), 300, prompt="n n ", model=model)
    words = re.findall(r"[^\W_]+", "n n " + text)[:-1]
    assert len(set(zip(words, words[1:], strict=False))) == len(words) - 1


# Pace


def share_of(text: str, signs: str) -> float:
    return sum(map(text.count, signs)) / len(text)


@EACH_UNIT
def test_sentences_end_more_or_less_often(unit: str) -> None:
    shares = [share_of(written(unit, Laws(sentence_length=each), 1_500), ".?") for each in (0.25, 1, 4)]
    assert shares[0] > 1.3 * shares[1] > 1.3 * shares[2]


def test_paragraphs_end_more_or_less_often_after_a_sentence_and_nowhere_else() -> None:
    guide = Pace(LEARNT, sentence_length=1, paragraph_length=0.5, sampling=SAMPLING)
    line_end = id_of("\n")
    for text, is_biased in {"He said.": True, 'He said."': True, "He said": False, "He said,": False}.items():
        guide.read(text)
        logits = np.zeros(LEARNT.vocab_size, np.float32)
        guide.adjust(logits, np.ones(LEARNT.vocab_size, np.bool_))
        assert (logits[line_end] > 0) == is_biased
        assert np.count_nonzero(logits) == is_biased


def test_the_dot_of_an_abbreviation_is_left_alone() -> None:
    guide = Pace(LEARNT, sentence_length=2, paragraph_length=1, sampling=SAMPLING)
    dot = id_of(".")
    for text, is_biased in {" said Mr": False, " said it": True}.items():
        guide.read(text)
        logits = np.zeros(LEARNT.vocab_size, np.float32)
        guide.adjust(logits, np.ones(LEARNT.vocab_size, np.bool_))
        assert (logits[dot] < 0) == is_biased


# Pairs


def faults_of(text: str) -> int:
    """Paragraphs in which a straight mark or a bracket is not closed, or closed and not open."""
    faults = 0
    for paragraph in text.split("\n")[:-1]:
        is_open = ""
        for sign in re.findall(r'["()]', paragraph):
            if sign in '")' and is_open.endswith({'"': '"', ")": "("}[sign]) and is_open:
                is_open = is_open[:-1]
            elif sign == ")":
                faults += 1
            else:
                is_open += sign
        faults += bool(is_open)
    return faults


@EACH_UNIT
def test_quotations_and_brackets_are_closed_by_the_end_of_the_paragraph(unit: str) -> None:
    free = Laws(logit_bias={"\n": 3.0})
    assert sum(faults_of(written(unit, free, 1_000, seed=seed)) for seed in range(3)) > 0
    for seed in range(3):
        text = "The" + written(unit, Laws(close_quotes=True, logit_bias={"\n": 3.0}), 1_000, prompt="The", seed=seed)
        assert "\n" in text
        assert faults_of(text) == 0


def test_what_the_prompt_opened_is_closed() -> None:
    model = loud_model(LEARNT)
    with torch.no_grad():
        model.readout_weight.zero_()
        model.readout_bias[id_of("\n")] = 20.0  # wants nothing but to end the paragraph
    text = written("characters", Laws(close_quotes=True), 4, prompt='He said (at nine: "who', model=model)
    assert text.startswith('")\n')


def test_a_sign_whose_pair_the_alphabet_lacks_is_not_followed() -> None:
    alphabet = Alphabet.learn(dict.fromkeys("abc (\n", 1))
    guide = ClosedPairs(alphabet)
    guide.read("a (b")
    allowed = np.ones(alphabet.vocab_size, np.bool_)
    guide.adjust(np.zeros(alphabet.vocab_size, np.float32), allowed)
    assert guide.num_open == 0 and allowed.all()


# Bias


@EACH_UNIT
def test_a_banned_character_is_never_written_in_any_symbol(unit: str) -> None:
    assert "e" in written(unit, Laws(), 300)
    assert "e" not in written(unit, Laws(logit_bias={"e": -100}), 300)


@pytest.mark.parametrize("text", ["la", "th", " h", "ee"])
def test_a_banned_text_is_never_written(text: str) -> None:
    free = written("characters", Laws(), 5_000)
    assert text not in written("characters", Laws(logit_bias={text: -100}), len(free))


def test_a_longer_text_becomes_as_much_more_probable_as_was_asked() -> None:
    """Letters that do not depend on what was read: the odds of the two together are known."""
    model = loud_model(LEARNT)
    with torch.no_grad():
        model.readout_weight.zero_()
        model.readout_bias.fill_(-50.0)
        for letter in "aeno":
            model.readout_bias[id_of(letter)] = 0.0
    logits = read_text(compiled_engine(model, LEARNT), LEARNT, "o").logits
    guide = LogitBias(LEARNT, biases={"an": float(np.log(9.0))}, sampling=SAMPLING)
    guide.ahead = lambda ids: np.stack([logits] * len(ids))
    allowed = np.ones(LEARNT.vocab_size, np.bool_)
    first = logits.copy()
    guide.adjust(first, allowed)
    chances = np.exp(first - np.logaddexp.reduce(first))
    guide.read("a")
    second = logits.copy()
    guide.adjust(second, allowed)
    then = np.exp(second - np.logaddexp.reduce(second))
    a, n = (id_of(letter) for letter in "an")
    # One in four of what follows "a" weighs 9 times as much, so "a" weighs 3 times as much, here and after itself.
    assert chances[a] == pytest.approx(3 / 6, abs=1e-3)
    assert then[n] == pytest.approx(9 / 14, abs=1e-3)


@pytest.mark.parametrize(
    ("unit", "biases", "sentence"),
    [
        ("characters", {"Ж": 1.0}, "the author's alphabet has no 'Ж'"),
        ("bpe", {"lamp": 1.0}, "this author writes in bpe, which may cut a text anywhere"),
        ("words", {"lamp": 1.0}, "this author writes in words, which may cut"),
    ],
)
def test_a_bias_that_cannot_hold_is_refused(unit: str, biases: dict[str, float], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        guides_of(Laws(logit_bias=biases), alphabet=ALPHABETS[unit], sampling=SAMPLING)


# Best of several sentences


@EACH_UNIT
@pytest.mark.parametrize("kind", MAKERS)
def test_the_best_of_one_is_what_is_written_anyway(unit: str, kind: str) -> None:
    alphabet, engine = ALPHABETS[unit], MAKERS[kind](MODELS[unit], ALPHABETS[unit])
    shared: dict[str, Any] = {"sampling": SAMPLING, "draws": draws_of(5)}
    best = iter_best(engine, alphabet, "The lamp", num_tries=1, **shared)
    assert "".join(islice(best, 300)) == written(unit, Laws(), 300, kind=kind)


def test_the_best_sentences_keep_the_laws_and_are_others() -> None:
    engine = compiled_engine(MODELS["characters"], LEARNT)

    def best(num_tries: int) -> str:
        guides = guides_of(ALL, alphabet=LEARNT, sampling=SAMPLING)
        strings = iter_best(
            engine, LEARNT, "The", num_tries=num_tries, sampling=SAMPLING, draws=draws_of(1), guides=guides
        )
        return "".join(islice(strings, 600))

    text = best(4)
    assert text == best(4) and text != best(1)
    words = words_of("The" + text)
    assert len(set(zip(words, words[1:], strict=False))) == len(words) - 1
    assert faults_of("The" + text) == 0
