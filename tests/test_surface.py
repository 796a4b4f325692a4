"""What the package promises to others: its names, its version, its commands, and the lines that the README shows."""

import ast
import importlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import penwright

ROOT = Path(__file__).parents[1]
DOOR = ast.parse((ROOT / "penwright" / "__init__.py").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def names_for_type_checkers() -> dict[str, str]:
    """The door's list under `if TYPE_CHECKING:`: each name with the module it comes from."""
    block = next(node for node in DOOR.body if isinstance(node, ast.If))
    return {
        str(alias.asname): f"{node.module}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == alias.asname
    }


def test_the_door_lists_the_same_names_for_readers_and_for_python() -> None:
    assert names_for_type_checkers() == dict(penwright._HOME)
    assert set(penwright.__all__) == {"__version__", *penwright._HOME}


def test_the_door_is_small() -> None:
    assert 8 <= len(penwright.__all__) <= 32


@pytest.mark.parametrize("name", penwright.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(penwright, name) is not None


@pytest.mark.parametrize("name", sorted(penwright._HOME))
def test_every_public_name_is_the_one_of_its_home(name: str) -> None:
    home = importlib.import_module(penwright._HOME[name])
    assert getattr(penwright, name) is getattr(home, name)


def test_a_name_that_does_not_exist_is_refused() -> None:
    with pytest.raises(AttributeError, match="module 'penwright' has no attribute 'Novelist'"):
        penwright.Novelist  # noqa: B018


def test_dir_shows_the_public_names() -> None:
    assert dir(penwright) == sorted(penwright.__all__)


def test_the_version_is_the_same_in_both_places() -> None:
    assert penwright.__version__ == PROJECT["project"]["version"]


def test_the_command_is_the_one_that_is_installed() -> None:
    assert PROJECT["project"]["scripts"] == {"penwright": "penwright.cli.app:main"}


def test_every_package_that_is_imported_is_declared() -> None:
    """What comes along with another package today may not tomorrow."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "penwright").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {f"{node.module}".split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    others = {normal(name) for name in names - set(sys.stdlib_module_names) - {"penwright"}}
    extras = [requirement for extra in PROJECT["project"]["optional-dependencies"].values() for requirement in extra]
    assert others <= {name_in(requirement) for requirement in [*PROJECT["project"]["dependencies"], *extras]}


def test_every_requirement_is_pinned_by_the_constraints() -> None:
    """A package that is missing there would be installed in whatever version is the newest that day."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.partition("#")[0].strip() for line in lines]
    pinned = {normal(pin.partition("==")[0]) for pin in pins if pin}
    assert all("==" in pin for pin in pins if pin)
    project, groups = PROJECT["project"], PROJECT["dependency-groups"]
    wanted = [*project["dependencies"], *PROJECT["build-system"]["requires"]]
    for needed in [*project["optional-dependencies"].values(), *groups.values()]:
        wanted += [requirement for requirement in needed if isinstance(requirement, str)]
    assert {name_in(requirement) for requirement in wanted} <= pinned


def name_in(requirement: str) -> str:
    """The package that a requirement such as "torch>=2.6" names."""
    return normal(re.split(r"[<>=~!\[; ]", requirement)[0])


def normal(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.slow
def test_the_lines_of_the_readme_run(books_dir: Path, tmp_path: Path) -> None:
    """The README's Python block runs as it stands; only its folder of books and its time are made small."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", readme, flags=re.DOTALL | re.MULTILINE)
    assert blocks, "the README shows no Python"
    for block in blocks:
        pattern = r"(prepare|raise_author)\(\s*(\[[^]]*\]|\"[^\"]*\")"
        code, num_paths = re.subn(pattern, rf"\1({str(books_dir)!r}", block)
        code, num_times = re.subn(r"\b(seconds|steps|epochs)=[\d_.]+", "steps=4", code)
        assert num_paths and num_times, "the lines should read books and train for a given time"
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-W", "error", "-c", code]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, f"{code}\n{done.stderr}"
        assert done.stdout.strip(), "the lines should show something"
