"""The live display, drawn on terminals of several sizes that exist only in memory."""

import io

import pytest
from record_samples import evaluation, finished, progress, rolled_back, sample, saved
from rich.console import Console

from penwright.cli.display.live import LiveDisplay
from penwright.training.activity import LEARNING, Activity

EARLIER = progress(step=1_100)
PROGRESS = progress(bits_per_char=1.62, fraction_done=0.13)
EVALUATION = evaluation()
SAMPLE = sample(step=1_000, text="a cold [bold]night\x1b[2J. " * 30)
SAVED = saved(step=1_100)


def terminal(*, width: int = 80, height: int = 24, no_color: bool = False) -> Console:
    """A terminal in memory."""
    stream = io.StringIO()
    return Console(
        file=stream,
        force_terminal=True,
        width=width,
        height=height,
        no_color=no_color,
        highlight=False,
        markup=False,
        _environ={"TERM": "xterm-256color"},
    )


def last_drawing(console: Console, display: LiveDisplay) -> list[str]:
    """The lines of what the display draws now, without styles."""
    with console.capture() as capture:
        console.print(display._drawing())
    return [Console().render_str(line, markup=False).plain for line in plain(capture.get()).splitlines()]


def plain(text: str) -> str:
    """Text without the escape sequences that the console itself put in."""
    from rich.text import Text

    return Text.from_ansi(text).plain


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("height", [6, 24])
@pytest.mark.parametrize("is_stopping", [False, True])
def test_the_drawing_fits_the_terminal(width: int, height: int, is_stopping: bool) -> None:
    console = terminal(width=width, height=height)
    display = LiveDisplay(console, is_stopping=lambda: is_stopping)
    for record in (PROGRESS, EVALUATION, SAMPLE, SAVED):
        display.show(record)
    lines = last_drawing(console, display)
    assert all(len(line) <= width for line in lines)
    assert len(lines[-1].rstrip()) <= width - 2, "the terminal's own ^C must not break the last line"
    assert len(lines) <= height + 2  # a word on stopping may take several lines where there are few columns


def test_the_line_and_the_page_are_drawn() -> None:
    console = terminal(width=100)
    display = LiveDisplay(console, is_stopping=lambda: False, clock=lambda: 1_000.0)
    display.doing(LEARNING)
    for record in (EARLIER, PROGRESS, EVALUATION, SAMPLE, SAVED):
        display.show(record)
    lines = last_drawing(console, display)
    assert lines[0].startswith("1:00 ━━━") and lines[0].endswith(" 13 % · learning · ETA 4:18")
    assert lines[1] == "step 1,200 · 41,200 chars/s · 1.62 bits/char (held-out 1.71, best 1.71)"
    assert "what it writes after step 1,000" in lines[2]
    assert lines[3].startswith("│ It was a cold [bold]night␛[2J. a cold")
    assert "saved at step 1,100" in lines[-1]


def test_before_the_first_record_something_is_shown() -> None:
    console = terminal()
    (line,) = last_drawing(console, LiveDisplay(console, is_stopping=lambda: False))
    assert line.startswith("0:00 ━━━━") and line.endswith(" · beginning")


def test_the_clock_goes_on_while_something_else_than_learning_is_done() -> None:
    """Counting, compiling and reading took minutes in which nothing moved."""
    now = [100.0]
    console = terminal()
    timed = LiveDisplay(console, is_stopping=lambda: False, seconds=600.0, clock=lambda: now[0])
    stepped = LiveDisplay(console, is_stopping=lambda: False, clock=lambda: now[0])
    for display in (timed, stepped):
        for record in (EARLIER, PROGRESS):
            display.show(record)
        display.doing(Activity("reading held-out books", 0.5))
    seen = []
    for _ in range(3):
        now[0] += 30.0
        seen.append([last_drawing(console, display)[0] for display in (timed, stepped)])
    ends = [[line.partition(" ")[0] + line[line.index("─ ") + 1 :] for line in lines] for lines in seen]
    assert ends == [
        ["1:30 15 % · reading held-out books · ETA 8:30", "1:30 50 % · reading held-out books · ETA 3:48"],
        ["2:00 20 % · reading held-out books · ETA 8:00", "2:00 50 % · reading held-out books · ETA 3:18"],
        ["2:30 25 % · reading held-out books · ETA 7:30", "2:30 50 % · reading held-out books · ETA 2:48"],
    ]
    timed.doing(Activity("counting n-grams"))
    stepped.doing(Activity("counting n-grams"))
    assert "25 % · counting" in last_drawing(console, timed)[0]
    assert "%" not in last_drawing(console, stepped)[0], "nothing tells how far it is"


def test_after_the_end_the_clock_stands() -> None:
    console = terminal()
    display = LiveDisplay(console, is_stopping=lambda: False, seconds=60.0)
    display.show(finished(elapsed_seconds=61.0))
    assert last_drawing(console, display)[0].endswith("━ 100 % · done")
    assert last_drawing(console, display)[0].startswith("1:01 ")


def test_the_prompt_is_told_apart() -> None:
    console = terminal()
    display = LiveDisplay(console, is_stopping=lambda: False)
    display.show(SAMPLE)
    with console.capture() as capture:
        console.print(display._drawing())
    assert "\x1b[1mIt was \x1b[0ma cold" in capture.get()


def test_without_colour_there_is_none() -> None:
    console = terminal(no_color=True)
    display = LiveDisplay(console, is_stopping=lambda: True)
    for record in (PROGRESS, SAMPLE):
        display.show(record)
    with console.capture() as capture:
        console.print(display._drawing())
    assert "\x1b[3" not in capture.get()


def test_a_wish_to_stop_is_answered_until_the_end() -> None:
    console = terminal()
    display = LiveDisplay(console, is_stopping=lambda: True)
    assert last_drawing(console, display)[-1].startswith("Stopping: finishing this step, then saving.")
    display.show(finished(reason="stopped"))
    assert "Stopping" not in last_drawing(console, display)[-1]


def test_a_rollback_stays_above_the_line() -> None:
    console = terminal(width=200)
    with LiveDisplay(console, is_stopping=lambda: False) as display:
        display.show(PROGRESS)
        display.show(rolled_back(step=11, back_to_step=1, book="The\x1b Lamp"))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "(reading The␛ Lamp)" in shown
