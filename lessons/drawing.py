"""What the lessons draw with: a quiet style, some colours, networks as circles, and `show`.

A lesson draws with matplotlib as anyone does, and ends each figure with
`show("what it shows")`. The figure then appears under the cell of a notebook, on the page
of the documentation, or in a window. Without a screen, a script goes on.
"""

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

DATA = Path(__file__).parent / "data"
"""The folder of the lessons' tables and texts."""
SHELF = next(
    folder for up in Path(__file__).parents if (folder := up / "tests" / "shelf").is_dir()
)
"""The folder of six little books, in the checkout that holds these lessons."""

INK, PAPER, GREY = "#26262e", "#fefefe", "#8b8f99"
BLUE, ORANGE, GREEN, RED, PURPLE = "#2f6db5", "#dd7a33", "#3c9d6b", "#c8434f", "#8057b0"
PALE_BLUE, PALE_ORANGE, PALE_GREEN = "#dbe7f5", "#fae3d4", "#dcf0e4"

plt.rcParams.update(
    {
        "figure.figsize": (6.4, 3.9),
        "figure.dpi": 100,
        "figure.constrained_layout.use": True,
        "figure.facecolor": PAPER,
        "axes.facecolor": PAPER,
        "savefig.facecolor": PAPER,
        "savefig.dpi": 200,  # of what is drawn as pixels
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": GREY,
        "axes.titlesize": 12,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": plt.cycler(color=[BLUE, ORANGE, GREEN, RED, PURPLE, GREY]),
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
        "lines.linewidth": 2,
        "font.size": 11,
        "svg.hashsalt": "penwright",  # the same figure is the same file
    }
)


def draw_network(
    axes: Axes,
    columns: Sequence[Sequence[str]],
    weights: Sequence[np.ndarray] | None = None,
) -> None:
    """Draw the layers of a network as columns of circles, and its weights as lines.

    Args:
        axes: Where to draw.
        columns: What is written into the circles, a list for each column from the left.
        weights: For each gap between two columns, an array of shape (left, right). A large
            weight is thick, blue above zero and orange below. Without any, all are grey.
    """
    tallest = max(map(len, columns))
    places = [
        [
            (3 * x, (tallest - len(column)) / 2 + len(column) - 1 - y)
            for y in range(len(column))
        ]
        for x, column in enumerate(columns)
    ]
    for gap, (left, right) in enumerate(zip(places, places[1:], strict=False)):
        for i, start in enumerate(left):
            for j, end in enumerate(right):
                style = {"color": GREY, "linewidth": 1.0}
                if weights is not None:
                    weight = weights[gap][i, j] / np.abs(weights[gap]).max()
                    style = {
                        "color": BLUE if weight > 0 else ORANGE,
                        "linewidth": 5 * abs(weight) + 0.2,
                        "alpha": 0.8,
                    }
                axes.plot(*zip(start, end, strict=True), zorder=1, **style)
    for column, spots in zip(columns, places, strict=True):
        for text, (x, y) in zip(column, spots, strict=True):
            axes.add_patch(
                plt.Circle((x, y), 0.36, facecolor=PALE_BLUE, edgecolor=BLUE, zorder=2)
            )
            axes.text(x, y, text, ha="center", va="center", fontsize=9, zorder=3)
    axes.set(
        xlim=(-0.6, 3 * len(columns) - 2.4), ylim=(-0.6, tallest - 0.4), aspect="equal"
    )
    axes.axis("off")


def show(caption: str) -> None:
    """Show the figure that was drawn last, and close it.

    Args:
        caption: What the figure shows, in a sentence, for those who cannot see it.
    """
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from IPython.display import display

        drawn = io.StringIO()
        plt.savefig(drawn, format="svg", metadata={"Date": None})
        display({"image/svg+xml": drawn.getvalue(), "text/plain": caption}, raw=True)
    elif matplotlib.get_backend().lower() != "agg":  # there is a screen
        plt.show()
    plt.close()
