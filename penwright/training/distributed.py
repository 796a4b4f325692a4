"""The same training over several processes: each reads some of the lanes, all take the same step.

The processes are started by `torchrun`. Rank 0 decides (the clock, the stop, the held-out reading) and the others
follow, so that every process makes the same updates from the same numbers. A single process needs no process group:
every function here is then the identity.

Shapes: W = processes, B = lanes of all processes together.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from penwright.errors import ConfigError


@dataclass(frozen=True, slots=True)
class World:
    """Who takes part."""

    rank: int = 0
    """This process, 0 to size - 1. Rank 0 leads: it alone writes files and yields records."""
    size: int = 1
    """Number of processes, W."""

    @property
    def leads(self) -> bool:
        """Whether this process decides, writes and reports."""
        return self.rank == 0

    def lanes(self, batch_size: int) -> slice:
        """Return which of all lanes this process reads.

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
    """Return the world of the process group in force, or that of a single process."""
    if dist.is_available() and dist.is_initialized():
        return World(dist.get_rank(), dist.get_world_size())
    return World()


@contextmanager
def joined() -> Iterator[World]:
    """Take part in the processes that `torchrun` started, or be the only one.

    The group is left to end with the processes: taking it down while another is at it aborts one now and then.
    """
    if not dist.is_available() or not dist.is_torchelastic_launched():
        yield World()
        return
    dist.init_process_group("gloo")
    yield current_world()
    dist.barrier()  # who leaves early takes the connection from those still at work


def average_gradients(parameters: Sequence[nn.Parameter], facts: Tensor, *, world: World) -> Tensor:
    """Average the gradients of all processes in place, in one exchange.

    Args:
        parameters: The model's parameters, in the same order everywhere; each has a gradient.
        facts: A few float32 numbers to be summed on the way, shape (n,).
        world: Who takes part.

    Returns:
        The facts summed over all processes, shape (n,).
    """
    if world.size == 1:
        return facts
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([facts.to(gradients[0].device), *(gradient.reshape(-1) for gradient in gradients)])
    dist.all_reduce(flat)
    offset = len(facts)
    for gradient in gradients:
        gradient.copy_(flat[offset : offset + gradient.numel()].view_as(gradient))
        gradient /= world.size
        offset += gradient.numel()
    return flat[: len(facts)].cpu()


def gather(tensor: Tensor, *, world: World) -> Tensor:
    """Return every process's tensor, all of one shape, laid end to end along the first dimension."""
    if world.size == 1:
        return tensor
    parts = [torch.empty_like(tensor) for _ in range(world.size)]
    dist.all_gather(parts, tensor.contiguous())
    return torch.cat(parts)


def broadcast(values: Sequence[float], *, world: World) -> list[float]:
    """Return rank 0's numbers on every process; the others' are ignored but must be as many."""
    if world.size == 1:
        return list(values)
    tensor = torch.tensor(values, dtype=torch.float64)
    dist.broadcast(tensor, src=0)
    numbers: list[float] = tensor.tolist()
    return numbers


def wait_for_all(world: World) -> None:
    """Return when every process has come this far."""
    if world.size > 1:
        dist.barrier()
