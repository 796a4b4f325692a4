"""Ctrl-C once asks, twice stops; signals are caught inside the context only."""

import signal

import pytest

from penwright.cli.interrupts import StopRequest


def test_nothing_is_requested_at_first() -> None:
    with StopRequest() as stop:
        assert not stop()
    assert stop.exit_code == 0


def test_one_ctrl_c_asks_to_stop() -> None:
    heard: list[str] = []
    with StopRequest(announce=lambda: heard.append("heard")) as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop()
    assert stop.exit_code == 130
    assert heard == ["heard"]


def test_a_second_ctrl_c_stops_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), StopRequest():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)


def test_a_request_to_terminate_asks_to_stop_however_often_it_comes() -> None:
    heard: list[str] = []
    with StopRequest(announce=lambda: heard.append("heard")) as stop:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        assert stop()
    assert stop.exit_code == 143
    assert heard == ["heard"]


def test_the_first_signal_decides_the_exit_code() -> None:
    with StopRequest() as stop:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    assert stop.exit_code == 130


def test_signals_are_given_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with StopRequest():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_a_signal_that_the_user_ignores_stays_ignored() -> None:
    """As `nohup` arranges it: the terminal may close and the training goes on."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopRequest() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert not stop()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_wish_without_a_signal_ends_well() -> None:
    with StopRequest() as stop:
        stop.request()
        assert stop()
    assert stop.exit_code == 0
