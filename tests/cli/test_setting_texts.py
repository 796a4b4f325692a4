"""How the text given for an option becomes a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.cli.setting_texts import merge_settings, parse_settings
from penwright.errors import ConfigError


def test_settings_are_read_as_toml() -> None:
    found = parse_settings(["train.steps=12", "train.learning_rate = 1e-3", "corpus.unwrap=false", 'model.cell="gru"'])
    assert found == {
        "train": {"steps": 12, "learning_rate": 1e-3},
        "corpus": {"unwrap": False},
        "model": {"cell": "gru"},
    }


def test_what_is_not_toml_is_text() -> None:
    assert parse_settings(["model.cell=gru", "diary.prompt=It was = a"]) == {
        "model": {"cell": "gru"},
        "diary": {"prompt": "It was = a"},
    }


@pytest.mark.parametrize("value", ["9" * 5_000, "[" * 5_000], ids=["long number", "deep list"])
def test_what_toml_chokes_on_is_text(value: str) -> None:
    assert parse_settings([f"train.seed={value}"]) == {"train": {"seed": value}}


@given(st.text(max_size=30))
def test_any_value_is_taken_without_failing(value: str) -> None:
    """TOML is a language of its own: a value with a line feed must not smuggle in a second setting."""
    found = parse_settings([f"diary.prompt={value}"])
    assert list(found) == ["diary"] and list(found["diary"]) == ["prompt"]


def test_a_value_cannot_set_another_key() -> None:
    assert parse_settings(["diary.prompt=1\nseed = 2"]) == {"diary": {"prompt": "1\nseed = 2"}}


@pytest.mark.parametrize("setting", ["steps=1", "train.steps", "=1", ".steps=1", "train.=1", ""])
def test_a_setting_needs_a_section_a_key_and_a_value(setting: str) -> None:
    with pytest.raises(ConfigError, match="is not a setting. Write section.key=value, for example"):
        parse_settings([setting])


def test_a_setting_given_twice_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"--set train\.steps was given twice"):
        parse_settings(["train.steps=1", "train.steps=2"])


def test_flags_that_were_not_given_leave_no_trace() -> None:
    assert merge_settings({"train": {"steps": None, "seed": 3}}, {"train": {"batch_size": 4}}) == {
        "train": {"batch_size": 4, "seed": 3}
    }


def test_a_flag_and_a_setting_of_the_same_name_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"--seed and --set train\.seed exclude each other"):
        merge_settings({"train": {"seed": 3}}, {"train": {"seed": 4}})
