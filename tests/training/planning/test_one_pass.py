"""The arithmetic of one reading of a library by several machines."""

from dataclasses import replace

import pytest

from penwright.corpus.store import Corpus
from penwright.model.config import ModelConfig
from penwright.training.planning.one_pass import LOCAL_BYTES_PER_SECOND, OnePassConfig, exchange_seconds, plan_one_pass
from penwright.training.planning.sizes import Size
from penwright.training.planning.throughput import ThroughputTrial
from penwright.training.settings.config import RunConfig
from penwright.training.settings.resolve import resolve_config

SIZES = (Size(96, 2), Size(192, 3))
SPEED = 10_000.0


@pytest.fixture(autouse=True)
def _no_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    def time_counting(self: ThroughputTrial, model_config: ModelConfig) -> None:
        self.num_folds, self.fold_seconds, self.fold_ids = 8, 0.5, 1_000

    monkeypatch.setattr(ThroughputTrial, "_time_counting", time_counting)
    monkeypatch.setattr(ThroughputTrial, "chars_per_second", lambda self, size, *, batch_size: SPEED)


def config() -> RunConfig:
    found = resolve_config(None, overrides={"train": {"batch_size": 2, "seq_len": 16, "epochs": 1}}).config
    return replace(found, train=replace(found.train, threads=1, device="cpu", precision="float32"))


def test_gradients_go_round_a_ring() -> None:
    assert exchange_seconds(1_000_000, machines=1, gigabits=1.0) == 0.0
    local = 4e6 / LOCAL_BYTES_PER_SECOND
    assert exchange_seconds(1_000_000, machines=2, gigabits=1.0) == pytest.approx(local + 4e6 * 8 / 1e9)
    assert exchange_seconds(1_000_000, machines=1_000, gigabits=1.0) == pytest.approx(
        local + 2 * 4e6 * 8 / 1e9, rel=2e-3
    )


def test_machines_divide_the_hours_but_for_what_they_exchange(corpus: Corpus) -> None:
    asked = OnePassConfig(chars=10**9, price=0.5)
    one = plan_one_pass(corpus, config(), reading=asked, sizes=SIZES)
    ten = plan_one_pass(corpus, config(), reading=replace(asked, machines=10), sizes=SIZES)
    for alone, together in zip(one.sizes, ten.sizes, strict=True):
        assert alone.exchange_share == 0.0 < together.exchange_share < 0.5
        assert alone.seconds == pytest.approx(10**9 / SPEED + one.counting_seconds)
        learning = together.seconds - ten.counting_seconds
        assert learning == pytest.approx(10**8 / SPEED / (1.0 - together.exchange_share))
        assert together.cost == pytest.approx(together.seconds / 3_600 * 10 * 0.5)
        assert alone.is_beyond and together.is_beyond
        assert together.batch_size % 20 == 0
    assert ten.counting_seconds == pytest.approx(one.counting_seconds / 8)
    assert one.counting_seconds == pytest.approx(8 * 0.5 * config().train.ngram_symbols / 7_000)


def test_without_a_library_the_books_are_read(corpus: Corpus) -> None:
    found = plan_one_pass(corpus, config(), reading=OnePassConfig(), sizes=SIZES)
    assert found.num_chars == corpus.num_chars("train")
    assert not any(each.is_beyond for each in found.sizes)
