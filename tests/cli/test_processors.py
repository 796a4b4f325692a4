"""Waiting threads sleep unless the user says otherwise, and the choice is made before torch is loaded."""

import os
import subprocess
import sys

import pytest

from penwright.cli.processors import let_waiting_threads_sleep


@pytest.mark.parametrize(("name", "value"), [("OMP_WAIT_POLICY", "ACTIVE"), ("GOMP_SPINCOUNT", "7")])
def test_a_users_own_choice_stands(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.setenv(name, value)
    let_waiting_threads_sleep()
    assert os.environ[name] == value
    assert ("GOMP_SPINCOUNT" in os.environ) == (name == "GOMP_SPINCOUNT")


def test_the_choice_is_made_before_torch_is_loaded() -> None:
    probe = (
        "import os, sys; from penwright.cli import app; "
        "app._run = lambda argv: print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules) or 0; app.main([])"
    )
    mine = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    environment = {name: value for name, value in os.environ.items() if name not in mine}
    result = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, env=environment, timeout=60
    )
    assert result.stdout.split() == ["20000", "False"]
