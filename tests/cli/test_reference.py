"""The command reference agrees with the program, and what both say of defaults is true."""

import importlib.util
import re
from types import ModuleType

import pytest
from folders import ROOT

from penwright.cli.app import COMMANDS, build_app
from penwright.cli.commands.write import PAGE_WORDS
from penwright.training.settings.config import DEFAULT_SECONDS, DEVICES
from penwright.training.settings.presets import PRESETS
from penwright.writing.options import SamplingConfig

DOCS = ROOT / "docs"


def the_script() -> ModuleType:
    """The script that writes the page."""
    spec = importlib.util.spec_from_file_location("make_cli_page", DOCS / "make_cli_page.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def help_of(command: str, option: str) -> str:
    """What the program says of one option."""
    arguments = build_app()[command].assemble_argument_collection(parse_docstring=True)
    return str(next(argument for argument in arguments if option in argument.names).parameter.help)


def test_the_page_is_what_the_program_says() -> None:
    written = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert written == the_script().page(), "run: python docs/make_cli_page.py"


@pytest.mark.parametrize("command", [command.__name__ for command in COMMANDS])
def test_the_page_has_every_command_and_option(command: str) -> None:
    written = (DOCS / "cli.md").read_text(encoding="utf-8")
    section = written.partition(f"\n## penwright {command}\n")[2].partition("\n## ")[0]
    options = [argument.name for argument in build_app()[command].assemble_argument_collection()]
    options = [name for name in options if name != "*"]  # a table of options that stand for themselves
    assert section and options
    assert all(f"`{option}" in section or f" {option}`" in section for option in options)  # or behind its place


@pytest.mark.parametrize("name", ["temperature", "top_k", "top_p", "min_p"])
def test_the_defaults_of_drawing_are_the_ones_that_are_told(name: str) -> None:
    told = re.search(r"Default ([\d.]+)\.$", help_of("write", f"--{name.replace('_', '-')}"))
    assert told is not None
    assert float(told[1]) == getattr(SamplingConfig(), name)


def test_the_default_lengths_are_the_ones_that_are_told() -> None:
    assert f"With no length given, {DEFAULT_SECONDS / 60:.0f}m" in help_of("train", "--for")
    assert f"{PAGE_WORDS} words" in str(build_app()["write"].help)


def test_every_preset_and_device_is_named() -> None:
    told = help_of("train", "--preset")
    assert all(name in told for name in PRESETS)
    section = (DOCS / "cli.md").read_text(encoding="utf-8").partition("`--device")[2].partition("\n")[0]
    assert all(device in section for device in DEVICES)
