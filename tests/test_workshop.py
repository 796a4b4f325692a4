"""The seven steps of the workshop as short programs: each runs, in a small size, and shows what it says."""

import ast
import importlib.util
import math
import re
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from folders import ROOT

WORKSHOP = ROOT / "examples" / "workshop"
MAX_LINES = 60
STEPS = sorted(WORKSHOP.glob("*.py"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a step as the command line would, and return what it printed."""

    def run_step(name: str, *arguments: object) -> str:
        path = WORKSHOP / f"{name}.py"
        monkeypatch.setattr(sys, "argv", [str(path), *map(str, arguments)])
        runpy.run_path(str(path), run_name="__main__")
        return capsys.readouterr().out

    return run_step


@pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)
def test_a_step_is_short_and_says_how_to_run_it(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") < MAX_LINES
    docstring = ast.get_docstring(ast.parse(source), clean=False) or ""
    assert docstring.startswith(f"Step {path.name[0]}: ")
    assert f"\n    python examples/workshop/{path.name} " in docstring


def test_there_are_seven_steps() -> None:
    assert [path.name[0] for path in STEPS] == list("1234567")


@pytest.mark.parametrize(
    ("numbers", "shapes"),
    [
        ((), ["[300.0, 10.0]", "3", "mul", "[900.0, 30.0]", "sum", "930.0"]),
        ((10, 15), ["[10.0, 15.0]", "3", "mul", "[30.0, 45.0]", "sum", "75.0"]),
    ],
)
def test_the_graph_is_drawn_with_its_tensors_and_operations(
    numbers: tuple[int, ...], shapes: list[str], run: Callable[..., str], tmp_path: Path
) -> None:
    out = tmp_path / "graph.svg"
    assert run("1_graph", *numbers, "--out", out) == f"the total is {shapes[-1]}\n"
    svg = ElementTree.parse(out).getroot()
    assert [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")] == shapes
    height = float(svg.attrib["height"])
    boxes = [box.attrib for box in svg.iter("{http://www.w3.org/2000/svg}rect")]
    assert all(float(box["y"]) + float(box["height"]) < height for box in boxes)
    arrows = [path for path in svg.iter("{http://www.w3.org/2000/svg}path") if "marker-end" in path.attrib]
    assert len(arrows) == 5


def test_the_irises_are_told_apart(run: Callable[..., str]) -> None:
    lines = run("2_iris", ROOT / "lessons" / "data" / "iris.csv", "--epochs", 60).splitlines()
    assert lines[0] == "Num data points: 150"
    assert len(lines) == 8
    found = re.fullmatch(r"Final Accuracy=(\d+\.\d\d) on 30 flowers that it never saw", lines[-1])
    assert found and float(found[1]) > 90


def test_books_become_batches_of_numbers(run: Callable[..., str], books_dir: Path) -> None:
    out = run("3_text", books_dir, "--lanes", 4, "--window", 10)
    sizes = {path.name: len(path.read_text(encoding="utf-8")) for path in books_dir.iterdir()}
    read, held_out = (int(number.replace(",", "")) for number in re.findall(r"characters: ([\d,]+)", out))
    assert held_out in range(max(sizes.values()) + 1) and abs(read + held_out - sum(sizes.values())) < 20
    assert "Num text files processed: 6\n'Novel' becomes [48, 81, 88, 71, 78]\n" in out
    pairs = [[ast.literal_eval(text) for text in line.split(" | ")[1:]] for line in out.splitlines() if " | " in line]
    assert len(pairs) == 6
    assert all(inputs[1:] == targets[:-1] for inputs, targets in pairs)
    assert pairs[0][1][-1] == pairs[3][0][0]  # the first lane goes on in the second batch


def test_the_model_of_2017_begins_at_a_guess(run: Callable[..., str], books_dir: Path) -> None:
    out = run("4_model", books_dir, "--lanes", 4)
    assert out.startswith("4,137,570 weights and biases\nln 98 = 4.5850\n")
    losses = [float(loss) for loss in re.findall(r"Loss=([\d.]+)", out)]
    assert len(losses) == 2 and all(abs(loss - math.log(98)) < 0.1 for loss in losses)
    assert out.endswith("State of a layer: (4, 512)\n")


@pytest.mark.slow
def test_a_training_is_told_and_validated(run: Callable[..., str], books_dir: Path, tmp_path: Path) -> None:
    settings = ("--run", tmp_path / "run", "--steps", 60, "--lanes", 16, "--hidden", 24)
    out = run("5_train", books_dir, *settings)
    assert re.search(r"Epoch \d, Step 60, Minibatch Loss=\d\.\d{4}, Minibatch Accuracy=\d+\.\d\d\n", out)
    losses = [float(loss) for loss in re.findall(r"Validation Loss=([\d.]+)", out)]
    assert len(losses) >= 3 and losses[-1] < losses[0] < math.log(98) + 0.1
    assert "Saved model weights: " in out


@pytest.mark.slow
def test_curves_are_written_and_a_training_goes_on(run: Callable[..., str], books_dir: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("tensorboard") is None:
        pytest.skip("TensorBoard is not installed; the extra `track` brings it")
    out = run("6_tensorboard", books_dir, "--run", tmp_path / "run", "--steps", 16, "--hidden", 16)
    before, after = out.split("Going on from")
    assert "step 8: saved in " in before and "step 16:" not in before
    assert "step 16: saved in " in after
    curves = [path.name for path in (tmp_path / "run-curves").iterdir()]
    assert sorted(curves) == ["workshop-training", "workshop-validation"]
    assert (tmp_path / "run" / "author.safetensors").is_file()


@pytest.mark.slow
def test_two_authors_write(run: Callable[..., str], books_dir: Path, tmp_path: Path) -> None:
    out = run("7_write", books_dir, "--run", tmp_path / "run", "--steps", 10, "--hidden", 16)
    assert out.count("Dropout ") == 2 and out.count("\n--- at temperature ") == 4
    assert out.count("\nIt was ") == 4
    assert re.search(r"\n +10 +\d\.\d{3} +\d\.\d{3}\n", out)
