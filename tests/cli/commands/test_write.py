"""`penwright write` with an author that never learned anything: it writes nonsense, the same for the same seed."""

import json
import signal
import sys
from pathlib import Path

import pytest
import torch

from penwright import Author, Card, CharModel, Corpus, ModelConfig
from penwright.author import box
from penwright.author.card import CardLabel
from penwright.cli.app import main
from penwright.writing.options import WriteOptions


@pytest.fixture
def author_file(tiny_model: CharModel, corpus: Corpus, tmp_path: Path) -> Path:
    """An author file."""
    path = tmp_path / "author.safetensors"
    Author(tiny_model, corpus.alphabet).save(path)
    return path


def write(capsys: pytest.CaptureFixture[str], author_file: Path, *words: str) -> tuple[str, str]:
    """Run the command and return what it said on both streams."""
    assert main(["write", str(author_file), *words]) == 0
    return capsys.readouterr()


def test_the_prompt_comes_first_and_as_it_stands(author_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = write(capsys, author_file, "--prompt", "It [b]was 日本\t😀 ", "--chars", "40", "--seed", "3")
    assert out.startswith("It [b]was 日本\t😀 ")
    assert len(out) == len("It [b]was 日本\t😀 ") + 40 + 1 and out.endswith("\n")
    assert err.startswith("Foreign to this author: ") and err.count("\n") == 1


def test_an_author_adapts_to_its_prompt(author_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompt = "The lamp went out. " * 9
    author = Author.load(author_file)
    after = author.read(prompt, adapts=True)
    needed = author.write(after=after, max_chars=60, seed=3)
    assert needed != author.write(prompt, max_chars=60, seed=3)
    words = ("--prompt", prompt, "--chars", "60", "--seed", "3")
    assert write(capsys, author_file, *words, "--adapt")[0] == f"{prompt}{needed}\n"


def test_an_author_writes_as_a_label(tmp_path: Path, corpus: Corpus, capsys: pytest.CaptureFixture[str]) -> None:
    config = ModelConfig(
        vocab_size=corpus.alphabet.vocab_size, embedding_dim=8, hidden_size=8, num_labels=2, mlp_size=0
    )
    model = CharModel(config)
    with torch.no_grad():
        model.label_embedding.normal_()
        model.readout_weight.normal_()
    author = Author(model, corpus.alphabet, Card(labels=(CardLabel("Jane Austen", 5), CardLabel("A. C. Doyle", 7))))
    path = tmp_path / "author.safetensors"
    author.save(path)
    needed = author.labelled("austen:0.7,doyle:0.3").write("The ", max_chars=30, seed=5)
    words = ("--chars", "30", "--seed", "5")
    assert write(capsys, path, "--prompt", "The ", "--as", "austen:0.7,doyle:0.3", *words)[0] == f"The {needed}\n"
    assert write(capsys, path, "--prompt", "[[as: austen 7, doyle 3]]\nThe ", *words)[0] == f"The {needed}\n"
    copy = tmp_path / "copy.txt"
    assert write(capsys, path, "--prompt", "[[as: austen 7, doyle 3]]\nThe ", *words, "--json", "--out", str(copy))
    assert copy.read_text(encoding="utf-8") == f"The {needed}\n"
    assert main(["write", str(path), "--as", "doile"]) == 2
    assert "no label 'doile'. Did you mean 'A. C. Doyle'?" in capsys.readouterr().err
    assert main(["card", str(path)]) == 0
    assert "labels, for --as" in (card := capsys.readouterr().out) and "5  Jane Austen" in card


def test_a_seed_writes_the_same_text_as_the_library(author_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = write(
        capsys, author_file, "--prompt", "A ", "--chars", "50", "--seed", "5", "--top-k", "9", "--top-p", "0.9"
    )
    text = Author.load(author_file).write("A ", max_chars=50, seed=5, top_k=9, top_p=0.9)
    assert out == f"A {text}\n"


def test_a_seed_that_was_not_given_is_told_and_repeats_the_text(
    author_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, err = write(capsys, author_file, "--prompt", "", "--chars", "30")
    word, seed = err.split()
    assert word == "seed"
    assert write(capsys, author_file, "--prompt", "", "--chars", "30", "--seed", seed) == (out, "")


def test_several_samples_have_several_seeds(author_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = write(capsys, author_file, "--prompt", "A", "--chars", "9", "--seed", "5", "--samples", "3")
    author = Author.load(author_file)
    texts = [author.write("A", max_chars=9, seed=seed) for seed in (5, 6, 7)]
    assert out == "\n".join(f"A{text}\n" for text in texts)
    assert err.splitlines() == [f"sample {number} of 3, seed {number + 4}" for number in (1, 2, 3)]


def test_json_is_one_object(author_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--prompt", "Été", "--chars", "9", "--seed", "5", "--samples", "2", "--json", "--temperature", "0.5")
    out, err = write(capsys, author_file, *words)
    facts = json.loads(out)
    assert err == ""
    assert facts["prompt"] == "Été" and facts["temperature"] == 0.5 and facts["author"] == str(author_file)
    assert [sample["seed"] for sample in facts["samples"]] == [5, 6]
    assert [sample["num_chars"] for sample in facts["samples"]] == [9, 9]
    assert facts["samples"][0]["text"] == Author.load(author_file).write("Été", max_chars=9, seed=5, temperature=0.5)


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_the_text_can_be_kept_in_a_file(
    more: tuple[str, ...], author_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "page.txt"
    words = ("--prompt", "Été ", "--chars", "9", "--seed", "5", "--samples", "2", "--out", str(path), *more)
    out, _ = write(capsys, author_file, *words)
    texts = [Author.load(author_file).write("Été ", max_chars=9, seed=seed) for seed in (5, 6)]
    assert path.read_text(encoding="utf-8") == "\n".join(f"Été {text}\n" for text in texts)
    assert more or path.read_text(encoding="utf-8") == out


def test_a_file_that_cannot_be_written_is_one_line(author_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--prompt", "", "--chars", "9", "--seed", "1", "--out", str(author_file / "x.txt")]
    assert main(["write", str(author_file), *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_file_that_cannot_be_written_is_noticed_before_the_work(
    author_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Author, "write", lambda *words, **options: pytest.fail("it was written for nothing"))
    words = ["--prompt", "", "--chars", "9", "--seed", "1", "--json", "--out", str(tmp_path / "none" / "x.txt")]
    assert main(["write", str(author_file), *words]) == 2


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_prompt_that_is_not_utf_8_can_be_kept(more: tuple[str, ...], author_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    words = ["--prompt", "\udcff", "--chars", "3", "--seed", "1", "--out", str(path), *more]
    assert main(["write", str(author_file), *words]) == 0
    assert path.read_text(encoding="utf-8").startswith("?")


@pytest.mark.parametrize(
    "words",
    [
        ("--until", "("),
        ("--chars", "-5"),
        ("--words", "0"),
        ("--chars", "3", "--seed", "-1"),
        ("--chars", "3", "--seed", str(2**63 - 1), "--samples", "2"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_written(
    words: tuple[str, ...], author_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["write", str(author_file), "--prompt", "A", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1


def test_words_end_and_a_pattern_ends(author_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = write(capsys, author_file, "--prompt", "", "--until", "[aeiou]", "--seed", "5")
    assert out.rstrip("\n")[-1] in "aeiou" and sum(letter in "aeiou" for letter in out) == 1
    out, _ = write(capsys, author_file, "--prompt", "", "--words", "3", "--chars", "2000", "--seed", "5")
    assert len(out.split()) >= 3 or len(out) > 2000


def test_an_endless_text_ends_with_ctrl_c_and_is_kept(
    author_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stream(self: Author, prompt: str, **options: object) -> object:
        assert "max_words" not in options and "max_chars" not in options
        yield from "never"
        raise KeyboardInterrupt

    monkeypatch.setattr(Author, "stream", stream)
    path = tmp_path / "page.txt"
    words = ["--prompt", "A ", "--chars", "0", "--seed", "1", "--out", str(path)]
    assert main(["write", str(author_file), *words]) == 130
    assert capsys.readouterr() == ("A never\n", "")
    assert path.read_text(encoding="utf-8") == "A never\n"


@pytest.mark.parametrize("number", [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)])
def test_a_request_to_terminate_keeps_what_ctrl_c_keeps(
    number: signal.Signals,
    author_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caught: list[int] = []
    before = signal.signal(number, lambda number, frame: caught.append(number))

    def stream(self: Author, prompt: str, **options: object) -> object:
        yield from "never"
        signal.raise_signal(number)
        yield from " more"

    monkeypatch.setattr(Author, "stream", stream)
    path = tmp_path / "page.txt"
    try:
        assert main(["write", str(author_file), "--prompt", "A ", "--seed", "1", "--out", str(path)]) == 128 + number
        assert path.read_text(encoding="utf-8") == "A never\n" and capsys.readouterr().out == "A never\n"
        signal.raise_signal(number)
        assert caught == [number]  # the handler of before is back
    finally:
        signal.signal(number, before)


def test_without_a_length_it_is_a_page(author_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def stream(self: Author, prompt: str, **options: object) -> list[str]:
        asked.append(options["max_words"])
        return ["a"]

    monkeypatch.setattr(Author, "stream", stream)
    assert main(["write", str(author_file), "--prompt", "", "--seed", "1"]) == 0
    assert set(asked) == {250}


def test_the_newest_author_writes_when_none_is_named(
    author_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "runs" / "2026-01-31-books"
    run.mkdir(parents=True)
    for name in ("config.toml", "env.json"):
        (run / name).touch()
    author_file.rename(run / "author.safetensors")
    monkeypatch.chdir(tmp_path)
    assert main(["write", "--prompt", "A", "--chars", "3", "--seed", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["author"] == str(Path("runs") / "2026-01-31-books")


def test_on_a_terminal_nothing_of_the_text_steers_it(
    author_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Author, "stream", lambda self, prompt, **options: iter(["a\x1b[2J", "b\x07"]))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    out, _ = write(capsys, author_file, "--prompt", "It\x1b[2J ", "--seed", "1")
    assert "\x1b[2J" not in out
    assert "It␛[2J" in out and "a␛[2Jb␇" in out


def test_the_author_in_the_box_writes_when_there_is_no_other(
    author_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box, "BOXED", author_file)
    monkeypatch.chdir(tmp_path)
    words = ["--prompt", "It was a dark", "--chars", "9", "--seed", "1"]
    text = Author.load(author_file).write("It was a dark", max_chars=9, seed=1)
    assert main(["write", *words]) == 0
    assert capsys.readouterr() == (
        f"It was a dark{text}\n",
        "No author under runs/ yet: taking the one in the box. Raise your own: penwright train PATH\n",
    )
    assert main(["write", "--box", *words]) == 0
    assert capsys.readouterr() == (f"It was a dark{text}\n", "")
    assert main(["write", *words, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["author"] == str(author_file) and err == ""


def test_without_any_author_the_next_step_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box, "BOXED", tmp_path / "nowhere")
    monkeypatch.chdir(tmp_path)
    assert main(["write", "--prompt", ""]) == 1
    assert capsys.readouterr().err == (
        "penwright: there is no author under runs/ yet. Name one, or raise one: penwright train PATH\n"
    )


def test_what_is_no_author_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Hannah,", encoding="utf-8")
    assert main(["write", str(path), "--prompt", ""]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"penwright: {path} is no author") and err.count("\n") == 1


def test_several_words_in_the_author_s_place_are_the_prompt(
    author_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = write(capsys, author_file, "--prompt", "Once upon a time", "--chars", "5", "--seed", "1")
    words = ["write", "Once upon a time", "--chars", "5", "--seed", "1"]
    assert main([*words, "--author", str(author_file)]) == 0
    assert capsys.readouterr().out == out
    assert main([*words, "--author", str(author_file), "--prompt", "It was"]) == 2  # the place is an author's then


def test_an_author_and_a_prompt_stand_side_by_side(author_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = write(capsys, author_file, "--prompt", "The sea", "--chars", "5", "--seed", "1")
    words = ["write", str(author_file), "The sea", "--chars", "5", "--seed", "1"]
    assert main(words) == 0
    assert capsys.readouterr().out == out
    assert main([*words, "--prompt", "It was"]) == 2
    assert "TEXT and --prompt exclude each other" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"), [("--words", "0"), ("--paragraphs", "-1"), ("--min-p", "2"), ("--seed", "-1")]
)
def test_an_error_names_the_option_that_was_typed(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["write", option, value]) == 2
    assert f"penwright: {option}={value}" in capsys.readouterr().err


def test_laws_and_stop_strings_are_options(author_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "--close-quotes --no-repeat-ngram 3 --logit-bias e=-100 --best-of 2".split()
    words += ["--logit-bias", " t=-1"]
    words += ["--sentence-length", "0.5", "--word-temperature", "1.2", "--stop", "q", "--stop", "-z"]
    out, _ = write(capsys, author_file, "--prompt", "A ", "--chars", "60", "--seed", "5", *words)
    laws: WriteOptions = {"close_quotes": True, "no_repeat_ngram": 3, "sentence_length": 0.5, "word_temperature": 1.2}
    text = Author.load(author_file).write(
        "A ", max_chars=60, seed=5, best_of=2, logit_bias={"e": -100, " t": -1}, stop=["q", "-z"], **laws
    )
    assert out == f"A {text}\n" and "e" not in text and "q" not in text


def test_several_temperatures_stand_one_below_the_other_where_there_is_no_terminal(
    author_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--prompt", "A", "--chars", "9", "--seed", "5", "--temps", "0.5,1,2"]
    out, err = write(capsys, author_file, *words)
    author = Author.load(author_file)
    texts = [author.write("A", max_chars=9, seed=5, temperature=each) for each in (0.5, 1.0, 2.0)]
    assert out == "\n".join(f"A{text}\n" for text in texts)
    assert err.splitlines() == [f"temperature {each}, seed 5" for each in ("0.5", "1", "2")]
    out, _ = write(capsys, author_file, *words, "--json")
    assert [(each["temperature"], each["text"]) for each in json.loads(out)["samples"]] == [
        *zip([0.5, 1.0, 2.0], texts, strict=True)
    ]


def test_several_temperatures_stand_side_by_side_on_a_terminal(
    author_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    words = ["--prompt", "A", "--chars", "20", "--seed", "5", "--temps"]
    out, _ = write(capsys, author_file, *words, "0.5,1,2")
    assert all(f"temperature {each}" in out.splitlines()[0] for each in ("0.5", "1", "2"))
    out, _ = write(capsys, author_file, *words, "0.5,1,2,3,4")
    assert "temperature" not in out, "five columns of 100 characters would be too narrow"


@pytest.mark.parametrize("other", [["--temperature", "1"], ["--samples", "2"], ["--endless"]])
def test_several_temperatures_exclude_what_they_replace(other: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["write", "--temps", "0.5,1", *other]) == 2
    assert "exclude each other" in capsys.readouterr().err
