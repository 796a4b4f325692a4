"""Stretches of a window that stay in a processor's cache while several operations pass over them.

Torch runs one operation over all of its numbers before the next begins. Over a whole window of many lanes each of them
fetches from memory what the one before has just put there. A function with gradients of its own can do all it has to do
with one stretch before it goes on to the next.
"""

from collections.abc import Iterator

import torch

NUMBERS = 200_000
"""Of one tensor in a stretch. The gated recurrence, forward and backward over 64 lanes of 128 characters, 192 wide,
took 17 milliseconds with 50,000, 13.7 with 100,000, 12.5 with 200,000, 11.5 with 400,000 and 14.9 all at once (two
cores, AMD, 2026-11). While another process used the cache, 400,000 took a sixth longer than 200,000."""


def stretches(num_steps: int, step_numbers: int, *, device: torch.device) -> Iterator[slice]:
    """Yield slices that together cover 0 to `num_steps`, in order; on anything but a processor only one.

    Args:
        num_steps: Length of the first dimension of the tensors to be passed over.
        step_numbers: Numbers that the widest of them holds at one place of it.
        device: Where they are.
    """
    length = max(1, NUMBERS // step_numbers) if device.type == "cpu" else max(1, num_steps)
    for start in range(0, num_steps, length):
        yield slice(start, min(start + length, num_steps))
