"""The options of writing: declared once, bounded, and shown wherever they are taken."""

import inspect
import math
from dataclasses import fields
from typing import Any, Unpack, get_type_hints

import pytest

from penwright.errors import ConfigError, UsageError
from penwright.settings import settings_of
from penwright.writing.options import Ending, Laws, SamplingConfig, WriteOptions, parse_options, shows_options


def test_every_option_has_a_name_for_type_checkers_and_a_meaning() -> None:
    names = [field.name for kind in (Ending, SamplingConfig, Laws) for field in fields(kind)]
    assert [*names, "seed"] == list(get_type_hints(WriteOptions))
    settings = {**settings_of(Ending), **settings_of(SamplingConfig), **settings_of(Laws)}
    assert list(settings) == names
    assert all(setting.description.endswith(".") for setting in settings.values())


def test_options_are_sorted() -> None:
    parsed = parse_options({"max_chars": 3, "min_p": 0.5, "close_quotes": True, "seed": 7})
    assert parsed == (Ending(max_chars=3), SamplingConfig(min_p=0.5), Laws(close_quotes=True), 7)
    assert parse_options({}) == (Ending(), SamplingConfig(), Laws(), None)


def test_an_option_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="writing has no option 'temprature'. Did you mean 'temperature'"):
        parse_options({"temprature": 1.0})


def test_a_function_shows_the_options_that_it_takes() -> None:
    @shows_options
    def write(prompt: str = "", **options: Unpack[WriteOptions]) -> str:
        """Write."""
        return prompt

    shown = inspect.signature(write).parameters
    assert list(shown) == ["prompt", *get_type_hints(WriteOptions)]
    assert shown["temperature"].default == SamplingConfig().temperature and shown["until"].default is None
    assert "\n    max_words: Words to write, then on to the end" in str(write.__doc__)
    assert "A whole number from 1 to 1,000,000,000,000." in str(write.__doc__)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"temperature": -0.1}, "temperature=-0.1 must be a number from 0 to 10"),
        ({"temperature": math.nan}, "temperature=nan must be"),
        ({"temperature": 11}, "temperature=11 must be"),
        ({"temperature": "hot"}, "temperature='hot' must be"),
        ({"temperature": True}, "temperature=True must be"),
        ({"top_k": -1}, "top_k=-1 must be a whole number from 0"),
        ({"top_k": 2.0}, "top_k=2.0 must be"),
        ({"top_p": 0.0}, "top_p=0.0 must be a number from 0 to 1, but not 0"),
        ({"top_p": 1.5}, "top_p=1.5 must be a number from 0 to 1"),
        ({"min_p": -0.5}, "min_p=-0.5 must be"),
        ({"min_p": None}, "min_p=None must be"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_a_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        SamplingConfig(**values)


def test_an_ending_without_limits_is_endless() -> None:
    assert Ending().is_endless
    assert not Ending(max_chars=1).is_endless
    assert not Ending(until="a").is_endless


@pytest.mark.parametrize("name", ["max_chars", "max_words", "max_paragraphs"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "9", 10**13])
def test_a_limit_out_of_bounds_is_refused(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"{name}=.* must be a whole number from 1 to 1,000,000,000,000"):
        Ending(**{name: value})


@pytest.mark.parametrize("pattern", ["a*", "", "$", "^", "(a|)"])
def test_a_pattern_that_matches_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="matches no text at all"):
        Ending(until=pattern)


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", "*", "(?P<a>b", "a" * 1_001, "(" * 500 + ")" * 500])
def test_what_is_no_pattern_is_refused_with_a_sentence(pattern: str) -> None:
    with pytest.raises(UsageError, match="is no regular expression|text of at most 1,000 characters"):
        Ending(until=pattern)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"word_temperature": 11}, "word_temperature=11 must be a number from 0 to 10"),
        ({"no_repeat_ngram": 1}, "no_repeat_ngram=1 must be a whole number from 2 to 20"),
        ({"sentence_length": 0.2}, "sentence_length=0.2 must be a number from 0.25 to 4"),
        ({"paragraph_length": 5}, "paragraph_length=5 must be a number from 0.25 to 4"),
        ({"close_quotes": 1}, "close_quotes=1 must be true or false"),
        ({"logit_bias": {"a": 101}}, "logit_bias=.* must be a table from text to numbers, each from -100 to 100"),
        ({"logit_bias": {"a": math.nan}}, "logit_bias=.* must be a table"),
        ({"logit_bias": {3: 1.0}}, "logit_bias=.* must be a table"),
        ({"logit_bias": ["a"]}, "logit_bias=.* must be a table"),
        ({"logit_bias": {"a" * 51: 1.0}}, "logit_bias=.* of at most 50 characters"),
        ({"logit_bias": {"": 1.0}}, "at least one character"),
        ({"logit_bias": {str(each): 1.0 for each in range(101)}}, "at most 100 texts; 101 were given"),
        ({"best_of": 0}, "best_of=0 must be a whole number from 1 to 64"),
    ],
)
def test_a_law_out_of_bounds_is_refused_with_a_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        Laws(**values)


@pytest.mark.parametrize("value", ["", ("a", ""), (1,), 3, "a" * 1_001])
def test_a_stop_string_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match="stop="):
        Ending(stop=value)
