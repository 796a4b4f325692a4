"""The command that raises the author in the box: what it measures, what it refuses, and the page it writes."""

import re
import sys
from pathlib import Path

import box as command
import box_measures
import box_page
import pytest

from penwright import Author, CharModel, Corpus, prepare, train
from penwright.author.card import Card
from penwright.model import rounding

TINY = {
    "model": {"embedding_dim": 8, "hidden_size": 8, "num_layers": 1, "mlp_size": 8, "match_slots": 64},
    "train": {"steps": 2, "batch_size": 2, "seq_len": 16, "threads": 1, "device": "cpu"},
    "diary": {"max_chars": 0},
}


def test_a_page_shows_its_text_and_acts_on_none_of_it() -> None:
    text = '"He *said*\n# 1 <b>_x_</b> | [y](z)\n\n  - so & 2. no\n12. `Yes`'
    assert box_page.quoted(text).split("\n>\n") == [
        '> "He \\*said\\*',
        "> \\# 1 &#60;b&#62;\\_x\\_&#60;/b&#62; &#124; \\[y\\](z)",
        "> \\- so &#38; 2. no",
        "> 12\\. \\`Yes\\`",
    ]


def test_only_the_measured_part_of_the_page_is_replaced(tmp_path: Path) -> None:
    template = box_page.PART.sub("old\n", command.PAGE.read_text(encoding="utf-8"))
    (tmp_path / "page.md").write_text(template, encoding="utf-8")
    box_page.put_into_page(tmp_path / "page.md", "new \\1", template=tmp_path / "page.md")
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert text == template.replace("old\n", "\nnew \\1\n\n")


def test_rows_count_by_their_characters() -> None:
    rows = [box_measures.Row("val", "a", "b", chars, {"author": bits}) for chars, bits in ((300, 2.0), (100, 4.0))]
    assert box_measures.mean(rows, "author") == 2.5


def test_passages_are_of_one_length_and_from_all_over_the_held_out_books(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box_measures, "SAMPLE_CHARS", 100)
    passages = box_measures.passages_of_people(corpus, num_passages=7)
    held_out = [corpus.book_text(book) for split in box_measures.HELD_OUT for book in corpus.books_in(split)]
    assert len(set(passages)) == 7 and {len(passage) for passage in passages} == {100}
    assert all(any(passage in text for passage in passages) for text in held_out)
    assert not any(text.startswith(passage) for text in held_out for passage in passages)


def test_a_file_that_is_too_large_leaves_the_one_that_is_there(
    tiny_model: CharModel, corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    author, path = Author(tiny_model, corpus.alphabet), tmp_path / "author.safetensors"
    path.write_bytes(b"as it was")
    monkeypatch.setattr(command, "MAX_BYTES", 1_000)
    with pytest.raises(SystemExit, match=r"aside.safetensors has [\d,]+ bytes; the box holds 1,000"):
        command.install(author, card=Card(), aside=tmp_path / "aside.safetensors", path=path)
    assert path.read_bytes() == b"as it was"
    monkeypatch.setattr(command, "MAX_BYTES", 1_000_000)
    monkeypatch.setattr(rounding, "MIN_COLUMNS", 1)  # the rows of a tiny model are short
    command.install(author, card=Card(name="new"), aside=tmp_path / "aside.safetensors", path=path)
    assert Author.load(path).card.name == "new"
    author.save(tmp_path / "full.safetensors")
    assert path.stat().st_size < 0.8 * (tmp_path / "full.safetensors").stat().st_size


def test_a_run_begins_goes_on_and_is_left_when_it_does_not_finish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(command, "penwright", lambda words: asked.append(words) or 0)
    run = tmp_path / "run"
    command.raise_author(Path("novels"), run=run, length=["--for", "60m"], threads=2)
    run.mkdir()
    (run / "config.toml").touch()
    command.raise_author(Path("novels"), run=run, length=["--for", "60m"], threads=2)
    settings = ["--set", f"model.ngram_entries={command.NGRAM_ENTRIES}"]
    assert asked == [
        ["train", "novels", "--run", str(run), "--for", "60m", "--threads", "2", "--size", command.SIZE, *settings],
        ["train", "--resume", str(run)],
    ]
    monkeypatch.setattr(command, "penwright", lambda words: 130)
    with pytest.raises(SystemExit) as stopped:
        command.raise_author(Path("novels"), run=run, length=["--for", "60m"], threads=2)
    assert stopped.value.code == 130


@pytest.mark.slow
def test_a_finished_run_is_put_into_the_box_and_its_page_is_written(
    books_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PENWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(box_measures, "NUM_SAMPLES", 2)
    monkeypatch.setattr(box_measures, "SAMPLE_CHARS", 60)
    monkeypatch.setattr(box_page, "PAGE_WORDS", 3)
    corpus = prepare([books_dir], cache_dir=tmp_path / "cache")
    for _ in train(corpus, run=tmp_path / "run", overrides=TINY):
        pass
    out = tmp_path / "boxed.safetensors"
    words = ["box.py", str(books_dir), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", [*words, "--run", str(tmp_path / "run"), "--rights", "All our own."])
    command.main()
    card = Author.load(out).card
    assert card.name == command.NAME and card.licence_note == "All our own."
    assert set(card.baselines) == {"6-character table", "xz -9e"}
    page = out.with_suffix(".md").read_text(encoding="utf-8")
    for score in (*card.val_scores, *card.test_scores):
        row = f"{score.title} ({score.author}) | {score.num_chars:,} | "
        assert float(page.partition(row)[2].partition(" ")[0]) == pytest.approx(score.bits_per_char, abs=2e-3)
    assert f"{out.stat().st_size:,} bytes" in page and "All our own." in page
    assert page.startswith("# The author in the box\n") and page.count("characters | ") == len(box_measures.LENGTHS) + 1

    before = out.read_bytes()
    monkeypatch.setattr(sys, "argv", [*words, "--measure-only"])
    command.main()
    again = out.with_suffix(".md").read_text(encoding="utf-8")
    assert out.read_bytes() == before and re.sub("- command:.*", "", again) == re.sub("- command:.*", "", page)

    (books_dir / "Vane_Lamp_1884.txt").unlink()
    with pytest.raises(SystemExit, match="was raised on other books"):
        command.main()
