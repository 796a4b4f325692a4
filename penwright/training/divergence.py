"""Detect a loss that has exploded, so that the last good state can be restored before it is lost.

Now and then a recurrent network takes a step off a cliff: its loss multiplies, or is no longer a number, and never
recovers. The usual remedy is to go back, halve the learning rate and go on.
"""

import math

from penwright.errors import RunError
from penwright.training.session import Session, WindowResult
from penwright.training.settings.config import TrainConfig
from penwright.training.state import Counters

RATE_FACTOR = 0.5
"""Factor on the learning rate at each rollback."""


def is_diverging(result: WindowResult, counters: Counters, *, config: TrainConfig) -> bool:
    """Return True if no update must be made with a result.

    That is so if its loss or gradient is not finite, or if the loss exceeds `spike_factor` times its running average.
    """
    if not (math.isfinite(result.loss) and math.isfinite(result.gradient_norm)):
        return True
    return counters.loss_average is not None and result.loss > config.spike_factor * counters.loss_average


def has_bad_weights(session: Session) -> bool:
    """Return True if the last update left a weight that is not finite.

    The next window will be refused for it. Until then nothing can be scored, written or saved.
    """
    return not all(bool(parameter.isfinite().all()) for parameter in session.parameters)


def check_rollbacks_left(counters: Counters, *, config: TrainConfig) -> None:
    """Give up if rolling back has not helped.

    Raises:
        RunError: If `max_rollbacks` have been made.
    """
    if counters.num_rollbacks >= config.max_rollbacks:
        raise RunError(
            f"the loss exploded again after {counters.num_rollbacks} rollbacks, at {counters.learning_rate_scale:g} of "
            f"the learning rate. Start a new run with a lower train.learning_rate than {config.learning_rate:g}."
        )
