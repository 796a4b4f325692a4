"""Penwright itself, trained through its public functions just as by `penwright train PATH --for M`.

The default and the ladder of plain cells run as they are: they choose a precision, score held-out books, write samples
and save. The saved author is scored. The 2017 system (`seed`) would spend a quarter of its minutes on held-out books,
so it does not score them. It begins from the initial state only once in its training, and may fail on books that do. So
it is also scored with its last weights and the final state of a training lane, and the better score on the books marked
`val` counts.

Settings: `preset`, and `overrides` for an ablation.
"""

import tempfile
import time
from pathlib import Path

import torch

from peers.contract import MIN_P, TEMPERATURE, Curve, Figures, Job, Outcome, answer, better
from penwright import Author, Corpus, train
from penwright.evaluation.books import evaluate, total
from penwright.model.char_model import CharModel, ModelState, state_from_tensors
from penwright.training.machine import package_versions
from penwright.training.records import Finished, Planned, Progress
from penwright.training.runs.checkpoint import list_checkpoints, load_checkpoint
from penwright.training.runs.folder import RunFolder

FINAL_CHARS = 5_000  # scored by the run itself at its end; the contest scores more
SEED = {"val_every": 10**9, "val_chars": FINAL_CHARS, "compare_every": 0, "validation": "books", "patience": 0}


def run(job: Job) -> Outcome:
    """Train one preset and score its author."""
    corpus = Corpus.open(job.facts.path)
    preset = job.settings["preset"]
    overrides = {name: dict(table) for name, table in job.settings.get("overrides", {}).items()}
    overrides["train"] = {
        **overrides.get("train", {}),
        **(SEED if preset == "seed" else {}),
        "final_val_chars": FINAL_CHARS,
        "threads": job.threads,
    }
    ticks: list[float] = []

    def tick() -> bool:
        """Record the time before every step, of which the last is the end of the training."""
        ticks[1:] = [time.perf_counter()]
        return False

    with tempfile.TemporaryDirectory() as folder:
        run_dir = Path(folder) / "run"
        last = plan = None
        curve = Curve(job.seconds, symbols_per_char=job.facts.symbols_per_char)
        ticks.append(time.perf_counter())
        for record in train(
            corpus, run=run_dir, preset=preset, overrides=overrides, seconds=job.seconds, seed=job.seed, stop=tick
        ):
            if isinstance(record, Progress):
                curve.add(record.loss)
            elif isinstance(record, Planned) and record.difficulty is not None:
                plan = {"size": record.size, "expected": record.choice.bits_per_char}
            last = record
        assert isinstance(last, Finished), "a run ends with its last record"
        author = Author.load(run_dir)
        readings = {"empty": _figures(job, corpus, author.model)}
        train_settings = RunFolder.open(run_dir).config().train
        if preset == "seed":
            initial = _carry_on(author.model, run_dir)
            readings["carried on"] = _figures(job, corpus, author.model, initial=initial)
    memory, figures = better(readings)
    page = author.write(
        job.facts.prompt, max_chars=job.facts.sample_chars, temperature=TEMPERATURE, min_p=MIN_P, seed=1
    )
    return Outcome(
        num_parameters=author.model.num_parameters,
        chars_read=last.chars_read,
        train_seconds=ticks[-1] - ticks[0],
        points=curve.points,
        figures=figures,
        memory=memory,
        sample_ids=author.alphabet.encode(page).tolist(),
        settings={
            "precision": train_settings.precision,
            "update": [train_settings.batch_size, train_settings.seq_len],
            "ended": last.reason,
            "best_step": last.best_step,
            "plan": plan,
        },
        versions=package_versions(),
    )


def _figures(job: Job, corpus: Corpus, model: CharModel, *, initial: ModelState | None = None) -> Figures:
    return Figures(
        *(
            total(
                evaluate(model, corpus, corpus.books_in(split), max_chars=job.facts.scored_chars, initial=initial)
            ).bits_per_char
            for split in ("val", "test")
        )
    )


def _carry_on(model: CharModel, run_dir: Path) -> ModelState:
    """Give a model the last weights of a run, and return the final state of the run's first lane."""
    state = load_checkpoint(list_checkpoints(run_dir / "checkpoints")[-1]).state
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(state.weights[name])
    return state_from_tensors(model, {name: tensor[:1] for name, tensor in state.lanes.items()}, "lanes")


if __name__ == "__main__":
    answer(run)
