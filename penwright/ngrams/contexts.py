"""Hashes of the contexts of a character: its last few characters, or its last words.

Hashes are carried along in a `ContextState`. `context_sequence` hashes the contexts of a whole window without a loop
over time; `context_step` is its twin, one character at a time. Both agree to the last bit, whatever the windows.

The hash of the symbols x_s .. x_t is the polynomial sum of x_i * P^(t - i) modulo 2^64, whose sums over any stretch are
differences of one running sum because the odd P has an inverse (Karp and Rabin 1987, "Efficient randomized
pattern-matching algorithms"). Its upper 32 bits after one more odd product are the context's number (Dietzfelbinger et
al. 1997, "A reliable randomized algorithm for the closest-pair problem", multiply-shift hashing).

A `ContextKinds` lists the kinds of context and says how words are found.

Shapes: B = lanes, T = symbols per window, V = vocab_size, K = number of kinds of context.
"""

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from penwright.kernels import running
from penwright.kernels.contexts import BRACKET, CLOSES, LETTER, MIN_CONTENT, OPEN, QUOTATION, TOGGLES, name_contexts
from penwright.ngrams.context_kinds import NUM_WORDS, ContextKinds
from penwright.ngrams.hashing import FACTORS, INVERSE, ODD, POWER, SPREAD, WORD_MIX, leaving, salts, signed

_FACTORS = torch.from_numpy(FACTORS)


class ContextState(NamedTuple):
    """The memory of a text that its next contexts need, all zeros before the first character."""

    recent: Tensor
    """int64 (B, kinds.reach), the last symbols, oldest first; zeros before the first."""
    run: Tensor
    """int64 (B,), hash of the present run: the word so far, or the characters since the last word."""
    is_word: Tensor
    """bool (B,), True if the last symbol was marked as one that words are made of or go on with."""
    last: Tensor
    """int64 (B,), hash of the last word that has ended; with joints, of the last run."""
    before: Tensor
    """int64 (B,), hash of the word before that."""
    third: Tensor
    """int64 (B,), hash of the word before that one."""
    extras: Tensor
    """int64 (B, kinds.num_extras): with settings, the hash of the last content word, the number of symbols of the
    present run, and the bits of what is open, see `kernels.contexts`."""


def initial_contexts(batch_size: int, *, kinds: ContextKinds, device: torch.device | str | None = None) -> ContextState:
    """Return the state before the first character of `batch_size` texts."""
    zeros = torch.zeros(batch_size, dtype=torch.int64, device=device)
    return ContextState(
        recent=zeros.unsqueeze(1).repeat(1, kinds.reach),
        run=zeros,
        is_word=zeros.bool(),
        last=zeros,
        before=zeros,
        third=zeros,
        extras=zeros.unsqueeze(1).repeat(1, kinds.num_extras),
    )


def context_step(
    ids: Tensor, state: ContextState, *, kinds: ContextKinds, marks: Tensor
) -> tuple[Tensor, ContextState]:
    """Read one character in every lane.

    Args:
        ids: int64 (B,).
        state: Result of the last call, or `initial_contexts`.
        kinds: The kinds of context.
        marks: uint8 or bool (V,), see `letters.Marks`.

    Returns:
        The contexts after it, int64 (B, K) of 32 bits each, and the state.
    """
    reach = kinds.reach
    seen = torch.cat((state.recent, ids.unsqueeze(1)), dim=1)  # (B, reach + 1)
    hashes, value = [], torch.zeros_like(ids)
    for lag in range(reach + 1):
        value = value + seen[:, reach - lag] * signed(pow(ODD, lag, 1 << 64))
        if lag + 1 in kinds.orders:
            hashes.append(value)
    mark = marks.to(torch.uint8)[ids].long()
    is_word = mark & LETTER != 0
    begins, has_ended = _edges(is_word, state.is_word, kinds=kinds)
    words = (
        torch.where(has_ended, state.run, state.last),
        torch.where(has_ended, state.last, state.before),
        torch.where(has_ended, state.before, state.third),
    )
    run = torch.where(begins, 0, state.run) * POWER + ids
    extras = state.extras
    if kinds.has_settings:
        content, length, open_bits = extras.unbind(dim=-1)
        content = torch.where(has_ended & (length >= MIN_CONTENT), state.run, content)
        length = torch.where(begins, 0, length) + 1
        open_bits = (open_bits & ~(mark >> CLOSES)) ^ (mark >> TOGGLES & OPEN)
        extras = torch.stack((content, length, open_bits), dim=-1)
    return _fingerprints(hashes, run, *words, extras), ContextState(seen[:, 1:], run, is_word, *words, extras)


def context_sequence(
    ids: Tensor, state: ContextState, resets: Tensor | None = None, *, kinds: ContextKinds, marks: Tensor
) -> tuple[Tensor, ContextState]:
    """Read a window in every lane.

    Args:
        ids: int64 (B, T), T at least 1.
        state: Result of the last call, or `initial_contexts`.
        resets: bool (B, T); where True, the lane's state is set to the initial one before that character is read.
        kinds: The kinds of context.
        marks: uint8 or bool (V,), see `letters.Marks`.

    Returns:
        The contexts after each symbol, int64 (B, T, K) of 32 bits each, and the state after the last.
    """
    if ids.device.type == "cpu" and running.can_run(ids.numel()):
        return _by_kernel(ids, state, resets, kinds=kinds, marks=marks)
    num_steps, reach = ids.shape[1], kinds.reach
    # Sum x_i * P^-i over all symbols up to each position: sums over a stretch are differences of these.
    seen = torch.cat((state.recent, ids), dim=1)  # (B, reach + T)
    powers, inverses = _powers(reach + num_steps, ids.device)
    sums = torch.nn.functional.pad((seen * inverses).cumsum(dim=1), (1, 0))  # (B, reach + T + 1)
    here = sums[:, reach + 1 :]  # (B, T)
    # Find the oldest symbol of each position's text: position + 1 of its reset, 0 if it began before the window.
    positions = torch.arange(num_steps, device=ids.device)
    fresh = torch.zeros_like(ids) if resets is None else torch.where(resets, positions + 1, 0).cummax(dim=1).values
    first = torch.where(fresh > 0, fresh - 1 + reach, 0)  # (B, T), an index into `seen`
    # Hash the last symbols of each order, as far as they belong to the text, and scale from P^-i to P^(t - i).
    hashes = []
    for order in kinds.orders:
        start = torch.maximum(positions + (reach + 1 - order), first)
        hashes.append((here - sums.gather(1, start)) * powers[reach:])
    # Hash the words: the present run, and the last three that have ended.
    mark = marks.to(torch.uint8)[ids].long()
    is_word = mark & LETTER != 0
    begins, has_ended = _edges(is_word, _shifted(is_word, state.is_word), kinds=kinds)
    starts = _latest(begins, resets)
    run = _runs(ids, starts, state)
    words = _words(run, has_ended, state, resets)
    extras = run.new_zeros(*run.shape, 0)
    if kinds.has_settings:
        extras = _extras(run, starts, has_ended, mark, state, resets)
    # Keep the last symbols for the next window, zeros for those of another text.
    kept = seen[:, num_steps:]
    if resets is not None:
        is_stale = torch.arange(num_steps, num_steps + reach, device=ids.device) < first[:, -1:]
        kept = kept.masked_fill(is_stale, 0)
    last, before, third = (word[:, -1] for word in words)
    after = ContextState(kept, run[:, -1], is_word[:, -1], last, before, third, extras[:, -1])
    return _fingerprints(hashes, run, *words, extras), after


def _by_kernel(
    ids: Tensor, state: ContextState, resets: Tensor | None, *, kinds: ContextKinds, marks: Tensor
) -> tuple[Tensor, ContextState]:
    """Do the same as `context_sequence`, lane by lane."""
    contexts = torch.empty(*ids.shape, kinds.num_kinds, dtype=torch.int64)
    recent, is_word = state.recent.clone(memory_format=torch.contiguous_format), state.is_word.clone()
    words = words_of(state)
    running.run(
        name_contexts,
        len(ids),
        ids.contiguous(),
        running.marks_of(resets),
        marks.to(torch.uint8).contiguous(),
        *_rolling(kinds.orders),
        _salts(kinds.num_kinds, ids.device),
        _FACTORS,
        kinds.has_joints,
        recent,
        words,
        is_word,
        contexts,
        work=contexts.numel(),
    )
    return contexts, state_of(recent, words, is_word)


def words_of(state: ContextState) -> Tensor:
    """Return what a state remembers about words in the form of the kernels, int64 (B, kinds.num_words)."""
    words = torch.stack([state.run, state.last, state.before, state.third], dim=1)
    return torch.cat((words, state.extras), dim=1)


def state_of(recent: Tensor, words: Tensor, is_word: Tensor) -> ContextState:
    """Return the state whose words are in the form of the kernels, see `words_of`."""
    run, last, before, third = words[:, :NUM_WORDS].unbind(dim=1)
    return ContextState(recent, run, is_word, last, before, third, words[:, NUM_WORDS:])


def _edges(is_word: Tensor, was_word: Tensor, *, kinds: ContextKinds) -> tuple[Tensor, Tensor]:
    """Return True where a run begins, and True where a run that counts as a word has ended."""
    if kinds.has_joints:
        return ~is_word, ~is_word
    return is_word != was_word, was_word & ~is_word


def _latest(changes: Tensor, resets: Tensor | None) -> Tensor:
    """Return the position + 1 of the latest change or reset at each symbol, 0 for none in this window, (B, T)."""
    if resets is not None:
        changes = changes | resets
    positions = torch.arange(1, changes.shape[1] + 1, device=changes.device)
    return torch.where(changes, positions, 0).cummax(dim=1).values


def _runs(ids: Tensor, starts: Tensor, state: ContextState) -> Tensor:
    """Return the hash of each symbol's run, (B, T). Runs begin at `starts`, see `_latest`."""
    num_steps = ids.shape[1]
    powers, inverses = _powers(num_steps + 1, ids.device)
    sums = torch.nn.functional.pad((ids * inverses[:-1]).cumsum(dim=1), (1, 0))  # (B, T + 1)
    own = (sums[:, 1:] - sums.gather(1, (starts - 1).clamp_min(0))) * powers[:-1]
    carried = state.run.unsqueeze(1) * powers[1:]
    return torch.where(starts == 0, own + carried, own)


def _words(run: Tensor, has_ended: Tensor, state: ContextState, resets: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return the hashes of the last word that has ended at each symbol, and of the two before it, each (B, T)."""
    last = _since(_shifted(run, state.run), has_ended, state.last, resets)
    before = _since(_shifted(last, state.last), has_ended, state.before, resets)
    return last, before, _since(_shifted(before, state.before), has_ended, state.third, resets)


def _since(values: Tensor, changes: Tensor, first: Tensor, resets: Tensor | None) -> Tensor:
    """Return the value of the latest change at each symbol, zero after a reset, and `first` (B,) before either."""
    if resets is not None:
        changes = changes & ~resets
    latest = _latest(changes, resets)
    return torch.cat((first.unsqueeze(1), torch.where(changes, values, 0)), dim=1).gather(1, latest)


def _extras(
    run: Tensor, starts: Tensor, has_ended: Tensor, mark: Tensor, state: ContextState, resets: Tensor | None
) -> Tensor:
    """Return the last content word, the length of the run and what is open at each symbol, (B, T, 3)."""
    former, num_before, had_open = state.extras.unbind(dim=1)
    positions = torch.arange(1, run.shape[1] + 1, device=run.device)
    length = torch.where(starts == 0, positions + num_before.unsqueeze(1), positions - starts + 1)
    is_content = has_ended & (_shifted(length, num_before) >= MIN_CONTENT)
    content = _since(_shifted(run, state.run), is_content, former, resets)
    open_bits = torch.zeros_like(run)
    for bit in (QUOTATION, BRACKET):  # open after an odd number of toggles since it was last closed
        closed = _latest(mark >> CLOSES & bit != 0, resets)
        toggles = torch.nn.functional.pad((mark >> TOGGLES & bit != 0).long().cumsum(dim=1), (1, 0))
        toggles = toggles[:, 1:] - toggles.gather(1, (closed - 1).clamp_min(0))
        began_open = (closed == 0) & (had_open.unsqueeze(1) & bit != 0)
        open_bits |= torch.where(began_open ^ (toggles % 2 != 0), bit, 0)
    return torch.stack((content, length, open_bits), dim=-1)


def _fingerprints(
    hashes: list[Tensor], run: Tensor, last: Tensor, before: Tensor, third: Tensor, extras: Tensor
) -> Tensor:
    """Return 32 bits a kind, as int64 (..., K)."""
    one_word = run * WORD_MIX[0] + last
    two_words = one_word * WORD_MIX[1] + before
    three_words = two_words * WORD_MIX[0] + third
    skipping = run * WORD_MIX[1] + before
    values = torch.stack([*hashes, one_word, two_words, three_words, skipping], dim=-1)
    if extras.shape[-1]:
        content, _, open_bits = extras.unbind(dim=-1)
        settings = torch.stack([run * WORD_MIX[1] + content, run * WORD_MIX[1] + open_bits], dim=-1)
        values = torch.cat((values, settings), dim=-1)
    mixed: Tensor = ((values ^ _salts(values.shape[-1], values.device)) * SPREAD) >> 32
    return mixed


def _shifted(values: Tensor, first: Tensor) -> Tensor:
    """Return (B, T) with every value one position later and `first` (B,) before them."""
    return torch.cat((first.unsqueeze(1), values[:, :-1]), dim=1)


@lru_cache(maxsize=16)
def _salts(count: int, device: torch.device) -> Tensor:
    """Return a salt for each kind, so that equal symbols hash differently in each."""
    return torch.from_numpy(salts(count)).to(device)


@lru_cache(maxsize=16)
def _rolling(orders: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Return some orders, and the weight P^order of the symbol that leaves the rolling hash of each."""
    return torch.tensor(orders), torch.from_numpy(leaving(orders))


@lru_cache(maxsize=16)
def _powers(count: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return P^i and P^-i modulo 2^64 for i from 0 to count - 1, int64."""
    powers = torch.full((count,), POWER, dtype=torch.int64)
    inverses = torch.full((count,), INVERSE, dtype=torch.int64)
    powers[0] = inverses[0] = 1
    return powers.cumprod(0).to(device), inverses.cumprod(0).to(device)
