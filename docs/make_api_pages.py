"""Write docs/api/, the reference of the Python names, from the package's signatures and docstrings.

    python docs/make_api_pages.py

The pages are made when the documentation is built, and are not kept in the repository. A name in a code span, such as
`Author.load`, becomes a link to its entry.
"""

import ast
import inspect
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import penwright
from penwright.errors import PenwrightError
from penwright.settings import settings_of

FOLDER = Path(__file__).with_name("api")


class Page(NamedTuple):
    """A page of the reference."""

    name: str
    title: str
    introduction: str
    members: tuple[str, ...]


PAGES = (
    Page(
        "training",
        "Preparing and training",
        "From books to an author. `raise_author` is all of it in one call.",
        ("raise_author", "prepare", "train", "resume"),
    ),
    Page(
        "authors",
        "Authors",
        "What an author can do: write, read, score, suggest, compare.",
        ("Author", "Bookmark", "Card", "SamplingConfig", "attribute", "write_work"),
    ),
    Page("scores", "Scores", "What scoring returns.", ("TextScore", "ParagraphScore", "BookScore")),
    Page(
        "records",
        "Records of a training",
        "What `train` and `resume` yield, as it happens. Every record can be told by its `kind`.",
        ("Progress", "Evaluation", "Sample", "Saved", "Finished", "Planned", "Comparison", "RolledBack", "FellBack"),
    ),
    Page(
        "settings",
        "Settings",
        "Every setting of a training, with its default. On the command line: `--set train.batch_size=32`.",
        ("CorpusConfig", "ModelConfig", "TrainConfig"),
    ),
    Page("parts", "Corpora, alphabets, models", "What an author is made of.", ("Corpus", "Alphabet", "CharModel")),
    Page("errors", "Errors", "Every error that a user can cause.", ("PenwrightError",)),
)
SECTIONS = {"Args": "Arguments", "Returns": "Returns", "Yields": "Yields", "Raises": "Raises", "Options": "Options"}
SECTION = re.compile(rf"^({'|'.join(SECTIONS)}):$", re.MULTILINE)
ITEM = re.compile(r"^(\*{0,2}\w[\w, ]*): ", re.MULTILINE)
SPAN = re.compile(r"(`[^`]+`)")
SPAN_TO_LINK = re.compile(r"(?:(?<!^- )|(?=`\w+Error`))`([^`]+)`")
"""A code span, but for the name of an argument at the beginning of an item."""
LINK_NAME = re.compile(r"[A-Za-z]\w*(?:\.\w+)?")


@dataclass
class Entry:
    """A function, class or method, with what is said of it."""

    name: str
    """Such as "Author.load"."""
    signature: str
    doc: str
    fields: list[str] = field(default_factory=list)
    """Fields of a class, as items of a list."""
    members: list["Entry"] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """The fragment that leads to its heading."""
        return re.sub(r"[^\w -]", "", self.name).lower()


@cache
def tree_of(module: str) -> ast.Module:
    """Return the source of a module as a tree."""
    return ast.parse(inspect.getsource(sys.modules[module]))


def node_of(thing: Any) -> Any:
    """Return the definition of a class or function in its module."""
    thing = inspect.unwrap(thing)
    found = [
        node
        for node in ast.walk(tree_of(thing.__module__))
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == thing.__name__
    ]
    assert found, f"{thing} is not in its module"
    return found[0]


def signature_of(node: ast.FunctionDef, *, name: str, is_method: bool) -> str:
    """Return a call with its types, one argument a line if it is long."""
    arguments = node.args
    parts = [*_positional(arguments)][1 if is_method else 0 :]
    if arguments.vararg:
        parts.append(f"*{arguments.vararg.arg}{_type(arguments.vararg)}")
    elif arguments.kwonlyargs:
        parts.append("*")
    parts += [_shown(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg:
        parts.append(f"**{arguments.kwarg.arg}")
    returns = "" if node.returns is None else f" -> {_unquoted(node.returns)}"
    line = f"{name}({', '.join(parts)}){returns}"
    return line if len(line) <= 80 else f"{name}(\n    " + ",\n    ".join(parts) + f",\n){returns}"


def _positional(arguments: ast.arguments) -> Iterator[str]:
    every = [*arguments.posonlyargs, *arguments.args]
    missing = [None] * (len(every) - len(arguments.defaults))
    for argument, default in zip(every, [*missing, *arguments.defaults], strict=True):
        yield _shown(argument, default)


def _shown(argument: ast.arg, default: ast.expr | None) -> str:
    kind = _type(argument)
    equals = " = " if kind else "="
    return f"{argument.arg}{kind}" + ("" if default is None else f"{equals}{ast.unparse(default)}")


def _type(argument: ast.arg) -> str:
    return "" if argument.annotation is None else f": {_unquoted(argument.annotation)}"


def _unquoted(annotation: ast.expr) -> str:
    return re.sub(r"(?<!\[)['\"]([\w.| \[\]]+)['\"]", r"\1", ast.unparse(annotation))


def entry_of(name: str, thing: Any) -> Entry:
    """Return the entry of a public name."""
    node = node_of(thing)
    if isinstance(node, ast.FunctionDef):
        return Entry(name, signature_of(node, name=name, is_method=False), inspect.getdoc(thing) or "")
    entry = Entry(name, "", inspect.cleandoc(thing.__doc__ or ""))
    lineage = [base for base in thing.__mro__ if base.__module__.startswith("penwright")]
    fields = dict[str, str]()
    for base in reversed(lineage):
        fields |= dict(_fields_of(base))
    entry.fields = list(fields.values())
    seen = set[str]()
    for base in lineage:
        for method in node_of(base).body:
            if not isinstance(method, ast.FunctionDef) or method.name in seen:
                continue
            seen.add(method.name)
            if method.name == "__init__":
                entry.signature = signature_of(method, name=name, is_method=True).removesuffix(" -> None")
                entry.doc += "\n\n" + inspect.cleandoc(ast.get_docstring(method) or "")
            elif not method.name.startswith("_"):
                entry.members.append(_member(name, thing, method))
    entry.doc = entry.doc.strip()
    return entry


def _member(name: str, thing: type, node: ast.FunctionDef) -> Entry:
    full = f"{name}.{node.name}"
    marks = {ast.unparse(mark) for mark in node.decorator_list}
    value = inspect.getattr_static(thing, node.name)
    function = getattr(value, "__func__", value)
    doc = inspect.getdoc(function) or ast.get_docstring(node) or ""
    if marks & {"property", "cached_property"}:
        return Entry(full, f"{full}: {_unquoted(node.returns)}" if node.returns else full, doc)
    return Entry(full, signature_of(node, name=full, is_method="staticmethod" not in marks), doc)


def _fields_of(cls: type) -> Iterator[tuple[str, str]]:
    """Yield the fields of a class by name, each as an item of a list."""
    body, settings = node_of(cls).body, settings_of(cls) if is_dataclass(cls) else {}
    for at, statement in enumerate(body):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        name, doc = statement.target.id, ""
        if name.startswith("_"):
            continue
        if isinstance(following := body[at + 1] if at + 1 < len(body) else None, ast.Expr):
            doc = inspect.cleandoc(ast.literal_eval(following.value))
        setting = settings.get(name)
        values = f" {setting.needed[0].upper()}{setting.needed[1:]}." if setting is not None and setting.rules else ""
        default = "" if statement.value is None else f" = {ast.unparse(statement.value)}"
        if isinstance(statement.value, ast.Call):
            default = ""  # a factory, or a rule of the dataclass
        kind, meaning = _plain_type(statement.annotation), f": {doc}" if doc else ""
        yield name, f"- `{name}: {kind}{default}`{prose(meaning + values)}"


def _plain_type(annotation: ast.expr) -> str:
    """Return a type without its rules, and without ClassVar."""
    shown = _unquoted(annotation)
    for node in ast.walk(annotation):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Annotated":
            assert isinstance(node.slice, ast.Tuple)
            shown = shown.replace(ast.unparse(node), ast.unparse(node.slice.elts[0]))
    return re.sub(r"^ClassVar\[(.*)\]$", r"\1", shown)


def errors_below(error: type[PenwrightError]) -> Iterator[type[PenwrightError]]:
    """Yield an error and all that are more special, in the order of their tree."""
    yield error
    for each in error.__subclasses__():
        if each.__module__ == "penwright.errors":
            yield from errors_below(each)


def entries_of(page: Page) -> list[Entry]:
    """Return the entries of a page."""
    if page.name == "errors":
        return [entry_of(each.__name__, each) for each in errors_below(PenwrightError)]
    return [entry_of(name, getattr(penwright, name)) for name in page.members]


def prose(text: str) -> str:
    """Escape what Markdown would take for marks, outside code spans."""
    parts = SPAN.split(text)
    parts[::2] = [re.sub(r"([*<\\]|__)", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def body(doc: str) -> str:
    """Return a docstring as Markdown: paragraphs, code, and its sections as lists."""
    parts = SECTION.split(doc)
    blocks = [_paragraphs(parts[0])]
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        text = textwrap.dedent(text.strip("\n"))
        items = ITEM.split(text)
        if len(items) == 1:
            blocks.append(f"**{SECTIONS[heading]}**: {prose(' '.join(text.split()))}")
            continue
        rows = (
            f"- `{name}`: {prose(' '.join(said.split()))}" for name, said in zip(items[1::2], items[2::2], strict=True)
        )
        blocks.append(f"**{SECTIONS[heading]}**\n\n" + "\n".join(rows))
    return "\n\n".join(filter(None, blocks))


def _paragraphs(text: str) -> str:
    """Return text whose indented blocks stay as they are."""
    return "\n\n".join(
        block if block.startswith("    ") else prose(block) for block in re.split(r"\n\n+", text.strip("\n"))
    )


def rendered(entry: Entry, *, level: int) -> str:
    """Return an entry as Markdown."""
    blocks = [f"{'#' * level} `{entry.name}`"]
    if entry.signature:
        blocks.append(f"```python\n{entry.signature}\n```")
    blocks.append(body(entry.doc))
    if entry.fields:
        blocks.append("**Fields**\n\n" + "\n".join(" ".join(each.split()) for each in entry.fields))
    return "\n\n".join(filter(None, [*blocks, *(rendered(each, level=level + 1) for each in entry.members)]))


def linked(text: str, *, page: str, targets: dict[str, tuple[str, str]]) -> str:
    """Make links of the code spans that name an entry, outside code blocks and headings."""
    owner = ""

    def link(found: re.Match[str]) -> str:
        name = found[1]
        target = targets.get(name) or targets.get(f"{owner}.{name}")
        if target is None or not LINK_NAME.fullmatch(name):
            return found[0]
        return f"[`{name}`]({'' if target[0] == page else f'{target[0]}.md'}#{target[1]})"

    lines, is_code = [], False
    for line in text.splitlines():
        is_code ^= line.startswith("```")
        if heading := re.match(r"##+ `(\w+)", line):
            owner = heading[1]
        lines.append(
            line
            if is_code or line.startswith(("#", "    "))
            else re.sub(r"(?:(?<!^- )|(?=`\w+Error`))`([^`]+)`", link, line)
        )
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """Return every page by its file's name."""
    entries = {page.name: entries_of(page) for page in PAGES}
    targets = {
        each.name: (name, each.anchor)
        for name, members in entries.items()
        for entry in members
        for each in [entry, *entry.members]
    }
    made = {}
    for page in PAGES:
        parts = [f"# {page.title}", page.introduction, *(rendered(each, level=2) for each in entries[page.name])]
        made[f"{page.name}.md"] = linked("\n\n".join(parts), page=page.name, targets=targets) + "\n"
    made["index.md"] = _index(entries)
    return made


def _index(entries: dict[str, list[Entry]]) -> str:
    lines = [
        "# Python",
        "",
        "All names below can be imported from `penwright`. What is not listed here may change. Nothing is imported",
        "before its first use, so `import penwright` costs nothing.",
        "",
        "This reference is made from the package's own docstrings by `docs/make_api_pages.py`.",
    ]
    for page in PAGES:
        lines += ["", f"## {page.title}", "", "| name | what it is |", "|---|---|"]
        lines += [
            f"| [`{each.name}`]({page.name}.md#{each.anchor}) | {_first_sentence(each.doc)} |"
            for each in entries[page.name]
        ]
    return "\n".join(lines) + "\n"


def _first_sentence(doc: str) -> str:
    paragraph = " ".join(doc.split("\n\n")[0].split())
    return prose(re.split(r"(?<=[.?!]) (?=[A-Z])", paragraph)[0]).replace("|", "\\|")


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for file_name, text in pages().items():
        (FOLDER / file_name).write_text(text, encoding="utf-8")
