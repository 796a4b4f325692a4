"""The learning rate as a pure function of how much of the run is done."""

from penwright.training.settings.config import TrainConfig
from penwright.training.state import Counters


def learning_rate(config: TrainConfig, *, step: int, fraction_done: float) -> float:
    """Return the rate of one update.

    The rate climbs over `warmup_steps`, stays at its peak and, if linear, falls over the last `decay_fraction` of the
    run to `final_rate_fraction` of the peak. The fall follows the fraction of the run that is done, so that a run
    limited by time reaches its final rate at the deadline, whatever the speed of the machine.

    Args:
        step: The update about to be made, from 1.
        fraction_done: Share of the run already done, 0 to 1.

    Source: Bergsma et al. 2025, "Straight to Zero" (arXiv:2502.15938), for the linear fall.
    """
    warmup = min(1.0, step / config.warmup_steps) if config.warmup_steps else 1.0
    rate = config.learning_rate * warmup
    if config.schedule == "constant" or config.decay_fraction == 0.0:
        return rate
    fallen = max(0.0, (fraction_done - (1.0 - config.decay_fraction)) / config.decay_fraction)
    return rate * (1.0 - min(1.0, fallen) * (1.0 - config.final_rate_fraction))


def fraction_done(config: TrainConfig, counters: Counters, *, windows_per_epoch: int) -> float:
    """Return the share of the run that is done, 0 to 1, in whichever of seconds, steps and epochs limits it."""
    if config.seconds is not None:
        done = counters.elapsed_seconds / config.seconds
    elif config.steps is not None:
        done = counters.step / config.steps
    else:
        assert config.epochs is not None, "a run has a limit"
        done = ((counters.epoch - 1) * windows_per_epoch + counters.window) / (config.epochs * windows_per_epoch)
    return min(1.0, done)
