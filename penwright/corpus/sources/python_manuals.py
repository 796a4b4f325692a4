"""The manuals of the running Python as a small shelf: technical prose without a download, labelled as such.

The text is the docstrings of the standard library and the reference topics of `help()`. Source files are parsed and
never imported. The text differs between versions of Python, so results are not comparable between them.
"""

import ast
import platform
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

from penwright.corpus.folders import replacing_folder
from penwright.corpus.sources.manifest import ManifestBook, write_manifest
from penwright.errors import CorpusError
from penwright.files import write_text

MANIFEST_NAME = "manifest.toml"
LANGUAGE = "the language"
OTHER = "everything else"
GROUPS = {
    "drawing and windows": "colorsys curses tkinter turtle",
    "the internet": (
        "base64 cgi cgitb email ftplib html http imaplib ipaddress mailbox mailcap mimetypes nntplib poplib quopri "
        "smtpd smtplib socket socketserver ssl telnetlib urllib uuid webbrowser wsgiref xml xmlrpc"
    ),
    "processes and threads": (
        "_threading_local asynchat asyncio asyncore concurrent contextvars multiprocessing queue sched selectors "
        "signal subprocess threading"
    ),
    "files and formats": (
        "aifc bz2 chunk codecs configparser csv dbm encodings filecmp fileinput glob gzip json lzma netrc os "
        "pathlib pickle pickletools plistlib shelve shutil sqlite3 stat sunau tarfile tempfile tomllib wave zipapp "
        "zipfile zipimport"
    ),
    "numbers, text and dates": (
        "_pydecimal _strptime calendar datetime decimal difflib fractions graphlib heapq locale numbers pprint "
        "random re statistics string textwrap zoneinfo"
    ),
    "writing and testing programs": (
        "argparse ast bdb cmd code codeop compileall dis distutils doctest getopt importlib inspect logging "
        "optparse pdb pkgutil profile pstats pyclbr pydoc runpy site symtable sysconfig timeit tokenize trace "
        "traceback tracemalloc typing unittest venv warnings"
    ),
}
"""Topic -> its top-level modules. All other modules are under `OTHER`."""
_NO_MANUALS = frozenset(
    {
        "__pycache__",
        "ensurepip",
        "idlelib",
        "lib2to3",
        "pydoc_data",
        "site-packages",
        "dist-packages",
        "test",
        "tests",
        "turtledemo",
    }
)


def python_manuals(cache_dir: str | Path) -> Path:
    """Return the manifest of this Python's manuals, and write them if they are missing.

    Args:
        cache_dir: The cache for the manuals.

    Raises:
        CorpusError: If this Python came without the source of its standard library.
    """
    version = platform.python_version()
    target = Path(cache_dir) / "shelves" / f"python-{version}-manuals"
    if (target / MANIFEST_NAME).is_file():
        return target / MANIFEST_NAME
    library = Path(sysconfig.get_paths()["stdlib"])
    manuals = manuals_of(library)
    if len(manuals) < 3:
        raise CorpusError(
            f"this Python ({version}) came without the source of its standard library, so its manuals cannot be read. "
            "Name some books to read instead."
        )
    try:
        with replacing_folder(target) as folder:
            for title, text in manuals.items():
                write_text(folder / f"{title}.txt", text)
            author = f"Python {version} documentation"
            books = [
                ManifestBook(path=f"{topic}.txt", title=f"Python manual: {topic}", author=author) for topic in manuals
            ]
            write_manifest(folder / MANIFEST_NAME, books)
    except OSError as error:
        raise CorpusError(f"the manuals could not be written to {target.parent} ({error.strerror}).") from error
    return target / MANIFEST_NAME


def manuals_of(library: Path) -> dict[str, str]:
    """Return the manuals of a standard library by topic, without topics that have no text.

    Args:
        library: Folder of its source files.
    """
    topic_of = {module: topic for topic, modules in GROUPS.items() for module in modules.split()}
    parts: dict[str, list[str]] = {LANGUAGE: list(_topics(library))}
    for path in _sources(library):
        names = path.relative_to(library).with_suffix("").parts
        module = ".".join(names).removesuffix(".__init__")
        parts.setdefault(topic_of.get(names[0], OTHER), []).extend(_docstrings(path, module))
    return {topic: "\n\n\n".join(texts) + "\n" for topic, texts in sorted(parts.items()) if texts}


def _sources(folder: Path) -> Iterator[Path]:
    """Yield the source files below a folder, sorted, without installed packages."""
    for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
        if entry.name in _NO_MANUALS:
            continue
        if entry.is_dir():
            yield from _sources(entry)
        elif entry.suffix == ".py":
            yield entry


def _topics(library: Path) -> Iterator[str]:
    """Yield the reference topics, which the library holds as one literal dictionary."""
    tree = _parse(library / "pydoc_data" / "topics.py")
    for node in tree.body if tree is not None else ():
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            topics = ast.literal_eval(node.value)
            yield from (str(topics[name]).strip() for name in sorted(topics))


def _docstrings(path: Path, module: str) -> Iterator[str]:
    """Yield each docstring of a source file after the name of its object, in the order of the source."""
    tree = _parse(path)
    if tree is not None:
        yield from _docstrings_in(tree, module)


def _docstrings_in(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, name: str
) -> Iterator[str]:
    text = ast.get_docstring(node)
    if text and text.strip():
        yield f"{name}\n\n{text.strip()}"
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _docstrings_in(child, f"{name}.{child.name}")


def _parse(path: Path) -> ast.Module | None:
    """Return the syntax tree of a source file, or None if it is missing or invalid for this Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # warnings about the library's style
            return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
