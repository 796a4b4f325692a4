"""Divide a budget of characters evenly over books. Plain arithmetic."""

from collections.abc import Sequence


def even_shares(available: Sequence[int], *, budget: int) -> list[int]:
    """Divide a budget as evenly as the amounts allow.

    Args:
        available: Largest amount that each book can use.
        budget: Total amount.

    Returns:
        A share for each book, at most its available amount. The sum is the budget, or all that is available if that is
        less. If the budget does not divide evenly, the larger books have one more.
    """
    shares = [0] * len(available)
    order = sorted(range(len(available)), key=lambda index: (available[index], index))
    for position, index in enumerate(order):
        shares[index] = min(available[index], budget // (len(order) - position))
        budget -= shares[index]
    return shares
