"""The `penwright` command: the adapter to the parsing library, and the only module that turns errors into sentences.

A command imports the library only when it runs, so that this module loads quickly.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cyclopts import App, CycloptsError, Parameter
from cyclopts.exceptions import UnusedCliTokensError

import penwright
from penwright.cli.commands.attribute import attribute
from penwright.cli.commands.card import card
from penwright.cli.commands.export import export
from penwright.cli.commands.fetch import fetch
from penwright.cli.commands.fetch_gutenberg import gutenberg
from penwright.cli.commands.fetch_hub import hub
from penwright.cli.commands.index import index
from penwright.cli.commands.inspect import inspect
from penwright.cli.commands.judge import judge
from penwright.cli.commands.ladder import ladder
from penwright.cli.commands.originality import originality
from penwright.cli.commands.plan import plan
from penwright.cli.commands.prepare import prepare
from penwright.cli.commands.read import read
from penwright.cli.commands.report import report
from penwright.cli.commands.score import score
from penwright.cli.commands.serve import serve
from penwright.cli.commands.suggest import suggest
from penwright.cli.commands.train import train
from penwright.cli.commands.write import write
from penwright.cli.failures import EXIT_BROKEN_PIPE, exit_code_of, sentence_of
from penwright.cli.interrupts import EXIT_INTERRUPTED
from penwright.cli.output import close_quietly, console, say, use_utf8
from penwright.cli.processors import let_waiting_threads_sleep
from penwright.cli.prompts import unquoted_prompt
from penwright.errors import UsageError

COMMANDS: dict[Callable[..., int], str] = {
    inspect: "PATH... [OPTIONS]",
    plan: "[PATH...] [OPTIONS]",
    prepare: "PATH... [OPTIONS]",
    train: "[PATH...] [OPTIONS]",
    ladder: "[PATH...] [OPTIONS]",
    write: "[AUTHOR] [TEXT] [OPTIONS]",
    read: "BOOK... --save MARK [OPTIONS]",
    suggest: "TEXT [OPTIONS]",
    serve: "[AUTHOR] [OPTIONS]",
    score: "FILE [OPTIONS]",
    attribute: "FILE --authors AUTHOR AUTHOR... [OPTIONS]",
    judge: "[AUTHOR] [OPTIONS]",
    originality: "FILE [OPTIONS]",
    index: "PATH... [OPTIONS]",
    report: "[RUN] [OPTIONS]",
    card: "[AUTHOR] [OPTIONS]",
    export: "html|onnx [AUTHOR] [OPTIONS]",
    fetch: "[gutenberg DIR | hub DATASET DIR] [OPTIONS]",
}
"""Usage line of each command, after its name."""
SUBCOMMANDS: dict[Callable[..., int], dict[Callable[..., int], str]] = {
    fetch: {gutenberg: "DIR [OPTIONS]", hub: "DATASET DIR [OPTIONS]"}
}
"""Commands below a command, each with its usage line."""
EXAMPLES: dict[Callable[..., int], tuple[str, ...]] = {
    inspect: ("shelf/", "shelf/ --manifest shelf.toml", "'shelf/*.epub' --cuts"),
    plan: ("shelf/ --for 30m", "shelf/ --for 1h --size 256x3"),
    prepare: ("library/", "library/ --cluster tcp://10.0.0.1:8786 --cache /shared/penwright"),
    train: (
        "shelf/ --for 10m",
        "a.txt b.epub --preset gru --for 5m",
        "shelf.toml --set model.hidden_size=256",
        "--resume runs/2026-01-31-shelf --for 1h",
    ),
    ladder: ("shelf/ --for 2m", "shelf/ --for 10s --open", "--resume runs/2026-01-31-shelf-ladder"),
    write: (
        '"Once upon a time"',
        "--box --words 300 --seed 7",
        'runs/2026-01-31-shelf "It was" --samples 3',
        "author.safetensors --paragraphs 2 --out page.txt",
        "runs/2026-01-31-shelf --max-quote 40 --annotate",
        "--from emma.mark --words 300",
        "--words 50000 --chapters 12 --out novel.epub",
    ),
    read: ("emma.txt --save emma.mark", "part-2.txt --from part-1.mark --save part-2.mark"),
    suggest: ('"She opened the d"', '"She opened the " --count 10 --json'),
    serve: ("", "--box --port 9000", "runs/2026-01-31-shelf --token-file token.txt --metrics"),
    score: ("letter.txt", "letter.txt --box --top 10"),
    attribute: (
        "letter.txt --authors runs/2026-01-31-austen runs/2026-02-01-dickens",
        "letter.txt --authors a.safetensors --box --json",
    ),
    judge: (
        "runs/2026-01-31-shelf",
        "--box --corpus shelf/ --temperature 0.6",
        "novel.txt --author runs/2026-01-31-shelf",
    ),
    originality: ("page.txt --corpus shelf/", "page.txt --corpus runs/2026-01-31-shelf --top 20"),
    index: ("shelf/", "runs/2026-01-31-shelf"),
    report: ("", "runs/2026-01-31-shelf --open"),
    card: ("", "--box", "author.safetensors --json"),
    export: ("html --box", "html runs/2026-01-31-shelf --out author.html", "onnx runs/2026-01-31-gru"),
    fetch: ("", "gutenberg books/ --limit 20", "hub emozilla/pg19 books/ --limit 20"),
    hub: ("emozilla/pg19 books/ --limit 20", "manu/project_gutenberg books/ --files 'data/fr-*' --yes"),
    gutenberg: (
        "books/ --limit 20",
        "books/ --author dickens --author 'jane austen'",
        "books/ --language de --subject all --yes",
        "books/ --mirror rsync --yes",
    ),
}
"""Words that may follow each command's name."""
DESCRIPTION = "Raise an author from a shelf of books: train a small recurrent network on them and let it write."
EPILOGUE = "`penwright COMMAND --help` explains one command."


def build_app() -> App:
    """Return the command line with all its commands."""
    app = App(
        name="penwright",
        help=DESCRIPTION,
        usage="Usage: penwright COMMAND [OPTIONS]",
        help_epilogue=EPILOGUE,
        help_format="markdown",
        version=_version,
        # No --no-json beside --json, and no "[default: False]" behind it.
        default_parameter=Parameter(negative=(), show_default=_shown_default),
        console=console(),
        result_action="return_value",
        print_error=False,
        exit_on_error=False,
        suppress_keyboard_interrupt=False,
    )
    for place, (command, arguments) in enumerate(COMMANDS.items()):
        name = command.__name__
        usage = f"Usage: penwright {name} {arguments}"
        app.command(command, name, sort_key=place, help_epilogue=_examples(command, name), usage=usage)
        for below, arguments in SUBCOMMANDS.get(command, {}).items():
            path = f"{name} {below.__name__}"
            usage = f"Usage: penwright {path} {arguments}"
            epilogue, default = _examples(below, path), app.default_parameter
            app[name].command(below, below.__name__, help_epilogue=epilogue, usage=usage, default_parameter=default)
    return app


def _examples(command: Callable[..., int], name: str) -> str:
    """Return the examples of a command as Markdown."""
    lines = [f"penwright {name} {words}".rstrip() for words in EXAMPLES[command]]
    return "  \n".join(["Examples:", *(f"`{line}`" for line in lines)])


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Words after the program's name; None takes those of the process.

    Returns:
        Exit code, one of those listed in `failures`.
    """
    use_utf8()
    let_waiting_threads_sleep()
    try:
        exit_code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except KeyboardInterrupt:
        say("penwright: stopped.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        close_quietly()
        return EXIT_BROKEN_PIPE
    except Exception as error:
        sentence = sentence_of(error)
        if sentence is None:
            raise
        say(f"penwright: {sentence}")
        return exit_code_of(error)
    return exit_code


def _run(argv: list[str]) -> int:
    try:
        result = build_app()(argv)
    except CycloptsError as error:
        raise UsageError(_usage_sentence(error, argv)) from error
    return result if isinstance(result, int) else 0


def _usage_sentence(error: CycloptsError, argv: Sequence[str]) -> str:
    """Return the library's explanation of wrong usage as one line that ends in where to look."""
    error.verbose = False
    if isinstance(error, UnusedCliTokensError) and tuple(error.command_chain or ()) == ("write",):
        return _unquoted_prompt(argv)
    command = " ".join(["penwright", *(error.command_chain or ())])
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        message = f"{command} has no use for '{error.unused_tokens[0]}'."
    else:
        message = str(error).strip()
    stop = "" if message.endswith((".", "?")) else "."
    return f"{message[:1].lower()}{message[1:]}{stop} See: {command} --help"


def _unquoted_prompt(argv: Sequence[str]) -> str:
    """Return a hint at the quotes that a prompt of several words needs.

    Args:
        argv: Words typed, of which the last ones before an option, or before the end, are too many.
    """
    phrases: list[list[str]] = [[]]
    for word in argv[1:]:
        phrases += [[word]] if word.startswith("--") else []
        phrases[-1] += [] if word.startswith("--") else [word]
    longest = max(phrases, key=len)
    words = longest[1:] if longest[0].startswith("--") else longest
    if longest[0].startswith("--") and longest[0] != "--prompt":
        words = words[1:]
    if len(words) > 1 and Path(words[0]).exists():
        words = words[1:]
    return unquoted_prompt(words)


def _shown_default(value: Any) -> Any:
    return None if value is False or value == () else value


def _version() -> str:
    return penwright.__version__
