"""Which results are older than the code that they measure?

    python benchmarks/stale.py [--write]

A result names the commits that it was measured at. It is stale if one of the files that it measures has changed since
then in more than form. Files are followed through moves, and compared as syntax trees without docstrings, comments,
annotations, imports and messages of errors; the project's own names may change. `--write` brings the list in
results/README.md up to date, and a test holds that list equal to what is found here.
"""

import argparse
import ast
import json
import os
import re
import subprocess
from typing import Any, cast

import torch
from common import RESULTS, ROOT

_TRAINING = (
    "penwright/alphabet",
    "penwright/kernels",
    "penwright/model",
    "penwright/ngrams",
    "penwright/training/batches.py",
    "penwright/training/folds.py",
    "penwright/training/gradients.py",
    "penwright/training/loop.py",
    "penwright/training/optim",
    "penwright/training/session.py",
    "penwright/training/settings/presets.py",
    "penwright/training/threads.py",
)
_SCORES = ("penwright/evaluation/books.py", "penwright/evaluation/texts.py")
_MEASURES = ("penwright/evaluation/judging",)
_PLANS = ("penwright/training/planning",)
_SEED_UPDATES = (
    "penwright/model/cells/fused/gru.py",
    "penwright/model/cells/gru.py",
    "penwright/training/gradients.py",
    "penwright/training/optim/optimizers.py",
)
"""What the seed preset's updates are computed by. tests/training/test_seed_preset.py holds the rest of the way to them
against the 2017 system."""
_LIBRARY = ("penwright/corpus", "penwright/alphabet", "benchmarks/library_books.py", "benchmarks/library_text.py")

_SERVING = (
    "penwright/kernels",
    "penwright/serving/engine",
    "penwright/serving/web/answers.py",
    "penwright/serving/web/completions.py",
    "penwright/serving/web/following.py",
    "penwright/writing",
    "benchmarks/serving.py",
)
MEASURED = {
    "ablations": (*_TRAINING, *_SCORES, *_PLANS, "benchmarks/learning.py"),
    "box": (*_TRAINING, *_SCORES, *_PLANS, "penwright/writing", "benchmarks/box.py"),
    "bookmarks": (
        "penwright/kernels",
        "penwright/writing",
        "penwright/author/file/bookmark.py",
        "penwright/author/box",
        "benchmarks/bookmarks.py",
    ),
    "cells": (*_TRAINING, *_SCORES, "benchmarks/cells.py", "benchmarks/candidate_cells.py"),
    "communication": (
        "penwright/training/distributed.py",
        "penwright/training/gradients.py",
        "benchmarks/communication.py",
    ),
    "code_author": (
        *_TRAINING,
        "penwright/originality",
        "penwright/writing/checked.py",
        "penwright/writing/code_units.py",
        "benchmarks/code_author.py",
        "benchmarks/code_grammar.py",
    ),
    "corpus": ("penwright/corpus", "penwright/alphabet", "benchmarks/corpus.py"),
    "fetching": (
        "penwright/corpus/archives/tars.py",
        "penwright/corpus/archives/unpacking.py",
        "penwright/corpus/archives/zip_stream.py",
        "penwright/corpus/fetching",
        "penwright/corpus/sources/fetched.py",
        "benchmarks/fetching.py",
    ),
    "forecast": (*_TRAINING, *_SCORES, *_PLANS, "benchmarks/forecast.py"),
    "from_author": (*_TRAINING, *_SCORES, "penwright/training/from_author.py", "benchmarks/from_author.py"),
    "long_works": (
        *_MEASURES,
        "penwright/kernels",
        "penwright/writing",
        "penwright/author/works",
        "penwright/author/box",
        "benchmarks/long_works.py",
    ),
    "laws": (*_MEASURES, "penwright/kernels", "penwright/writing", "penwright/author/box", "benchmarks/laws.py"),
    "library": (*_LIBRARY, "benchmarks/library_measures.py", "benchmarks/library_prepare.py"),
    "library_bookkeeping": (*_LIBRARY, "benchmarks/library_bookkeeping.py", "penwright/training/batches.py"),
    "library_cluster": (*_LIBRARY, "benchmarks/library_measures.py", "benchmarks/library_prepare.py"),
    "library_kills": (*_LIBRARY, "benchmarks/library_kills.py", "benchmarks/library_prepare.py"),
    "learning": (*_TRAINING, *_SCORES, *_PLANS, "benchmarks/learning.py", "benchmarks/peers"),
    "memory": (*_TRAINING, "benchmarks/memory.py"),
    "memory_library": (*_TRAINING, "benchmarks/memory.py"),
    "originality": ("penwright/originality", "penwright/kernels/originality.py", "benchmarks/originality.py"),
    "page": (
        "penwright/serving/page",
        "penwright/serving/stories",
        "penwright/serving/web/stories.py",
        "benchmarks/page.py",
    ),
    "public": ("penwright/kernels", "penwright/writing", "penwright/author/box", "benchmarks/public.py"),
    "sampling": (*_MEASURES, "penwright/writing", "penwright/model", "benchmarks/sampling.py"),
    "serving": _SERVING,
    "serving_peer": (*_SERVING, "benchmarks/peers/llama_cpp.py", "benchmarks/serving_peer.py"),
    "serving_soak": _SERVING,
    "scoring": (
        "penwright/kernels",
        "penwright/writing/costs.py",
        "penwright/evaluation/costs.py",
        "benchmarks/scoring.py",
    ),
    "seed_curve": (*_SEED_UPDATES, "penwright/evaluation/seed.py", "benchmarks/seed_curve.py"),
    "throughput": (*_TRAINING, "benchmarks/throughput.py"),
    "training_kills": (
        "penwright/cli/run_training.py",
        "penwright/training/distributed.py",
        "penwright/training/loop.py",
        "penwright/training/run_writer.py",
        "penwright/training/runs",
        "penwright/training/start.py",
        "benchmarks/training_kills.py",
    ),
    "writing": ("penwright/kernels", "penwright/writing", "benchmarks/writing.py"),
    "units": (*_TRAINING, *_SCORES, *_PLANS, "benchmarks/units.py"),
}
"""Files and folders that each result measures, by its name. How books are read is measured by "corpus" alone: the
others say how many characters they had."""
PAGES = {name: RESULTS / f"{name}.md" for name in MEASURED} | {"box": ROOT / "docs" / "author.md"}
LIST = RESULTS / "README.md"


def commits_of(name: str) -> set[str]:
    """Return the commits that a result was measured at: of its heading, or of its runs where it has a line for each."""
    runs = RESULTS / f"{name}.jsonl"
    if runs.exists():
        lines = map(json.loads, runs.read_text(encoding="utf-8").splitlines())
        return {line["commit"] for line in lines if "commit" in line}
    heading = re.search(r"^- commit: (.+)$", PAGES[name].read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {heading[1]} if heading else set()


def has_history() -> bool:
    """Return whether this is a checkout with the commits of all results."""
    wanted = {commit.split()[0] for name in MEASURED for commit in commits_of(name)}
    return all(_git("cat-file", "-e", commit) is not None for commit in wanted)


def reason(name: str) -> str | None:
    """Say why a result is stale, or return None if it is not."""
    for commit in sorted(commits_of(name)):
        if " " in commit:
            return f"measured at {commit}"
        changed = changed_file(commit, MEASURED[name])
        if changed:
            return f"{changed} has changed since {commit}"
    return None


def changed_file(commit: str, paths: tuple[str, ...]) -> str | None:
    """Return the first Python file under some paths whose meaning has changed since a commit, None if none has."""
    listed = _git("diff", "--name-status", "--find-renames=40%", "-l2000", commit, "--", "penwright", "benchmarks")
    assert listed is not None, f"the history has no commit {commit}"
    for line in sorted(listed.splitlines(), key=lambda line: "\tbenchmarks/" in line):  # the package's files first
        status, *names = line.split("\t")
        old, new = names[0], names[-1]
        if status == "D" or not new.endswith(".py") or not any(_lies_in(new, path) for path in paths):
            continue
        before = None if status == "A" else _git("show", f"{commit}:{old}")
        after = (ROOT / new).read_text(encoding="utf-8")
        if (Meaning.of(before) if before is not None else []) != Meaning.of(after):
            return new
    return None


class Meaning(ast.NodeTransformer):
    """Strips a syntax tree of all that does not change what it computes.

    Names are numbered in the order in which they first occur, except those that other libraries define: all that hangs
    on their modules, and the attributes of tensors.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}
        self._libraries: set[str] = set()

    @classmethod
    def of(cls, source: str) -> list[str]:
        """Return the stripped statements of a module."""
        module = cls().visit(ast.parse(source))
        return [ast.dump(statement) for statement in module.body]

    def _number(self, name: str) -> str:
        return self._numbers.setdefault(name, f"name {len(self._numbers)}")

    def visit_Import(self, node: ast.Import) -> None:
        self._libraries |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level == 0 and (node.module or "").split(".")[0] != "penwright":
            self._libraries |= {alias.asname or alias.name for alias in node.names}

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_docstring = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_docstring else self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.Raise()

    def visit_Assert(self, node: ast.Assert) -> None:
        return None

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return self.generic_visit(ast.AnnAssign(node.target, ast.Constant(None), node.value, node.simple))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = self._number(node.name), None
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self._number(node.name)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._number(node.arg))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return node if node.id in self._libraries else ast.Name(self._number(node.id), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        root: Any = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and root.id in self._libraries:
            return node
        name = node.attr if hasattr(torch.Tensor, node.attr) else self._number(node.attr)
        return ast.Attribute(self.visit(node.value), name, node.ctx)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        call = cast(ast.Call, self.generic_visit(node))
        of_library = isinstance(call.func, ast.Attribute) and not call.func.attr.startswith("name ")
        if not of_library:
            for keyword in call.keywords:
                keyword.arg = keyword.arg and self._number(keyword.arg)
        return call


def listing() -> str:
    """Return results/README.md."""
    is_stale = {name: reason(name) is not None for name in sorted(MEASURED)}
    links = {name: f"- [{name}]({os.path.relpath(PAGES[name], RESULTS)})" for name in is_stale}
    return _LIST.format(
        current="\n".join(links[name] for name in links if not is_stale[name]) or "None.",
        stale="\n".join(links[name] for name in links if is_stale[name]) or "None.",
    )


_LIST = """\
# Results of the benchmarks

Every result names the commits that it was measured at. `python benchmarks/stale.py` compares the files that it
measures with those of today, and says what has changed. With `--write` it brings this list up to date.

## Measured with the code as it is

{current}

## Older than the code that they measure

Wherever the README or the documentation quotes these, the figures are those of the commits named in them.

{stale}
"""


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + "/")


def _git(*words: str) -> str | None:
    """Return what git prints, None if it fails."""
    run = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    return run.stdout if run.returncode == 0 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="bring results/README.md up to date")
    arguments = parser.parse_args()
    if not has_history():
        parser.error("this checkout lacks the commits of the results. Clone the whole history.")
    for name in MEASURED:
        print(f"{name}: {reason(name) or 'as the code is'}")
    if arguments.write:
        LIST.write_text(listing(), encoding="utf-8")


if __name__ == "__main__":
    main()
