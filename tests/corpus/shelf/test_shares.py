"""A budget is used up, and no one has much more than another who could have taken more."""

from hypothesis import given
from hypothesis import strategies as st

from penwright.corpus.shelf.shares import even_shares


@given(available=st.lists(st.integers(0, 50), max_size=12), budget=st.integers(0, 400))
def test_shares_use_the_whole_budget_and_differ_by_one_at_most(available: list[int], budget: int) -> None:
    shares = even_shares(available, budget=budget)
    assert sum(shares) == min(budget, sum(available))
    cut = [share for share, most in zip(shares, available, strict=True) if share < most]
    if cut:
        assert max(cut) - min(cut) <= 1
        assert all(share <= max(cut) for share in shares)
