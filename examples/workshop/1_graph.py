"""Step 1: a computation is a graph. Triple some numbers, add them up, and draw the graph.

    python examples/workshop/1_graph.py 300 10 --out graph.svg

In the drawing, boxes are operations, and round shapes are the tensors that pass between them, each with its values.
"""

import argparse
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx

PAGE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 460 {height}" width="460" height="{height}"
 text-anchor="middle" font-family="sans-serif" font-size="14"><defs><marker id="tip" markerWidth="9" markerHeight="8"
 refX="9" refY="4" orient="auto"><path d="M0,0 9,4 0,8"/></marker></defs>\n{shapes}</svg>\n"""
SHAPE = '<rect x="{x}" y="{y}" width="180" height="44" rx="{radius}" fill="{color}" stroke="#2f6db5"/>'
ARROW = '<path d="M {} {} L {} {}" stroke="#26262e" marker-end="url(#tip)"/>\n'


def tripled_sum(numbers: Tensor) -> Tensor:
    tripled = numbers * 3
    return tripled.sum()


class Drawer(fx.Interpreter):
    """Runs a graph and draws each operation, what goes into it, and the tensor that it makes, from the top down."""

    shapes, y = "", 10

    def run_node(self, node: fx.Node) -> Any:
        value = super().run_node(node)
        if node.op in ("call_function", "call_method"):
            for constant in (each for each in node.args if not isinstance(each, fx.Node)):
                self.shapes += ARROW.format(200, self.y + 22, 260, self.y + 22)
                self.draw(str(constant), 20, color="#f2f2f2", radius=22)
            self.draw(getattr(node.target, "__name__", str(node.target)), 260, color="#dbe7f5")
            self.y += 74
        if node.op != "output":
            self.draw(str(value.tolist()), 260, color="#fae3d4", radius=22)
            self.y += 74
        return value

    def draw(self, text: str, x: int, *, color: str, radius: int = 0) -> None:
        if x == 260 and self.y > 10:
            self.shapes += ARROW.format(350, self.y - 30, 350, self.y)
        self.shapes += SHAPE.format(x=x, y=self.y, color=color, radius=radius)
        self.shapes += f'<text x="{x + 90}" y="{self.y + 27}">{text}</text>\n'


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Triple numbers, add them up, and draw the graph.")
    parser.add_argument("numbers", type=float, nargs="*", default=[300.0, 10.0])
    parser.add_argument("--out", type=Path, default=Path("graph.svg"))
    arguments = parser.parse_args()
    drawer = Drawer(fx.symbolic_trace(tripled_sum))
    print("the total is", drawer.run(torch.tensor(arguments.numbers)).item())
    arguments.out.write_text(PAGE.format(height=drawer.y - 20, shapes=drawer.shapes), encoding="utf-8")
