"""What the counted tables predict: a distribution for each of several kinds of context, and how well founded it is.

A longer context discounts what it counted and leaves the rest to a shorter one, down to the shares of single symbols.
The tables are data, not weights: nothing in them is learned by gradients, and they can be exchanged under a model.

Shapes: N = characters asked about, V = vocab_size, K = number of kinds of context, M = kinds whose prediction is told.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from penwright.kernels import running
from penwright.kernels.ngram_lookup import FLOOR, look_up
from penwright.kernels.searching import LOWEST
from penwright.ngrams.context_kinds import ContextKinds
from penwright.ngrams.sorted_search import bucket_begins, search
from penwright.ngrams.tables import CountTables, empty_tables, share_of, total_of


class Predictions(NamedTuple):
    """What counting says of the next character."""

    log_probs: Tensor
    """float32 (N, M, V), natural logarithms."""
    facts: Tensor
    """float32 (N, 3 * M): for each kind how often its context was met, on a logarithmic scale of about 0 to 4; whether
    it was met at all; and the share left to a shorter context."""


class Counted(nn.Module):
    """Tables to look things up in. A new one knows nothing: every symbol is as likely as any other.

    What belongs to one context, or to one follower, is packed into one number: in tables of millions the time goes into
    fetching from memory, not into taking numbers apart.
    """

    contexts: Tensor
    """int32 (C,)."""
    begins: Tensor
    """int32, where in them each sequence of leading bits begins, see `sorted_search`."""
    rows: Tensor
    """int64 (C,): where a context's followers begin, their number (8 bits), codes of its backoff and of its total (8
    bits each)."""
    entries: Tensor
    """int32 (E,): a follower and the code of its share (8 bits)."""
    share_values: Tensor
    """float32 (256,), what each code of a share or backoff stands for."""
    total_values: Tensor
    """float32 (256,), the fact that each code of a total becomes."""
    unigrams: Tensor
    """float32 (V,)."""
    shorter: Tensor
    """int64 (K,), the kind that each kind extends, -1 for none."""

    def __init__(self, vocab_size: int, kinds: ContextKinds) -> None:
        """Begin with empty tables.

        Args:
            vocab_size: V.
            kinds: The kinds of context, K of them; M are told.
        """
        super().__init__()
        self.kinds = kinds
        codes = torch.arange(256)
        values = {"share_values": share_of(codes), "total_values": torch.log1p(total_of(codes)) * 0.2}
        for name in ("contexts", "begins", "rows", "entries", "share_values", "total_values", "unigrams"):
            self.register_buffer(name, values.get(name, torch.zeros(0)), persistent=False)
        shorter = [-1 if kind is None else kind for kind in kinds.shorter]
        self.register_buffer("shorter", torch.tensor(shorter), persistent=False)
        self.tables = empty_tables(vocab_size)
        self.use(self.tables)

    def use(self, tables: CountTables) -> None:
        """Exchange the tables, on whatever device the module is."""
        device = self.unigrams.device
        self.tables = tables
        sizes = tables.sizes.long()
        starts = sizes.cumsum(0).sub_(sizes)
        packed = {
            "contexts": tables.contexts,
            "begins": bucket_begins(tables.contexts),
            "rows": starts << 24 | sizes << 16 | tables.backoffs.long() << 8 | tables.totals.long(),
            "entries": tables.symbols << 8 | tables.shares.int(),
            "unigrams": tables.unigrams,
        }
        for name, value in packed.items():
            setattr(self, name, value.to(device))

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
        vocab_size, first_told = len(self.unigrams), self.kinds.first_told
        wanted = contexts.to(torch.int32).t().contiguous()  # (K, N)
        base, owner = self.unigrams.unsqueeze(0), torch.zeros_like(contexts[:, 0])
        for kind in range(first_told):  # each extends the one before
            distinct, owner, shorter = _distinct(wanted[kind], owner)
            found = self._look_up(distinct)
            longer = self._shares(found, (len(distinct), vocab_size))
            base = longer.addcmul_(base.index_select(0, shorter), found.backoffs.unsqueeze(1))
        base = base.index_select(0, owner)  # (N, V)
        found = self._look_up(wanted[first_told:].flatten())  # (M * N,)
        probs = self._shares(found, (self.kinds.num_told, len(contexts), vocab_size))
        backoffs = found.backoffs.view(*probs.shape[:2], 1)
        for told, shorter_kind in enumerate(self.kinds.shorter[first_told:]):
            place = -1 if shorter_kind is None else shorter_kind - first_told
            probs[told].addcmul_(base if place < 0 else probs[place], backoffs[told])
        return _told(probs, found)

    def _by_kernel(self, contexts: Tensor) -> Predictions:
        """Do what `forward` does, character by character. The logarithms may differ in their last bit."""
        num_asked, num_told = len(contexts), self.kinds.num_told
        log_probs = torch.empty(num_asked, num_told, len(self.unigrams))
        facts = torch.empty(num_asked, 3 * num_told)
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
            facts,
            work=2 * log_probs.numel(),
        )
        return Predictions(log_probs, facts)

    def _plain(self, contexts: Tensor) -> Predictions:
        """Do what `forward` does, all kinds alike and every context for itself."""
        wanted = contexts.to(torch.int32).t()  # (K, N)
        found = self._look_up(wanted.flatten())
        probs = self._shares(found, (*wanted.shape, len(self.unigrams)))
        backoffs = found.backoffs.view(*wanted.shape, 1)
        for kind, shorter in enumerate(self.kinds.shorter):
            probs[kind].addcmul_(self.unigrams if shorter is None else probs[shorter], backoffs[kind])
        first_told = self.kinds.first_told
        return _told(probs[first_told:], _Found(*(part[first_told * len(contexts) :] for part in found)))

    def _look_up(self, wanted: Tensor) -> "_Found":
        """Return what the tables hold of some contexts, int32 (N,)."""
        if not len(self.contexts):
            nothing = torch.zeros(len(wanted), device=wanted.device)
            return _Found(nothing.bool(), nothing.long(), nothing + 1.0, nothing)
        places = search(self.contexts, self.begins, wanted)
        is_met, rows = self.contexts.index_select(0, places) == wanted, self.rows.index_select(0, places)
        backoffs = torch.where(is_met, self.share_values.index_select(0, rows >> 8 & 255), 1.0)
        totals = torch.where(is_met, self.total_values.index_select(0, rows & 255), 0.0)
        return _Found(is_met, rows, backoffs, totals)

    def _shares(self, found: "_Found", shape: tuple[int, ...]) -> Tensor:
        """Return the shares of what followed each of N contexts, float32 of a shape with N times V numbers."""
        shares = torch.zeros(shape, device=found.rows.device)
        met = found.is_met.nonzero().squeeze(1)
        rows = found.rows.index_select(0, met)
        sizes = rows >> 16 & 255
        owners = torch.repeat_interleave(sizes)  # of all followers
        first = (rows >> 24) - (sizes.cumsum(0) - sizes)  # what a follower's place among those found lacks to its own
        followers = first.index_select(0, owners).add_(torch.arange(len(owners), device=met.device))
        entries = self.entries.index_select(0, followers)
        at = (met * shape[-1]).index_select(0, owners).add_(entries >> 8)
        shares.view(-1).scatter_(0, at, self.share_values.index_select(0, entries & 255))
        return shares


class _Found(NamedTuple):
    """What the tables hold of N contexts."""

    is_met: Tensor
    """bool (N,)."""
    rows: Tensor
    """int64 (N,), as in `Counted.rows`; another context's where it was not met."""
    backoffs: Tensor
    """float32 (N,), the share left to a shorter context."""
    totals: Tensor
    """float32 (N,), on the scale of the facts."""


def _told(probs: Tensor, found: _Found) -> Predictions:
    """Return the predictions of M kinds, (M, N, V), and the facts of what was found for them, (M * N,)."""
    num_told, num_asked, vocab_size = probs.shape
    log_probs = torch.empty(num_asked, num_told, vocab_size, device=probs.device)
    torch.add(probs.transpose(0, 1), float(FLOOR), out=log_probs).log_()
    facts = torch.stack((found.totals, found.is_met.float(), found.backoffs), dim=1).view(num_told, num_asked, 3)
    return Predictions(log_probs, facts.transpose(0, 1).reshape(num_asked, 3 * num_told))


def _distinct(wanted: Tensor, owner: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Tell contexts apart, many of which stand in a window several times while they are short.

    Args:
        wanted: int32 (N,), contexts.
        owner: int64 (N,), which of the shorter contexts told apart each extends.

    Returns:
        int32 (U,), one of each; int64 (N,), which of them each is; int64 (U,), the shorter one that each extends.
    """
    keys, places = torch.unique(owner << 32 | wanted.long() - LOWEST, return_inverse=True)
    return ((keys & 0xFFFFFFFF) + LOWEST).int(), places, keys >> 32
