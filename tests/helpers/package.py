"""The package as its sources show it: modules, their names, and the rooms they lie in."""

import ast
from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "penwright"
MODULES = sorted(PACKAGE.rglob("*.py"))


def shown(path: Path) -> str:
    """A module's path as a test's name."""
    return path.relative_to(PACKAGE).as_posix()


def is_in(path: Path, names: Iterable[str]) -> bool:
    """Whether a module is one of these, or lies in one of these rooms, such as "cli" or "model/config"."""
    whole = path.relative_to(PACKAGE).with_suffix("").as_posix()
    return any(f"{whole}/".startswith(f"{name}/") for name in names)


def tree_of(path: Path) -> ast.Module:
    """A module's source, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
