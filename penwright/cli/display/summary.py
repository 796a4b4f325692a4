"""The words around a training: its length before it begins, its outcome and the next commands when it has ended."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from penwright.cli.display.durations import format_duration
from penwright.cli.display.words import expected_range
from penwright.errors import counted, quoted, with_article

if TYPE_CHECKING:
    from penwright.cli.old_books import Kept
    from penwright.training.records import Finished, Planned
    from penwright.training.settings.config import RunConfig


def beginning(config: "RunConfig", *, vocab_size: int, run: Path, is_planned: bool) -> str:
    """Return a sentence on the training that begins.

    Args:
        config: Configuration of the run. One of its limits is set.
        vocab_size: Number of symbols in the alphabet of the books.
        run: Folder of the run.
        is_planned: True if the network or its lanes are yet to be chosen.
    """
    from penwright.model.config import num_parameters_of

    model, limits = config.model_config(vocab_size=vocab_size, unit=config.corpus.unit), config.train
    if limits.steps is not None:
        length = counted(limits.steps, "step")
    elif limits.epochs is not None:
        length = counted(limits.epochs, "reading of all books", "readings of all books")
    else:
        length = format_duration(limits.seconds or 0.0)
    if is_planned:
        return f"Training for {length}, in {run}; first a few seconds to find what suits. Ctrl-C saves and ends."
    network = f"{with_article(model.cell)} network of {num_parameters_of(model):,} parameters"
    return f"Training {network} for {length}, in {run}. Ctrl-C saves and ends."


def outcome_json(
    finished: "Finished", *, run: Path, before: float | None = None, kept: "Kept | None" = None
) -> dict[str, Any]:
    """Return the outcome as one flat object with the glossary's names.

    Args:
        finished, run, before, kept: See `outcome_lines`.
    """
    from penwright.training.records import to_json

    facts = to_json(finished)
    del facts["kind"]
    facts["bits_per_char"] = facts.pop("best_bits_per_char")
    facts["chars_per_second"] = finished.chars_read / max(finished.elapsed_seconds, 1e-9)
    if before is not None:
        facts["bits_per_char_before"] = before
    if kept is not None:
        facts["old_books"] = kept._asdict()
    return {"run": str(run), **facts}


def outcome_lines(
    finished: "Finished",
    *,
    run: Path,
    planned: "Planned | None" = None,
    before: float | None = None,
    kept: "Kept | None" = None,
) -> list[str]:
    """Return the outcome as lines to print, the commands to try last.

    Args:
        finished: The last record.
        run: Folder of the run.
        planned: Forecast, None if there was none.
        before: Bits per character of the author that the training began from, None if it began from nothing.
        kept: Scores of the old books, None if they were not asked for.
    """
    spent = (
        f"{counted(finished.step, 'step')}, {counted(finished.chars_read, 'character')} read, "
        f"{format_duration(finished.elapsed_seconds)}"
    )
    how = {"stopped": "Stopped and saved", "patience": "Ended early"}.get(finished.reason, "Done")
    lines = [f"{how}: {spent}."]
    if finished.best_bits_per_char is not None:
        expected = expected_range(planned) if planned is not None and finished.reason == "done" else None
        lines.append(
            f"Best on held-out text during training: {finished.best_bits_per_char:.3f} bits/char, "
            f"after step {finished.best_step:,}{f'; expected {expected}' if expected else ''}."
        )
    if finished.val_books:
        from penwright.evaluation.books import total

        after = total(finished.val_books)
        where = (
            f"measured on {counted(after.num_chars, 'held-out character')}, {counted(len(finished.val_books), 'book')}"
        )
        lines.append(f"The final figure, on the card: {after.bits_per_char:.3f} bits/char, {where}.")
        if before is not None:
            lines.append(f"Held-out books of this shelf: {before:.3f} bits/char before, {after.bits_per_char:.3f} now.")
    if kept is not None:
        lines.append(kept.sentence())
    elif before is not None:
        lines.append("Its old books are not at hand. To see what it has kept of them, name them with --old-books PATH.")
    if finished.author:
        lines.append(f"The author: {finished.author}")
        if finished.reason == "stopped" and finished.best_step is not None:
            lines.append(
                f"It is the author of step {finished.best_step:,}; --resume goes on from step {finished.step:,}."
            )
    commands = {
        "Let it write": f"penwright write {quoted(run)}",
        "See how it learned": f"penwright report {quoted(run)}",
    }
    if finished.reason == "stopped":
        commands = {"Go on": resume_command(run), **commands}
    width = max(map(len, commands)) + 1
    return lines + [f"  {what + ':':{width}} {command}" for what, command in commands.items()]


def before_of(run: Path) -> float | None:
    """Return the bits per character of the author that a run began from, None if it began from nothing."""
    from penwright.author.file.loading import load_author
    from penwright.training.run_writer import BEFORE
    from penwright.training.runs.folder import RunFolder

    folder = RunFolder(run)
    return load_author(folder.author_path).card.baselines.get(BEFORE) if folder.has_start else None


def plan_of(run: Path) -> "Planned | None":
    """Return the forecast for a run, None if there was none or the run was given another length since."""
    from penwright.training.records import Planned
    from penwright.training.runs.folder import RunFolder

    folder = RunFolder.open(run)
    planned = next((record for record in folder.metrics() if isinstance(record, Planned)), None)
    return planned if planned is not None and planned.seconds == folder.config().train.seconds else None


def resume_command(run: Path) -> str:
    """Return the command that goes on with a run."""
    return f"penwright train --resume {quoted(run)}"
