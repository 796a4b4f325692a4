"""Lanes that begin anew in the middle of a window, as the fused loops need them.

Shapes: B = lanes, T = characters per window, H = hidden_size.
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
