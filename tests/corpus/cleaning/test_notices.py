"""What is taken from the head of a source file: terms and copyright lines, and nothing else."""

import pytest

from penwright.corpus.cleaning.notices import find_notices, without_notices

TERMS = "Permission is hereby granted, free of charge, to any person\n * obtaining a copy of this software.\n"
CASES = {
    "a comment of terms alone goes whole": (
        "/* SPDX-License-Identifier: MIT */\n/*\n * Copyright (C) 2001 Vane\n *\n * "
        + TERMS
        + " *\n * 1. The origin must be told.\n *\n * 2. Copies too.\n */\n\nint a;\n",
        "/* SPDX-License-Identifier: MIT */\nint a;\n",
    ),
    "what the file is for stays": (
        "/*\n * lamp.c - how a lamp burns\n *\n * Copyright (C) 2001 Vane\n *\n * This is free software; you can\n"
        " * redistribute it.\n *\n * Authors: Vane\n */\n#include <a.h>\n",
        "/*\n * lamp.c - how a lamp burns\n *\n * Authors: Vane\n */\n#include <a.h>\n",
    ),
    "signs that open and close a comment keep their places": (
        "/* Copyright (C) 2001 Vane.\n   The lamp of the house.\n\n   It is free software under the\n"
        "   GPL, version 2.  */\nint a;\n",
        "/*\n   The lamp of the house.\n*/\nint a;\n",
    ),
    "lines behind a shebang": (
        "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n#\n# Copyright 2001 Vane\n# All rights reserved.\n\n"
        "import a\n",
        "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\nimport a\n",
    ),
    "a docstring loses a line": (
        '"""Lamps.\n\nCopyright (c) 2001 Vane\n"""\nimport a\n',
        '"""Lamps.\n"""\nimport a\n',
    ),
    "a later comment is no head": ("int a;\n/* Copyright (C) 2001 Vane */\n",) * 2,
    "a file without any": ("\t/* Lamps burn. */\n\n\n#define\tA\t1\n\f\nint a;\n",) * 2,
    "a comment without end": ("/* Copyright 2001 Vane\nint a;\n",) * 2,
}


@pytest.mark.parametrize("case", CASES)
def test_notices_are_cut(case: str) -> None:
    text, wanted = CASES[case]
    clean = without_notices(text, find_notices(text))
    assert clean == wanted
    assert find_notices(clean) == ()
