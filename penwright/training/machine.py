"""The machine and its software: a description for the records of a run, and the choice of device and precision."""

import ctypes
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from penwright.errors import UsageError
from penwright.kernels.allocator import give_back_memory, give_blocks_back
from penwright.model.float32 import faster_float32

PRODUCTS_TIMED = 8
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # of mallopt, in glibc's malloc.h
KEPT_BYTES = 1 << 30
COUNTED_BYTES = 8 << 20
"""Smallest block that counting returns at once: larger than the arrays of a range, smaller than those of a kind."""
GLIBC_MAX_KEPT_BYTES = 32 << 20
PACKAGES = ("penwright", "torch", "numpy", "safetensors")


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of each package that influences the results."""
    return {"python": platform.python_version(), **{name: _version_of(name) for name in PACKAGES}}


def describe_machine(device: torch.device) -> dict[str, Any]:
    """Return processor, threads in use, system and device, without the name of the machine itself."""
    accelerator = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "processor": processor_name(),
        "num_processors": usable_processors(),
        "threads": torch.get_num_threads(),
        "device": accelerator,
    }


def processor_name() -> str:
    """Return the name of the processor's model, or the architecture where the system does not tell it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def usable_processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def choose_device(name: str) -> torch.device:
    """Return the device to train on: for "auto" the fastest available, else the one named.

    Raises:
        UsageError: If the device named is not available.
    """
    is_there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device("cuda" if is_there["cuda"] else "mps" if is_there["mps"] else "cpu")
    if not is_there[name]:
        found = ", ".join(device for device, here in is_there.items() if here)
        raise UsageError(f"the device '{name}' is not available here; available: {found}. Choose one, or 'auto'.")
    return torch.device(name)


def choose_precision(name: str, device: torch.device) -> str:
    """Return "float32" or "bfloat16": the one named, or for "auto" the one whose matrix products are faster here.

    A processor without bfloat16 instructions computes it hundreds of times slower, so products are timed in both,
    forward and backward. A small one is timed first, so that the answer takes a fraction of a second there too.
    bfloat16 must be faster by a quarter to be worth its rounding.
    """
    if name != "auto":
        return name
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # on a busy machine two threads wait for each other, whatever the precision
    try:
        small, large = (64, 64, 64), (2_048, 192, 768)
        if _speed_up(small, device) < 0.03 or _speed_up(large, device) < 1.25:
            return "float32"
        return "bfloat16"
    finally:
        torch.set_num_threads(threads)


@faster_float32()
def _speed_up(shape: tuple[int, int, int], device: torch.device) -> float:
    """Return the speed of a product (M, K) by (K, N) and its gradients in bfloat16, as a multiple of that in
    float32."""
    inputs = torch.randn(shape[0], shape[1], device=device, requires_grad=True)
    weights = torch.randn(shape[1], shape[2], device=device, requires_grad=True)

    def seconds(*, is_bfloat16: bool) -> float:
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=is_bfloat16):
            began = time.perf_counter()
            gradients = torch.autograd.grad((inputs @ weights).float().sum(), (inputs, weights))
            gradients[0].sum().item()  # waits for the device
            return time.perf_counter() - began

    slow, fast = (min(seconds(is_bfloat16=is_bfloat16) for _ in range(PRODUCTS_TIMED)) for is_bfloat16 in (False, True))
    return slow / fast


def use_threads(number: int, *, num_sharing: int = 1) -> int:
    """Set the number of torch's threads, 0 for all usable processors, and return the number in use.

    The same number gives the same sums bit for bit, so a resumed run sets what the first session used.

    Args:
        number: Number of threads.
        num_sharing: Number of processes that share the processors if they use all.
    """
    torch.set_num_threads(number or max(1, usable_processors() // num_sharing))
    return torch.get_num_threads()


def keep_freed_memory() -> None:
    """Ask the C library to keep freed memory, up to a gigabyte, for the next allocation.

    A training allocates the same memory at every step. By default the library returns blocks above 32 MiB to the system
    each time, and gets them back page by page, cleared. That cost 115,000 pages and 16 % of the time of a step of three
    LSTM layers of 512 (2026-11). Only GNU's library, which most Linux systems have, understands the request.

    All threads allocate from one heap. By default each has its own, and what a thread has freed in its heap serves no
    other thread and is not returned by `give_back_memory`.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if platform.system() == "Linux" else None
    if mallopt is not None:
        if not mallopt(M_MMAP_THRESHOLD, KEPT_BYTES):  # before 2.35 it allows no more than this
            mallopt(M_MMAP_THRESHOLD, GLIBC_MAX_KEPT_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
        mallopt(M_ARENA_MAX, 1)


@contextmanager
def returning_freed_memory() -> Iterator[None]:
    """Return freed memory to the system while the context lasts, that of updates before it included.

    Counting holds arrays of ever other sizes, for which the kept memory has no holes that are large enough.
    """
    give_blocks_back(large_bytes=COUNTED_BYTES, spare_bytes=8 * COUNTED_BYTES)
    give_back_memory()
    try:
        yield
    finally:
        keep_freed_memory()


def _version_of(name: str) -> str:
    """Return the version of an installed package, or "unknown" for a source tree that was never installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
