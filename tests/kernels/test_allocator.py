import sys
from types import SimpleNamespace

import pytest

from penwright.kernels import allocator
from penwright.kernels.allocator import LARGE_BYTES, SPARE_BYTES, give_blocks_back


def told(monkeypatch: pytest.MonkeyPatch, library: SimpleNamespace) -> bool:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda name: library)
    return give_blocks_back()


def test_both_bounds_are_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds: dict[int, int] = {}
    library = SimpleNamespace(mallopt=lambda which, value: bounds.update({which: value}) or 1)
    assert told(monkeypatch, library)
    assert bounds == {-3: LARGE_BYTES, -1: SPARE_BYTES}


def test_a_library_without_bounds_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not told(monkeypatch, SimpleNamespace())
    assert not told(monkeypatch, SimpleNamespace(mallopt=lambda which, value: 0))


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert not give_blocks_back()
