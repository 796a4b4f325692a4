"""Updates that are as large in every direction, and what they leave alone."""

import pytest
import torch
from torch import Tensor, nn

from penwright.training.optim.muon import Muon, Stacked, orthogonalized


def drawn(*shape: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def nearest_orthogonal(matrix: Tensor) -> Tensor:
    """The plain way: the same directions, all singular values one."""
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    return left @ right


@pytest.mark.parametrize("shape", [(12, 30), (30, 12), (1, 8), (8, 1)])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_singular_values_come_near_one_whatever_they_were_and_keep_their_directions(
    shape: tuple[int, int], scale: float
) -> None:
    matrix = drawn(*shape, scale=scale)
    found = orthogonalized(matrix[None])[0]
    values = torch.linalg.svdvals(found)
    assert values.min() > 0.6 and values.max() < 1.25
    torch.testing.assert_close(nearest_orthogonal(found), nearest_orthogonal(matrix), rtol=0, atol=1e-3)


def test_each_matrix_goes_its_own_way() -> None:
    matrices = drawn(3, 6, 10)
    together = orthogonalized(matrices)
    for matrix, found in zip(matrices, together, strict=True):
        torch.testing.assert_close(orthogonalized(matrix[None])[0], found)


def test_a_matrix_of_zeros_stays_one() -> None:
    assert torch.equal(orthogonalized(torch.zeros(2, 3, 4)), torch.zeros(2, 3, 4))


def test_bfloat16_finds_nearly_the_same() -> None:
    matrices = drawn(2, 16, 40)
    torch.testing.assert_close(orthogonalized(matrices.bfloat16()).float(), orthogonalized(matrices), rtol=0, atol=0.03)


def updated(
    weights: dict[str, tuple[nn.Parameter, int]], gradients: list[dict[str, Tensor]], **settings: float
) -> None:
    stacked = [Stacked(weight, number) for weight, number in weights.values()]
    options = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.0, **settings}
    optimizer = Muon(stacked, **options, dtype=torch.float32)  # type: ignore[arg-type]
    for step in gradients:
        for name, (weight, _) in weights.items():
            weight.grad = step.get(name)
        optimizer.step()


def plainly_updated(
    matrix: Tensor, gradients: list[Tensor], *, lr: float, momentum: float, weight_decay: float
) -> Tensor:
    """One matrix after the other, as the formula stands."""
    mean = torch.zeros_like(matrix)
    for gradient in gradients:
        mean = momentum * mean + (1 - momentum) * gradient
        ahead = momentum * mean + (1 - momentum) * gradient
        scale = max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5
        matrix = matrix * (1 - lr * weight_decay) - lr * scale * orthogonalized(ahead[None])[0]
    return matrix


def test_updates_are_those_of_the_formula_matrix_by_matrix() -> None:
    settings = {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.3}
    begin = {"wide": drawn(4, 9), "tall": drawn(9, 4, seed=1), "also tall": drawn(9, 4, seed=2)}
    steps = [
        {name: drawn(*value.shape, seed=10 * n + k) for k, (name, value) in enumerate(begin.items())} for n in (1, 2)
    ]
    weights = {name: (nn.Parameter(value.clone()), 1) for name, value in begin.items()}
    updated(weights, steps, **settings)
    for name, (weight, _) in weights.items():
        expected = plainly_updated(begin[name], [step[name] for step in steps], **settings)
        torch.testing.assert_close(weight.detach(), expected)


def test_stacked_gates_are_updated_as_if_each_were_alone() -> None:
    begin, gradient = drawn(12, 5), drawn(12, 5, seed=1)
    together = nn.Parameter(begin.clone())
    updated({"gates": (together, 3)}, [{"gates": gradient}])
    alone = [nn.Parameter(gate.clone()) for gate in begin.chunk(3)]
    updated(
        {str(k): (gate, 1) for k, gate in enumerate(alone)},
        [{str(k): part for k, part in enumerate(gradient.chunk(3))}],
    )
    torch.testing.assert_close(together.detach(), torch.cat([gate.detach() for gate in alone]))
    whole = nn.Parameter(begin.clone())
    updated({"gates": (whole, 1)}, [{"gates": gradient}])
    assert not torch.allclose(whole, together, atol=1e-3)


def test_a_weight_without_gradient_stays_as_it_is() -> None:
    weight = nn.Parameter(drawn(3, 3))
    before = weight.detach().clone()
    updated({"idle": (weight, 1)}, [{}], weight_decay=0.5)
    assert torch.equal(weight, before)
