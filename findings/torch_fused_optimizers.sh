#!/bin/sh
# torch's fused optimizers on the CPU pair weights and gradients by their order in memory, not by their index.
#
# A gradient whose strides differ from its parameter's moves the wrong weights. There is no exception and no warning.
# fused=False takes the same gradient rightly. Tensor.backward lays gradients out as their parameters are, so it hides this;
# torch.autograd.grad returns whatever layout the last operation left, often a transposed one, and p.grad accepts it.
# Version: torch 2.13.0, CPU; Adam, AdamW, SGD and Adagrad alike.
# Seen: with learning rate 1 and gradient [[1, 2, -3], [-1, 5, 6]] in column order, fused SGD moves the weights by
# [[-1, 1, -2], [-5, 3, -6]], where [[-1, -2, 3], [1, -5, -6]] is right.
# Source: pytorch issue 106951, where fused Adam on CUDA refuses such gradients with a RuntimeError; the CPU's does not look.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import torch

rows = torch.tensor([[1.0, 2.0, -3.0], [-1.0, 5.0, 6.0]])
columns = rows.t().contiguous().t()  # the same numbers, in another order in memory
assert torch.equal(rows, columns) and rows.stride() != columns.stride()


def moved(name, gradient, *, fused):
    weight = torch.nn.Parameter(torch.zeros(2, 3))
    weight.grad = gradient.clone(memory_format=torch.preserve_format)
    getattr(torch.optim, name)([weight], lr=1.0, fused=fused).step()
    return weight.detach()


for name in ("SGD", "Adam", "AdamW", "Adagrad"):
    right = moved(name, rows, fused=False)
    assert torch.allclose(moved(name, columns, fused=False), right)
    assert torch.allclose(moved(name, rows, fused=True), right)
    wrong = moved(name, columns, fused=True)
    print(name, wrong.tolist())
    assert not torch.allclose(wrong, right), f"fused {name} looks at strides now"
PYTHON
