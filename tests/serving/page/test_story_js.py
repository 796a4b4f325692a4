"""The page's modules, run by node: the tree against the plainest model, and saving where the server fails."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from folders import ROOT


def checked(name: str) -> str:
    """What the checks of a file print when all hold."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here that could run the page's modules")
    folder = (ROOT / "penwright/serving/page").as_uri()
    command = [node, str(Path(__file__).with_name(name)), folder]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_tree_of_a_story_never_loses_a_text() -> None:
    assert json.loads(checked("story_checks.mjs"))["undo_median_ms"] < 50


def test_ranges_words_and_rows_and_nothing_is_lost_on_the_way_to_the_server() -> None:
    checked("page_checks.mjs")
