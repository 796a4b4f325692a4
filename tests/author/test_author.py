"""The author: one value that loads, reads, writes, judges and saves."""

import inspect
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from penwright.alphabet.characters import Alphabet
from penwright.author import box
from penwright.author.author import Author
from penwright.author.box import boxed_author
from penwright.author.card import Card
from penwright.author.file.format import Precision
from penwright.author.file.naming import author_file_of
from penwright.errors import AuthorError, ConfigError, UsageError
from penwright.evaluation.costs import symbol_nats
from penwright.evaluation.texts import score_text
from penwright.model.char_model import CharModel
from penwright.model.config import ModelConfig
from penwright.writing.engines.plain import PlainEngine
from penwright.writing.generation import iter_text
from penwright.writing.options import Ending, SamplingConfig
from penwright.writing.sampling import draws_of
from penwright.writing.stopping import until_end

PROSE = "The lamp went out at nine. “Who is there?” asked Mr. Vane.\n"
LIMITS = ("max_chars", "max_words", "max_paragraphs", "until")


def make_author(*, alphabet: Alphabet | None = None, seed: int = 1, width: int = 8) -> Author:
    """An untrained author with a card."""
    alphabet = alphabet or Alphabet.learn(dict.fromkeys(PROSE, 1))
    config = ModelConfig(vocab_size=alphabet.vocab_size, cell="gru", embedding_dim=width, hidden_size=16, num_layers=1)
    model = CharModel(config, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        model.readout_weight.normal_(0.0, 0.3, generator=torch.Generator().manual_seed(seed))
    return Author(model, alphabet, Card(name="Vane's heir", steps=3))


@pytest.fixture
def author() -> Author:
    """An untrained author."""
    return make_author()


@pytest.fixture
def path(author: Author, tmp_path: Path) -> Path:
    """The same author's file."""
    path = tmp_path / "vane.safetensors"
    author.save(path)
    return path


# Loading and saving


@pytest.mark.parametrize("alphabet", [None, Alphabet.seed()], ids=["learnt", "seed"])
def test_a_loaded_author_writes_the_same_text(alphabet: Alphabet | None, tmp_path: Path) -> None:
    author = make_author(alphabet=alphabet)
    author.save(tmp_path / "a.safetensors")
    loaded = Author.load(tmp_path / "a.safetensors")
    assert loaded.card == author.card
    assert loaded.alphabet == author.alphabet
    assert loaded.write("The", max_chars=60, seed=3) == author.write("The", max_chars=60, seed=3)
    assert loaded.score(PROSE) == author.score(PROSE)


WRITE_ALONE = """
import sys
from penwright import Author
author = Author.load(sys.argv[1])
bookmark = author.read("The lamp")
print(ascii(author.write(" went", after=bookmark, max_chars=60, seed=3)), repr(author), len(author.card.name))
sys.exit("torch" in sys.modules)
"""


def by_torch(author: Author, prompt: str, number: int, *, seed: int) -> str:
    """What the model itself writes."""
    engine = PlainEngine(author.model)
    strings = iter_text(engine, author.alphabet, prompt, sampling=SamplingConfig(), draws=draws_of(seed))
    return "".join(islice(strings, number))


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_a_loaded_author_reads_and_writes_without_torch_what_its_model_writes(
    tmp_path: Path, precision: Precision
) -> None:
    path = tmp_path / "a.safetensors"
    make_author(width=64).save(path, precision=precision)
    alone = subprocess.run([sys.executable, "-c", WRITE_ALONE, path], capture_output=True, text=True, check=False)
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout.startswith(ascii(by_torch(Author.load(path), "The lamp went", 60, seed=3)) + " Author(Vane")


def test_an_author_in_eight_bits_is_nearly_the_same(tmp_path: Path) -> None:
    author, path, whole = make_author(width=64), tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    author.save(path, precision="int8")
    author.save(whole)
    assert path.stat().st_size < 0.5 * whole.stat().st_size
    small = Author.load(path)
    written = small.write("The", max_chars=60, seed=3)
    assert written == by_torch(small, "The", 60, seed=3)
    assert small.score(PROSE).bits_per_char == pytest.approx(author.score(PROSE).bits_per_char, abs=5e-3)
    assert small.write("The", max_chars=60, seed=3) == written, "by the model that has been built meanwhile"


def test_whatever_is_changed_in_the_model_changes_what_is_written(path: Path) -> None:
    author = Author.load(path)
    before = author.write("The", max_chars=40, seed=3)
    engine = author.engine
    assert author.engine is engine, "an author that was loaded lays its weights out once"
    with torch.no_grad():
        author.model.readout_weight.neg_()
    assert author.write("The", max_chars=40, seed=3) == by_torch(author, "The", 40, seed=3) != before


def test_the_shape_is_known_before_the_model_is_built(author: Author, path: Path) -> None:
    assert Author.load(path).config == author.config == author.model.config


def test_loading_leaves_the_shared_generator_alone(path: Path) -> None:
    before = torch.get_rng_state()
    Author.load(path)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_loaded_author_can_learn_on(path: Path) -> None:
    model = Author.load(path).model
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_a_run_folder_means_its_author(author: Author, tmp_path: Path) -> None:
    author.save(tmp_path / "author.safetensors")
    assert author_file_of(tmp_path) == tmp_path / "author.safetensors"
    assert Author.load(str(tmp_path)).card == author.card


def test_the_author_in_the_box_is_loaded_like_any_other(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box, "BOXED", path)
    assert Author.from_box().card == Author.pretrained().card == Author.load(path).card
    with pytest.raises(UsageError, match="the device 'abacus' cannot be used here"):
        Author.from_box(device="abacus")


def test_a_folder_without_an_author_says_so(tmp_path: Path) -> None:
    with pytest.raises(AuthorError, match="holds no author.safetensors. A run has one after its first reading"):
        Author.load(tmp_path)


@pytest.mark.parametrize("name", ["vane", "vane.safetensor", "Vane.safetensors", "vane.pt"])
def test_a_missing_author_is_answered_with_its_neighbours(path: Path, name: str) -> None:
    with pytest.raises(AuthorError) as caught:
        Author.load(path.with_name(name))
    assert str(caught.value).endswith(f" Did you mean '{path}'?")


def test_neighbours_are_runs_too_and_few(tmp_path: Path, path: Path) -> None:
    for number in range(5):
        folder = tmp_path / f"run-{number}"
        folder.mkdir()
        (folder / "author.safetensors").write_bytes(path.read_bytes())
    (tmp_path / "run-x").mkdir()
    (tmp_path / "notes.txt").write_text("a", encoding="utf-8")
    with pytest.raises(AuthorError) as caught:
        author_file_of(tmp_path / "run-7")
    sentence = str(caught.value)
    assert sentence.count("run-") == 4
    assert "run-x" not in sentence
    assert "notes" not in sentence
    with pytest.raises(AuthorError, match="Did you mean '.*run-0' or '.*run-1' or '.*run-2'\\?$"):
        author_file_of(tmp_path / "zzz")


def test_a_neighbour_that_may_not_be_looked_into_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was missing used to be answered with the permissions of another."""
    (tmp_path / "private").mkdir()
    real = Path.is_file

    def is_file(path: Path) -> bool:
        if path.parent.name == "private":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "is_file", is_file)
    with pytest.raises(AuthorError, match="there is no author at .*privat"):
        author_file_of(tmp_path / "privat")


def test_box_names_the_author_in_the_box_where_no_file_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert author_file_of(Path("box")) == boxed_author()
    Path("box").write_bytes(b"")
    assert author_file_of(Path("box")) == Path("box")


def test_without_neighbours_the_sentence_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(AuthorError, match="Give an author file, or the folder of a run"):
        author_file_of(tmp_path / "a")
    with pytest.raises(AuthorError, match="There is no folder .* either"):
        author_file_of(tmp_path / "none" / "a")


def test_a_device_that_is_not_there_is_one_sentence(path: Path) -> None:
    for device in ("cuda:99", "nonsense", "meta"):
        with pytest.raises(UsageError, match=f"the device '{device}' cannot be used here. Use 'cpu'"):
            Author.load(path, device=device)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")
def test_an_author_writes_and_judges_alike_on_a_gpu(author: Author, path: Path, tmp_path: Path) -> None:
    """Not bit for bit: a GPU sums in another order. The draws come from the same generator on the CPU."""
    there = Author.load(path, device="cuda")
    assert there.write("The", temperature=0.0, max_chars=20) == author.write("The", temperature=0.0, max_chars=20)
    assert there.score(PROSE).bits_per_char == pytest.approx(author.score(PROSE).bits_per_char, abs=1e-3)
    there.save(tmp_path / "back.safetensors")
    assert (tmp_path / "back.safetensors").read_bytes() == path.read_bytes()


def test_an_author_is_saved_under_its_ending_only(author: Author, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ends in .safetensors, but 'a.pt' does not"):
        author.save(tmp_path / "a.pt")
    assert list(tmp_path.iterdir()) == []


def test_an_author_can_be_saved_in_half_the_room(author: Author, path: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.safetensors"
    author.save(small, precision="float16")
    assert small.stat().st_size < 0.8 * path.stat().st_size
    assert Author.load(small).score(PROSE).bits_per_char == pytest.approx(author.score(PROSE).bits_per_char, abs=1e-3)


def test_an_unknown_precision_is_refused(author: Author, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no precision 'int4'. Give float32 or float16 or int8\."):
        author.save(tmp_path / "a.safetensors", precision="int4")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_an_author_can_be_saved_over_itself(path: Path) -> None:
    data = path.read_bytes()
    Author.load(path).save(path)
    assert path.read_bytes() == data


def test_an_alphabet_of_another_size_is_refused(author: Author) -> None:
    with pytest.raises(UsageError, match="the model knows .* symbols and the alphabet 98"):
        Author(author.model, Alphabet.seed())


def test_an_alphabet_of_another_unit_is_refused(author: Author) -> None:
    config = replace(author.model.config, cell="gated", is_residual=True, match_slots=64, unit="words")
    with pytest.raises(UsageError, match="contexts of words apart and the alphabet is of characters"):
        Author(CharModel(config), author.alphabet)


def test_an_author_may_have_no_card(author: Author) -> None:
    assert Author(author.model, author.alphabet).card == Card()


# Writing


def test_writing_is_the_stream_joined(author: Author) -> None:
    assert author.write("The", max_chars=40, seed=2) == "".join(author.stream("The", max_chars=40, seed=2))


def test_the_prompt_is_not_part_of_what_is_written(author: Author) -> None:
    whole = iter_text(author.engine, author.alphabet, PROSE, sampling=SamplingConfig(), draws=draws_of(2))
    assert author.write(PROSE, max_chars=30, seed=2) == "".join(islice(whole, 30))


def test_an_endless_text_must_be_streamed(author: Author) -> None:
    with pytest.raises(
        UsageError, match="give max_chars, max_words, max_paragraphs, until or stop, or take an endless text"
    ):
        author.write("The", seed=1)
    stream: Iterator[str] = author.stream("The", seed=1)
    assert len("".join(islice(stream, 100))) == 100


def test_every_limit_ends_the_text(author: Author) -> None:
    assert len(author.write(max_chars=25, seed=1)) == 25
    words = author.write(max_words=3, seed=1)
    assert words == "".join(until_end(author.stream(seed=1), ending=Ending(max_words=3)))
    assert author.write(until="[aeiou]", max_chars=2_000, seed=1)[-1] in "aeiou"
    assert "\n\n" not in author.write(max_paragraphs=1, max_chars=2_000, seed=1).strip()


def test_the_same_seed_writes_the_same_text_and_no_seed_another(author: Author) -> None:
    assert author.write(max_chars=40, seed=9) == author.write(max_chars=40, seed=9)
    assert author.write(max_chars=40) != author.write(max_chars=40)


def test_the_knobs_reach_the_sampler(author: Author) -> None:
    greedy = author.write(max_chars=30, temperature=0.0, seed=1)
    assert author.write(max_chars=30, top_k=1, seed=2) == greedy
    assert author.write(max_chars=30, top_p=1e-9, seed=3) == greedy
    assert author.write(max_chars=30, min_p=1.0, seed=4) == greedy
    assert author.write(max_chars=30, temperature=5.0, min_p=0.0, seed=5) != greedy


def test_write_and_stream_take_the_same_arguments() -> None:
    """Each is spelled out for editors; this keeps them, and the sampler's own defaults, equal."""
    write, stream = (inspect.signature(each).parameters for each in (Author.write, Author.stream))
    assert write == stream
    usual = SamplingConfig()
    for name in ("temperature", "top_k", "top_p", "min_p"):
        assert write[name].default == getattr(usual, name)
    assert all(write[name].default is None for name in (*LIMITS, "seed", "after"))


@pytest.mark.parametrize(
    ("values", "error", "sentence"),
    [
        ({"max_chars": 0}, UsageError, "max_chars=0 must be a whole number from 1"),
        ({"until": "("}, UsageError, "is no regular expression"),
        ({"temperature": -1, "max_chars": 1}, ConfigError, "temperature=-1 must be"),
        ({"seed": -1, "max_chars": 1}, ConfigError, "seed=-1 must be"),
    ],
)
def test_a_wrong_value_is_refused_before_anything_is_read(
    author: Author, values: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        author.stream("The", **values)


def test_no_shared_generator_is_touched(author: Author) -> None:
    before = torch.get_rng_state()
    author.write("The", max_chars=10)
    assert torch.equal(torch.get_rng_state(), before)


# Reading and judging


def test_several_texts_can_be_continued_from_one_bookmark(author: Author) -> None:
    bookmark = author.read("The lamp")
    first, second = (author.write(" went", after=bookmark, max_chars=30, seed=4) for _ in range(2))
    assert first == second == author.write("The lamp went", max_chars=30, seed=4)
    assert author.write(after=author.read(" went", after=bookmark), max_chars=30, seed=4) == first


def test_an_author_has_no_memory_of_its_last_call(author: Author) -> None:
    alone = author.write("The", max_chars=30, seed=4)
    author.read("Something else altogether.")
    author.score(PROSE)
    assert author.write("The", max_chars=30, seed=4) == alone


def test_a_score_is_that_of_the_evaluation(author: Author) -> None:
    expected = score_text(partial(symbol_nats, author.model), author.alphabet, PROSE)
    found = author.score(PROSE)
    assert found.bits_per_char == pytest.approx(expected.bits_per_char, abs=1e-5)
    for own, other in zip(found.paragraphs, expected.paragraphs, strict=True):
        assert own.bits_per_char == pytest.approx(other.bits_per_char, abs=1e-5)


def test_an_author_shows_its_name_and_size(author: Author) -> None:
    assert repr(author) == f"Author(Vane's heir, {author.model.num_parameters:,} parameters, {author.alphabet!r})"


def test_an_author_that_adapts_predicts_a_text_with_habits_better() -> None:
    author = Author.from_box()
    text = "The zwiff met the zwoff;\nand the zwoff met the zwiff.\n" * 30
    plain, adapted = author.score(text), author.score(text, adapts=True)
    assert adapted.num_chars == plain.num_chars
    assert adapted.bits_per_char < 0.9 * plain.bits_per_char
    assert author.score(text).bits_per_char == plain.bits_per_char, "nothing is kept between texts"
