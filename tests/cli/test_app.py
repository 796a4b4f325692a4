"""The command as a whole: help, wrong usage, and errors that become one line."""

import os
import subprocess
import sys

import pytest
from folders import ROOT

from penwright.cli import app
from penwright.cli.app import COMMANDS, SUBCOMMANDS, main
from penwright.errors import CorpusError

NAMES = [command.__name__ for command in COMMANDS]
PATHS = {command.__name__: command for command in COMMANDS}
PATHS |= {f"{command.__name__} {below.__name__}": below for command, belows in SUBCOMMANDS.items() for below in belows}
"""Command by the words that call it."""


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out, err = capsys.readouterr()
    assert all(name in out for name in NAMES)
    assert err == ""


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "Usage: penwright COMMAND [OPTIONS]" in capsys.readouterr().out


@pytest.mark.parametrize("name", PATHS)
def test_every_option_of_every_command_is_explained(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*name.split(), "--help"]) == 0
    command = app.build_app()
    for word in name.split():
        command = command[word]
    for argument in command.assemble_argument_collection(parse_docstring=True):
        assert argument.name == "*" or argument.parameter.help, f"{name} does not explain {argument.name}"
    shown = capsys.readouterr().out
    assert f"Usage: penwright {name}" in shown
    examples = shown[shown.index("Examples:") :].split(f"penwright {name}")[1:]
    assert len(examples) == len(app.EXAMPLES[PATHS[name]])


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    import penwright

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{penwright.__version__}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trian"], 'unknown command "trian". Did you mean "train"? '),
        (
            ["train", "--presett", "seed"],
            "unknown option: --presett. Did you mean --preset? See: penwright train ",
        ),
        (["train", "--preset", "sede"], "--preset: there is no preset 'sede'. Did you mean 'seed'?"),
        (
            ["train", "--steps", "1.5"],
            "invalid value for --steps: '1.5' is not a whole number. See: ",
        ),
        (["train", "--steps", "1,5"], "invalid value for --steps: '1,5' is not a whole number. "),
        (["train", "--steps", "many"], "invalid value for --steps: 'many' is not a whole number. "),
        (["train", "--steps"], 'command "train" parameter --steps requires an argument. '),
        (["train", "--steps", "1", "--steps", "2"], "parameter --steps specified multiple times. "),
        (["train", "--for", "10"], "--for 10 has no unit. Write 10s, 10m or 10h"),
        (["train", "--for", "10m", "--steps", "3"], "--for and --steps exclude each other; give one of them."),
        (["train", "--resume", ".", "--seed", "3"], "--resume and --seed exclude each other; give one of them."),
        (["train", "--resume", ".", "--set", "a.b=3"], "--resume and --set exclude each other; give one of them."),
        (["train", "--device", "tpu"], 'invalid value "tpu" for --device. Choose from: '),
        (["train", "--set", "model.hiden_size=3"], "there is no setting model.hiden_size. Did you mean 'hidden_size'?"),
        (["train", "--set", "model.hidden_size=x"], "model.hidden_size='x' must be a whole number from 1 to 8,192."),
        (
            ["train", "--config", "missing.toml"],
            "--config missing.toml: there is no such file or folder. Check the path.",
        ),
        (["train", "a", "--default-shelf"], "PATH and --default-shelf exclude each other; give one of them."),
        (["write", "--chars", "ten"], "invalid value for --chars: 'ten' is not a whole number. "),
        (["write", "--temperature", "hot"], "invalid value for --temperature: unable to convert "),
        (["write", "--temperature", "nan", "--prompt", ""], "--temperature=nan must be a number from 0 to 10."),
        (["write", "--endless", "--chars", "3"], "--endless and --chars exclude each other; give one of them."),
        (["write", "--chars", "0", "--json"], "--chars 0 and --json exclude each other; give one of them."),
        (["write", "--samples", "0"], "--samples 0 must lie between 1 and 10,000."),
        (["score"], 'command "score" parameter FILE requires an argument. '),
        (["card", "a", "b"], "penwright card has no use for 'b'. See: penwright card --help"),
        (["score", "a.txt", "--top", "-1"], "--top -1 must be 0 or more."),
    ],
)
def test_wrong_usage_is_one_line_and_exits_with_2(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"penwright: {message}"), err
    assert err.count("\n") == 1


def failing_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command that raises."""

    def fail(argv: list[str]) -> int:
        raise error

    monkeypatch.setattr(app, "_run", fail)
    return main([])


def test_a_failure_is_one_line_and_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing_with(CorpusError("no book was found\nin a\x1b."), monkeypatch) == 1
    assert capsys.readouterr() == ("", "penwright: no book was found in a␛.\n")


def test_a_full_disk_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert failing_with(OSError(28, "No space left on device"), monkeypatch) == 1
    assert capsys.readouterr().err.startswith("penwright: the disk is full. What was saved before is whole")


def test_ctrl_c_exits_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert failing_with(KeyboardInterrupt(), monkeypatch) == 130
    assert capsys.readouterr() == ("", "penwright: stopped.\n")


def test_our_own_mistakes_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        failing_with(ZeroDivisionError(), monkeypatch)


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = "import sys; from penwright.cli.app import main; sys.exit(main(['--help']))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 141
    assert error == b""


@pytest.mark.skipif(os.name == "nt", reason="needs a shell that can close a stream")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_no_error(closed: str) -> None:
    code = "import sys; from penwright.cli.app import main; sys.exit(main(['card', '--help']))"
    done = subprocess.run(
        f'"{sys.executable}" -c "{code}" {closed}', shell=True, capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert ("Usage" in done.stdout) == (not closed.startswith(">"))


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["train", "--help"],
        ["train", "--steps", "x"],
        ["train", "--steps", "0"],
        ["inspect", str(ROOT / "tests/shelf")],
        ["card", "--box"],
    ],
    ids=" ".join,
)
def test_what_needs_no_model_does_not_load_torch(words: list[str]) -> None:
    code = f"import sys; from penwright.cli.app import main; main({words!r}); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_the_examples_follow_their_heading_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["write", "--help"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[lines.index("Examples:") + 1] == 'penwright write "Once upon a time"'
