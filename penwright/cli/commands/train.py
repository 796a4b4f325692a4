"""`penwright train`: raise an author on books, or go on with a run."""

from pathlib import Path
from typing import Annotated, Literal

from penwright.cli.config_layers import check_flags, config_layers
from penwright.cli.configuration import print_configuration
from penwright.cli.display.clock import loading
from penwright.cli.options import (
    CONFIGURATION,
    LENGTH,
    OUTPUT,
    Duration,
    Existing,
    ExistingAuthor,
    ExistingRun,
    Json,
    Languages,
    NewFolder,
    Settings,
    SettingTexts,
    Text,
    Whole,
    at_most_one,
    option,
)
from penwright.cli.speech import Speech
from penwright.errors import UsageError


def train(
    *paths: str,
    for_: Duration = None,
    epochs: Annotated[Whole, option(group=LENGTH)] = None,
    steps: Annotated[Whole, option(group=LENGTH)] = None,
    run: Annotated[Path | None, NewFolder, option(name=("--run", "--run-dir"))] = None,
    resume: Annotated[Path | None, ExistingRun, option(metavar="RUN")] = None,
    from_: Annotated[str | None, ExistingAuthor, option(name="--from", metavar="AUTHOR")] = None,
    old_books: Annotated[str | None, option(metavar="PATH")] = None,
    default_shelf: bool = False,
    preset: Annotated[str | None, option(group=CONFIGURATION, metavar="NAME")] = None,
    config: Annotated[Path | None, Existing, option(group=CONFIGURATION, metavar="FILE")] = None,
    set_: SettingTexts = (),
    size: Annotated[str | None, option(group=CONFIGURATION, metavar="SIZE")] = None,
    unit: Annotated[Literal["characters", "bpe", "words", "pairs"] | None, option(group=CONFIGURATION)] = None,
    language: Languages = None,
    labels: Annotated[Literal["none", "writers", "folders"] | None, option(group=CONFIGURATION)] = None,
    accept_doubtful: Annotated[bool, option(group=CONFIGURATION)] = False,
    seed: Annotated[Whole, option(group=CONFIGURATION)] = None,
    prompt: Annotated[Text, option(group=CONFIGURATION)] = None,
    threads: Annotated[Whole, option(group=CONFIGURATION)] = None,
    device: Annotated[Literal["auto", "cpu", "cuda", "gpu", "mps"] | None, option(group=CONFIGURATION)] = None,
    index: Annotated[bool, option(group=OUTPUT)] = False,
    print_config: Annotated[bool, option(group=OUTPUT)] = False,
    quiet: Annotated[bool, option(group=OUTPUT)] = False,
    as_json: Json = False,
) -> int:
    """Raise an author on books.

    A clock shows what is being done, and under it stands the newest sample, always from the same prompt and seed. Press
    Ctrl-C once to finish the step, save, and see how to go on; press it twice to stop at once. The run's folder always
    holds the best author so far.

    Args:
        paths: Books: files, folders (read recursively), patterns, archives, or the manifest that `inspect` wrote.
            Without any: the default shelf if it was fetched, else the manuals of this Python.
        for_: Length of the training, such as 10m, 90s or 1h30m. With no length given, 10m, or the preset's length.
        epochs: Number of times to read all training books.
        steps: Number of updates to make.
        run: Folder of the run. The default is a new folder, runs/DATE-NAME. Write --run-dir under torchrun, which
            has an option --run of its own.
        resume: Go on with this run exactly from its last checkpoint. A length given with it counts from the beginning
            of the run. Name the books only if they have to be prepared again.
        from_: Go on from an author instead of from nothing: its file, the folder of its run, or box for the one that
            comes with Penwright. It keeps what it knows and learns these books.
        old_books: With --from: the books that the author was raised on. Those that were held out then are scored with
            it before and after, and not learned.
        default_shelf: Read the default shelf. It is fetched first if necessary.
        preset: Preset of the configuration: default, seed (the 2017 system), or a rung of the ladder: perceptron,
            window, elman, gru, lstm.
        config: A TOML file of settings, laid over the preset.
        set_: A setting laid over both, as section.key=value, for example model.hidden_size=256. May be repeated.
        size: Width and layers of the network, such as 256x3. Without it, or with auto, the default preset takes the
            size with the best forecast for the time given; `penwright plan` shows the choice.
        unit: What a symbol stands for: a character, a subword of byte-pair encoding (bpe, formerly pairs) or a word.
            For the number of symbols of the last two: --set corpus.num_subwords=N.
        language: Keep only the books in this language, told by their text: en, or several as en,fr.
        labels: Learn a label for each book beside its text: its writer, or its folder. `write --as` then asks for one
            or for a mixture. Without it, nothing is spent on labels.
        accept_doubtful: Read books too in which over 1 % of the characters are replacements or improbable.
        seed: Seed of the initial weights and of the order of books.
        prompt: Beginning of the samples that are shown during training.
        threads: Processor threads; 0 for all.
        device: Device to compute on; gpu means cuda.
        index: When the training ends, make the index of the books by which copied runs are found, as `penwright index`
            does. `write --max-quote`, `originality` and `judge` then find it there.
        print_config: Print the configuration with the origin of each value, as TOML that --config reads, and do not
            train.
        quiet: Show nothing until the end.
    """
    at_most_one({"--for": for_, "--epochs": epochs, "--steps": steps})
    lengths = {"seconds": for_, "epochs": epochs, "steps": steps}
    training = {"seed": seed, "threads": threads, "device": device, "labels": labels}
    if resume is not None:
        others: dict[str, object] = {"run": run, "from": from_, "default-shelf": default_shelf, "preset": preset}
        others |= {"config": config, "set": set_, "size": size, "unit": unit, "prompt": prompt}
        others["print-config"] = print_config
        others["accept-doubtful"] = accept_doubtful
        others["language"] = language
        for name, value in {**others, **training}.items():
            at_most_one({"--resume": resume, f"--{name}": value})
        check_flags({"train": lengths})
        with loading(is_shown=not quiet):
            from penwright.cli.run_training import resume_run

        speech = Speech(is_quiet=quiet, as_json=as_json)
        return resume_run(resume, paths=paths, lengths=lengths, speech=speech, old_books=old_books, makes_index=index)

    flags: Settings = {
        "corpus": {"unit": unit, "language": language, "accept_doubtful": accept_doubtful or None},
        "train": {**lengths, **training},
        "diary": {"prompt": prompt},
    }
    layers = config_layers(preset=preset, config=config, size=size, flags=flags, settings=set_)
    if from_ is not None:
        at_most_one({"--from": from_, "--size": size})
    elif old_books is not None:
        raise UsageError("--old-books is for a training that begins from an author. Name it with --from AUTHOR.")
    if print_config and from_ is None:
        print_configuration(layers.resolve(), as_json=as_json)
        return 0
    with loading(is_shown=not quiet):
        from penwright.cli.run_training import begin_run, configuration_from

    if print_config and from_ is not None:
        print_configuration(configuration_from(from_, layers=layers), as_json=as_json)
        return 0
    speech = Speech(is_quiet=quiet, as_json=as_json)
    return begin_run(
        paths,
        wants_default=default_shelf,
        layers=layers,
        run=run,
        speech=speech,
        start=from_,
        old_books=old_books,
        makes_index=index,
    )
