"""One training over several processes: each reads some of the lanes, and all make the same update.

The processes are started by `torchrun`. Rank 0 decides (clock, scores on held-out books) and the others follow, so that
every process makes the same updates from the same numbers. A single process needs no process group: every function here
is then the identity.

What lies in the processors' memory is exchanged by gloo, what lies on GPUs by NCCL. This is the only module of the
package that reads what `torchrun` writes into the environment.

Shapes: W = processes, B = lanes of all processes together.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from penwright.errors import CheckpointError, ConfigError, RunError

MAX_WAIT = timedelta(days=1)
"""Longest time that a process waits for the others, such as while rank 0 prepares a library or scores books. A process
that has ended is noticed at once: its connections are closed."""
POLLING_SECONDS = 0.05
"""Time between two looks at whether rank 0 has confirmed the name of an attempt."""


@dataclass(frozen=True, slots=True)
class World:
    """Rank and size of the process group."""

    rank: int = 0
    """Rank of this process, 0 to size - 1. Rank 0 leads: it alone writes files."""
    size: int = 1
    """Number of processes, W."""
    local_rank: int = 0
    """Rank of this process among those of its machine."""
    local_size: int = 1
    """Number of processes on this machine."""

    @property
    def leads(self) -> bool:
        """True if this process decides, writes and reports."""
        return self.rank == 0

    def lanes(self, batch_size: int) -> slice:
        """Return the lanes that this process reads, out of all.

        Raises:
            ConfigError: If the lanes cannot be shared evenly.
        """
        if batch_size % self.size:
            raise ConfigError(
                f"train.batch_size={batch_size} lanes cannot be shared by {self.size} processes. "
                f"Choose a multiple of {self.size}."
            )
        share = batch_size // self.size
        return slice(self.rank * share, (self.rank + 1) * share)


def current_world() -> World:
    """Return the world of the current process group, or that of a single process."""
    if dist.is_available() and dist.is_initialized():
        return _world(dist.get_rank(), dist.get_world_size())
    return World()


def _world(rank: int, size: int) -> World:
    local_rank, local_size = os.environ.get("LOCAL_RANK", "0"), os.environ.get("LOCAL_WORLD_SIZE", "1")
    return World(rank, size, int(local_rank), int(local_size))


def job() -> str | None:
    """Return a name of the job that `torchrun` runs, which stays the same when it restarts the processes; None for a
    process that it did not start."""
    if not dist.is_available() or not dist.is_torchelastic_launched():
        return None
    name = os.environ["TORCHELASTIC_RUN_ID"]
    return name if name != "none" else f"process {os.getppid()}"  # torchrun was given no --rdzv-id


@contextmanager
def joined() -> Iterator[World]:
    """Join the processes that `torchrun` started, or be the only one.

    The group is destroyed before the interpreter ends, whatever happens. A worker thread of gloo releases the tensors
    of an exchange after the exchange was reported as done, and needs the interpreter for it. If that has begun to end,
    Python ends the thread inside a C++ destructor, and the process is aborted ("terminate called without an active
    exception"). Destroying the group joins these threads.

    Raises:
        RunError: If another process has ended.
    """
    if not dist.is_available() or not dist.is_torchelastic_launched():
        yield World()
        return
    # The defaults of its functions take hold of the group there is when they are imported, and keep it for ever. The
    # first step of an optimizer imports them: they have to be here before the group is.
    import torch.distributed.nn.functional

    with _exchanging():
        store, rank, size = next(dist.rendezvous("env://"))  # type: ignore[attr-defined]  # exported, if not in so many words
        world = _world(rank, size)
        store = dist.PrefixStore(_attempt(store, world), store)  # type: ignore[attr-defined]
    backend = "gloo"
    if torch.cuda.is_available() and dist.is_nccl_available() and world.local_size <= torch.cuda.device_count():
        backend = "cpu:gloo,cuda:nccl"
        torch.cuda.set_device(world.local_rank)
    with _exchanging():
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=MAX_WAIT)
    try:
        yield world
        wait_for_all(world)
        _meet(store, "done", world=world)  # some may still be at the last exchange
    finally:
        dist.destroy_process_group()
    _meet(store, "gone", world=world)


def _attempt(store: Any, world: World) -> str:
    """Return a name for this meeting of the processes, on which all agree.

    `torchrun` keeps one store for all its restarts. What an earlier attempt wrote would be taken for what this one
    writes: gloo would call addresses at which nobody answers. Nor do all machines count the same restarts. So rank 0
    draws a name, and the others take no name that it has not confirmed.
    """
    mine = secrets.token_hex(8)
    if world.leads:
        store.set("penwright/attempt", mine)
        for rank in range(1, world.size):
            store.wait([f"penwright/{mine}/{rank}"], MAX_WAIT)
            store.set(f"penwright/confirmed/{rank}", store.get(f"penwright/{mine}/{rank}"))
        return mine
    while True:
        name: str = store.get("penwright/attempt").decode("ascii")  # perhaps that of an earlier attempt
        store.set(f"penwright/{name}/{world.rank}", mine)
        time.sleep(POLLING_SECONDS)
        confirmed = f"penwright/confirmed/{world.rank}"
        if store.check([confirmed]) and store.get(confirmed).decode("ascii") == mine:
            return name


def _meet(store: Any, name: str, *, world: World) -> None:
    """Wait until every process has come this far, by torch's key-value store (`torch.distributed.Store`) and without an
    exchange. For "gone" rank 0 alone waits: it may be the store's host."""
    with _exchanging():
        store.set(f"penwright/{name}/{world.rank}", "")
        if world.leads or name != "gone":
            store.wait([f"penwright/{name}/{rank}" for rank in range(world.size)], MAX_WAIT)


def average_gradients(parameters: Sequence[nn.Parameter], numbers: Tensor, *, world: World) -> Tensor:
    """Average the gradients of all processes in place, in one exchange.

    Args:
        parameters: Parameters of the model, in the same order in every process.
        numbers: A few float32 numbers to sum in the same exchange, shape (n,).
        world: The process group.

    Returns:
        The numbers summed over all processes, shape (n,).
    """
    if world.size == 1:
        return numbers
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([numbers.to(gradients[0].device), *(gradient.reshape(-1) for gradient in gradients)])
    with _exchanging():
        dist.all_reduce(flat)
    offset = len(numbers)
    for gradient in gradients:
        gradient.copy_(flat[offset : offset + gradient.numel()].view_as(gradient))
        gradient /= world.size
        offset += gradient.numel()
    return flat[: len(numbers)].cpu()


def gather(tensor: Tensor, *, world: World) -> Tensor:
    """Return the tensors of all processes, which have one shape, concatenated along the first dimension."""
    if world.size == 1:
        return tensor
    parts = [torch.empty_like(tensor) for _ in range(world.size)]
    with _exchanging():
        dist.all_gather(parts, tensor.contiguous())
    return torch.cat(parts)


def broadcast(values: Sequence[float], *, world: World) -> list[float]:
    """Return rank 0's numbers on every process. The others' are ignored, but must be as many."""
    if world.size == 1:
        return list(values)
    tensor = torch.tensor(values, dtype=torch.float64)
    with _exchanging():
        dist.broadcast(tensor, src=0)
    numbers: list[float] = tensor.tolist()
    return numbers


def add_up(values: Sequence[float], *, world: World) -> list[float]:
    """Return the sums of numbers of all processes, on every process."""
    if world.size == 1:
        return list(values)
    tensor = torch.tensor(values, dtype=torch.float64)
    with _exchanging():
        dist.all_reduce(tensor)
    sums: list[float] = tensor.tolist()
    return sums


def send(tensors: Sequence[Tensor], *, source: int, world: World) -> list[Tensor]:
    """Return one process's tensors on every process.

    Args:
        tensors: Tensors of one dimension. On the other processes they tell the number and the types of those to come.
        source: Rank of the process that sends its own.
        world: The process group.
    """
    if world.size == 1:
        return list(tensors)
    sizes = torch.tensor([len(tensor) for tensor in tensors])
    sent = list(tensors)
    with _exchanging():
        dist.broadcast(sizes, src=source)
        for index, (tensor, size) in enumerate(zip(tensors, sizes.tolist(), strict=True)):
            if world.rank != source:
                sent[index] = torch.empty(size, dtype=tensor.dtype)
            if size:
                dist.broadcast(sent[index], src=source)
    return sent


def wait_for_all(world: World) -> None:
    """Wait until every process has come this far."""
    if world.size > 1:
        with _exchanging():
            dist.all_reduce(torch.zeros(1))  # `barrier` would choose gloo or NCCL by itself


@contextmanager
def leader_first(world: World) -> Iterator[None]:
    """Let the leading process do something before the others, which then find the result in the cache. On machines that
    do not share its cache, the first process of each does it then."""
    turn = 0 if world.leads else 1 if world.local_rank == 0 else 2
    for _ in range(turn):
        wait_for_all(world)
    yield
    for _ in range(turn, 2):
        wait_for_all(world)


def restore_generator(generator: torch.Generator, states: Tensor | None, *, world: World) -> None:
    """Restore the random generator of this process.

    Args:
        generator: The generator.
        states: States of the generators of all processes that wrote the checkpoint, uint8 (processes, bytes). If it
            was another number of processes, a new seed is drawn from all of them.
        world: The process group.

    Raises:
        CheckpointError: If there are none.
    """
    if states is None or not len(states):
        raise CheckpointError("the checkpoint holds no random state. Go on from an earlier one.")
    if len(states) == world.size:
        generator.set_state(states[world.rank].clone())
        return
    digest = hashlib.sha256(states.numpy().tobytes() + f"/{world.rank}".encode("ascii")).digest()
    generator.manual_seed(int.from_bytes(digest[:8], "little"))


@contextmanager
def _exchanging() -> Iterator[None]:
    """Turn torch's error about a process that is gone into a sentence.

    Raises:
        RunError: If another process of the group has ended.
    """
    try:
        yield
    except RuntimeError as error:  # gloo raises no more particular one
        raise RunError(
            "another process of this training has ended, so this one cannot go on. See what that one said, and go on "
            "from the last checkpoint with --resume."
        ) from error
