"""Share the processors with other programs on the machine.

The threads of a matrix product wait for each other by spinning. On a busy machine a spinning thread takes the processor
from the thread it waits for, and training becomes many times slower: 2 steps in twenty seconds against 20 with sleeping
waits, on two processors with a load of seven (measured 2026-11). On an idle machine, sleeping at once costs a quarter
of the speed and spinning for a moment first costs 4 %, so threads spin for a moment. The setting must be made before
torch is loaded. Only the GNU threading library, which torch brings on Linux, reads it.
"""

import os

SPINS = 20_000  # some tens of microseconds
POLICY, SPIN_COUNT = "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"


def let_waiting_threads_sleep() -> None:
    """Ask the threading library to let waiting threads sleep soon, unless the user has chosen otherwise."""
    if POLICY not in os.environ:
        os.environ.setdefault(SPIN_COUNT, str(SPINS))
