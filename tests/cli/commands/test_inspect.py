"""`penwright inspect` on little books of our own."""

import json
import shutil
from pathlib import Path

import pytest

from penwright.cli.app import main

HEADER = "The Project Gutenberg eBook of Rain, by Ida Vane\n\nTitle: Rain\n\nAuthor: Ida Vane\n\n"
START = "*** START OF THE PROJECT GUTENBERG EBOOK RAIN ***\n\n"
END = "\n\n*** END OF THE PROJECT GUTENBERG EBOOK RAIN ***\n\nThe licence, at some length.\n"


def inspect(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[str, str]:
    """Run the command and return what it said on both streams."""
    assert main(["inspect", *map(str, words)]) == 0
    return capsys.readouterr()


@pytest.mark.parametrize("width", ["80", "120"])
def test_the_report_fits_its_columns(
    width: str, books_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    out, err = inspect(capsys, books_dir)
    table, _, rest = out.partition("\n\n")
    assert err == ""
    assert all(len(line) <= int(width) for line in table.splitlines())
    assert "Lamp (Vane)" in table and "joined" in table and "6 in all" in table and "9,1" in table
    assert (
        "train  4 books" in rest
        and "One reading of the training books at 40,000 characters a second takes 0:00" in rest
    )


def test_long_titles_are_cut_and_figures_are_not(
    books_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    (books_dir / "Vane_Lamp_1884.txt").rename(books_dir / f"Vane_{'Very Long Title ' * 8}_1884.txt")
    out, _ = inspect(capsys, books_dir)
    (line,) = (line for line in out.splitlines() if line.startswith("Very Long"))
    assert "…" in line and "1,784" in line and line.rstrip().endswith(("train", "val", "test"))


def test_json_is_one_object(books_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = inspect(capsys, books_dir, "--json", "--speed", "1_000")
    facts = json.loads(out)
    assert err == ""
    assert len(facts["books"]) == 6
    assert facts["chars_per_second"] == 1_000
    assert facts["epoch_seconds"] == pytest.approx(facts["splits"][0]["num_chars"] / 1_000)
    assert str(books_dir) not in out


def test_the_lines_that_would_be_cut_can_be_shown(books_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = books_dir / "Vane_Lamp_1884.txt"
    path.write_text(HEADER + START + path.read_text(encoding="utf-8") + END, encoding="utf-8")
    assert "  | The licence, at some length." not in inspect(capsys, books_dir)[0]
    out, _ = inspect(capsys, books_dir, "--cuts")
    assert "Vane_Lamp_1884.txt: header, lines 1 to" in out
    assert "  | Title: Rain\n" in out and "  | The licence, at some length." in out
    with_text = json.loads(inspect(capsys, books_dir, "--cuts", "--json")[0])
    without = json.loads(inspect(capsys, books_dir, "--json")[0])
    (cut,) = {
        cut["kind"]: cut for book in with_text["books"] for cut in book["cuts"] if cut["kind"] == "footer"
    }.values()
    assert "The licence, at some length." in cut["text"]
    assert not any("text" in cut for book in without["books"] for cut in book["cuts"])


def test_copies_odd_encodings_and_files_that_are_no_text_are_told(
    books_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(books_dir / "Vane_Lamp_1884.txt", books_dir / "Zed_Copy_1900.txt")
    text = (books_dir / "Wren_Soup_1902.txt").read_text(encoding="utf-8")
    (books_dir / "Wren_Soup_1902.txt").write_bytes(("Été, déjà vu, où êtes-vous?\n\n" + text).encode("cp1252"))
    (books_dir / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    out, _ = inspect(capsys, books_dir)
    assert "Zed_Copy_1900.txt: has the same text as Vane_Lamp_1884.txt, which is taken" in out
    assert "left out" in out
    first, doubt = out.splitlines()[:2]
    assert first == "Read with doubt, the greatest harm first:"
    assert "Wren_Soup_1902.txt: encoding guessed, cp1252 (detected: " in doubt
    assert " characters depend on it" in doubt
    assert "not read: photo.png: " in out


def test_a_name_cannot_steer_the_terminal(books_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (books_dir / "Vane_Lamp_1884.txt").rename(books_dir / "Vane_La\x1b[2Jmp_1884.txt")
    (books_dir / "no\x1b[2Jise.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    out, _ = inspect(capsys, books_dir)
    assert "\x1b" not in out and "␛" in out


def test_a_manifest_is_written_that_inspect_and_train_accept(
    books_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "shelf.toml"
    out, err = inspect(capsys, books_dir, "--manifest", manifest, "--json")
    json.loads(out)
    assert err == f"The manifest: {manifest}. Edit it, then: penwright train {manifest}\n"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('title = "Lamp"', 'title = "The Lantern"'), encoding="utf-8")
    assert "The Lantern (Vane)" in inspect(capsys, manifest)[0]


def test_settings_of_the_corpus_are_heard(books_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = json.loads(inspect(capsys, books_dir, "--json", "--set", "corpus.unwrap=false")[0])
    assert not any(book["was_unwrapped"] for book in facts["books"])
    seed = json.loads(inspect(capsys, books_dir, "--json", "--preset", "seed")[0])
    assert (seed["vocab_size"], seed["is_lossless"]) == (98, False)
    assert "lost" in inspect(capsys, books_dir, "--preset", "seed")[0]


@pytest.mark.parametrize(
    ("words", "message", "exit_code"),
    [
        ([], "name the books: penwright inspect PATH", 2),
        (["{books}", "--preset", "sed"], "--preset: there is no preset 'sed'. Did you mean 'seed'?", 2),
        (["{books}", "--set", "corpus.unwarp=true"], "there is no setting corpus.unwarp. Did you mean 'unwrap'?", 2),
        (["{books}", "--set", "train.steps=3"], "inspect knows settings of the corpus only, not of 'train'.", 2),
        (["{books}", "--speed", "0"], "--speed 0 must be at least 1.", 2),
        (["{books}", "--manifest", "shelf.txt"], "--manifest shelf.txt is no manifest's name: it ends in .toml.", 2),
        (["{books}/nothing"], "there is no file or folder", 1),
        (
            ["{books}", "--manifest", "nowhere/shelf.toml"],
            "--manifest nowhere/shelf.toml: there is no folder nowhere.",
            2,
        ),
    ],
)
def test_what_goes_wrong_is_one_line(
    words: list[str], message: str, exit_code: int, books_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", *(word.replace("{books}", str(books_dir)) for word in words)]) == exit_code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"penwright: {message}") and err.count("\n") == 1


def test_an_empty_folder_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("penwright: no book was found in ") and err.count("\n") == 1


def test_a_page_on_the_quality_is_written_whole(
    capsys: pytest.CaptureFixture[str], books_dir: Path, tmp_path: Path
) -> None:
    page = tmp_path / "quality.html"
    out, err = inspect(capsys, books_dir, "--html", page, "--language", "en")
    text = page.read_text(encoding="utf-8")
    assert str(page) in err and "6 in all" in out
    assert text.startswith("<!doctype html>") and "<h2>Languages</h2>" in text and "<script" not in text
    assert main(["inspect", str(books_dir), "--language", "english"]) == 2
    assert "--language 'english' is no language that can be told. Write codes such as en" in capsys.readouterr().err
