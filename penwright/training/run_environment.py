"""What env.json says of a run: its machine, software, processes and books."""

from collections.abc import Mapping
from typing import Any

from penwright.training.distributed import World, job
from penwright.training.machine import describe_machine, package_versions, usable_processors
from penwright.training.session import Session
from penwright.training.settings.config import RunConfig


def env_of(session: Session) -> dict[str, Any]:
    """Return the contents of env.json."""
    corpus = session.corpus
    return {
        "machine": describe_machine(session.device),
        "versions": package_versions(),
        **processes_of(session.world),
        "num_parameters": session.model.num_parameters,
        "corpus": {
            "path": str(corpus.path.absolute()),
            "digest": corpus.digest,
            "num_chars": {split: corpus.num_chars(split) for split in ("train", "val", "test")},
            "holds_out_passages": corpus.holds_out_passages,
        },
    }


def processes_of(world: World) -> dict[str, Any]:
    """Return the part of env.json that changes when other processes go on."""
    return {"num_processes": world.size, "num_local_processes": world.local_size, "job": job()}


def threads_of(env: Mapping[str, Any], config: RunConfig, *, world: World) -> int:
    """Return the threads of this process when it goes on with a run: as many as before, or as many in all if another
    number of processes shares the machine.

    Args:
        env: Contents of env.json, of the last session.
        config: Configuration of the run.
        world: The processes that go on.
    """
    before = env.get("num_local_processes", 1)
    if before == world.local_size or not isinstance(before, int):
        return config.train.threads
    return max(1, min(config.train.threads * before, usable_processors()) // world.local_size)
