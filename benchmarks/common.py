"""Shared by all benchmarks: a header with machine, versions and commit, and the writing of results."""

import shlex
import subprocess
import sys
from pathlib import Path

import torch

from penwright.training.machine import describe_machine, package_versions

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"


def commit() -> str:
    """Return the commit of this checkout, with a mark if files other than results have changed since."""
    folder = Path(__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False).stdout.strip()

    changed = (
        " with changes" if git("status", "--porcelain", "--untracked-files=no", "--", ":/", ":(exclude)results") else ""
    )
    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + changed


def results_header(*, extra_versions: dict[str, str] | None = None) -> str:
    """Return machine, versions, commit and command as lines of Markdown."""
    machine = describe_machine(torch.device("cpu"))
    versions = {**package_versions(), **(extra_versions or {})}
    return "\n".join(
        [
            f"- machine: {machine['processor']}, {machine['num_processors']} processors, {machine['threads']} threads, "
            f"{machine['system']}",
            f"- versions: {', '.join(f'{name} {version}' for name, version in versions.items())}",
            f"- commit: {commit()}",
            f"- command: `python benchmarks/{Path(sys.argv[0]).name} {shlex.join(map(_shown, sys.argv[1:]))}`",
        ]
    )


def _shown(word: str) -> str:
    """Return an argument without the paths of this machine: relative to the project, or its name alone."""
    path = Path(word).resolve()
    if word.startswith("-") or not path.exists():
        return word
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def write_results(name: str, title: str, header: str, body: str) -> None:
    """Print a result and write it to results/NAME.md."""
    text = f"# {title}\n\n{header}\n\n{body}\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
