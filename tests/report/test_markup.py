"""Words and numbers for a page."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.report.markup import bits, count, duration, epoch_name, escape, isolated, short_count, signed_bits


def test_what_comes_from_outside_stands_for_itself() -> None:
    assert escape("<script>alert('1')</script> & \"x\"") == (
        "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; &quot;x&quot;"
    )
    assert isolated("<b>\u202e") == "<bdi>&lt;b&gt;\u202e</bdi>"


def test_control_characters_become_pictures_and_surrogates_a_replacement() -> None:
    assert escape("a\0\x07\x1b\r\x7f\x85\ud800\uffff") == "a\u2400\u2407\u241b\u240d\u2421\ufffd\ufffd\ufffd"
    assert escape("a\tb\nc") == "a\tb\nc"


@given(text=st.text(alphabet="ab<>&\"'\0\ud800\x9f\n", max_size=20))
def test_escaped_text_can_be_written_and_opens_nothing(text: str) -> None:
    escaped = escape(text)
    assert not set("<>\"'\0") & set(escaped)
    escaped.encode("utf-8")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0"),
        (950, "950"),
        (9_999, "9,999"),
        (12_345, "12,300"),
        (999_499, "999,500"),
        (999_600, "1 million"),
        (4_137_570, "4.14 million"),
        (999_400_000, "999 million"),
        (1_970_000_000, "1.97 billion"),
        (13_000_000_000_000, "13,000 billion"),
    ],
)
def test_quantities_are_said_in_three_digits(number: float, said: str) -> None:
    assert count(number) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.4, "0.4 s"),
        (45.2, "45 s"),
        (150, "2.5 min"),
        (780, "13 min"),
        (3_590, "1 h 00 min"),
        (3_900, "1 h 05 min"),
        (97_200, "1 d 3 h"),
    ],
)
def test_durations_are_said_in_the_unit_that_fits(seconds: float, said: str) -> None:
    assert duration(seconds).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("epochs", "said"), [(0, "0"), (0.0131, "0.013"), (0.1, "0.1"), (1.0, "1"), (1.54, "1.5"), (50.2, "50")]
)
def test_epochs_are_said_as_on_the_slides(epochs: float, said: str) -> None:
    assert epoch_name(epochs) == said


def test_figures_keep_three_decimals_and_a_true_minus() -> None:
    assert bits(2.0) == "2.000"
    assert bits(2.0, digits=2) == "2.00"
    assert (signed_bits(-0.113), signed_bits(0.05)) == ("\u22120.113", "+0.050")
    assert bits(math.nan) == signed_bits(math.inf) == "n/a"


def test_axes_are_labelled_in_thousands_and_millions() -> None:
    labels = [short_count(value).replace("\u00a0", " ") for value in (0, 0.5, 200, 50_000, 1_500_000, 2e9)]
    assert labels == ["0", "0.5", "200", "50 k", "1.5 M", "2 G"]
