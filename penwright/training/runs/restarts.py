"""Tell whether the processes that `torchrun` starts have begun a run before, so that they go on with it."""

from enum import Enum
from pathlib import Path

from penwright.training.distributed import World, broadcast, job
from penwright.training.runs.checkpoint import list_checkpoints
from penwright.training.runs.folder import RunFolder, check_free


class RunState(Enum):
    """What a job of `torchrun` finds in the folder of a run."""

    NEW = 0
    """Nothing that could be gone on with."""
    UNFINISHED = 1
    """A run of its own, begun before the processes were restarted."""
    ENDED = 2
    """A run of its own that has ended."""


def state_of(run: Path, *, world: World) -> RunState:
    """Return what this job finds in the folder, as rank 0 sees it.

    The run is known by the job's name. torch's count of restarts does not tell: where a process of one machine has
    failed, the machines that only start theirs again do not count it.

    Raises:
        RunError: If the folder holds a run of another job.
    """
    state = RunState.NEW
    if world.leads:
        folder = RunFolder(run)
        if not list_checkpoints(folder.checkpoints_dir) or folder.env().get("job") != job():
            check_free(run)
        else:
            state = RunState.UNFINISHED if folder.ending() is None else RunState.ENDED
    (value,) = broadcast([float(state.value)], world=world)
    return RunState(int(value))
