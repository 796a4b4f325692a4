"""Tell where a unit of code ends while it is written: a function, a declaration, a paragraph.

A unit is what a check can judge by itself and what is written again if it fails. Where one ends may only be known by
what comes next: a blank line within a Python function ends nothing. So a scanner names points at which the unit may
end, and says a few characters later whether it did.

This module knows nothing of models or of checks.
"""

from typing import Literal, Protocol

UnitRule = Literal["auto", "braces", "indents", "paragraphs"]
"""Where a unit ends. "braces", as in C: behind a closing brace in the first column, or behind a semicolon, a directive
or a blank line outside all brackets. "indents", as in Python: before the next statement in the first column, or the
next def, class or decorator behind a blank line. "paragraphs": at a blank line outside all brackets. "auto": "indents"
if the text before looks like Python, else "braces"."""

MAX_UNIT_CHARS = 8_000
"""Length at which a unit ends whatever it holds."""
MAX_BLANKS = 200
"""Number of blanks and line feeds in a row at which a unit ends; a person writes fewer."""
_OPENING, _CLOSING = "([{", ")]}"
_BLOCK, _LINE = "*/", "\n"
"""Ends of comments."""
_DEFINING = frozenset({"def", "class", "async"})
_GOING_ON = frozenset({"else", "elif", "except", "finally"})


class Scanner(Protocol):
    """Reads code character by character and finds the end of one unit."""

    may_end: bool
    """True if the unit may end here, behind the character just read."""
    ended: bool
    """True if the unit ended at the last point where it might; what came since belongs to the next one."""
    begins_anew: bool
    """True if the next unit is read without this one; False if it goes on in the same block, as a method does."""

    def push(self, character: str) -> None:
        """Take the next character. Do not call it once `ended` is set."""


def scanner_of(rule: UnitRule, *, before: str = "") -> Scanner:
    """Return a scanner at the beginning of a unit.

    Args:
        rule: Where units end.
        before: Text that stands before, for "auto".
    """
    if rule == "auto":
        rule = guess_rule(before)
    return IndentScanner() if rule == "indents" else BraceScanner(has_statements=rule == "braces")


def guess_rule(text: str) -> UnitRule:
    """Return "indents" if more lines of a text end with a colon than with a brace or a semicolon, else "braces"."""
    lines = [line.rstrip() for line in text.split("\n")]
    num_colons = sum(line.endswith(":") for line in lines)
    return "indents" if num_colons > sum(line.endswith(("{", "}", ";")) for line in lines) else "braces"


def ends_in_blanks(text: str) -> bool:
    """Return True if a unit ended because only blanks came."""
    return len(text) - len(text.rstrip()) >= MAX_BLANKS


class BraceScanner:
    """Finds the end of a unit in languages with brackets: C and its kin; or of a paragraph in any language."""

    def __init__(self, *, has_statements: bool = True) -> None:
        """Begin a unit.

        Args:
            has_statements: True if a semicolon, a directive or a brace in the first column ends a unit; False if only a
                blank line does.
        """
        self.may_end = self.ended = False
        self.begins_anew = True
        self._has_statements = has_statements
        self._depth = self._num_chars = self._num_blanks = self._column = 0
        self._quote = ""
        """End of the string or comment that is open."""
        self._last = ""
        """Last character that is neither blank nor in a comment."""
        self._before = ""
        self._is_escaped = self._is_directive = self._is_broken = self._has_code = self._has_line = False

    def push(self, character: str) -> None:
        """Take the next character."""
        self._num_chars += 1
        before, self._before = self._before, character
        if self._quote:
            self._in_quote(character, before)
        else:
            self._in_code(character, before)
        if character == "\n":
            self._column, self._has_line = 0, False
        else:
            self._column += 1
            self._has_line |= not character.isspace()
        self._num_blanks = self._num_blanks + 1 if character.isspace() else 0
        self.ended |= self._num_chars >= MAX_UNIT_CHARS or self._num_blanks >= MAX_BLANKS
        self.may_end = self.ended

    def _in_quote(self, character: str, before: str) -> None:
        if self._quote == _BLOCK:
            if before == "*" and character == "/":
                self._quote, self._before = "", ""
        elif self._quote == _LINE:
            if character == "\n":
                self._quote = ""
                self._line_end(before)
        elif self._is_escaped:
            self._is_escaped = False
        elif character == "\\":
            self._is_escaped = True
        elif character == self._quote:
            self._quote = ""
        elif character == "\n" and self._quote != "`":  # no other string goes on
            self._quote = ""
            self._line_end(before)

    def _in_code(self, character: str, before: str) -> None:
        if character == "\n":
            self._line_end(before)
            return
        if self._has_statements and before == "/" and character in "*/":
            self._quote, self._before = (_BLOCK if character == "*" else _LINE), ""
            return
        if self._has_statements and character in "\"'`" and not (character == "'" and before.isalnum()):
            self._quote = character  # within a number, an apostrophe parts digits
        elif character in _OPENING:
            self._depth += 1
        elif character in _CLOSING:
            self._is_broken |= self._depth == 0 or (character == "}" and self._column == 0 and self._depth > 1)
            self._depth = max(0, self._depth - 1)
        elif character == "#" and not self._has_line and not self._has_code and self._depth == 0:
            self._is_directive = True
        if not character.isspace() and character != "/":
            self._last, self._has_code = character, True

    def _line_end(self, before: str) -> None:
        """End the unit with a line if it is whole, or can no longer become so."""
        if not self._has_code:
            return
        if not self._has_statements:
            self.ended = self._depth == 0 and not self._has_line
        elif self._is_directive:
            self.ended = before != "\\"
        else:
            self.ended = self._is_broken or (self._depth == 0 and (self._last in ";}" or not self._has_line))


class IndentScanner:
    """Finds the end of a unit in Python: of a statement in the first column, or of a method of a class."""

    def __init__(self) -> None:
        """Begin a unit."""
        self.may_end = self.ended = False
        self.begins_anew = True
        self._depth = self._num_chars = self._num_blanks = 0
        self._quote = ""
        """Marks that end the string that is open."""
        self._marks = ""
        """Quotation marks just read, of which three open or close a long string."""
        self._first = self._last = ""
        """First and last character of the line that are neither blank nor in a comment; the last one of the unit."""
        self._is_escaped = self._is_comment = self._has_code = False
        self._is_waiting = False
        """True if the unit may have ended, and the next line is not known yet."""
        self._is_behind_blank = False
        self._line = ""
        """Beginning of that line."""

    def push(self, character: str) -> None:
        """Take the next character."""
        self._num_chars += 1
        self._num_blanks = self._num_blanks + 1 if character.isspace() else 0
        self.may_end = False
        if self._is_waiting:
            self._look_at(character)
        if self.ended:
            return
        self._read(character)
        if self._num_chars >= MAX_UNIT_CHARS or self._num_blanks >= MAX_BLANKS:
            self.may_end = self.ended = True
            self.begins_anew = False

    def _look_at(self, character: str) -> None:
        """Find out whether the line behind a possible end begins another unit."""
        if character == "\n":
            return
        self._line += character
        word = self._line.strip()
        if not word:
            return
        is_outer = not self._line[0].isspace()
        if word[0] in "#)]}":
            self._is_waiting = False
        elif not (character.isalnum() or character == "_"):
            name = word if character.isspace() else word[:-1]
            is_defining = name in _DEFINING or word == "@"
            self.ended = name not in _GOING_ON and (is_outer or (is_defining and self._is_behind_blank))
            self.begins_anew = is_outer
            self._is_waiting = False

    def _read(self, character: str) -> None:
        if self._is_comment and character != "\n":
            return
        self._is_comment = False
        if self._quote:
            self._in_quote(character)
            return
        if self._marks and character != self._marks[0]:
            opened, self._marks = self._marks, ""
            if len(opened) == 1:  # two are an empty string
                self._quote = opened
                self._in_quote(character)
                return
        if character == "\n":
            self._line_end()
            return
        if character == "#":
            self._is_comment = True
            return
        if character in "\"'":
            self._marks += character
            if len(self._marks) == 3:
                self._quote, self._marks = self._marks, ""
        elif character in _OPENING:
            self._depth += 1
        elif character in _CLOSING:
            self._depth = max(0, self._depth - 1)
        if not character.isspace():
            self._first, self._last, self._has_code = self._first or character, character, True

    def _in_quote(self, character: str) -> None:
        if self._is_escaped:
            self._is_escaped = False
        elif character == "\\":
            self._is_escaped, self._marks = True, ""
        elif len(self._quote) == 3:
            self._marks = self._marks + character if character == self._quote[0] else ""
            if self._marks == self._quote:
                self._quote = self._marks = ""
        elif character in (self._quote, "\n"):  # a short string ends with its line
            self._quote = ""
            if character == "\n":
                self._line_end()

    def _line_end(self) -> None:
        is_blank, is_decorator = not self._first, self._first == "@"
        self._first = ""
        if not self._has_code or self._depth or self._last in ("\\", ",", ":") or is_decorator:
            return
        self.may_end = True
        self._is_behind_blank = is_blank and (self._is_behind_blank or self._is_waiting)
        self._is_waiting, self._line = True, ""
