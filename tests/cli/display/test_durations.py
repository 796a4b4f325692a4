"""Durations as people write them and as a display shows them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penwright.cli.display.durations import format_duration, parse_duration
from penwright.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("1h30m", 5_400),
        ("1h 30m 5s", 5_405),
        ("2D", 172_800),
        ("1.5h", 5_400),
        (" 10 m ", 600),
        ("0.5s", 0.5),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text, option="--for") == seconds


@given(st.integers(0, 99), st.integers(0, 23), st.integers(0, 59), st.integers(1, 59))
def test_parts_add_up(days: int, hours: int, minutes: int, seconds: int) -> None:
    text = f"{days}d{hours}h{minutes}m{seconds}s"
    assert parse_duration(text, option="--for") == ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def test_a_bare_number_asks_for_its_unit() -> None:
    with pytest.raises(UsageError, match=r"--for 10 has no unit\. Write 10s, 10m or 10h"):
        parse_duration("10", option="--for")


@pytest.mark.parametrize("text", ["", "  ", "ten minutes", "10x", "-5m", "30m1h", "m", "1h-3m", "١٠m", "nan", "1e3s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a duration. Write one like 90s, 10m or 1h30m"):
        parse_duration(text, option="--for")


@pytest.mark.parametrize("text", ["0s", "0h0m", "99999d", "9" * 400 + "s"])
def test_nothing_and_ages_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="longer than nothing and at most ten years"):
        parse_duration(text, option="--for")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (7.4, "0:07"), (258, "4:18"), (3_858, "1:04:18"), (183_600, "2 d 03:00:00"), (-1, "0:00")],
)
def test_a_duration_is_shown(seconds: float, shown: str) -> None:
    assert format_duration(seconds) == shown
