"""The tree of errors: what exits how, sentences that help with a misspelt name, paths in commands to copy."""

import inspect
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright import errors
from penwright.errors import (
    ConfigError,
    MissingExtraError,
    PenwrightError,
    UsageError,
    counted,
    did_you_mean,
    printable,
    quoted,
    with_article,
)

TREE = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, Exception) and each.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_is_caught_as_penwright_error(kind: type[PenwrightError]) -> None:
    assert issubclass(kind, PenwrightError)


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_only_a_wrong_call_exits_with_2(kind: type[PenwrightError]) -> None:
    assert kind.exit_code == (2 if issubclass(kind, UsageError) else 1)


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_the_module_shows_the_whole_tree(kind: type[PenwrightError]) -> None:
    depth = len(kind.__mro__) - len(PenwrightError.__mro__)
    assert f"\n    {'  ' * depth}{kind.__name__} " in (errors.__doc__ or "")


def test_a_wrong_configuration_is_a_wrong_call() -> None:
    with pytest.raises(UsageError, match="^a sentence.$"):
        raise ConfigError("a sentence.")


def test_a_missing_extra_says_what_to_install() -> None:
    error = MissingExtraError("the TensorBoard log", extra="track")
    assert (
        str(error) == "the TensorBoard log needs an optional package. Install it with: pip install 'penwright[track]'"
    )


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    assert did_you_mean("temprature", ["temperature", "top_k"]) == " Did you mean 'temperature'?"


def test_a_strange_name_is_answered_with_all_that_are_known() -> None:
    assert did_you_mean("zzz", ["lstm", "gru"]) == " Known: gru, lstm."


def test_nothing_is_said_where_no_name_is_known() -> None:
    assert did_you_mean("gru", []) == ""


@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=10), max_size=5))
def test_a_suggestion_is_always_a_known_name(name: str, known: list[str]) -> None:
    sentence = did_you_mean(name, iter(known))
    if sentence.startswith(" Did you mean"):
        assert sentence in [f" Did you mean '{each}'?" for each in known]
    else:
        assert all(each in sentence for each in known)


@given(st.text(min_size=1, max_size=20))
def test_a_known_name_suggests_itself(name: str) -> None:
    assert did_you_mean(name, [name]) == f" Did you mean '{name}'?"


@given(st.text())
def test_a_printable_text_has_a_printable_sign_for_each(text: str) -> None:
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)
    assert not text.isprintable() or printable(text) == text


def test_signs_that_act_on_a_terminal_are_replaced() -> None:
    assert printable("\x1b[2Ja\u202eb\nc\ud800") == "\ufffd[2Ja\ufffdb\ufffdc\ufffd"


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), min_size=1))
def test_a_shell_reads_one_word(name: str) -> None:
    assert shlex.split(quoted(name)) == [name]


@pytest.mark.parametrize(
    ("path", "shown"),
    [("runs\\a", "runs\\a"), ("C:\\runs\\my books", '"C:\\runs\\my books"'), ("it's", '"it\'s"'), ("", '""')],
)
def test_windows_has_double_quotes_alone(path: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "_IS_WINDOWS", True)
    assert quoted(path) == shown


def test_nouns_agree_with_their_number_and_article() -> None:
    assert [counted(number, "book") for number in (0, 1, 2_049)] == ["0 books", "1 book", "2,049 books"]
    assert counted(1, "character is", "characters are") == "1 character is"
    assert [with_article(noun) for noun in ("gru", "elman", "lstm", "window")] == [
        "a gru",
        "an elman",
        "an lstm",
        "a window",
    ]
