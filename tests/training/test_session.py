"""The working set: what it is restored from stays as it was, so that the same state can be gone back to again."""

import weakref
from typing import Any

import pytest
import torch

from penwright.corpus.store import Corpus
from penwright.ngrams.tables import NgramTables
from penwright.training import diary, folds, machine
from penwright.training import session as session_module
from penwright.training.diary import diary_page
from penwright.training.distributed import World
from penwright.training.planning.sizes import Size
from penwright.training.session import Session
from penwright.training.settings.resolve import resolve_config

SETTINGS: dict[str, dict[str, Any]] = {
    "model": {**Size(8, 1).settings, "ngram_entries": 0, "match_slots": 64},
    "train": {"steps": 9, "batch_size": 4, "seq_len": 32, "threads": 1, "precision": "float32"},
}
GROUPS = {1: [slice(0, 4)], 3: [slice(0, 1), slice(1, 2), slice(2, 4)]}


def losses(session: Session) -> list[float]:
    """Learn from two windows."""
    found = []
    for _ in range(2):
        reading = session.forward_backward()
        session.update(reading, learning_rate=0.01)
        found.append(reading.loss)
    return found


@pytest.mark.parametrize("num_groups", [1, 3])
def test_a_captured_state_can_be_gone_back_to_more_than_once(
    corpus: Corpus, num_groups: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading overwrites what the lanes remember of their texts; it must not be the captured state's memory."""
    monkeypatch.setattr(session_module, "divided", lambda num_lanes, *, seq_len: GROUPS[num_groups])
    config = resolve_config(overrides=SETTINGS).config
    session = Session(corpus, config, device=torch.device("cpu"), world=World())
    losses(session)
    state = session.capture()
    assert any(tensor.any() for name, tensor in state.lanes.items() if "slots" in name)
    needed = losses(session)
    for _ in range(2):
        session.restore(state)
        assert losses(session) == needed


def test_the_tables_of_one_fold_are_gone_before_those_of_the_next_are_counted(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables of many books take hundreds of megabytes, and counting takes more."""
    make, happened = folds.make_tables, list[str]()
    earlier: list[weakref.ref[torch.Tensor]] = []

    def watched(*texts: Any, **settings: Any) -> NgramTables:
        assert all(tensor() is None for tensor in earlier)
        happened.append("counted")
        tables = make(*texts, **settings)
        earlier.extend(map(weakref.ref, tables))
        return tables

    monkeypatch.setattr(folds, "KEPT_ENTRIES", 0)
    monkeypatch.setattr(machine, "give_back_memory", lambda: happened.append("memory given back"))
    monkeypatch.setattr(machine, "keep_freed_memory", lambda: happened.append("memory kept"))
    monkeypatch.setattr(folds, "make_tables", watched)
    settings = {**SETTINGS, "model": {**SETTINGS["model"], "ngram_entries": 10_000}}
    session = Session(corpus, resolve_config(overrides=settings).config, device=torch.device("cpu"), world=World())
    while session.counters.epoch == 1:
        session.update(session.forward_backward(), learning_rate=0.01)
    assert session.ngrams is not None and len(session.ngrams.folds) > 1
    assert happened == ["memory given back", "counted", "memory kept"] * len(session.ngrams.folds)


@pytest.mark.parametrize("is_small", [True, False])
def test_a_small_shelf_is_evaluated_with_all_of_it_and_learned_from_without_the_fold(
    corpus: Corpus, is_small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_small:
        monkeypatch.setattr(folds, "WHOLE_IDS", 100)
    settings = {**SETTINGS, "model": {**SETTINGS["model"], "ngram_entries": 10_000}}
    shown: list[Any] = []
    monkeypatch.setattr(diary, "iter_text", lambda *args, **settings: shown.append(other.model.tables) or iter(()))
    config = resolve_config(overrides=settings).config
    plain, other = (Session(corpus, config, device=torch.device("cpu"), world=World()) for _ in range(2))
    assert other.ngrams is not None
    with other.using_whole_tables():  # nothing was read yet, so no tables are in use
        assert other.model.tables is not None and len(other.model.tables.symbols) == 0
    for _ in range(2):
        needed = losses(plain)
        assert losses(other) == needed
        own = other.model.tables
        with other.using_whole_tables():
            inside = other.model.tables
        shown.clear()
        diary_page(other)
        assert shown == [inside]
        other.world = World(1, 2)  # only rank 0 evaluates and writes
        with other.using_whole_tables():
            assert other.model.tables is own
        other.world = World()
        assert other.model.tables is own and own is not None and inside is not None
        whole = other.ngrams.whole_tables()
        if is_small:
            assert inside is whole and inside.unigrams.tolist() != own.unigrams.tolist()
            other.ngrams.forget()
            assert other.ngrams.whole_tables() is not whole, "forgotten, it takes no memory"
        else:
            assert inside is own and whole is None


@pytest.mark.parametrize("preset", ["default", "seed", "perceptron"])
def test_gradients_lie_in_memory_as_their_parameters_do(corpus: Corpus, preset: str) -> None:
    """torch's fused Adam pairs weights and gradients by their order in memory, whatever their strides."""
    small = {"model": {"hidden_size": 8}, "train": {**SETTINGS["train"], "steps": 9}}
    session = Session(corpus, resolve_config(preset, overrides=small).config, device=torch.device("cpu"), world=World())
    session.forward_backward()
    found = {name: p for name, p in session.model.named_parameters() if p.grad is not None}
    assert found
    for name, parameter in found.items():
        assert parameter.grad is not None
        assert parameter.grad.stride() == parameter.stride(), name
