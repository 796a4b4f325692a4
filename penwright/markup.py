"""Show a value in a notebook: a small HTML table, every text in it escaped.

Titles and names may come from a stranger's file. This module knows nothing of what is shown.
"""

import html
from collections.abc import Iterable, Sequence

from penwright.errors import printable

MAX_ROWS = 12
MAX_CHARS = 100


def html_table(
    title: str, facts: Iterable[tuple[str, object]], *, heads: Sequence[str] = (), rows: Sequence[Sequence[object]] = ()
) -> str:
    """Return a title, a list of facts and a table as HTML.

    Args:
        title: Heading.
        facts: Names and values. Those whose value is empty are left out.
        heads: Headings of the table.
        rows: Rows of the table. Only the first `MAX_ROWS` are shown, and the number of the others.
    """
    lines = [
        f"<tr><th>{_shown(name)}</th><td>{_shown(value)}</td></tr>" for name, value in facts if value not in ("", None)
    ]
    parts = [f"<div><strong>{_shown(title)}</strong>", f"<table><tbody>{''.join(lines)}</tbody></table>"]
    if rows:
        head = "".join(f"<th>{_shown(name)}</th>" for name in heads)
        body = "".join(f"<tr>{''.join(f'<td>{_shown(cell)}</td>' for cell in row)}</tr>" for row in rows[:MAX_ROWS])
        parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
        parts += [f"<p>and {len(rows) - MAX_ROWS:,} more</p>"] if len(rows) > MAX_ROWS else []
    return "\n".join([*parts, "</div>"])


def glimpse(text: str) -> str:
    """Return the beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_CHARS else f"{line[: MAX_CHARS - 1]}\u2026"


def _shown(value: object) -> str:
    return html.escape(printable(str(value)), quote=True)
