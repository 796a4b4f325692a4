"""Recognise source code by its file name or its first line.

Code is taken line by line as it stands, its title is its path, and it is held out by folder. This module opens no file.
"""

import re

from penwright.corpus.config import CodeRule
from penwright.corpus.formats.document import WHOLE_SUFFIXES, is_source_code, suffix_of

_SHEBANG = re.compile(r"\A\ufeff?#! ?/\S")


def is_code(name: str, text: str, *, rule: CodeRule) -> bool:
    """Return True if a file is to be read as source code.

    Args:
        name: Its file name or path.
        text: Its text, or the beginning of it.
        rule: "auto": by its name, or by a first line such as "#!/bin/sh". "all": any plain text, whatever its name.
            "none": no file.
    """
    if rule == "none":
        return False
    if is_source_code(name):
        return True
    if suffix_of(name) in WHOLE_SUFFIXES:
        return False
    return rule == "all" or _SHEBANG.match(text) is not None
