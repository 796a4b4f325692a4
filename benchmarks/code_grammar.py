"""Tell whether a function in C is one for a compiler, by grammar alone: what is declared nowhere does not count.

A compiler needs to know which names are types, which are attributes and which macros begin a loop. They are collected
from the headers of a tree, each with a stand-in. A function is refused if the compiler then expects another sign, finds
a string or comment without an end, or a stray character.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from penwright.writing.code_units import scanner_of

_TYPE = re.compile(
    r"\btypedef\b[^;{}()]*?\b(\w+)\s*(?:\[[^\]]*\])?;|\btypedef\b[^;{}]*?\(\s*\*\s*(\w+)\s*\)|^\}\s*(\w+_t);",
    re.MULTILINE,
)
_EMPTY = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+(\w+)(?:\([\w, ]*\))?[ \t]*"
    r"(?:/\*.*\*/|(?:__attribute__|__section|__cold|inline|__must_be).*)?$",
    re.MULTILINE,
)
"""Macros without a body, or with one that is an attribute."""
_LOOP = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w*for_each\w*)\(", re.MULTILINE)
_TYPED = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)\([^)]*\btype\b[^)]*\)", re.MULTILINE)
"""Macros with an argument that is a type, such as container_of."""
_ERRORS = re.compile(r"error: expected|error: unterminated|error: stray|missing terminating|error: empty character")
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_ATTRIBUTES = re.compile(r"__\w+|noinline\w*|notrace|asmlinkage|noinstr|always_inline|fallthrough")
"""Attributes of functions and variables, which stand between types and names."""
_OWN = frozenset(
    "int long short char float double void unsigned signed struct union enum const static inline if for while".split()
)


class Grammar:
    """A compiler that judges grammar, with stand-ins for what the headers of a tree declare."""

    def __init__(self, tree: Path, *, compiler: str = "cc") -> None:
        """Collect the names of types, attributes and loops.

        Args:
            tree: Folder of a source tree; its headers are read.
            compiler: A compiler that takes the options of gcc.
        """
        types, empty, loops, typed = set[str](), set[str](), set[str](), set[str]()
        for path in sorted(tree.rglob("*.h")):
            text = path.read_text(encoding="utf-8", errors="replace")
            types |= {name for found in _TYPE.findall(text) for name in found if name}
            empty |= {name for name in _EMPTY.findall(text) if _ATTRIBUTES.fullmatch(name)}
            loops |= set(_LOOP.findall(text))
            typed |= set(_TYPED.findall(text))
        types -= empty | loops | typed | _OWN
        lines = [f"typedef long {name};" for name in sorted(types)]
        lines += [f"#define {name}" for name in sorted(empty)]
        lines += [f"#define {name}(...) for (;;)" for name in sorted(loops)]
        lines += [f"#define {name}(...) 0" for name in sorted(typed - loops)]
        self.num_names = len(lines)
        self._folder = tempfile.TemporaryDirectory()
        prelude = Path(self._folder.name) / "declared.h"
        prelude.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._command = [compiler, "-fsyntax-only", "-w", "-std=gnu11", "-include", str(prelude), "-x", "c", "-"]

    def accepts(self, code: str) -> bool:
        """Return True if a piece of code is a whole one for the compiler."""
        told = subprocess.run(self._command, input=code.encode("utf-8", "replace"), capture_output=True, check=False)
        return _ERRORS.search(told.stderr.decode("utf-8", "replace")) is None


def is_function(code: str) -> bool:
    """Return True if a unit is the definition of a function, complete or not."""
    head, brace, _ = _COMMENT.sub("", code).partition("{")
    return bool(brace) and "=" not in head and re.search(r"\w\s*\([^;]*\)\s*\w*\s*\Z", head) is not None


def units_of(text: str) -> Iterator[str]:
    """Yield the units of a text in C, but for the last one if it is not complete."""
    start = end = 0
    scanner = scanner_of("braces")
    for index, character in enumerate(text, start=1):
        scanner.push(character)
        end = index if scanner.may_end else end
        if scanner.ended:
            yield text[start:end]
            start, scanner = end, scanner_of("braces")
