"""Where units of code end: whole functions and statements, on real code, and whatever strings and comments hold."""

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penwright.writing.code_units import MAX_BLANKS, MAX_UNIT_CHARS, UnitRule, ends_in_blanks, guess_rule, scanner_of


def units_of(text: str, rule: UnitRule) -> list[tuple[str, str]]:
    """The units of a text, each behind those that it goes on with in the same block; the last may be incomplete."""
    found, context, start, end, index = [], "", 0, 0, 0
    scanner = scanner_of(rule)
    while index < len(text):
        scanner.push(text[index])
        index += 1
        end = index if scanner.may_end else end
        if scanner.ended:
            found.append((context, text[start:end]))
            context = "" if scanner.begins_anew else context + text[start:end]
            start = index = end
            scanner = scanner_of(rule)
    return [*found, (context, text[start:])]


@pytest.mark.parametrize("module", [ast, Path, pytest, st])
def test_every_unit_of_a_python_file_is_one_behind_its_block(module: Any) -> None:
    import inspect

    text = Path(inspect.getsourcefile(module) or "").read_text(encoding="utf-8")
    units = units_of(text, "indents")
    assert "".join(unit for _, unit in units) == text
    assert len(units) > 5
    for context, unit in units:
        ast.parse(context + unit) if len(unit) < MAX_UNIT_CHARS else None


C_UNITS = [
    '// a; b }\n/* c; */\nstatic int\nfirst(char *s)\n{\n\tchar a = \'}\', *t = "\\"; }";\n\n'
    "\tif (a) {\n\t\treturn 1;\n\t}\n}\n",
    "\n#define TWO(a) \\\n\tdo { a; } while (0)\n",
    "#include <linux/one.h>\n",
    "\nstruct pair {\n\tint a;\n\n\tint b;\n} __attribute__((packed));\n",
    "int many[] = { 1,\n2 };\n",
    "DEFINE_LOCK(one)\n\n",
    "void f(void) { int a = 1 / 2; } /* } */\n",
]


def test_units_of_c_are_functions_declarations_and_directives() -> None:
    assert [unit for _, unit in units_of("".join(C_UNITS), "braces")] == [*C_UNITS, ""]


def test_a_function_that_is_not_balanced_ends_with_a_brace_in_the_first_column() -> None:
    broken = "int f(void)\n{\n\tif (a) {\n}\n"
    assert units_of(broken + C_UNITS[4], "braces")[0][1] == broken


def test_paragraphs_end_at_blank_lines_outside_brackets() -> None:
    units = ["let a = f(1,\n\n2)\nb\n\n", "c's\n\n", "d"]
    assert [unit for _, unit in units_of("".join(units), "paragraphs")] == units


def test_what_a_text_looks_like_decides() -> None:
    assert [guess_rule(text) for text in ("", C_UNITS[0], "def f():\n    if a:\n        b = {}\n")] == [
        *["braces"] * 2,
        "indents",
    ]


@given(st.text("ab;{}()[]'\"/*#\\\n :@d,", max_size=300), st.sampled_from(["braces", "indents", "paragraphs"]))
@settings(max_examples=300)
def test_no_character_is_lost_whatever_comes(text: str, rule: UnitRule) -> None:
    units = units_of(text, rule)
    assert "".join(unit for _, unit in units) == text
    assert all(0 < len(unit) <= MAX_UNIT_CHARS for _, unit in units[:-1])


@pytest.mark.parametrize("rule", ["braces", "indents", "paragraphs"])
def test_a_unit_without_end_ends(rule: UnitRule) -> None:
    assert max(len(unit) for _, unit in units_of("f(" * MAX_UNIT_CHARS, rule)) == MAX_UNIT_CHARS


@pytest.mark.parametrize("rule", ["braces", "indents", "paragraphs"])
def test_a_unit_of_blanks_ends(rule: UnitRule) -> None:
    found = units_of("f(a," + " " * 3 * MAX_BLANKS, rule)
    assert [len(unit) for _, unit in found[:2]] == [4 + MAX_BLANKS, MAX_BLANKS]
    assert ends_in_blanks(found[0][1]) and not ends_in_blanks("f(a)" + " " * (MAX_BLANKS - 1))
