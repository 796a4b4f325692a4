"""The single step of an author, run by onnxruntime, beside the plain engine."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from penwright.alphabet.auto import alphabet_from_dict, learn_subwords
from penwright.alphabet.characters import Alphabet
from penwright.author.author import Author
from penwright.author.card import Card
from penwright.author.export.onnx import FORMAT, export_onnx
from penwright.author.file.loading import load_author
from penwright.cli.app import main
from penwright.errors import AuthorError
from penwright.model.char_model import CharModel
from penwright.model.config import ModelConfig
from penwright.writing.engines.plain import PlainEngine

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install --group test")
pytest.importorskip("onnx", reason="onnx is not installed: pip install --group test")

TEXT = "The lamp went out at nine, the lamps didn't say; a lamp is a lamp. “Who is there?” asked Mr. Vane.\n\n" * 4
CHARACTERS = Alphabet.learn(dict.fromkeys(TEXT, 1))
ALPHABETS = {
    "characters": CHARACTERS,
    "seed": Alphabet.seed(),
    "bpe": learn_subwords(CHARACTERS, [TEXT], unit="bpe", num_symbols=120),
    "words": learn_subwords(CHARACTERS, [TEXT], unit="words", num_symbols=70),
}
RESIDUAL: dict[str, Any] = {"is_residual": True, "embedding_dim": 66, "mlp_size": 80}
PLAIN: dict[str, Any] = {"is_residual": False, "embedding_dim": 66}
ONE_HOT: dict[str, Any] = {"is_residual": False, "embedding_dim": 0}
CELLS = [
    {"cell": "perceptron"},
    {"cell": "window"},
    {"cell": "window", "window_size": 1},
    {"cell": "elman"},
    {"cell": "gru"},
    {"cell": "gru", "gru_reset": "after"},
    {"cell": "lstm"},
    {"cell": "gated"},
]
STACKS = {"one-hot": ONE_HOT, "plain": PLAIN, "residual": RESIDUAL, "no perceptron": {**RESIDUAL, "mlp_size": 0}}
PROGRAM = Path(__file__).parents[3] / "docs" / "exporting.md"


def author_of(folder: Path, alphabet: str = "characters", **shape: Any) -> Path:
    """The file of an author of some shape, all of whose weights matter."""
    signs = ALPHABETS[alphabet]
    options = {"hidden_size": 72, "num_layers": 2, "window_size": 5, **shape}
    config = ModelConfig(vocab_size=signs.vocab_size, unit=signs.unit, **options)
    model = CharModel(config, generator=torch.Generator().manual_seed(0))
    noise, is_faint = torch.Generator().manual_seed(1), config.cell == "gated" and not config.is_residual
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=noise) * (0.3 if is_faint else 0.1))
    path = folder / "author.safetensors"
    Author(model, signs, Card(name="E. R. Vane")).save(path)
    return path


def opened(path: Path, file: Path, **options: Any) -> Any:
    """A session of an author's exported file."""
    assert export_onnx(load_author(path), file, **options) == file.stat().st_size
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])


def stepped(session: Any, ids: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """The logits after each of some ids (B, T), shape (B, T, V), and the last state."""
    inputs = session.get_inputs()
    state = {each.name: np.zeros([len(ids), *each.shape[1:]], np.float32) for each in inputs[1:]}
    found = []
    for column in ids.T:
        logits, *after = session.run(None, {"ids": column.astype(np.int64), **state})
        found.append(logits)
        state = dict(zip(state, after, strict=True))
    return np.stack(found, axis=1), list(state.values())


def compared(path: Path, session: Any) -> None:
    """Check that a text read step by step has the logits and the states of the plain engine."""
    author = Author.load(path)
    ids = np.array([author.alphabet.start_id, *author.alphabet.encode(TEXT[:150]).tolist()])
    both = np.stack([ids, ids[::-1]])
    logits, states = stepped(session, both)
    engine = PlainEngine(author.model)
    needed, after = engine.read(both, engine.initial_state(2), num_shown=both.shape[1])
    assert np.ptp(needed, axis=1).max() > 0.1, "else it proves little"
    np.testing.assert_allclose(logits, needed, rtol=0, atol=1e-5)
    flat = [tensor.numpy() for layer in after.model.layers for tensor in layer if tensor.numel()]
    assert len(flat) == len(states)
    for found, should in zip(states, flat, strict=True):
        np.testing.assert_allclose(found, should, rtol=0, atol=1e-5)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: " ".join(map(str, cell.values())))
def test_every_cell_steps_as_the_plain_engine_does(cell: dict[str, Any], stack: str, tmp_path: Path) -> None:
    path = author_of(tmp_path, **cell, **STACKS[stack])
    compared(path, opened(path, tmp_path / "author.onnx"))


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_every_unit_has_its_alphabet_in_the_file(alphabet: str, tmp_path: Path) -> None:
    cell = {"cell": "gru", **(ONE_HOT if alphabet == "seed" else RESIDUAL)}
    path = author_of(tmp_path, alphabet, **cell)
    session = opened(path, tmp_path / "author.onnx")
    compared(path, session)
    about = session.get_modelmeta().custom_metadata_map
    assert about["format"] == FORMAT and about["name"] == "E. R. Vane"
    signs = alphabet_from_dict(json.loads(about["alphabet"]))
    assert signs == ALPHABETS[alphabet] and json.loads(about["texts"]) == list(signs.texts)
    assert json.loads(about["start_id"]) == signs.start_id
    assert ModelConfig.from_dict(json.loads(about["config"])) == Author.load(path).config


@pytest.mark.parametrize("cell", ["gru", "gated"])
def test_int8_is_the_author_saved_in_8_bits(cell: str, tmp_path: Path) -> None:
    path, small = author_of(tmp_path, cell=cell, **RESIDUAL), tmp_path / "small.safetensors"
    Author.load(path).save(small, precision="int8")
    full, rounded = tmp_path / "full.onnx", tmp_path / "rounded.onnx"
    opened(path, full)
    compared(small, opened(path, rounded, is_int8=True))
    compared(small, opened(small, tmp_path / "small.onnx"))
    assert rounded.stat().st_size < 0.5 * full.stat().st_size
    assert rounded.read_bytes() == (tmp_path / "small.onnx").read_bytes()


@pytest.mark.parametrize("cell", ["gru", "lstm", "gated"])
def test_a_text_is_the_same_alone_and_beside_others(cell: str, tmp_path: Path) -> None:
    session = opened(author_of(tmp_path, cell=cell, **RESIDUAL), tmp_path / "author.onnx")
    ids = np.random.default_rng(0).integers(0, CHARACTERS.vocab_size, size=(5, 30))
    together, _ = stepped(session, ids)
    for row in range(len(ids)):
        alone, _ = stepped(session, ids[row : row + 1])
        np.testing.assert_array_equal(alone[0], together[row])


@pytest.mark.parametrize(
    ("shape", "said"),
    [({"match_slots": 64}, "a match model"), ({"ngram_entries": 50, "match_slots": 64}, "n-grams and a match model")],
)
def test_an_author_beyond_onnx_is_told_what_to_use(
    shape: dict[str, Any], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = CharModel(ModelConfig(vocab_size=CHARACTERS.vocab_size, **RESIDUAL, **shape, hidden_size=8, num_layers=1))
    parts = load_author(author_of(tmp_path, cell="gru", **RESIDUAL))._replace(config=model.config)
    with pytest.raises(AuthorError, match=f"has {said}, .*export html"):
        export_onnx(parts, tmp_path / "author.onnx")
    assert not (tmp_path / "author.onnx").exists()
    assert main(["export", "onnx", "--box", "--out", str(tmp_path / "box.onnx")]) == 1
    err = capsys.readouterr().err
    assert "export html" in err and err.count("\n") == 1 and not (tmp_path / "box.onnx").exists()


def test_the_program_on_the_page_writes_with_onnxruntime_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = author_of(tmp_path, cell="gru", **RESIDUAL)
    monkeypatch.chdir(tmp_path)
    assert main(["export", "onnx", str(path), "-o", "vane.onnx"]) == 0
    assert capsys.readouterr().out.startswith("vane.onnx  ")
    (program,) = re.findall(r"```python\n(import json\n.*?)```", PROGRAM.read_text(encoding="utf-8"), re.DOTALL)
    assert "penwright" not in program and len(program.splitlines()) <= 18
    (tmp_path / "write.py").write_text(program, encoding="utf-8")
    written = subprocess.run(
        [sys.executable, "write.py"], capture_output=True, check=True, encoding="utf-8", cwd=tmp_path
    ).stdout
    assert len(written) > 300 and set(written) <= set(TEXT)


def test_without_the_library_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = load_author(author_of(tmp_path, cell="gru", **RESIDUAL))
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(AuthorError, match=r"pip install 'penwright\[onnx\]'"):
        export_onnx(parts, tmp_path / "author.onnx")
