"""Lanes that begin anew in the middle of a window, as the fused loops need them.

Letters: B = lanes, T = characters per window, H = hidden_size.
"""

from torch import Tensor


def marked_steps(resets: Tensor | None, *, num_steps: int) -> list[Tensor | None]:
    """Return for every time step the lanes that begin anew there, None where none does.

    Args:
        resets: bool (T, B) or None.
        num_steps: T.

    Returns:
        T entries, each bool (B, 1) or None. Most windows hold no reset at all, and a step without one costs nothing.
    """
    if resets is None:
        return [None] * num_steps
    is_marked = resets.any(dim=1).tolist()
    return [mask if marked else None for mask, marked in zip(resets.unsqueeze(2).unbind(0), is_marked, strict=True)]


def carried(before: Tensor, mask: Tensor | None) -> Tensor:
    """Return a state (B, H) as the next step sees it: zeros in the lanes that begin anew, mask bool (B, 1)."""
    return before if mask is None else before.masked_fill(mask, 0.0)


def states_before(values: Tensor, initial: Tensor, resets: Tensor | None) -> Tensor:
    """Return the state that each step started from.

    Args:
        values: (T, B, H), the state after each step.
        initial: (B, H), the state before the first.
        resets: bool (T, B) or None.

    Returns:
        (T, B, H), freshly allocated.
    """
    before = values.roll(1, dims=0)
    before[0] = initial
    return before if resets is None else before.masked_fill_(resets.unsqueeze(2), 0.0)


def gradients_around(grad_values: Tensor) -> Tensor:
    """Return room for the gradient of the state before the first step and after every step.

    Args:
        grad_values: (T, B, H), the gradient that arrives at each step's state from outside the recurrence.

    Returns:
        (T + 1, B, H): entry t + 1 is a copy of `grad_values[t]`, entry 0 is zero. The loop adds what flows back.
    """
    around = grad_values.new_zeros(len(grad_values) + 1, *grad_values.shape[1:])
    around[1:] = grad_values
    return around
