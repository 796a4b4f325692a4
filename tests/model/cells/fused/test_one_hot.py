"""Rows of a table by number, against the product of one-hot vectors."""

import pytest
import torch

from penwright.model.cells.fused import one_hot
from penwright.model.cells.fused.one_hot import look_up_rows

NUM_ROWS, WIDTH = 7, 5


def test_without_autocast_rows_are_taken_as_they_are() -> None:
    table, ids = (
        torch.randn(NUM_ROWS, WIDTH, generator=torch.Generator().manual_seed(0)),
        torch.tensor([[3, 0], [3, 6]]),
    )
    assert torch.equal(look_up_rows(table, ids), table[ids])


@pytest.mark.parametrize("most", [NUM_ROWS, NUM_ROWS - 1], ids=["by a product", "row by row"])
def test_rounded_rows_give_the_table_a_gradient_in_full_precision(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Added up in bfloat16, the 700 ones of a row would stay at 256."""
    monkeypatch.setattr(one_hot, "MAX_ROWS_AS_PRODUCT", most)
    table = torch.randn(NUM_ROWS, WIDTH, generator=torch.Generator().manual_seed(0), requires_grad=True)
    ids = torch.arange(NUM_ROWS).repeat(700).view(100, -1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rows = look_up_rows(table, ids)
    assert rows.dtype == torch.bfloat16
    assert torch.equal(rows, table.detach().bfloat16()[ids])
    rows.backward(torch.ones_like(rows))
    assert table.grad is not None
    assert table.grad.dtype == torch.float32
    torch.testing.assert_close(table.grad, torch.full((NUM_ROWS, WIDTH), 700.0), rtol=0.005, atol=0)
