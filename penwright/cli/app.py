"""The `penwright` command: the adapter to the parsing library, and the only module that turns errors into sentences.

A command imports the library only when it runs, so that this module loads quickly.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from cyclopts import App, CycloptsError, Parameter
from cyclopts.exceptions import UnusedCliTokensError

import penwright
from penwright.cli.commands.card import card
from penwright.cli.commands.fetch import fetch
from penwright.cli.commands.inspect import inspect
from penwright.cli.commands.plan import plan
from penwright.cli.commands.report import report
from penwright.cli.commands.score import score
from penwright.cli.commands.train import train
from penwright.cli.commands.write import write
from penwright.cli.failures import EXIT_BROKEN_PIPE, exit_code_of, sentence_of
from penwright.cli.interrupts import EXIT_INTERRUPTED
from penwright.cli.output import close_quietly, console, say, use_utf8
from penwright.cli.processors import let_waiting_threads_sleep
from penwright.errors import UsageError

COMMANDS: dict[Callable[..., int], str] = {
    inspect: "PATH... [OPTIONS]",
    plan: "[PATH...] [OPTIONS]",
    train: "[PATH...] [OPTIONS]",
    write: "[AUTHOR] [OPTIONS]",
    score: "FILE [OPTIONS]",
    report: "[RUN] [OPTIONS]",
    card: "[AUTHOR] [OPTIONS]",
    fetch: "[OPTIONS]",
}
"""Usage line of each command, after its name."""
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
    for index, (command, arguments) in enumerate(COMMANDS.items()):
        name = command.__name__
        app.command(command, name, sort_key=index, help_epilogue="", usage=f"Usage: penwright {name} {arguments}")
    return app


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
        raise UsageError(_usage_sentence(error)) from error
    return result if isinstance(result, int) else 0


def _usage_sentence(error: CycloptsError) -> str:
    """Return the library's explanation of wrong usage as one line that ends in where to look."""
    error.verbose = False
    command = " ".join(["penwright", *(error.command_chain or ())])
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        message = f"{command} has no use for '{error.unused_tokens[0]}'."
    else:
        message = str(error).strip()
    stop = "" if message.endswith((".", "?")) else "."
    return f"{message[:1].lower()}{message[1:]}{stop} See: {command} --help"


def _shown_default(value: Any) -> Any:
    return None if value is False or value == () else value


def _version() -> str:
    return penwright.__version__
