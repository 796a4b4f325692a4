"""Tell a loss that has exploded, so that the last good state can be brought back before it is lost.

A recurrent network now and then takes a step off a cliff: the loss becomes several times what it was, or not a number,
and never recovers. The remedy is old: go back, halve the rate, go on.
"""

import math

from penwright.errors import RunError
from penwright.training.session import Session, WindowResult
from penwright.training.settings.config import TrainConfig
from penwright.training.state import Counters

RATE_FACTOR = 0.5


def is_diverging(result: WindowResult, counters: Counters, *, config: TrainConfig) -> bool:
    """Whether a reading must not be learned from.

    True when the loss or its gradient is not finite, or the loss is above `spike_factor` times its running average.
    """
    if not (math.isfinite(result.loss) and math.isfinite(result.gradient_norm)):
        return True
    return counters.loss_average is not None and result.loss > config.spike_factor * counters.loss_average


def has_bad_weights(session: Session) -> bool:
    """Whether the last update has left a weight that is not finite. The next reading will tell; until then there is
    nothing to read or write with, and no author to keep."""
    return not all(bool(parameter.isfinite().all()) for parameter in session.parameters)


def check_rollbacks_left(counters: Counters, *, config: TrainConfig) -> None:
    """Give up when rolling back has not helped.

    Raises:
        RunError: If `max_rollbacks` have been made.
    """
    if counters.num_rollbacks >= config.max_rollbacks:
        raise RunError(
            f"the loss exploded again after {counters.num_rollbacks} rollbacks, at {counters.learning_rate_scale:g} of "
            f"the learning rate. Start a new run with a lower train.learning_rate than {config.learning_rate:g}."
        )
