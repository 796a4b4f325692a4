"""What the lessons draw with: a quiet style, a few colours, and `show`.

A lesson draws with matplotlib as anyone does, and ends each figure with
`show("what it shows")`. The figure then appears under the cell of a notebook, on the page
of the documentation, or in a window. Without a screen, a script goes on.
"""

import io
import sys

import matplotlib
import matplotlib.pyplot as plt

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
