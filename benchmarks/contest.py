"""Run contestants one at a time, each in its own process, and append their results to a file.

A contestant is a module of `peers` that does a job (see `peers/contract.py`). Every result is a line of JSON with
machine, versions and commit, so that a contest can be stopped at any time and continued.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from common import commit
from peers.contract import Facts, HeldOut, load_outcome, save_corpus, save_job

from penwright import Corpus
from penwright.evaluation.baselines.measuring import measure_baselines
from penwright.evaluation.passages import Passage, choose_passages
from penwright.training.machine import describe_machine

HERE = Path(__file__).parent
PROMPT = "It was "
SAMPLE_CHARS = 240


class Contestant(NamedTuple):
    """One participant."""

    name: str
    """Name for the command line and the file of results."""
    label: str
    """Name for tables and charts."""
    module: str
    settings: Mapping[str, Any]
    python: str = sys.executable
    """Interpreter that runs it."""


class Rules(NamedTuple):
    """Conditions that are the same for all contestants. Results under other rules are ignored."""

    digest: str
    """Digest of the corpus."""
    scored_chars: int
    threads: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """Outcome of one contestant, with the conditions under which it was measured."""

    contestant: str
    minutes: float
    seed: int
    rules: Rules
    num_parameters: int
    chars_read: float
    train_seconds: float
    points: Sequence[tuple[float, float]]
    val: float
    test: float
    memory: str
    sample: str
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    load: tuple[float, float]
    """Load of the machine before and after: running processes, averaged over a minute."""
    commit: str


class Shelf:
    """A prepared corpus, written for contestants to a folder that lasts as long as the contest."""

    def __init__(self, corpus: Corpus, folder: Path, *, scored_chars: int) -> None:
        """Write the folder."""
        self.corpus = corpus
        self.folder = folder
        self.passages: dict[str, tuple[Passage, ...]] = {
            split: choose_passages(corpus, corpus.require_books(split), max_chars=scored_chars)
            for split in ("val", "test")
        }
        books = corpus.require_books("train")
        num_ids = sum(book.num_ids for book in books)  # they are stored first, one after the other
        alphabet = corpus.alphabet
        assert alphabet.boundary_id is not None, "the default alphabet marks where a book begins"
        facts = Facts(
            path=str(corpus.path.absolute()),
            digest=corpus.digest,
            vocab_size=alphabet.vocab_size,
            boundary_id=alphabet.boundary_id,
            symbols_per_char=corpus.symbols_per_char,
            scored_chars=scored_chars,
            prompt=PROMPT,
            prompt_ids=alphabet.encode(PROMPT).tolist(),
            sample_chars=SAMPLE_CHARS,
        )
        held_out = {
            split: HeldOut(tuple(passage.ids for passage in passages), sum(passage.num_chars for passage in passages))
            for split, passages in self.passages.items()
        }
        save_corpus(folder, facts=facts, train=corpus.ids[:num_ids], held_out=held_out)

    def baselines(self) -> dict[str, dict[str, float]]:
        """Return bits per character of tables and compressors on the passages, by name and split."""
        passages = [passage for split in ("val", "test") for passage in self.passages[split]]
        num_val = len(self.passages["val"])
        found = measure_baselines(
            self.corpus, passages, max_train_chars=self.corpus.num_chars("train"), max_compressor_train_chars=0
        )

        def mean(bits: Sequence[float], split: Sequence[Passage]) -> float:
            num_chars = [passage.num_chars for passage in split]
            return sum(b * n for b, n in zip(bits, num_chars, strict=True)) / sum(num_chars)

        return {
            each.name: {
                "val": mean(each.book_bits_per_char[:num_val], self.passages["val"]),
                "test": mean(each.book_bits_per_char[num_val:], self.passages["test"]),
            }
            for each in found
        }


def compete(contestant: Contestant, shelf: Shelf, *, minutes: float, seed: int, rules: Rules) -> Result:
    """Train and score one contestant.

    Raises:
        subprocess.CalledProcessError: If it fails. Its own message is on standard error.
    """
    before, version = _load(), commit()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "job"
        save_job(
            folder,
            corpus=shelf.folder,
            seconds=60 * minutes,
            seed=seed,
            threads=rules.threads,
            settings=contestant.settings,
        )
        paths = [str(HERE), str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": str(rules.threads)}
        subprocess.run(
            [contestant.python, "-m", f"peers.{contestant.module}", str(folder)], check=True, env=environment
        )
        outcome = load_outcome(folder)
    return Result(
        contestant=contestant.name,
        minutes=minutes,
        seed=seed,
        rules=rules,
        num_parameters=outcome.num_parameters,
        chars_read=round(outcome.chars_read),
        train_seconds=round(outcome.train_seconds, 2),
        points=outcome.points,
        val=outcome.figures.val,
        test=outcome.figures.test,
        memory=outcome.memory,
        sample=PROMPT + shelf.corpus.alphabet.decode(outcome.sample_ids),
        settings=outcome.settings,
        versions=outcome.versions,
        machine=describe_machine(torch.device("cpu")),
        load=(before, _load()),
        commit=version,
    )


class Ledger:
    """The results so far, and the file that they are appended to."""

    def __init__(self, path: Path, rules: Rules) -> None:
        """Read the results that were measured under the same rules."""
        self.path = path
        self.results: list[Result] = []
        self.baselines: dict[str, dict[str, float]] | None = None
        self._rules = rules
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for line in lines:
            data = json.loads(line)
            if Rules(*data["rules"]) != rules:
                continue
            if "baselines" in data:
                self.baselines = data["baselines"]
            else:
                self.results.append(Result(**{**data, "rules": rules}))

    def has(self, contestant: Contestant, minutes: float, seed: int) -> bool:
        """Return True if there is such a result."""
        return any((r.contestant, r.minutes, r.seed) == (contestant.name, minutes, seed) for r in self.results)

    def add(self, result: Result) -> None:
        """Append a result."""
        self.results.append(result)
        self._append(asdict(result))

    def add_baselines(self, baselines: dict[str, dict[str, float]]) -> None:
        """Append the baselines."""
        self.baselines = baselines
        self._append({"rules": self._rules, "baselines": baselines})

    def _append(self, data: dict[str, Any]) -> None:
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(data, ensure_ascii=False) + "\n")


def hold(
    contestants: Sequence[Contestant],
    shelf: Shelf,
    ledger: Ledger,
    *,
    minutes: Sequence[float],
    seeds: int,
    rules: Rules,
) -> list[str]:
    """Run what is not in the ledger yet: one seed of all contestants before the next seed of any.

    Returns:
        One sentence for each contestant that failed.
    """
    failures = []
    waiting = [
        (contestant, length, seed)
        for length in sorted(minutes)
        for seed in range(seeds)
        for contestant in contestants
        if not ledger.has(contestant, length, seed)
    ]
    print(f"{len(waiting)} runs, at least {sum(length for _, length, _ in waiting):,.1f} minutes", flush=True)
    for contestant, length, seed in waiting:
        name = f"{contestant.name}, {length:g} minutes, seed {seed}"
        begun = time.perf_counter()
        try:
            result = compete(contestant, shelf, minutes=length, seed=seed, rules=rules)
        except subprocess.CalledProcessError as error:
            failures.append(f"{name}: it failed with exit code {error.returncode}.")
            print(failures[-1], flush=True)
            continue
        ledger.add(result)
        took = time.perf_counter() - begun
        print(f"{name}: val {result.val:.3f}, test {result.test:.3f} ({took:.0f} s in all)", flush=True)
    return failures


def _load() -> float:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0
