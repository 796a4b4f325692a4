"""Write the map of modules in docs/architecture.md from the modules' own first lines.

    python docs/make_module_map.py

The rooms keep the order that the page's table of floors gives them. A test compares the map with the modules, so run
this after adding, renaming or redescribing one.
"""

import ast
import re
from pathlib import Path

PAGE = Path(__file__).with_name("architecture.md")
PACKAGE = Path(__file__).parents[1] / "penwright"
MAP = re.compile(r"(?<=<!-- map -->\n).*(?=<!-- end of map -->)", re.DOTALL)


def rows(page: str) -> list[str]:
    """Return one line of the table for each module, in the order of the floors."""
    floors = [line for line in page.splitlines() if re.match(r"\| \d+ \|", line)]
    order = ["__init__", "__main__", *re.findall(r"`(\w+)/?`", "\n".join(floors))]

    def place(path: Path) -> tuple[int, int, str]:
        parts = path.relative_to(PACKAGE).parts
        return order.index(parts[0].removesuffix(".py")), len(parts), path.as_posix()

    return [
        f"| `{path.relative_to(PACKAGE).as_posix()}` | {first_line(path)} |"
        for path in sorted(PACKAGE.rglob("*.py"), key=place)
    ]


def first_line(path: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    table = "\n".join(["", "| module | what it does |", "|---|---|", *rows(page), "", ""])
    PAGE.write_text(MAP.sub(lambda _: table, page), encoding="utf-8")
