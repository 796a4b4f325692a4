"""Write the floors and the map of modules in docs/architecture.md from docs/floors.toml and the modules' first lines.

    python docs/make_module_map.py

A test compares both with the package, so run this after adding, renaming or redescribing a module.
"""

import ast
import re
import tomllib
from pathlib import Path

DOCS = Path(__file__).parent
PAGE = DOCS / "architecture.md"
PACKAGE = DOCS.parent / "penwright"
FLOORS = tomllib.loads((DOCS / "floors.toml").read_text(encoding="utf-8"))["floors"]


def floor_rows() -> list[str]:
    """Return one line of the table for each floor, the ground first."""
    shown = ["; ".join(f"`{name}` {purpose}" for name, purpose in floor.items()) for floor in FLOORS]
    return [f"| {number} | {names} |" for number, names in enumerate(shown)]


def module_rows() -> list[str]:
    """Return one line of the table for each module, room by room from the ground up, sub-rooms last."""
    order = ["__init__", "__main__", *(name for floor in FLOORS for name in floor)]

    def position(path: Path) -> tuple[int, bool, str]:
        parts = path.relative_to(PACKAGE).parts
        return order.index(parts[0].removesuffix(".py")), len(parts) > 2, path.as_posix()

    return [
        f"| `{path.relative_to(PACKAGE).as_posix()}` | {first_line(path)} |"
        for path in sorted(PACKAGE.rglob("*.py"), key=position)
    ]


def first_line(path: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def replaced(page: str, mark: str, header: str, rows: list[str]) -> str:
    """Return the page with the table between `<!-- mark -->` and `<!-- end of mark -->` made anew."""
    table = "\n".join(["", header, "|---|---|", *rows, "", ""])
    pattern = re.compile(rf"(?<=<!-- {mark} -->\n).*(?=<!-- end of {mark} -->)", re.DOTALL)
    return pattern.sub(lambda _: table, page)


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    page = replaced(page, "floors", "| floor | rooms and modules |", floor_rows())
    page = replaced(page, "map", "| module | what it does |", module_rows())
    PAGE.write_text(page, encoding="utf-8")
