"""Divide a budget of characters evenly over books. Plain arithmetic."""

from collections.abc import Sequence


def even_shares(available: Sequence[int], *, budget: int) -> list[int]:
    """Divide a budget as evenly as the amounts allow.

    Args:
        available: What each one can use at most.
        budget: What there is in all.

    Returns:
        A share for each, no larger than what it can use. They sum to the budget, or to all there is if that is less.
        Where the budget does not divide, the larger ones have one more.
    """
    shares = [0] * len(available)
    order = sorted(range(len(available)), key=lambda index: (available[index], index))
    for position, index in enumerate(order):
        shares[index] = min(available[index], budget // (len(order) - position))
        budget -= shares[index]
    return shares
