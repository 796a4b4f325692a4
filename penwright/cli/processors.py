"""Share the processors with whatever else runs on the machine.

The threads of a matrix product wait for each other by spinning. On a machine that has other work to do, a spinning
thread takes the turn of the very thread it waits for, and training becomes many times slower (measured 2026-11 on two
processors with a load of seven: 2 steps in twenty seconds against 20). Threads that sleep while they wait cost next to
nothing on an idle machine. The choice is read when torch is loaded, so it must be made before.
"""

import os


def let_waiting_threads_sleep() -> None:
    """Ask the threading library for sleeping waits, unless the user has asked for something else."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
