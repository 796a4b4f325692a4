"""The rate climbs, stays, falls and lands; how much is done follows whatever limits the run."""

import pytest

from penwright.training.optim.schedule import fraction_done, learning_rate
from penwright.training.settings.config import TrainConfig
from penwright.training.state import Counters


def test_the_rate_climbs_stays_falls_and_lands() -> None:
    config = TrainConfig(steps=100, learning_rate=0.1, warmup_steps=10, decay_fraction=0.5, final_rate_fraction=0.2)
    assert learning_rate(config, step=1, fraction_done=0.0) == pytest.approx(0.01)
    assert learning_rate(config, step=10, fraction_done=0.09) == pytest.approx(0.1)
    assert learning_rate(config, step=50, fraction_done=0.5) == pytest.approx(0.1)
    assert learning_rate(config, step=75, fraction_done=0.75) == pytest.approx(0.06)
    assert learning_rate(config, step=100, fraction_done=1.0) == pytest.approx(0.02)


def test_a_constant_rate_stays() -> None:
    config = TrainConfig(steps=100, learning_rate=0.1, warmup_steps=0, schedule="constant")
    assert {learning_rate(config, step=step, fraction_done=step / 100) for step in range(1, 101)} == {0.1}


@pytest.mark.parametrize(
    ("limit", "done"),
    [({"seconds": 40.0}, 0.25), ({"steps": 60}, 0.5), ({"epochs": 4}, (1 * 8 + 2) / 32), ({"seconds": 5.0}, 1.0)],
)
def test_what_is_done_follows_the_limit(limit: dict[str, float], done: float) -> None:
    counters = Counters(step=30, epoch=2, window=2, elapsed_seconds=10.0)
    assert fraction_done(TrainConfig(**limit), counters, windows_per_epoch=8) == pytest.approx(done)
