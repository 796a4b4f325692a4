"""Records such as a training yields, for tests that show them; every field can be given another value."""

from typing import Any

from penwright.training.records import Evaluation, Finished, Progress, RolledBack, Sample, Saved

WHEN: dict[str, Any] = {"step": 1_200, "chars_read": 2_457_600, "elapsed_seconds": 60.0}


def progress(**changes: Any) -> Progress:
    """A step of learning."""
    values: dict[str, Any] = {
        "epoch": 1,
        "loss": 1.12,
        "bits_per_char": 1.616,
        "accuracy": 0.5,
        "learning_rate": 1e-3,
        "chars_per_second": 41_234.0,
        "fraction_done": 0.134,
        "eta_seconds": 258.0,
    }
    return Progress(**{**WHEN, **values, **changes})


def evaluation(**changes: Any) -> Evaluation:
    """A reading of held-out books."""
    values = {"bits_per_char": 1.71, "accuracy": 0.5, "num_chars": 1_000, "is_best": True, "books": ()}
    return Evaluation(**{**WHEN, **values, **changes})


def sample(**changes: Any) -> Sample:
    """A sample for the diary."""
    return Sample(**{**WHEN, "prompt": "It was ", "text": "a cold night.", **changes})


def saved(**changes: Any) -> Saved:
    """A checkpoint."""
    return Saved(**{**WHEN, "path": "p", "reason": "time", **changes})


def rolled_back(**changes: Any) -> RolledBack:
    """A loss that exploded."""
    values = {"loss": 9.0, "back_to_step": 1_150, "learning_rate_scale": 0.5, "book": "The Lamp"}
    return RolledBack(**{**WHEN, **values, **changes})


def finished(**changes: Any) -> Finished:
    """The end of a session."""
    values = {
        "reason": "done",
        "best_bits_per_char": 1.71,
        "best_step": 1_200,
        "author": "runs/a/author.safetensors",
        "val_books": (),
        "test_books": (),
    }
    return Finished(**{**WHEN, **values, **changes})
