"""Step 2: a network tells three kinds of irises apart, from four measures of each flower.

    python examples/workshop/2_iris.py lessons/data/iris.csv

The table is in this repository; lesson 3 explains the network.
"""

import argparse
import csv
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

KINDS = ["setosa", "versicolor", "virginica"]


def load(path: Path) -> tuple[Tensor, Tensor]:
    """Return the measures, float32 (N, 4), and the kinds, int64 (N,)."""
    _, *rows = csv.reader(path.read_text(encoding="utf-8").splitlines())
    measures = torch.tensor([[float(value) for value in row[:4]] for row in rows])
    return measures, torch.tensor([KINDS.index(row[4]) for row in rows])


def accuracy(network: nn.Module, flowers: Tensor, kinds: Tensor) -> float:
    """Return the percentage of right answers."""
    with torch.no_grad():
        return 100 * (network(flowers).argmax(dim=1) == kinds).float().mean().item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--epochs", type=int, default=100)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    flowers, kinds = load(arguments.table)
    print(f"Num data points: {len(kinds)}")
    train, test = torch.randperm(len(kinds)).split([120, 30])  # the table is sorted by kind
    network = nn.Sequential(nn.Linear(4, 6), nn.Sigmoid(), nn.Linear(6, 3))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for epoch in range(1, arguments.epochs + 1):
        for chosen in train[torch.randperm(len(train))].split(10):
            loss = cross_entropy(network(flowers[chosen]), kinds[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 10 == 0:
            learned = accuracy(network, flowers[train], kinds[train])
            print(f"Epoch {epoch}, Minibatch Loss={loss:.4f}, Training Accuracy={learned:.2f}")
    print(
        f"Final Accuracy={accuracy(network, flowers[test], kinds[test]):.2f} on {len(test)} flowers that it never saw"
    )


if __name__ == "__main__":
    main()
