"""What no module does, and what only some rooms may do: print, read the environment, touch files, start programs."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from package import MODULES, is_in, shown, tree_of

Finding = tuple[int, str]
Finder = Callable[[ast.Module], Iterator[Finding]]


class Rule(NamedTuple):
    """Something that only some rooms may do."""

    deed: str
    finders: tuple[Finder, ...]
    rooms: frozenset[str]
    """Rooms and modules that may do it, such as "cli" or "author/file"."""
    breaches: tuple[str, ...]
    """Lines that the finders must catch: a rule that sees nothing proves nothing."""


def imported_names(tree: ast.Module) -> Iterator[Finding]:
    """Every import at any depth; `from a import b` gives a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the name that is called, such as "os.getenv"; an owner that is an expression is "?"."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            names, function = [], node.func
            while isinstance(function, ast.Attribute):
                names.append(function.attr)
                function = function.value
            names.append(function.id if isinstance(function, ast.Name) else "?")
            yield node, ".".join(reversed(names))


def imports_of(*modules: str, but: str = "") -> Finder:
    """Find imports of these modules or of anything in them, but of one among them."""

    def find(tree: ast.Module) -> Iterator[Finding]:
        for line, name in imported_names(tree):
            if any(f"{name}.".startswith(f"{module}.") for module in modules):
                if not but or not f"{name}.".startswith(f"{but}."):
                    yield line, f"import of {name}"

    return find


def calls_of(*names: str) -> Finder:
    """Find calls of these names, written just so."""

    def find(tree: ast.Module) -> Iterator[Finding]:
        yield from ((call.lineno, f"call of {name}") for call, name in calls(tree) if name in names)

    return find


def uses_of(*attributes: str) -> Finder:
    """Find attributes of anything, such as `environ` in `os.environ`, and imports of that name."""

    def find(tree: ast.Module) -> Iterator[Finding]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in attributes:
                yield node.lineno, f"use of .{node.attr}"
        yield from ((line, f"import of {n}") for line, n in imported_names(tree) if n.split(".")[-1] in attributes)

    return find


def allows_pickle(tree: ast.Module) -> Iterator[Finding]:
    """Find numpy asked to unpickle."""
    for call, name in calls(tree):
        if any(keyword.arg == "allow_pickle" for keyword in call.keywords):
            yield call.lineno, f"allow_pickle in {name}"


def maps_a_file(tree: ast.Module) -> Iterator[Finding]:
    """Find memory that is mapped from anything; -1, for no file at all, has to be written there."""
    for call, name in calls(tree):
        if name.split(".")[-1] == "mmap" and not (call.args and ast.unparse(call.args[0]) == "-1"):
            yield call.lineno, f"call of {name}"


def text_without_encoding(tree: ast.Module) -> Iterator[Finding]:
    """Find text that is read or written in whatever encoding the system prefers."""
    for call, name in calls(tree):
        owner, _, method = name.rpartition(".")
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        if "encoding" in given:
            continue
        if method in ("read_text", "write_text") and owner not in ("", "files"):
            yield call.lineno, f"call of {name}"
        elif method == "open":
            place = 1 if not owner else 0
            mode = call.args[place] if len(call.args) > place else given.get("mode")
            has_default_mode = mode is None and not given
            has_text_mode = isinstance(mode, ast.Constant) and set(str(mode.value)) <= set("rwxat+")
            if has_default_mode or has_text_mode:
                yield call.lineno, f"call of {name}"


RULES = [
    Rule(
        "prints or speaks to the terminal",
        (calls_of("print", "input"), uses_of("stdout", "stderr", "stdin", "__stdout__", "__stderr__")),
        frozenset({"cli"}),
        ("print(1)", "from sys import stderr", "sys.stdout.write('a')"),
    ),
    Rule(
        "parses arguments or decorates a terminal",
        (uses_of("argv"), imports_of("argparse", "cyclopts", "rich", "getopt", "optparse")),
        frozenset({"cli"}),
        ("sys.argv[1:]", "import rich.console"),
    ),
    Rule(
        "reads the environment",
        (uses_of("environ", "environb", "getenv", "getenvb", "putenv"),),
        frozenset({"cli", "training/distributed"}),
        ("from os import environ", "os.getenv('HOME')", "home = os.environ['HOME']"),
    ),
    Rule(
        "touches files",
        (
            calls_of("open", "np.memmap", "np.load", "np.save", "np.fromfile"),
            uses_of("read_text", "write_text", "read_bytes", "write_bytes", "mkdir", "unlink", "tofile", "iterdir"),
            imports_of("pathlib.Path", "shutil", "tempfile", "glob", "zipfile", "tarfile"),
            imports_of("penwright.files", but="penwright.files.scratch"),  # no file there has a name
            maps_a_file,
        ),
        frozenset(
            {
                "files",
                "kernels/compiling",
                # Of the corpus: not cleaning, not formats, not shelf, not the executor.
                "corpus/archives",
                "corpus/description",
                "corpus/fetching",
                "corpus/folders",
                "corpus/inspection",
                "corpus/shelf_report",
                "corpus/passes",
                "corpus/user_dirs",
                "corpus/preparing",
                "corpus/sources",
                "corpus/store",
                "originality/index",
                "originality/building",
                "corpus/texts",
                "author/author",
                "author/box",
                "author/export/html",
                "author/export/onnx",
                "author/file",
                "author/reader",
                # Of training: not the updates, not optim, not planning.
                "training/machine",
                "training/runs",
                "training/settings/resolve",
                "training/start",
                "notebook",
                "author/works/epub",
                "author/works/exporting",
                "author/works/journal",
                "author/works/session",
                "author/works/writing",
                "report/building",
                "report/kept",
                "report/tensorboard",
                "serving/stories/folder",
                "serving/stories/journal",
                "serving/watching",
                "serving/web/page",
                "cli",
            }
        ),
        (
            "open('a')",
            "def f():\n    from pathlib import Path",
            "path.read_bytes()",
            "import shutil",
            "mmap.mmap(number, 9)",
            "mmap(fileno=n)",
        ),
    ),
    Rule(
        "speaks to a network",
        (
            imports_of("socket", "ssl", "http", "urllib.request", "ftplib", "smtplib", "requests", "httpx"),
            imports_of("uvicorn", "starlette"),
        ),
        frozenset({"corpus/fetching/web", "corpus/fetching/addresses", "serving/server", "serving/web"}),
        ("import http.client", "from urllib.request import urlopen"),
    ),
    Rule(
        "starts other programs",
        (imports_of("subprocess", "pty"), calls_of("os.system", "os.popen", "os.execv", "os.fork", "os.spawnv")),
        # pip fetches the default shelf, and a user's program checks code
        frozenset({"corpus/sources/default_shelf", "corpus/fetching/rsync", "cli/checking"}),
        ("import subprocess", "os.system('ls')"),
    ),
    Rule(
        "unpickles",
        (
            imports_of("pickle", "shelve", "marshal", "dill", "joblib", "cloudpickle"),
            calls_of("torch.load", "torch.save", "torch.jit.load"),
            allows_pickle,
        ),
        frozenset(),
        ("torch.load(path)", "from pickle import loads", "np.load(p, allow_pickle=True)"),
    ),
    Rule(
        "runs text as code",
        (calls_of("eval", "exec", "compile", "__import__"),),
        frozenset(),
        ("eval('1')", "exec(code)"),
    ),
    Rule(
        "imports by a name it is given",
        (calls_of("import_module", "importlib.import_module"), imports_of("runpy", "pkgutil", "importlib.util")),
        frozenset({"__init__"}),  # the door, from its own list
        ("importlib.import_module(name)", "import runpy"),
    ),
    Rule(
        "leaves an encoding to the system",
        (text_without_encoding,),
        frozenset(),
        ("path.read_text()", "open(path)", "path.open('w')", "path.open()", "path.write_text(text, newline='')"),
    ),
    Rule(
        "draws from a generator that everybody shares",
        (
            imports_of("random"),
            calls_of("torch.manual_seed", "np.random.seed", "np.random.rand", "np.random.randn", "np.random.randint"),
        ),
        frozenset(),
        ("torch.manual_seed(1)", "from random import choice"),
    ),
]


def findings(tree: ast.Module, rule: Rule) -> list[Finding]:
    """Where a module breaks a rule."""
    return [finding for find in rule.finders for finding in find(tree)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.deed)
def test_only_the_rooms_that_may(rule: Rule) -> None:
    found = []
    for path in MODULES:
        if not is_in(path, rule.rooms):
            found += [f"{shown(path)}:{line}: {what}" for line, what in findings(tree_of(path), rule)]
    assert not found, f"{' '.join(sorted(rule.rooms)) or 'nobody'} alone {rule.deed}: {found}"


@pytest.mark.parametrize(("rule", "room"), [(rule, room) for rule in RULES for room in sorted(rule.rooms)])
def test_a_room_that_may_does(rule: Rule, room: str) -> None:
    """Permission that nobody uses is a door left open."""
    assert any(findings(tree_of(path), rule) for path in MODULES if is_in(path, {room})), f"{room}: {rule.deed}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.deed)
def test_a_breach_is_seen(rule: Rule) -> None:
    for breach in rule.breaches:
        assert findings(ast.parse(breach), rule), breach


@pytest.mark.parametrize(
    "line", ["path.open('rb')", "path.open(mode='rb')", "archive.open(member)", "open(path, 'r', encoding='utf-8')"]
)
def test_binary_or_declared_text_needs_no_other_encoding(line: str) -> None:
    assert not list(text_without_encoding(ast.parse(line)))


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_nothing_is_left_for_later(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    left = [word for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X", "raise NotImplemented" + "Error") if word in text]
    assert not left, f"{shown(path)} leaves work behind: {left}"
