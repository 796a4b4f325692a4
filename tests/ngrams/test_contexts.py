"""Contexts: the window form against the step form, and what makes two contexts one."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from penwright.alphabet.characters import Alphabet
from penwright.alphabet.units import CHARACTERS
from penwright.ngrams.context_kinds import ContextKinds, kinds_of
from penwright.ngrams.contexts import ContextState, context_sequence, context_step, initial_contexts
from penwright.ngrams.letters import marks_of

KINDS = kinds_of(CHARACTERS)
SUBWORDS = kinds_of("bpe")
SETTINGS = kinds_of(CHARACTERS, 2)
SPACE, QUOTE, OPENING, CLOSING, LINE_END = 1, 9, 10, 11, 12
ALPHABET = Alphabet.seed()
MARKS = torch.tensor([0] * 4 + [1] * 5 + marks_of(ALPHABET)[ALPHABET.encode('"()\n')].tolist())


def afresh_where(state: ContextState, resets: Tensor, kinds: ContextKinds) -> ContextState:
    """The state with the initial one in the lanes that begin anew."""
    initial = initial_contexts(len(resets), kinds=kinds)
    pairs = zip(state, initial, strict=True)
    return ContextState(*(torch.where(resets.view(-1, *[1] * (old.dim() - 1)), new, old) for old, new in pairs))


def step_by_step(ids: Tensor, resets: Tensor, kinds: ContextKinds) -> tuple[Tensor, ContextState]:
    """The plain loop."""
    state, found = initial_contexts(len(ids), kinds=kinds), []
    for time in range(ids.shape[1]):
        before = afresh_where(state, resets[:, time], kinds)
        contexts, state = context_step(ids[:, time], before, kinds=kinds, marks=MARKS)
        found.append(contexts)
    return torch.stack(found, dim=1), state


@pytest.mark.parametrize("kinds", [KINDS, SUBWORDS, SETTINGS], ids=["characters", "subwords", "settings"])
@settings(max_examples=40)
@given(seed=st.integers(0, 2**31), cut=st.integers(1, 29), reset_share=st.sampled_from([0.0, 0.1, 0.5]))
def test_windows_of_any_size_name_the_contexts_that_single_steps_name(
    kinds: ContextKinds, seed: int, cut: int, reset_share: float
) -> None:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, 13, (3, 30), generator=generator)
    ids = torch.where(torch.rand(3, 30, generator=generator) < 0.5, ids % 5 + 4, ids)  # some longer words
    resets = torch.rand(3, 30, generator=generator) < reset_share
    needed, needed_state = step_by_step(ids, resets, kinds)
    state, found = initial_contexts(3, kinds=kinds), []
    for start, stop in ((0, cut), (cut, 30)):
        window = resets[:, start:stop] if reset_share else None
        contexts, state = context_sequence(ids[:, start:stop], state, window, kinds=kinds, marks=MARKS)
        found.append(contexts)
    assert torch.equal(torch.cat(found, dim=1), needed)
    assert all(torch.equal(one, other) for one, other in zip(state, needed_state, strict=True))


def named(text: list[int], kinds: ContextKinds = KINDS) -> list[int]:
    """The contexts after the last symbol of a text."""
    contexts, _ = context_sequence(torch.tensor([text]), initial_contexts(1, kinds=kinds), kinds=kinds, marks=MARKS)
    return contexts[0, -1].tolist()


def test_an_order_looks_at_its_last_characters_and_no_further() -> None:
    one, other = named([4, 5, 6, 7, 8, 4, 5, 6, 7, 8]), named([7, 7, 7, 7, 7, 4, 5, 6, 7, 8])
    for kind, order in enumerate(KINDS.orders):
        assert (one[kind] == other[kind]) == (order <= 5)


ONE_WORD, TWO_WORDS, THREE_WORDS, SKIPPING = range(-4, 0)


def test_words_look_past_what_stands_between_them() -> None:
    word, other, space, comma = [5, 6, 7], [6, 6], [1], [2]
    near, far = named([*word, *space, 4]), named([*word, *comma, *space, 4])
    assert near[ONE_WORD] == far[ONE_WORD]
    assert named([*other, *space, 4])[ONE_WORD] != near[ONE_WORD]
    assert named([*other, *space, *word, *space, 4])[ONE_WORD] == near[ONE_WORD]
    assert named([*other, *space, *word, *space, 4])[TWO_WORDS] != near[TWO_WORDS]


def test_every_kind_of_words_sees_its_own() -> None:
    def after(*words: int) -> list[int]:
        return named([symbol for word in words for symbol in (word, 1)] + [4])

    here = after(5, 6, 7, 8)
    for kind, sees in ((ONE_WORD, [8]), (TWO_WORDS, [7, 8]), (THREE_WORDS, [6, 7, 8]), (SKIPPING, [7])):
        for place, word in enumerate((5, 6, 7, 8)):
            changed = [5, 6, 7, 8]
            changed[place] = 4
            assert (after(*changed)[kind] == here[kind]) == (word not in sees), (kind, word)


def test_between_two_words_what_was_read_since_the_last_one_counts() -> None:
    word, space, comma = [5, 6, 7], [1], [2]
    assert named([*word, *comma, *space])[ONE_WORD] != named([*word, *space])[ONE_WORD]


def test_a_subword_that_does_not_go_on_with_a_word_begins_one() -> None:
    word, other, goes_on = [1], [2], [5, 6]
    here = named([*word, *goes_on, *other], SUBWORDS)
    assert named([3, *word, *goes_on, *other], SUBWORDS)[ONE_WORD] == here[ONE_WORD]
    assert named([3, *word, *goes_on, *other], SUBWORDS)[TWO_WORDS] != here[TWO_WORDS]
    assert named([*word, 5, *other], SUBWORDS)[ONE_WORD] != here[ONE_WORD]
    assert named([*word, *goes_on, *other, 7], SUBWORDS)[ONE_WORD] != here[ONE_WORD]


ABOUT, INSIDE = -2, -1


def test_the_last_content_word_is_seen_past_short_words() -> None:
    content, short, other = [4, 5, 6, 7], [5, 6, 7], [7, 7]

    def about(*words: list[int]) -> int:
        return named([symbol for word in words for symbol in (*word, SPACE)] + [4], SETTINGS)[ABOUT]

    assert about(content) == about(content, short) == about(content, short, other) == about(short, content, other)
    assert about(content) != about(other) == about(short, other) == about()
    assert about(content, [8, 8, 8, 8, 8], other) != about(content, other)


def test_an_open_quotation_or_bracket_is_seen_until_it_closes_or_the_line_ends() -> None:
    def inside(*signs: int) -> int:
        return named([*signs, SPACE, 4], SETTINGS)[INSIDE]

    plain, quoted, bracketed, both = inside(), inside(QUOTE), inside(OPENING), inside(QUOTE, 5, OPENING)
    assert len({plain, quoted, bracketed, both}) == 4
    assert inside(QUOTE, 6, 7, QUOTE) == inside(OPENING, CLOSING) == inside(CLOSING) == plain
    assert inside(OPENING, OPENING) == bracketed and inside(QUOTE, OPENING, CLOSING) == quoted
    assert inside(QUOTE, OPENING, LINE_END) == plain and inside(LINE_END, QUOTE) == quoted


def test_a_list_with_settings_keeps_the_kinds_of_the_list_before() -> None:
    text = [4, 5, 6, 7, SPACE, QUOTE, 5, 6, SPACE, 4, 4]
    assert named(text, SETTINGS)[:-2] == named(text)
    assert SETTINGS.shorter[:-2] == KINDS.shorter and SETTINGS.match[:-2] == KINDS.match


def test_kinds_never_share_a_number_by_design_and_all_fit_in_32_bits() -> None:
    contexts = named([4], SETTINGS)
    assert len(set(contexts)) == SETTINGS.num_kinds == KINDS.num_kinds + 2
    assert all(-(2**31) <= number < 2**31 for number in contexts)
