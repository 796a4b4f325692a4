"""From a run's folder to its page."""

import json
from pathlib import Path

import pytest
import record_samples

from penwright.author.author import Author
from penwright.corpus.store import Corpus
from penwright.errors import RunError
from penwright.evaluation.baselines.measuring import measure_baselines
from penwright.evaluation.book_score import BookScore
from penwright.evaluation.passages import passage_of
from penwright.model.char_model import CharModel
from penwright.report import building as building_module
from penwright.report import trying
from penwright.report.building import build_report
from penwright.training.records import AnyRecord, Evaluation, Finished
from penwright.training.runs.folder import RunFolder
from penwright.training.settings.config import RunConfig
from penwright.training.settings.resolve import resolve_config


def scores(corpus: Corpus, split: str, num_chars: int) -> tuple[BookScore, ...]:
    """Invented scores of a split's books."""
    return tuple(
        BookScore(title=book.title, author=book.author, num_chars=num_chars, bits_per_char=3.0, accuracy=0.5)
        for book in corpus.books_in(split)
    )


def when(step: int) -> dict[str, float]:
    return {"step": step, "chars_read": 1000 * step, "elapsed_seconds": float(step)}


def evaluation(corpus: Corpus) -> Evaluation:
    return record_samples.evaluation(**when(7), bits_per_char=3.0, num_chars=200, books=scores(corpus, "val", 200))


@pytest.fixture
def run(tmp_path: Path, corpus: Corpus) -> RunFolder:
    """A run of the six little books that has only begun."""
    env = {
        "corpus": {"path": str(corpus.path), "digest": corpus.digest, "num_chars": {"train": corpus.num_chars("train")}}
    }
    return RunFolder.create(tmp_path / "runs" / "soup", config=RunConfig(), env=env)


def told(run: RunFolder, *records: AnyRecord, corpus: Corpus | None = None) -> str:
    """The page after some more records."""
    for record in records:
        run.append(record)
    page = build_report(run.path, corpus=corpus)
    assert page == run.path / "report.html"
    return page.read_text(encoding="utf-8")


def test_a_run_that_has_only_begun_has_a_page(run: RunFolder) -> None:
    page = told(run)
    assert "<title>soup \u2013 Penwright</title>" in page and "Not begun" in page
    assert not (run.path / "baselines.json").exists()


def test_baselines_are_measured_on_the_characters_that_were_scored(run: RunFolder, corpus: Corpus) -> None:
    page = told(run, evaluation(corpus))
    assert "6-character table" in page and "xz -9e, training text first" in page
    assert corpus.books_in("val")[0].title in page
    passages = [passage_of(corpus, book, num_chars=200) for book in corpus.books_in("val")]
    measured = {baseline.name: baseline.bits_per_char for baseline in measure_baselines(corpus, passages)}
    cached = json.loads((run.path / "baselines.json").read_text(encoding="utf-8"))["val"]
    assert {baseline["name"]: baseline["bits_per_char"] for baseline in cached["baselines"]} == measured
    assert [book[2] for book in cached["key"]["books"]] == [200] * len(passages)


def test_baselines_are_measured_once(run: RunFolder, corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    first = told(run, evaluation(corpus))
    monkeypatch.setattr(building_module, "measure_baselines", None)  # calling it would fail
    assert told(run) == first


def test_the_final_exam_is_measured_anew_test_books_too(run: RunFolder, corpus: Corpus) -> None:
    told(run, evaluation(corpus))
    final = Finished(
        **when(9),
        reason="done",
        best_bits_per_char=3.0,
        best_step=7,
        author="author.safetensors",
        val_books=scores(corpus, "val", 300),
        test_books=scores(corpus, "test", 250),
    )
    page = told(run, final)
    assert "Test books" in page
    cached = json.loads((run.path / "baselines.json").read_text(encoding="utf-8"))
    assert cached["val"]["key"]["books"][0][2] == 300
    assert cached["test"]["key"]["books"][0][2] == 250


@pytest.mark.parametrize("damage", ["{", "[]", '{"val": {"key": 1}}'])
def test_a_damaged_cache_is_measured_again(run: RunFolder, corpus: Corpus, damage: str) -> None:
    (run.path / "baselines.json").write_text(damage, encoding="utf-8")
    assert "6-character table" in told(run, evaluation(corpus))


def test_a_cache_that_was_edited_is_measured_again(run: RunFolder, corpus: Corpus) -> None:
    told(run, evaluation(corpus))
    path = run.path / "baselines.json"
    cached = json.loads(path.read_text(encoding="utf-8"))
    del cached["val"]["baselines"][0]["bits_per_char"]
    path.write_text(json.dumps(cached), encoding="utf-8")
    assert "6-character table" in told(run)


def test_books_that_are_gone_are_mourned_in_a_sentence(tmp_path: Path, corpus: Corpus) -> None:
    env = {"corpus": {"path": str(tmp_path / "gone"), "digest": corpus.digest}}
    run = RunFolder.create(tmp_path / "run", config=RunConfig(), env=env)
    page = told(run, evaluation(corpus))
    assert "Methods without a network could not be measured" in page and "6-character table" not in page
    assert "6-character table" in told(run, corpus=corpus)


def test_books_that_have_changed_are_not_compared(tmp_path: Path, corpus: Corpus) -> None:
    env = {"corpus": {"path": str(corpus.path), "digest": "0" * 64}}
    run = RunFolder.create(tmp_path / "run", config=RunConfig(), env=env)
    assert "the books have changed since the run began" in told(run, evaluation(corpus))


def test_a_network_without_n_grams_is_raised_once_beside_an_author_that_has_them(
    tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = resolve_config(None, overrides={"diary": {"max_chars": 20}}).config
    env = {"corpus": {"path": str(corpus.path), "digest": corpus.digest}}
    run = RunFolder.create(tmp_path / "run", config=config, env=env)
    assert "without n-grams" not in told(run, record_samples.progress(**when(2), fraction_done=0.5))
    final = Finished(
        **when(3), reason="done", best_bits_per_char=3.0, best_step=3, author="a", val_books=(), test_books=()
    )
    run.start_path.touch()
    assert "without n-grams" not in told(run, final), "a taught author began from no noise"
    run.start_path.unlink()
    page = told(run)
    assert "A small network without n-grams" in page
    monkeypatch.setattr(trying, "raise_bare_network", None)  # calling it would fail
    assert told(run) == page
    path = run.path / "bare-network.json"
    damaged = path.read_text(encoding="utf-8").replace('"text"', '"words"')
    path.write_text(damaged, encoding="utf-8")
    with pytest.raises(TypeError, match="not callable"):
        told(run)


def test_a_finished_author_is_tried_once(
    run: RunFolder, corpus: Corpus, tiny_model: CharModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "JUDGED_CHARS", 200)
    Author(tiny_model, corpus.alphabet).save(run.author_path)
    final = Finished(
        **when(3), reason="done", best_bits_per_char=3.0, best_step=3, author="a", val_books=(), test_books=()
    )
    page = told(run, final)
    assert "A page by the finished author" in page and "What its writing is like" in page
    assert "10 pages of 200 characters" in page and "Words: in no training book" in page
    monkeypatch.setattr(trying, "judge", None)  # calling it would fail
    monkeypatch.setattr(trying, "paint", None)
    assert told(run) == page
    Author(tiny_model, corpus.alphabet).save(run.author_path, precision="float16")
    with pytest.raises(TypeError, match="not callable"):
        told(run)


def test_an_older_page_is_replaced(run: RunFolder) -> None:
    told(run)
    assert "Not finished: 50 % done after 5 steps" in told(run, record_samples.progress(**when(5), fraction_done=0.5))


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no run folder"):
        build_report(tmp_path / "nothing")
