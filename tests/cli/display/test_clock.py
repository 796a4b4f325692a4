"""A line that moves whatever is being done."""

import pytest

from penwright.cli.display.clock import clock_line, working
from penwright.training.activity import Activity


def test_a_line_tells_the_time_how_far_it_is_and_what_is_done() -> None:
    line = clock_line(72.9, "learning", share=0.5, width=80, seconds_left=258.0)
    assert line == "1:12 ━━━━━━━━━━━━──────────── 50 % · learning · ETA 4:18"
    assert clock_line(0.0, "done", share=1.0, width=80) == "0:00 ━━━━━━━━━━━━━━━━━━━━━━━━ 100 % · done"


def test_the_line_moves_every_second_even_if_nothing_tells_how_far_it_is() -> None:
    lines = [clock_line(float(second), "counting n-grams", share=None, width=80) for second in range(100)]
    assert all("%" not in line and line.count("━") == 4 and line.count("─") == 20 for line in lines)
    bars = [line.split()[1] for line in lines]
    assert all(before != after for before, after in zip(bars, bars[1:], strict=False))


@pytest.mark.parametrize("width", [*range(1, 40), 60, 80, 200])
@pytest.mark.parametrize("share", [None, 0.0, 0.999, 1.0])
def test_the_line_fits(width: int, share: float | None) -> None:
    line = clock_line(3_600.0, "reading held-out books", share=share, width=width, seconds_left=90_000.0)
    assert len(line) <= width and line.startswith("1:00:00"[:width])


def test_a_line_is_drawn_while_the_work_goes_on_and_vanishes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with working("listing", is_shown=True) as tell:
        tell(Activity("reading a\x1b.txt", 0.5))
    shown = capsys.readouterr().err
    assert "listing" in shown and "reading a␛.txt" in shown and shown.endswith("\x1b[2K")
    with working("listing", is_shown=False) as tell:
        tell(Activity("reading"))
    assert capsys.readouterr() == ("", "")
