"""The shape of the package, read from its source: floors, circles, ceilings, docstrings, a start-up without torch."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from folders import ROOT
from package import MODULES, PACKAGE, is_in, shown, tree_of

MAX_LINES = 300

FLOORS = [list(floor) for floor in tomllib.loads((ROOT / "docs" / "floors.toml").read_text(encoding="utf-8"))["floors"]]
FLOOR_OF = {name: floor for floor, names in enumerate([*FLOORS, ["__main__"]]) for name in names}
MAX_ENTRIES = 21
"""Files and folders at the top of the package, so that a newcomer can hold them in the head."""
WITHOUT_TORCH = {
    "errors",
    "files",
    "settings",
    "alphabet",
    "corpus",
    "writing/options",
    "writing/stopping",
    "model/config",
    "author/box",
    "author/card",
    "author/card_text",
    "author/file/format",
    "author/file/header",
    "author/file/naming",
    "evaluation/book_score",
    "training/records",
    "training/runs/newest",
    "training/settings",
    "cli",
}
WITHOUT_TORCH |= {"__init__", "__main__"}


def room_of(path: Path) -> str:
    """The name under which a module stands in FLOORS."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def dotted_name_of(path: Path) -> str:
    """The name by which Python imports a module."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_in(node: ast.AST) -> Iterator[str]:
    """Dotted names that one statement imports; `from a import b` gives a.b."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"line {node.lineno}: imports in this package name the whole path"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_at_start(tree: ast.Module) -> Iterator[str]:
    """What a module imports when it is itself imported: not in its functions, not for type checkers."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield from imports_in(node)
        is_for_type_checkers = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if not is_for_type_checkers and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting.extend(ast.iter_child_nodes(node))


def all_imports(tree: ast.Module) -> set[str]:
    """Dotted names that a module imports anywhere: in its functions and for type checkers too."""
    return {name for node in ast.walk(tree) for name in imports_in(node)}


def rooms_imported_by(tree: ast.Module) -> set[str]:
    """Rooms of the package that a module imports anywhere."""
    names = [name.split(".") for name in all_imports(tree)]
    return {parts[1] for parts in names if parts[0] == "penwright" and len(parts) > 1}


def forbidden_rooms(tree: ast.Module, *, room: str) -> set[str]:
    """Rooms that a module of `room` imports although they are not below it."""
    allowed = {room, *(name for name, floor in FLOOR_OF.items() if floor < FLOOR_OF[room])}
    return rooms_imported_by(tree) - allowed


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(path) != "__init__"], ids=shown)
def test_module_imports_only_from_lower_floors(path: Path) -> None:
    assert room_of(path) in FLOOR_OF, f"give {room_of(path)} a floor"
    assert not forbidden_rooms(tree_of(path), room=room_of(path)), f"{shown(path)} imports what is not below it"


@pytest.mark.parametrize(
    "line",
    ["from penwright.training.loop import train", "import penwright.training.loop", "from penwright import Author"],
)
def test_an_import_that_points_up_or_sideways_or_to_the_door_is_seen(line: str) -> None:
    assert forbidden_rooms(ast.parse(f"def inside():\n    {line}"), room="corpus")


def test_every_floor_is_inhabited() -> None:
    assert set(FLOOR_OF) - {"__main__"} <= {room_of(path) for path in MODULES}


def circles_in(needs: dict[str, set[str]]) -> set[str]:
    """Return the names that need one another in a circle, and those that need these."""
    waiting = {name: needed & needs.keys() - {name} for name, needed in needs.items()}
    while ready := [name for name, needed in waiting.items() if not needed & waiting.keys()]:
        for name in ready:
            del waiting[name]
    return set(waiting)


def needs_within(folder: Path) -> dict[str, set[str]]:
    """Return what each module and sub-room of a folder imports of the others there."""
    inside = f"{dotted_name_of(folder / '__init__.py')}."
    needs: dict[str, set[str]] = {}
    for path in folder.rglob("*.py"):
        name = path.relative_to(folder).parts[0].removesuffix(".py")
        imported = [target.removeprefix(inside) for target in all_imports(tree_of(path)) if target.startswith(inside)]
        needs.setdefault(name, set()).update(target.partition(".")[0] for target in imported)
    return needs


FOLDERS = [path.parent for path in MODULES if path.name == "__init__.py" and path.parent != PACKAGE]


@pytest.mark.parametrize("folder", FOLDERS, ids=shown)
def test_modules_and_sub_rooms_do_not_need_one_another_in_a_circle(folder: Path) -> None:
    assert not circles_in(needs_within(folder)), f"in {shown(folder)} these import one another"


def test_a_circle_is_seen() -> None:
    assert circles_in({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == {"a", "b", "c"}


def test_the_top_of_the_package_is_small() -> None:
    entries = [path.name for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert len(entries) <= MAX_ENTRIES, sorted(entries)


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_module_stays_under_its_ceiling(path: Path) -> None:
    num_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert num_lines <= MAX_LINES, f"{shown(path)} has {num_lines} lines; split it by concept"


def public_definitions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Functions and classes of a module's or class's body whose names have no leading underscore."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


# A method that overrides one of another class says nothing new, so one docstring anywhere is enough for its name.
DOCUMENTED_METHODS = {
    method.name
    for path in MODULES
    for cls in tree_of(path).body
    if isinstance(cls, ast.ClassDef)
    for method in public_definitions(cls.body)
    if ast.get_docstring(method)
}


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_everything_public_says_what_it_is(path: Path) -> None:
    tree = tree_of(path)
    assert ast.get_docstring(tree), f"{shown(path)} does not say what it does"
    for node in public_definitions(tree.body):
        assert ast.get_docstring(node), f"{shown(path)}:{node.lineno}: {node.name} has no docstring"
        if isinstance(node, ast.ClassDef):
            for method in public_definitions(node.body):
                is_known = bool(node.bases) and method.name in DOCUMENTED_METHODS
                assert is_known or ast.get_docstring(method), f"{shown(path)}:{method.lineno}: {method.name} is bare"


def test_the_map_of_modules_says_what_the_modules_say() -> None:
    text = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    shown_rows = {line for line in text.splitlines() if line.startswith("| `") and ".py` | " in line}
    first_lines = {path: (ast.get_docstring(tree_of(path)) or "").partition("\n")[0] for path in MODULES}
    rows = {f"| `{shown(path)}` | {first_line} |" for path, first_line in first_lines.items()}
    assert not rows ^ shown_rows, "run: python docs/make_module_map.py"
    names = re.findall(r"^\| \d+ \| (.*) \|$", text, re.MULTILINE)
    assert [re.findall(r"`(\w+)`", line) for line in names] == FLOORS, "run: python docs/make_module_map.py"


@pytest.mark.parametrize("path", [path for path in MODULES if is_in(path, WITHOUT_TORCH)], ids=shown)
def test_light_module_does_not_import_torch(path: Path) -> None:
    heavy = {name for name in imports_at_start(tree_of(path)) if name.split(".")[0] in ("torch", "safetensors")}
    assert not heavy, f"{shown(path)} imports {heavy} at module level"


def run_python(code: str, *, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run code in a process of its own, in a folder that is also its home, with warnings as errors."""
    environment = os.environ | {"HOME": str(folder), "XDG_CACHE_HOME": str(folder), "PYTHONPATH": str(PACKAGE.parent)}
    command = [sys.executable, "-B", "-W", "error", "-c", code]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)


def test_help_is_shown_without_torch(tmp_path: Path) -> None:
    code = """
import sys
from penwright.cli.app import main
sys.argv = ["penwright", "--help"]
try:
    code = main()
except SystemExit as end:
    code = end.code
assert "torch" not in sys.modules
sys.exit(code)
"""
    done = run_python(code, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "penwright" in done.stdout.lower()
    assert not done.stderr


@pytest.mark.slow
def test_importing_everything_does_nothing_visible(tmp_path: Path) -> None:
    names = [dotted_name_of(path) for path in MODULES if room_of(path) != "__main__"]
    code = f"""
import importlib, random, signal, threading, warnings
import numpy, torch

def look():
    handlers = [signal.getsignal(number) for number in sorted(signal.valid_signals())]
    draws = random.getstate(), repr(numpy.random.get_state()), torch.random.get_rng_state().tolist()
    return handlers, draws, torch.get_num_threads(), torch.get_default_dtype(), threading.active_count()

before = look()
for name in {names!r}:
    importlib.import_module(name)
assert look() == before
"""
    done = run_python(code, folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())
