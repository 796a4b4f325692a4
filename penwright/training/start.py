"""Begin a run, or resume one: the two entry points of training.

    for record in train(corpus, run="runs/books", seconds=300):
        print(record)

Both are generators: nothing happens before the first record is asked for. A consumer that stops asking leaves the run
as its last checkpoint has it.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from penwright.author.author import Author
from penwright.author.card import Card
from penwright.author.file.building import build_model
from penwright.author.file.loading import load_author
from penwright.corpus.store import Corpus
from penwright.errors import AuthorError, RunError, counted
from penwright.training.activity import COUNTING, Activity, Tell, tell_nobody, telling_of_compiling
from penwright.training.distributed import World, broadcast, current_world, wait_for_all
from penwright.training.from_author import StartAuthor
from penwright.training.loop import Loop
from penwright.training.machine import (
    choose_device,
    choose_precision,
    keep_freed_memory,
    use_threads,
)
from penwright.training.optim.schedule import fraction_done
from penwright.training.planning.plan import batch_sizes_of, is_to_be_planned, make_plan, sizes_of
from penwright.training.records import AnyRecord, FellBack
from penwright.training.run_environment import env_of, processes_of, threads_of
from penwright.training.run_writer import RunWriter, save_start
from penwright.training.runs.checkpoint import load_latest
from penwright.training.runs.folder import RunFolder
from penwright.training.session import Session
from penwright.training.settings.config import PRECISIONS, RunConfig
from penwright.training.settings.resolve import resolve_from
from penwright.training.state import Counters


def train(
    corpus: Corpus,
    *,
    run: str | Path,
    preset: str | None = None,
    config_file: Path | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    seconds: float | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    start: Author | None = None,
    stop: Callable[[], bool] = lambda: False,
    tell: Tell = tell_nobody,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[AnyRecord]:
    """Raise an author on a corpus, from nothing or from another author.

    The default preset takes the size and the lanes that suit the seconds given, unless they were chosen; see `plan`.
    Planning and preparing count as training time.

    Args:
        corpus: The books.
        run: Folder to make. The best author so far is always in it, as `author.safetensors`.
        preset: A name from `presets.PRESETS`.
        config_file: A TOML file laid over the preset.
        overrides: Tables of settings laid over both, such as {"model": {"hidden_size": 64}}.
        seconds, steps, epochs: Limit of the run; at most one. With none, the preset's, or ten minutes.
        seed: Seed of the weights, the order of books and dropout.
        start: Author to begin from, such as `Author.from_box()`. Its network, its alphabet and its n-grams go on; new
            characters and the n-grams of the corpus are added to them. The author itself does not change.
        stop: Called before every step. Once it returns True, the run is saved and ends.
        tell: Called with what is being done, whenever that changes; see `activity`.
        clock: Seconds that only go forward.

    Yields:
        Records, as they happen; the last is a `Finished`.

    Raises:
        ConfigError: If a setting does not exist or is out of bounds, or is one that the author to begin from decides.
        CorpusError: If there is nothing to train on.
        RunError: If the folder holds a run already or is in use, or the loss keeps exploding.
    """
    began = clock()
    with telling_of_compiling(tell) as tell:
        world = current_world()
        given = {"seconds": seconds, "steps": steps, "epochs": epochs, "seed": seed}
        begun = None if start is None else StartAuthor(start.model, start.alphabet, start.card)
        tables = _with_flags(overrides or {}, given)
        resolved = resolve_from(begun, preset, config_file=config_file, overrides=tables)
        tell(Activity("measuring this machine"))
        config = _agreed(resolve_auto(resolved.config, world=world), world)
        plan = None
        if begun is None and is_to_be_planned(resolved, world=world):
            sizes, batch_sizes = sizes_of(resolved), batch_sizes_of(resolved)
            plan = make_plan(corpus, config, spent=clock() - began, sizes=sizes, batch_sizes=batch_sizes, tell=tell)
            config = plan.laid_over(config)
        session = _session(corpus, config, world, begun)
        folder = _make_folder(Path(run), session)
        with _locked(folder, world):
            writer = RunWriter(folder, rollback=session.capture())
            if plan is not None:
                writer.append(session, plan.record)
                yield plan.record
            yield from Loop(session, writer, stop=stop, tell=tell, clock=clock, began=began).records()


def resume(
    run: str | Path,
    *,
    corpus: Corpus | None = None,
    seconds: float | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    tell: Tell = tell_nobody,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[AnyRecord]:
    """Resume a run exactly where its last good checkpoint stands.

    Args:
        run: Folder of the run.
        corpus: The books, if they are no longer prepared where they were. They must be the same.
        seconds, steps, epochs: A new limit of the whole run, in place of its old one.
        stop, tell, clock: See `train`.

    Yields:
        Records, as they happen; the last is a `Finished`.

    Raises:
        RunError: If there is no such run, it is in use, has nothing left to do, or the books have changed.
        CheckpointError: If no checkpoint is good.
    """
    world = current_world()
    wait_for_all(world)
    folder = RunFolder.open(Path(run))
    with _locked(folder, world), telling_of_compiling(tell) as tell:
        tell(Activity("loading the checkpoint"))
        config, is_longer = folder.config(), (seconds, steps, epochs) != (None, None, None)
        if is_longer:
            config = replace(config, train=replace(config.train, seconds=seconds, steps=steps, epochs=epochs))
        config = replace(config, train=replace(config.train, threads=threads_of(folder.env(), config, world=world)))
        keep_freed_memory()
        use_threads(config.train.threads)
        session = _session(_same_books(folder, corpus), config, world, _start_of(folder))
        loaded = load_latest(folder.checkpoints_dir)
        ending, counters = folder.ending(), loaded.checkpoint.state.counters
        done = fraction_done(config.train, counters, windows_per_epoch=session.lanes.windows_per_epoch)
        if ending is not None and (done >= 1.0 or not is_longer):
            raise _nothing_left(folder, counters)
        began = clock()
        tell(COUNTING)
        session.restore(loaded.checkpoint.state)  # counts the fold that was being read
        (counting_seconds,) = broadcast([clock() - began], world=world)
        if ending == "patience":  # and given more time, so it has its patience back
            session.counters = replace(session.counters, evaluations_without_gain=0)
        wait_for_all(world)  # all have read the folder as the last session left it
        if world.leads:
            folder.write_config(config)
            folder.write_env({**folder.env(), **processes_of(world)})
            folder.forget_after(session.counters.step, best_step=session.counters.best_step)
        wait_for_all(world)  # from here on all read what is left
        writer = RunWriter(folder, rollback=loaded.checkpoint.rollback, later=_later_author(folder, session))
        if loaded.refused:
            fell_back = FellBack(**session.when(), refused=loaded.refused)
            writer.append(session, fell_back)
            yield fell_back
        earlier = [record for record in folder.metrics() if record.step == session.counters.step]
        del loaded  # a copy of all that was restored
        loop = Loop(
            session,
            writer,
            stop=stop,
            tell=tell,
            clock=clock,
            counting_seconds=counting_seconds,
            earlier=earlier,
        )
        yield from loop.records()


def resolve_auto(config: RunConfig, *, world: World | None = None) -> RunConfig:
    """Resolve threads, device and precision to those of this machine, so that a resumed run uses the same.

    Args:
        config: The configuration.
        world: The processes that train together. Those of one machine share its processors. None stands for one.
    """
    keep_freed_memory()
    threads = use_threads(config.train.threads, num_sharing=1 if world is None else world.local_size)
    device = choose_device(config.train.device)
    precision = choose_precision(config.train.precision, device)
    return replace(config, train=replace(config.train, threads=threads, device=device.type, precision=precision))


def _with_flags(
    overrides: Mapping[str, Mapping[str, Any]], flags: Mapping[str, float | None]
) -> dict[str, dict[str, Any]]:
    """Return tables of settings with the flags that were given in the table "train"."""
    tables = {name: dict(table) for name, table in overrides.items()}
    given = {name: value for name, value in flags.items() if value is not None}
    return {**tables, "train": {**tables.get("train", {}), **given}}


def _agreed(config: RunConfig, world: World) -> RunConfig:
    """Take the precision that rank 0 measured: other processes may have found another one faster."""
    (index,) = broadcast([float(PRECISIONS.index(config.train.precision))], world=world)
    return replace(config, train=replace(config.train, precision=PRECISIONS[int(index)]))


def _session(corpus: Corpus, config: RunConfig, world: World, start: StartAuthor | None) -> Session:
    if start is not None:
        corpus = corpus.in_alphabet(start.alphabet_for(corpus))
    return Session(corpus, config, device=choose_device(config.train.device), world=world, start=start)


def _start_of(folder: RunFolder) -> StartAuthor | None:
    """Return the author that a run began from, None for one that began from nothing."""
    if not folder.has_start:
        return None
    parts = load_author(folder.start_path)
    return StartAuthor(build_model(parts), parts.alphabet, parts.card)


def _make_folder(path: Path, session: Session) -> RunFolder:
    """Make and lock the folder of a new run, once for all processes."""
    folder = RunFolder(path)
    if session.world.leads:
        folder = RunFolder.create(path, config=session.config, env=env_of(session))
        if session.start is not None:
            save_start(folder, session.start)
    wait_for_all(session.world)
    return folder


def _locked(folder: RunFolder, world: World) -> AbstractContextManager[None]:
    """Lock a run for all processes that train it together."""
    return folder.locked() if world.leads else nullcontext()


def _same_books(folder: RunFolder, corpus: Corpus | None) -> Corpus:
    """Open the run's corpus, or take the one given. Either must be the same to the last id."""
    known = folder.env().get("corpus", {})
    if corpus is None:
        corpus = Corpus.open(str(known.get("path", "")))
    if corpus.digest != known.get("digest"):
        raise RunError(
            f"the books of {folder.path} have changed since it began, so it cannot go on as it was. "
            "Restore them, or start a new run on the books as they are now."
        )
    return corpus


def _later_author(folder: RunFolder, session: Session) -> Card | None:
    """Return the card of the run's author if it is of a step that the checkpoint has not reached, else None."""
    if not session.world.leads:
        return None
    try:
        card = load_author(folder.author_path).card
    except AuthorError:  # none yet, or a damaged one, which will be replaced
        return None
    return card if card.steps > session.counters.step else None


def _nothing_left(folder: RunFolder, counters: Counters) -> RunError:
    """Return the error about a run that has nothing left to do."""
    return RunError(
        f"{folder.path} is finished: {counted(counters.step, 'step')}, "
        f"{counted(round(counters.elapsed_seconds), 'second')}. "
        "To train it longer, give a larger --for, --steps or --epochs for the whole run."
    )
