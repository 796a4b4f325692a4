"""N-gram lookup: a distribution for each of several kinds of context, and the confidence that it deserves.

A longer context discounts its counts and backs off to a shorter one, down to the shares of single symbols.
The tables are data, not weights: nothing in them is learned by gradients, and they can be exchanged under a model.

Shapes: N = characters asked about, V = vocab_size, K = kinds of context, M = kinds that are outputs, C = contexts in
the tables, E = successors in them.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from penwright.kernels import running
from penwright.kernels.ngram_lookup import FLOOR, look_up, unpack_entry, unpack_row
from penwright.kernels.searching import LOWEST
from penwright.ngrams.context_kinds import ContextKinds
from penwright.ngrams.lookup_arrays import LookupArrays, lookup_arrays
from penwright.ngrams.sorted_search import search
from penwright.ngrams.tables import NgramTables, empty_tables


class Predictions(NamedTuple):
    """Distributions of the next character."""

    log_probs: Tensor
    """float32 (N, M, V), natural logarithms."""
    confidences: Tensor
    """float32 (N, 3 * M): for each kind the count of its context, on a logarithmic scale of about 0 to 4; 1 if it is in
    the tables; and the share left to a shorter context."""


class NgramLookup(nn.Module):
    """N-gram tables, ready to look contexts up. In new ones every symbol is as likely as any other.

    All about a context, or about a successor, is packed into one number: in tables of millions the time goes into
    fetching from memory, not into taking numbers apart.
    """

    contexts: Tensor
    """int32 (C,)."""
    begins: Tensor
    """int32, index of the first context with each sequence of leading bits, see `sorted_search`."""
    rows: Tensor
    """int64 (C,), see `pack_row`."""
    entries: Tensor
    """int32 (E,), see `pack_entry`."""
    share_values: Tensor
    """float32 (256,), values of the codes of shares and backoffs."""
    total_values: Tensor
    """float32 (256,), the confidence that each code of a total becomes."""
    unigrams: Tensor
    """float32 (V,)."""
    shorter: Tensor
    """int64 (K,), the kind that each kind backs off to, -1 for none."""

    def __init__(self, vocab_size: int, kinds: ContextKinds) -> None:
        """Begin with empty tables.

        Args:
            vocab_size: V.
            kinds: The K kinds of context.
        """
        super().__init__()
        self.kinds = kinds
        for name in LookupArrays._fields:
            self.register_buffer(name, torch.zeros(0), persistent=False)
        shorter = [-1 if kind is None else kind for kind in kinds.shorter]
        self.register_buffer("shorter", torch.tensor(shorter), persistent=False)
        self.tables = empty_tables(vocab_size)
        self.use(self.tables)

    def use(self, tables: NgramTables) -> None:
        """Exchange the tables, on whatever device the module is."""
        device = self.unigrams.device
        self.tables = tables
        packed = lookup_arrays({name: tensor.numpy() for name, tensor in tables._asdict().items()})
        for name, value in packed._asdict().items():
            setattr(self, name, torch.from_numpy(value).to(device))

    @torch.no_grad()
    def forward(self, contexts: Tensor) -> Predictions:
        """Look contexts up.

        Args:
            contexts: int64 (N, K) of 32 bits.
        """
        if running.can_run(len(contexts), exact=(self.unigrams,)):
            return self._by_kernel(contexts)
        if len(contexts) < running.MANY:
            return self._plain(contexts)
        vocab_size, first_output = len(self.unigrams), self.kinds.first_output
        wanted = contexts.to(torch.int32).t().contiguous()  # (K, N)
        base, owner = self.unigrams.unsqueeze(0), torch.zeros_like(contexts[:, 0])
        for kind in range(first_output):  # each backs off to the one before
            distinct, owner, shorter = _distinct(wanted[kind], owner)
            found = self._look_up(distinct)
            longer = self._shares(found, (len(distinct), vocab_size))
            base = longer.addcmul_(base.index_select(0, shorter), found.backoffs.unsqueeze(1))
        base = base.index_select(0, owner)  # (N, V)
        found = self._look_up(wanted[first_output:].flatten())  # (M * N,)
        probs = self._shares(found, (self.kinds.num_outputs, len(contexts), vocab_size))
        backoffs = found.backoffs.view(*probs.shape[:2], 1)
        for output, shorter_kind in enumerate(self.kinds.shorter[first_output:]):
            shorter_output = -1 if shorter_kind is None else shorter_kind - first_output
            probs[output].addcmul_(base if shorter_output < 0 else probs[shorter_output], backoffs[output])
        return _predictions(probs, found)

    def _by_kernel(self, contexts: Tensor) -> Predictions:
        """Do the same as `forward`, character by character. The logarithms may differ in their last bit."""
        num_asked, num_outputs = len(contexts), self.kinds.num_outputs
        log_probs = torch.empty(num_asked, num_outputs, len(self.unigrams))
        confidences = torch.empty(num_asked, 3 * num_outputs)
        tables = self.contexts, self.begins, self.rows, self.entries
        values = self.share_values, self.total_values, self.unigrams
        running.run(
            look_up,
            num_asked,
            contexts.contiguous(),
            self.shorter,
            *tables,
            *values,
            log_probs,
            confidences,
            work=2 * log_probs.numel(),
        )
        return Predictions(log_probs, confidences)

    def _plain(self, contexts: Tensor) -> Predictions:
        """Do the same as `forward`, all kinds alike and every context for itself."""
        wanted = contexts.to(torch.int32).t()  # (K, N)
        found = self._look_up(wanted.flatten())
        probs = self._shares(found, (*wanted.shape, len(self.unigrams)))
        backoffs = found.backoffs.view(*wanted.shape, 1)
        for kind, shorter in enumerate(self.kinds.shorter):
            probs[kind].addcmul_(self.unigrams if shorter is None else probs[shorter], backoffs[kind])
        first_output = self.kinds.first_output
        return _predictions(probs[first_output:], _Found(*(part[first_output * len(contexts) :] for part in found)))

    def _look_up(self, wanted: Tensor) -> "_Found":
        """Look some contexts up in the tables, int32 (N,)."""
        if not len(self.contexts):
            nothing = torch.zeros(len(wanted), device=wanted.device)
            return _Found(nothing.bool(), nothing.long(), nothing + 1.0, nothing)
        indices = search(self.contexts, self.begins, wanted)
        is_found, rows = self.contexts.index_select(0, indices) == wanted, self.rows.index_select(0, indices)
        _, _, backoff_codes, total_codes = unpack_row(rows)
        backoffs = torch.where(is_found, self.share_values.index_select(0, backoff_codes), 1.0)
        totals = torch.where(is_found, self.total_values.index_select(0, total_codes), 0.0)
        return _Found(is_found, rows, backoffs, totals)

    def _shares(self, found: "_Found", shape: tuple[int, ...]) -> Tensor:
        """Return the shares of the successors of N contexts, float32 of a shape with N times V numbers."""
        shares = torch.zeros(shape, device=found.rows.device)
        indices = found.is_found.nonzero().squeeze(1)  # of contexts in the tables
        starts, sizes, _, _ = unpack_row(found.rows.index_select(0, indices))
        # List all their successors: the owner of each, and its index in the tables.
        owners = torch.repeat_interleave(sizes)
        gaps = starts - (sizes.cumsum(0) - sizes)  # from a successor's index in this list to that in the tables
        successors = gaps.index_select(0, owners).add_(torch.arange(len(owners), device=indices.device))
        # Scatter their shares to the rows of their owners.
        symbols, codes = unpack_entry(self.entries.index_select(0, successors))
        targets = (indices * shape[-1]).index_select(0, owners).add_(symbols)
        shares.view(-1).scatter_(0, targets, self.share_values.index_select(0, codes))
        return shares


class _Found(NamedTuple):
    """N contexts, looked up in the tables."""

    is_found: Tensor
    """bool (N,)."""
    rows: Tensor
    """int64 (N,), as in `NgramLookup.rows`; another context's where it was not found."""
    backoffs: Tensor
    """float32 (N,), the share left to a shorter context."""
    totals: Tensor
    """float32 (N,), on the scale of the confidences."""


def _predictions(probs: Tensor, found: _Found) -> Predictions:
    """Return predictions from the probabilities (M, N, V) of M kinds and from their contexts as found, (M * N,)."""
    num_outputs, num_asked, vocab_size = probs.shape
    log_probs = torch.empty(num_asked, num_outputs, vocab_size, device=probs.device)
    torch.add(probs.transpose(0, 1), float(FLOOR), out=log_probs).log_()
    columns = (found.totals, found.is_found.float(), found.backoffs)
    confidences = torch.stack(columns, dim=1).view(num_outputs, num_asked, 3)
    return Predictions(log_probs, confidences.transpose(0, 1).reshape(num_asked, 3 * num_outputs))


def _distinct(wanted: Tensor, owner: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """List each context once. Many stand in a window several times while they are short.

    Args:
        wanted: int32 (N,), contexts.
        owner: int64 (N,), the distinct shorter context that each backs off to.

    Returns:
        The distinct ones, int32 (U,); the index of each among them, int64 (N,); their shorter contexts, int64 (U,).
    """
    keys, indices = torch.unique(owner << 32 | wanted.long() - LOWEST, return_inverse=True)
    return ((keys & 0xFFFFFFFF) + LOWEST).int(), indices, keys >> 32
