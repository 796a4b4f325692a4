"""Displays joined and guarded."""

from types import TracebackType

import pytest

from penwright.cli.display.base import Display, Guarded, Silence, Together
from penwright.training.activity import Activity
from penwright.training.records import Sample

SAMPLE = Sample(step=1, chars_read=1, elapsed_seconds=0.0, prompt="", text="")


class Noted(Display):
    """Writes down what is done to it; fails from the given deed on."""

    def __init__(self, name: str, deeds: list[str], *, fails_at: str = "") -> None:
        self._name = name
        self._deeds = deeds
        self._fails_at = fails_at

    def _note(self, deed: str) -> None:
        if deed == self._fails_at:
            raise BrokenPipeError
        self._deeds.append(f"{self._name} {deed}")

    def __enter__(self) -> "Noted":
        self._note("enter")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._note("exit")

    def step(self) -> None:
        self._note("step")

    def doing(self, activity: Activity) -> None:
        self._note(f"doing {activity.name}")

    def show(self, record: object) -> None:
        self._note("show")


def test_displays_together_are_left_in_the_other_order() -> None:
    deeds: list[str] = []
    with Together(Noted("a", deeds), Noted("b", deeds)) as display:
        display.step()
        display.doing(Activity("reading"))
        display.show(SAMPLE)
    assert deeds == [
        "a enter",
        "b enter",
        "a step",
        "b step",
        "a doing reading",
        "b doing reading",
        "a show",
        "b show",
        "b exit",
        "a exit",
    ]


def test_a_display_whose_reader_has_gone_falls_silent_and_says_so_once() -> None:
    deeds: list[str] = []
    lost: list[str] = []
    with Guarded(Noted("a", deeds, fails_at="show"), on_lost=lambda: lost.append("lost")) as display:
        for _ in range(3):
            display.step()
            display.show(SAMPLE)
    assert deeds == ["a enter", "a step"]
    assert lost == ["lost"]


def test_silence_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Silence() as display:
        display.step()
        display.show(SAMPLE)
    assert capsys.readouterr() == ("", "")
