"""The context models of a network: n-gram tables of the whole shelf and a match model of this text, and their mixing.

They enter a network twice. At the bottom, as a vector added to the character's own, so that the network knows what they
expect. At the top, in the logits: the logarithm of each n-gram distribution has a weight, each symbol of the match
model a bonus. The network sets weights and bonuses anew at each character, from its own top and from the confidences.
In a new model, the context of six characters has weight one and everything else zero, so it predicts what n-grams do.

Sources: mixing predictions in the logistic domain by weights that depend on the context, Mahoney 2005, "Adaptive
weighing of context models for lossless data compression", section 3; a network that learns what an n-gram model leaves,
Li et al. 2022, "Residual Learning of Neural Text Generation with n-gram Language Model" (arXiv:2210.14431), section 3.

Shapes: B = lanes, T = characters per window, V = vocab_size, E = width of the stream, K = kinds of context, M = n-gram
distributions, F = their confidences, R = contexts of the match model.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from penwright.model.context_models.consensus import consensus_of
from penwright.model.context_models.features import features_of
from penwright.model.context_models.match import (
    Match,
    MatchState,
    initial_match,
    match_sequence,
    match_step,
    silenced,
)
from penwright.model.context_models.mixing import mixed, with_bonuses
from penwright.model.context_models.ngram_lookup import NgramLookup, Predictions
from penwright.model.embeddings import embedding_sum
from penwright.model.ops import weighted_sum
from penwright.ngrams.context_kinds import NUM_INPUTS, ContextKinds
from penwright.ngrams.contexts import ContextState, context_sequence, context_step, initial_contexts
from penwright.ngrams.tables import NgramTables

_WEIGHT_SCALE = 0.02  # standard deviation of new weights
_EMBEDDING_SCALE = 0.05  # standard deviation of the match model's new embeddings


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions:
    """Options of reading. Only the context models look at them."""

    consumes_state: bool = False
    """True if memory of the state passed in may be overwritten, which saves copying the match model's slots for every
    window. The state must not be used again."""
    max_match_length: int | None = None
    """Number of characters for which a text may repeat itself. Beyond it, the match model is silent until the text goes
    another way. None for no limit."""


PLAINLY = ReadOptions()
"""The options that keep the state as it is and set no limit to matches."""


class Findings(NamedTuple):
    """Results of the context models at some characters; (...) is (B,) or (B, T)."""

    ngrams: Predictions | None
    """Distributions log_probs (..., M, V) and confidences (..., F)."""
    match: Match | None
    """Symbols and match lengths, each (..., R)."""
    consensus: Tensor | None = None
    """float32 (..., D), see `consensus.consensus_of`; None for a model that has no use for it."""


class ContextModels(nn.Module):
    """Looks n-grams and matches up, and adds to the stream and to the logits."""

    marks: Tensor

    def __init__(
        self,
        vocab_size: int,
        stream_size: int,
        *,
        kinds: ContextKinds,
        has_ngrams: bool,
        num_slots: int,
        num_consensus: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        """Begin with empty tables.

        Args:
            vocab_size: V.
            stream_size: E.
            kinds: The kinds of context.
            has_ngrams: True if n-gram tables are looked up.
            num_slots: Slots of the match model, a power of two; 0 for no match model.
            num_consensus: D, 0 for a model that is not told how far its context models agree.
            generator: Random generator for the new weights, None for torch's own.
        """
        super().__init__()
        assert has_ngrams or num_slots, "a model without context models has no use for this"
        self.vocab_size = vocab_size
        self.num_slots = num_slots
        self.num_consensus = num_consensus
        self.kinds = kinds
        self.ngram_lookup = NgramLookup(vocab_size, kinds) if has_ngrams else None
        self._inputs = [kind - kinds.first_output for kind in kinds.inputs]  # numbers among the M distributions
        self.register_buffer("marks", torch.zeros(vocab_size, dtype=torch.uint8), persistent=False)
        with torch.no_grad():
            if has_ngrams:
                self.ngram_input_weight = nn.Parameter(torch.empty(stream_size, NUM_INPUTS * vocab_size))
                self.confidence_weight = nn.Parameter(torch.empty(stream_size, kinds.num_confidences))
                self.ngram_input_weight.normal_(0.0, _WEIGHT_SCALE, generator=generator)
                self.confidence_weight.normal_(0.0, _WEIGHT_SCALE, generator=generator)
                self.mix_weight = nn.Parameter(torch.zeros(kinds.num_outputs, stream_size))
                self.mix_confidence_weight = nn.Parameter(torch.zeros(kinds.num_outputs, kinds.num_confidences))
                self.mix_bias = nn.Parameter(torch.zeros(kinds.num_outputs))
                self.mix_bias[self._inputs[0]] = 1.0
            if num_slots:
                num_kinds = len(kinds.match)
                self.match_embedding = nn.Parameter(torch.empty(num_kinds, vocab_size + 1, stream_size))
                self.match_embedding.normal_(0.0, _EMBEDDING_SCALE, generator=generator)
                self.match_confidence_weight = nn.Parameter(torch.empty(stream_size, 2 * num_kinds))
                self.match_confidence_weight.normal_(0.0, _WEIGHT_SCALE, generator=generator)
                self.bonus_weight = nn.Parameter(torch.zeros(kinds.num_bonuses, stream_size))
                self.bonus_bias = nn.Parameter(torch.zeros(kinds.num_bonuses))
            if num_consensus:
                self.consensus_weight = nn.Parameter(torch.empty(stream_size, num_consensus))
                self.consensus_weight.normal_(0.0, _WEIGHT_SCALE, generator=generator)
                if has_ngrams:
                    self.mix_consensus_weight = nn.Parameter(torch.zeros(kinds.num_outputs, num_consensus))
                if num_slots:
                    self.bonus_consensus_weight = nn.Parameter(torch.zeros(kinds.num_bonuses, num_consensus))

    def use(self, tables: NgramTables, marks: Tensor) -> None:
        """Exchange the n-gram tables, if there is a use for any, and the marks of symbols.

        Args:
            tables: The new tables.
            marks: uint8 or bool (V,), see `ngrams.letters.Marks`.
        """
        if self.ngram_lookup is not None:
            self.ngram_lookup.use(tables)
        self.marks = marks.to(self.marks.device)

    def initial_state(self, batch_size: int) -> tuple[ContextState, MatchState | None]:
        """Return the state before the first character, of the contexts and of the match model if there is one."""
        contexts = initial_contexts(batch_size, kinds=self.kinds, device=self.marks.device)
        if not self.num_slots:
            return contexts, None
        match = initial_match(
            batch_size,
            num_kinds=len(self.kinds.match),
            num_slots=self.num_slots,
            vocab_size=self.vocab_size,
            device=self.marks.device,
        )
        return contexts, match

    @torch.no_grad()
    def step(
        self,
        ids: Tensor,
        context_state: ContextState | None,
        match_state: MatchState | None,
        *,
        options: ReadOptions = PLAINLY,
    ) -> tuple[Findings, ContextState, MatchState | None]:
        """Read one character in every lane.

        Args:
            ids: int64 (B,).
            context_state, match_state: Results of the last call, or `initial_state`.
            options: How to read.

        Returns:
            The findings (B, ...), and both states after the character.
        """
        assert context_state is not None, "the state of a model without context models"
        contexts, context_state = context_step(ids, context_state, kinds=self.kinds, marks=self.marks)  # (B, K)
        match = None
        if match_state is not None:
            match, match_state = match_step(ids, contexts[..., self.kinds.match], match_state)
        return self._findings(contexts, match, options), context_state, match_state

    @torch.no_grad()
    def sequence(
        self,
        ids: Tensor,
        context_state: ContextState | None,
        match_state: MatchState | None,
        resets: Tensor | None = None,
        *,
        options: ReadOptions = PLAINLY,
    ) -> tuple[Findings, ContextState, MatchState | None]:
        """Read a window in every lane.

        Args:
            ids: int64 (B, T).
            context_state, match_state: Results of the last call, or `initial_state`.
            resets: bool (B, T); where True, the lane's state is set to the initial state before that character is read.
            options: How to read.

        Returns:
            The findings (B, T, ...), and both states after the last character.
        """
        assert context_state is not None, "the state of a model without context models"
        contexts, context_state = context_sequence(
            ids, context_state, resets, kinds=self.kinds, marks=self.marks
        )  # (B, T, K)
        match = None
        if match_state is not None:
            own = contexts[..., self.kinds.match]
            match, match_state = match_sequence(ids, own, match_state, resets, consumes_state=options.consumes_state)
        return self._findings(contexts, match, options), context_state, match_state

    def vectors(self, findings: Findings) -> Tensor:
        """Return the vectors that are added to the stream, (..., E)."""
        weights: list[Tensor] = []
        if findings.ngrams is not None:
            weights += [self.ngram_input_weight, self.confidence_weight]
        if findings.match is not None:
            weights.append(self.match_confidence_weight)
        ngrams, match, consensus = findings
        total = F.linear(features_of(ngrams, match, self._inputs), torch.cat(weights, dim=1))
        if consensus is not None:
            total = total + F.linear(consensus, self.consensus_weight)
        if match is None:
            return total.float()
        latest = match.latest  # (..., R)
        return embedding_sum(torch.where(latest < 0, self.vocab_size, latest), self.match_embedding, onto=total)

    def logits(self, findings: Findings, top: Tensor) -> Tensor:
        """Return the numbers that are added to the logits, (..., V).

        Args:
            findings: From `step` or `sequence`.
            top: The normalised top of the stream, (..., E).
        """
        ngrams, match, consensus = findings
        if match is not None:
            bonuses = F.linear(top, self.bonus_weight, self.bonus_bias).float()
            if consensus is not None:
                bonuses = bonuses + F.linear(consensus, self.bonus_consensus_weight).float()
            if ngrams is None:
                return with_bonuses(bonuses.new_zeros(*top.shape[:-1], self.vocab_size), bonuses, match)
        assert ngrams is not None
        weights = F.linear(top, self.mix_weight, self.mix_bias).float()
        weights = weights + F.linear(ngrams.confidences, self.mix_confidence_weight).float()  # (..., M)
        if consensus is not None:
            weights = weights + F.linear(consensus, self.mix_consensus_weight).float()
        with torch.autocast(top.device.type, enabled=False):
            if match is None:
                return weighted_sum(weights, ngrams.log_probs)
            return mixed(weights, ngrams.log_probs, bonuses, match)

    def _findings(self, contexts: Tensor, match: Match | None, options: ReadOptions) -> Findings:
        """Look the contexts (..., K) up in the tables, silence matches that are too long, and compare what is found."""
        if match is not None and options.max_match_length is not None:
            match = silenced(match, max_match_length=options.max_match_length)
        ngrams = None
        if self.ngram_lookup is not None:
            shape = contexts.shape[:-1]
            log_probs, confidences = self.ngram_lookup(contexts.flatten(0, -2))
            ngrams = Predictions(log_probs.unflatten(0, shape), confidences.unflatten(0, shape))
        return Findings(ngrams, match, consensus_of(ngrams, match, self._inputs) if self.num_consensus else None)
