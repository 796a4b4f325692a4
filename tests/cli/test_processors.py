"""Waiting threads sleep unless the user says otherwise, and the choice is made before torch is loaded."""

import os
import subprocess
import sys

import pytest

from penwright.cli.processors import let_waiting_threads_sleep


def test_a_users_own_choice_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    let_waiting_threads_sleep()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


def test_the_choice_is_made_before_torch_is_loaded() -> None:
    probe = (
        "import sys; from penwright.cli import app; app._run = lambda argv: print(__import__('os').environ"
        "['OMP_WAIT_POLICY'], 'torch' in sys.modules) or 0; app.main([])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    result = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, env=environment, timeout=60
    )
    assert result.stdout.split() == ["PASSIVE", "False"]
