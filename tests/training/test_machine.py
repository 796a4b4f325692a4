"""What the machine is asked, it answers; what it lacks is said."""

from functools import partial
from types import SimpleNamespace

import pytest
import torch

from penwright.errors import UsageError
from penwright.training import machine
from penwright.training.machine import (
    choose_device,
    choose_precision,
    describe_machine,
    keep_freed_memory,
    package_versions,
    usable_processors,
    use_threads,
)


def test_the_machine_is_described_without_its_name() -> None:
    machine = describe_machine(torch.device("cpu"))
    assert machine["device"] == "cpu"
    assert machine["num_processors"] == usable_processors() >= 1
    assert set(machine) == {"system", "architecture", "processor", "num_processors", "threads", "device"}


def test_versions_name_what_influences_the_numbers() -> None:
    versions = package_versions()
    assert versions["torch"] == torch.__version__
    assert {"python", "numpy", "safetensors", "penwright"} <= set(versions)


def test_a_device_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("auto") == torch.device("cpu")
    with pytest.raises(UsageError, match="device 'cuda' is not available here; available: cpu"):
        choose_device("cuda")


@pytest.mark.parametrize(
    ("small", "large", "chosen"), [(0.002, 9.0, "float32"), (0.5, 1.1, "float32"), (0.5, 3.0, "bfloat16")]
)
def test_bfloat16_is_chosen_only_where_it_is_faster(
    monkeypatch: pytest.MonkeyPatch, small: float, large: float, chosen: str
) -> None:
    monkeypatch.setattr(machine, "_speed_up", lambda shape, device: small if shape[0] < 100 else large)
    threads = torch.get_num_threads()
    assert choose_precision("auto", torch.device("cpu")) == chosen
    assert torch.get_num_threads() == threads


def test_a_precision_asked_for_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_speed_up", lambda shape, device: pytest.fail("it was measured"))
    assert choose_precision("bfloat16", torch.device("cpu")) == "bfloat16"


def test_threads_are_as_many_as_asked_for_or_all() -> None:
    before = torch.get_num_threads()
    assert use_threads(1) == 1
    assert use_threads(0) == usable_processors()
    use_threads(before)


def test_freed_memory_is_kept_where_the_c_library_can(monkeypatch: pytest.MonkeyPatch) -> None:
    granted: list[tuple[int, int]] = []

    def mallopt(option: int, value: int, *, most: int) -> int:
        if value <= most or option != -3:
            granted.append((option, value))
            return 1
        return 0

    monkeypatch.setattr(machine.platform, "system", lambda: "Linux")
    for most in (1 << 40, 32 << 20):  # of the library as it is, and as it was before 2.35
        monkeypatch.setattr(
            machine.ctypes, "CDLL", lambda name, most=most: SimpleNamespace(mallopt=partial(mallopt, most=most))
        )
        keep_freed_memory()
        assert granted == [(-3, min(most, 1 << 30)), (-1, 1 << 30), (-8, 1)]
        granted.clear()
    monkeypatch.setattr(machine.ctypes, "CDLL", lambda name: SimpleNamespace())
    keep_freed_memory()
    monkeypatch.setattr(machine.platform, "system", lambda: "Darwin")
    monkeypatch.setattr(machine.ctypes, "CDLL", lambda name: pytest.fail("another system was asked"))
    keep_freed_memory()
