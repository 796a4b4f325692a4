"""What is known of the next character before any network is asked: counts of the whole shelf, recalls of this text.

The evidence enters a model twice. At the bottom, as a vector added to the character's own, so that the network knows
what counting expects. At the top, in the logits: every counted distribution's logarithm with a weight of its own, every
recalled symbol with a bonus, and the network decides each weight anew at each character, by its own top and by how well
founded the evidence is. At first six characters' counts have weight one and all else is zero, so a new model predicts
what counting does.

Sources: mixing predictions in the logistic domain by weights that depend on the context, Mahoney 2005, "Adaptive
weighing of context models for lossless data compression", section 3; a network that learns what an n-gram model leaves,
Li et al. 2022, "Residual Learning of Neural Text Generation with n-gram Language Model" (arXiv:2210.14431), section 3.

Shapes: B = lanes, T = characters per window, V = vocab_size, E = width of the stream, M = counted distributions, F =
facts about them, R = orders recalled.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from penwright.model.context_models.features import features_of
from penwright.model.context_models.match import (
    Recalled,
    RecallState,
    initial_recall,
    recall_sequence,
    recall_step,
    silenced,
)
from penwright.model.context_models.mixing import mixed, with_bonuses
from penwright.model.context_models.ngram_lookup import Counted, Predictions
from penwright.model.embeddings import embedding_sum
from penwright.model.ops import weighted_sum
from penwright.ngrams.context_kinds import NUM_SHOWN, ContextKinds
from penwright.ngrams.contexts import ContextState, context_sequence, context_step, initial_contexts
from penwright.ngrams.tables import CountTables

_SMALL = 0.02  # standard deviation of new weights
_RECALL_SCALE = 0.05  # and of new vectors of recalled symbols


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions:
    """Options for reading, which only the evidence looks at."""

    consumes_state: bool = False
    """True if memory of the state that is passed in may be overwritten. It saves copying what is recalled of a text for
    every window; the state must not be used again."""
    max_streak: int | None = None
    """Characters for which a text may repeat itself. Beyond them, nothing is recalled until the text goes another way.
    None for no limit."""


PLAINLY = ReadOptions()
"""Leave the state as it is and let texts repeat themselves for as long as they do."""


class Found(NamedTuple):
    """The evidence at some characters; (...) is (B,) or (B, T)."""

    predictions: Predictions | None
    """log_probs (..., M, V) and facts (..., F)."""
    recalled: Recalled | None
    """Each (..., R)."""


class Evidence(nn.Module):
    """Finds the evidence, and says what it adds to the stream and to the logits."""

    is_letter: Tensor

    def __init__(
        self,
        vocab_size: int,
        stream_size: int,
        *,
        kinds: ContextKinds,
        has_counts: bool,
        num_slots: int,
        generator: torch.Generator | None = None,
    ) -> None:
        """Begin with empty tables.

        Args:
            vocab_size: V.
            stream_size: E.
            kinds: The kinds of context.
            has_counts: Whether counted tables are consulted.
            num_slots: Slots of the memory of this text, a power of two; 0 for none.
            generator: What the weights are drawn from, None for torch's own.
        """
        super().__init__()
        assert has_counts or num_slots, "there is nothing to find"
        self.vocab_size = vocab_size
        self.num_slots = num_slots
        self.kinds = kinds
        self.counted = Counted(vocab_size, kinds) if has_counts else None
        self._shown = [kind - kinds.first_told for kind in kinds.shown]  # among the distributions that are told
        self.register_buffer("is_letter", torch.zeros(vocab_size, dtype=torch.bool), persistent=False)
        with torch.no_grad():
            if has_counts:
                self.shown_weight = nn.Parameter(torch.empty(stream_size, NUM_SHOWN * vocab_size))
                self.facts_weight = nn.Parameter(torch.empty(stream_size, kinds.num_facts))
                self.shown_weight.normal_(0.0, _SMALL, generator=generator)
                self.facts_weight.normal_(0.0, _SMALL, generator=generator)
                self.mix_weight = nn.Parameter(torch.zeros(kinds.num_told, stream_size))
                self.mix_facts_weight = nn.Parameter(torch.zeros(kinds.num_told, kinds.num_facts))
                self.mix_bias = nn.Parameter(torch.zeros(kinds.num_told))
                self.mix_bias[self._shown[0]] = 1.0
            if num_slots:
                self.recall_embedding = nn.Parameter(torch.empty(kinds.num_recalled, vocab_size + 1, stream_size))
                self.recall_embedding.normal_(0.0, _RECALL_SCALE, generator=generator)
                self.recall_facts_weight = nn.Parameter(torch.empty(stream_size, 2 * kinds.num_recalled))
                self.recall_facts_weight.normal_(0.0, _SMALL, generator=generator)
                self.bonus_weight = nn.Parameter(torch.zeros(kinds.num_bonuses, stream_size))
                self.bonus_bias = nn.Parameter(torch.zeros(kinds.num_bonuses))

    def use(self, tables: CountTables, is_letter: Tensor) -> None:
        """Exchange the tables, if the model consults any, and say which symbols words are made of, bool (V,)."""
        if self.counted is not None:
            self.counted.use(tables)
        self.is_letter = is_letter.to(self.is_letter.device)

    def initial_state(self, batch_size: int) -> tuple[ContextState, RecallState | None]:
        """Return the state before the first character: the contexts', and the recall's if there is one."""
        contexts = initial_contexts(batch_size, kinds=self.kinds, device=self.is_letter.device)
        if not self.num_slots:
            return contexts, None
        recall = initial_recall(
            batch_size,
            num_orders=self.kinds.num_recalled,
            num_slots=self.num_slots,
            vocab_size=self.vocab_size,
            device=self.is_letter.device,
        )
        return contexts, recall

    @torch.no_grad()
    def step(
        self,
        ids: Tensor,
        before: ContextState | None,
        recall_before: RecallState | None,
        *,
        options: ReadOptions = PLAINLY,
    ) -> tuple[Found, ContextState, RecallState | None]:
        """Read one character in every lane.

        Args:
            ids: int64 (B,).
            before, recall_before: The two states that the last call returned, or `initial_state`.
            options: How to read.

        Returns:
            The evidence (B, ...), and both states after the character.
        """
        assert before is not None, "the state of a model without context models"
        contexts, after = context_step(ids, before, kinds=self.kinds, is_letter=self.is_letter)
        recalled = recall = None
        if recall_before is not None:
            recalled, recall = recall_step(ids, contexts[..., self.kinds.recalled], recall_before)
        return self._found(contexts, recalled, options), after, recall

    @torch.no_grad()
    def sequence(
        self,
        ids: Tensor,
        before: ContextState | None,
        recall_before: RecallState | None,
        resets: Tensor | None = None,
        *,
        options: ReadOptions = PLAINLY,
    ) -> tuple[Found, ContextState, RecallState | None]:
        """Read a window in every lane.

        Args:
            ids: int64 (B, T).
            before, recall_before: The two states that the last call returned, or `initial_state`.
            resets: bool (B, T); where True, the lane's state is set to the initial state before that character is read.
            options: How to read.

        Returns:
            The evidence (B, T, ...), and both states after the last character.
        """
        assert before is not None, "the state of a model without context models"
        contexts, after = context_sequence(ids, before, resets, kinds=self.kinds, is_letter=self.is_letter)
        recalled = recall = None
        if recall_before is not None:
            recalled, recall = recall_sequence(
                ids,
                contexts[..., self.kinds.recalled],
                recall_before,
                resets,
                consumes_state=options.consumes_state,
            )
        return self._found(contexts, recalled, options), after, recall

    def vectors(self, found: Found) -> Tensor:
        """Return what the evidence adds to the stream, (..., E)."""
        weights: list[Tensor] = []
        if found.predictions is not None:
            weights += [self.shown_weight, self.facts_weight]
        if found.recalled is not None:
            weights.append(self.recall_facts_weight)
        total = F.linear(features_of(*found, self._shown), torch.cat(weights, dim=1))
        if found.recalled is None:
            return total.float()
        latest = found.recalled.latest  # (..., R)
        return embedding_sum(torch.where(latest < 0, self.vocab_size, latest), self.recall_embedding, onto=total)

    def logits(self, found: Found, top: Tensor) -> Tensor:
        """Return what the evidence adds to the logits, (..., V), given the normalised top of the stream, (..., E)."""
        predictions, recalled = found
        if recalled is not None:
            bonuses = F.linear(top, self.bonus_weight, self.bonus_bias).float()
            if predictions is None:
                return with_bonuses(bonuses.new_zeros(*top.shape[:-1], self.vocab_size), bonuses, recalled)
        assert predictions is not None
        weights = F.linear(top, self.mix_weight, self.mix_bias).float()
        weights = weights + F.linear(predictions.facts, self.mix_facts_weight).float()  # (..., M)
        with torch.autocast(top.device.type, enabled=False):
            if recalled is None:
                return weighted_sum(weights, predictions.log_probs)
            return mixed(weights, predictions.log_probs, bonuses, recalled)

    def _found(self, contexts: Tensor, recalled: Recalled | None, options: ReadOptions) -> Found:
        """Return the tables' predictions for contexts (..., K), and what is recalled unless it is silenced."""
        if recalled is not None and options.max_streak is not None:
            recalled = silenced(recalled, max_streak=options.max_streak)
        if self.counted is None:
            return Found(None, recalled)
        shape = contexts.shape[:-1]
        log_probs, facts = self.counted(contexts.flatten(0, -2))
        return Found(Predictions(log_probs.unflatten(0, shape), facts.unflatten(0, shape)), recalled)
