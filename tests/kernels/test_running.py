"""Which tensors kernels take, and that dividing their rows among threads changes nothing."""

import threading
from pathlib import Path

import pytest
import torch

from penwright.kernels import compiling, running
from penwright.kernels.ops import norm_forward
from penwright.kernels.running import array_of, can_run, run, without_kernels
from penwright.model.char_model import CharModel
from penwright.model.config import ModelConfig


def test_they_take_what_torch_multiplies_on_the_processor() -> None:
    assert can_run(2, torch.zeros(2), torch.zeros(2, dtype=torch.bfloat16))
    assert not can_run(2, torch.zeros(2), torch.zeros(2, dtype=torch.float64))
    assert not can_run(2, torch.zeros(2, device="meta"))
    with without_kernels():
        assert not can_run(2, torch.zeros(2))
    assert can_run(2, torch.zeros(2))


def test_a_few_rows_are_not_worth_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MANY", 256)
    assert not can_run(255, torch.zeros(2))
    assert can_run(256, torch.zeros(2))


def test_without_numba_torch_does_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "numba", None)
    assert not can_run(2, torch.zeros(2))


def test_some_must_be_single_precision() -> None:
    assert can_run(2, torch.zeros(2, dtype=torch.bfloat16), exact=(torch.zeros(2),))
    assert not can_run(2, exact=(torch.zeros(2, dtype=torch.bfloat16),))
    assert not can_run(2, exact=(torch.zeros(2, device="meta"),))


def test_what_was_compiled_is_kept_for_these_very_sources(tmp_path: Path) -> None:
    """A change in a module that kernels of others are compiled with used to leave those as they were."""
    folder = Path(running.__file__).parent
    assert compiling.digest_of(folder) in norm_forward._cache._cache_file._source_stamp  # type: ignore[attr-defined]
    (tmp_path / "arithmetic.py").write_text("ONE = 1", encoding="utf-8")
    before = compiling.digest_of(tmp_path)
    (tmp_path / "arithmetic.py").write_text("ONE = 2", encoding="utf-8")
    compiling.digest_of.cache_clear()
    assert compiling.digest_of(tmp_path) != before


def test_an_array_is_the_tensor_s_own_memory() -> None:
    for dtype in (torch.float32, torch.bfloat16):
        tensor = torch.zeros(2, 3, dtype=dtype)
        array_of(tensor)[1, 2] = 0x3F80 if dtype == torch.bfloat16 else 1.0
        assert tensor[1, 2] == 1.0
    with pytest.raises(AssertionError, match="contiguous"):
        array_of(torch.zeros(2, 3).t())


@pytest.mark.parametrize("num_threads", [1, 2, 3, 8])
def test_every_row_is_done_once_whatever_the_threads(monkeypatch: pytest.MonkeyPatch, num_threads: int) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: num_threads)
    monkeypatch.setattr(running, "MIN_WORK", 1)
    done, parts = [0] * 5, []

    def count(first: int, stop: int) -> None:
        parts.append((first, stop))
        for row in range(first, stop):
            done[row] += 1

    run(count, 5, work=1_000)
    assert done == [1] * 5
    assert len(parts) == min(num_threads, 5)


def test_parts_run_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    both = threading.Barrier(2, timeout=30)
    run(lambda first, stop: both.wait(), 2, work=10 * running.MIN_WORK)  # breaks if one waits for the other to end
    assert not both.broken


def test_little_work_wakes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    parts = []
    run(lambda first, stop: parts.append((first, stop)), 5, work=running.MIN_WORK)
    assert parts == [(0, 5)]


def test_what_a_thread_raises_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)

    def fail(first: int, stop: int) -> None:
        if first:
            raise ValueError("the second part")

    with pytest.raises(ValueError, match="second part"):
        run(fail, 2, work=10 * running.MIN_WORK)


def test_values_do_not_depend_on_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MIN_WORK", 1)
    inputs = torch.randn(7, 33, generator=torch.Generator().manual_seed(0))
    found = []
    for num_threads in (1, 3):
        with monkeypatch.context() as patch:
            patch.setattr(torch, "get_num_threads", lambda num_threads=num_threads: num_threads)
            outputs, factors = torch.empty_like(inputs), torch.empty(7)
            run(norm_forward, 7, inputs, 1e-6, factors, outputs, work=inputs.numel())
            found.append((outputs, factors))
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_a_step_of_the_plain_engine_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An author is to write at once where the engine cannot be compiled."""

    def refuse(tensor: torch.Tensor) -> None:
        raise AssertionError("a kernel was run")

    monkeypatch.setattr(running, "MANY", 256)
    monkeypatch.setattr(running, "array_of", refuse)
    config = ModelConfig(
        vocab_size=60, embedding_dim=8, hidden_size=8, mlp_size=16, num_layers=2, ngram_entries=100, match_slots=64
    )
    model = CharModel(config)
    model.step(torch.zeros(1, dtype=torch.int64), model.initial_state(1))
    with pytest.raises(AssertionError, match="a kernel was run"):
        model.sequence(torch.zeros(4, 64, dtype=torch.int64), model.initial_state(4))
