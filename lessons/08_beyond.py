# %% [markdown]
# # 8. Beyond
#
# The workshop ended in 2017, and the story goes on. This lesson shows three things that
# came later, or were forgotten and came back: a recurrence that needs no loop, counting
# beside learning, and the oldest use of a good guess. A text that can be predicted can be
# made small. In the end, you will pack a page with an author, and unpack it again to the
# last comma.

# %%
import bz2
import lzma
import math
import pydoc_data.topics

import matplotlib.pyplot as plt
import numpy as np
import torch
from penwright import Alphabet, Author, CharModel, ModelConfig
from penwright.evaluation.baselines.ngram_tables import iter_probabilities
from penwright.model.cells.base import unrolled
from penwright.model.cells.gated import Gated
from penwright.model.cells.scan import plain_scan, scan_by_doubling

from drawing import BLUE, DATA, GREEN, GREY, INK, ORANGE, PALE_BLUE, RED, SHELF, show

torch.set_num_threads(1)

# %% [markdown]
# ## Why loops are slow
#
# A GRU's gates look at the last state. So step 100 must wait for step 99, and that for step
# 98. A processor that could do a thousand things at once does one after the other.
#
# What if the gates looked at the *inputs* only? Then all of them can be computed at once,
# for a whole window, as one matrix product. What remains of the loop is one line:
#
# ```text
# memory = keep · memory + news
# ```
#
# in which `keep` and `news` are known in advance. Even this line can do without waiting.
# Two steps in a row are again one step of the same kind. Keep by both, and what was new
# fades by the second:
#
# ```text
# keep_2 · (keep_1 · memory + news_1) + news_2
#   = (keep_2 · keep_1) · memory + (keep_2 · news_1 + news_2)
# ```
#
# So join each step with the one before it. Then join each pair with the pair before it,
# then four with four, then eight. This is a **scan**. After four rounds, each of 16 steps
# knows all that came before it.


# %%
def loop(keep, news):
    memory, memories = 0.0, []
    for k, n in zip(keep, news, strict=True):
        memory = k * memory + n
        memories.append(memory)
    return np.array(memories)


def scan(keep, news):
    keep, news, reach, rounds = keep.copy(), news.copy(), 1, 0
    while reach < len(news):
        news[reach:] += keep[reach:] * news[:-reach]  # every step at once
        keep[reach:] *= keep[:-reach].copy()
        reach, rounds = 2 * reach, rounds + 1
    return news, rounds


random = np.random.default_rng(8)
for length in (16, 1024, 65_536):
    keep, news = random.uniform(0, 1, length), random.normal(size=length)
    scanned, rounds = scan(keep, news)
    assert np.allclose(scanned, loop(keep, news))
    print(f"{length:6,} steps in a loop, {rounds:2} rounds in a scan, the same result")

figure, axes = plt.subplots(figsize=(6.4, 3.4))
for rounds in range(4):
    for step in range(16):
        reach = 2**rounds
        axes.plot([step, step], [rounds, rounds + 1], color=GREY, linewidth=0.8, zorder=0)
        if step >= reach:
            on_the_way = step == 15 or (15 - step) % (2 ** (rounds + 1)) == 0
            style = (
                {"color": ORANGE, "linewidth": 1.8} if on_the_way else {"color": "#8b8f99"}
            )
            axes.plot(
                [step - reach, step],
                [rounds, rounds + 1],
                zorder=0,
                **({"linewidth": 0.6} | style),
            )
for rounds in range(5):
    colors = [
        BLUE if min(2**rounds, step + 1) == step + 1 else PALE_BLUE for step in range(16)
    ]
    axes.scatter(range(16), [rounds] * 16, s=90, c=colors, edgecolor=BLUE)
axes.set(
    xlabel="step",
    xticks=range(16),
    yticks=range(5),
    ylabel="rounds",
    title="Dark steps know all that came before them",
)
show("Sixteen steps in a row, and four rounds of joining, each reaching twice as far.")

# %% [markdown]
# ## The modern recurrence
#
# The library's default layer is made so. It is called `gated` there, and its kin are
# known as minGRU or as linear recurrences. A write gate z, the news v and an output gate g
# are computed from the embeddings of the last four characters. (The embedding, in lesson 7,
# was the row of numbers that stands for a character.) The memory is a mean that moves:
#
# ```text
# memory = (1 - z) · memory + z · v
# h      = memory · silu(g)                     silu(g) = g · sigmoid(g)
# ```
#
# It can be run in a loop or all at once, and both must agree. The slopes must, too:

# %%
layer = Gated(24, 32, generator=torch.Generator().manual_seed(0))
window = torch.randn(200, 3, 24, generator=torch.Generator().manual_seed(1))
slopes = []
for run in (unrolled, Gated.sequence):
    layer.zero_grad()
    outputs, state = run(layer, window, layer.initial_state(3))
    outputs.square().sum().backward()
    slopes.append((outputs.detach(), layer.input_weight.grad.clone()))
for one, other in zip(*slopes, strict=True):
    assert torch.allclose(one, other, atol=1e-4, rtol=1e-4)
print("200 steps in 3 lanes: loop and window give the same outputs and the same slopes")

torch.manual_seed(8)
keep, news = torch.rand(200, 3, 32), torch.randn(200, 3, 32)
start = torch.zeros(3, 32)
assert torch.allclose(
    scan_by_doubling(keep, news, start), plain_scan(keep, news, start), atol=1e-5
)
half_lives = math.log(0.5) / torch.log1p(-torch.sigmoid(layer.bias[:32])).detach()
print("half of a number is left after", end=" ")
print(", ".join(f"{half_lives[i]:.0f}" for i in (0, 8, 16, 24, 31)), "characters")

# %% [markdown]
# The last line is lesson 6 put into practice: a new layer begins with gates of all kinds,
# from those that forget at once to those that keep for a hundred characters.
#
# ## Counting, again
#
# Lesson 4's tables count, and know at once what they have met. A network learns slowly, and
# knows what things have in common. They make different mistakes. So let both guess.
#
# Our shelf is the handbook that comes with every Python. A small network of the modern kind
# learns from its first part, and a table of order 5 counts the same. Both are asked about a
# part that neither has seen.

# %%
handbook = "\n\n".join(map(str, pydoc_data.topics.topics.values()))
read, new = handbook[:180_000], handbook[200_000:220_000]
alphabet = Alphabet.learn({character: read.count(character) for character in set(read)})
V = alphabet.vocab_size
ids, new_ids = (
    torch.from_numpy(alphabet.encode("\n" + text).astype(np.int64)) for text in (read, new)
)

config = ModelConfig(
    vocab_size=V, cell="gated", embedding_dim=96, hidden_size=96, num_layers=2, mlp_size=192
)
network = CharModel(config, generator=torch.Generator().manual_seed(0))
optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3)  # Adam; weights also shrink
lanes = ids[: len(ids) // 16 * 16].view(16, -1)
state, UPDATES, place = network.initial_state(16), 350, 0
for update in range(UPDATES):
    optimizer.param_groups[0]["lr"] = 4e-3 * (1 - update / UPDATES)
    if place + 65 > lanes.shape[1]:
        state, place = network.initial_state(16), 0
    part = lanes[:, place : place + 65]
    sums, state = network.sequence(part[:, :-1], state)
    state = state.map(torch.Tensor.detach)
    loss = torch.nn.functional.cross_entropy(sums.flatten(0, 1), part[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    place += 64

with torch.no_grad():
    sums, _ = network.sequence(new_ids.unsqueeze(0), network.initial_state(1))
    right = torch.log_softmax(sums[0, :-1], dim=1).gather(1, new_ids[1:, None])[:, 0]
by_network = right.exp().double().numpy()  # the probability of each right character
tables = list(
    iter_probabilities(
        [ids.numpy()], [new_ids.numpy()], num_symbols=V - 1, first_symbol=1, max_order=5
    )
)
by_table = tables[5]


def loss_of(p):
    return float(-np.log(p).mean())


print(f"ln V {math.log(V):.3f}, order-1 table {loss_of(tables[1]):.3f}")
print(f"order-5 table {loss_of(by_table):.3f}")
print(f"network       {loss_of(by_network):.3f}")

# %% [markdown]
# Now mix: a share of the network's probability, and the rest of the table's. The
# probabilities of all characters together are 1 in each of the two, and so in the mixture.

# %%
shares = np.linspace(0, 1, 41)
mixed = [loss_of(share * by_network + (1 - share) * by_table) for share in shares]
figure, axes = plt.subplots(figsize=(6.4, 3.2))
axes.plot(shares, mixed, color=BLUE)
axes.plot([0, 1], [mixed[0], mixed[-1]], "o", color=INK)
axes.plot(shares[np.argmin(mixed)], min(mixed), "o", color=ORANGE)
axes.text(0.02, mixed[0], "the table alone", va="center")
axes.text(0.98, mixed[-1], "the network alone", va="center", ha="right")
axes.set(
    xlabel="share of the network", ylabel="loss in nats per character", xlim=(-0.02, 1.02)
)
show("A valley: every mixture in the middle has less loss than the table or the network.")
print(f"best at a share of {shares[np.argmin(mixed)]:.3f}: {min(mixed):.3f}")

# %% [markdown]
# ## What stood here before
#
# A third guesser knows nothing when the text begins. It remembers the text itself: when the
# last seven characters stood somewhere before, it expects what followed them there. This is
# called a **match model**. How much it may be trusted, it finds out while it reads, by
# counting how often it was right.


# %%
def match_probabilities(text, base, order=7):
    """The probability of each right character: what followed before, or else the base's."""
    followed, rights, wrongs, result = {}, 1.0, 1.0, base.copy()
    for i in range(order, len(text)):
        context = text[i - order : i]
        if context in followed:
            trust = rights / (rights + wrongs)
            is_right = followed[context] == text[i]
            # The base gets the rest. It may expect the same character: a little is lost.
            result[i] = trust * is_right + (1 - trust) * base[i]
            rights, wrongs = rights + is_right, wrongs + (not is_right)
        followed[context] = text[i]
    return result


together = shares[np.argmin(mixed)]
both = together * by_network + (1 - together) * by_table
three = match_probabilities(new, both)
print(f"ln V {math.log(V):.3f}, order-1 table {loss_of(tables[1]):.3f}")
for name, p in (
    ("order-5 table", by_table),
    ("network", by_network),
    ("network and table", both),
    ("and the match model", three),
):
    print(f"{name:20} {loss_of(p):.3f} nats, {loss_of(p) / math.log(2):.3f} bits")

# %% [markdown]
# This is how the library's default author works. Only, it doesn't mix by a fixed share: its
# network decides at each character how far to trust each table and each match.
#
# ## A name that nobody knew
#
# The author in the box has read novels. A name that was invented for this page stands in
# none of them. What does each of its letters cost, in bits? (A bit is what a coin
# costs, ln 2 nats. A character that was expected with one half costs one bit.)

# %%
author = Author.from_box()
text = (
    "Old Mr. Quorblethwick came down to the ferry. The rain had stopped, and the river "
    "stood high. Nobody had seen Quorblethwick since the spring, and nobody asked him "
    "where he had been. He paid his penny. The boy took it, and looked at Quorblethwick "
    "as one looks at a bell that rings by itself."
)
costs = author.costs()(
    np.concatenate([[author.alphabet.start_id], author.alphabet.encode(text)])
) / math.log(2)
name = "Quorblethwick"
places, at = [], text.find(name)
while at >= 0:
    places.append(at)
    at = text.find(name, at + 1)

figure, axes = plt.subplots(figsize=(6.4, 3))
for shift, (at, color) in enumerate(zip(places, (RED, ORANGE, GREEN), strict=True)):
    axes.bar(
        np.arange(len(name)) + 0.27 * shift - 0.27,
        costs[at : at + len(name)],
        0.27,
        color=color,
        label=f"the {('first', 'second', 'third')[shift]} time",
    )
    total = costs[at : at + len(name)].sum()
    print(f"the {('first', 'second', 'third')[shift]:6} time: {total:5.1f} bits for {name}")
axes.set(xticks=range(len(name)), xticklabels=list(name), ylabel="bits")
axes.legend()
show("Bars for the letters of the name: tall the first time, later only the first one is.")

# %% [markdown]
# Once is enough. The first letter costs much each time, for who could know that a name
# comes? (After `Mr.` one may expect it, after `seen` hardly.) But once it is there, the
# rest of the name costs next to nothing. No weight has changed: it stands in the state.
#
# ## Bits are real
#
# We have measured losses since lesson 3. Here is the proof that they measure something.
# Somebody who expects a character with probability p can send it in `log2(1 / p)` bits. So
# an author with two bits per character can write a page of 1,000 characters into 2,000
# bits, 250 bytes, from which the same author gets it back.
#
# The method is **arithmetic coding**. Begin with the numbers from 0 to 1. Cut this interval
# into pieces, one for each possible character, as wide as it is probable. Take the piece of
# the character that comes, cut it up in the same manner, and so on. In the end the piece is
# tiny, and any number in it tells the whole text. The more probable the text, the wider the
# piece, and the fewer digits are needed to name a number in it.

# %%
figure, axes = plt.subplots(figsize=(6.4, 3))
words, low, width = "the", 0.0, 1.0
table = {"a": 0.2, "e": 0.3, "h": 0.2, "t": 0.3}
for row in range(4):
    edge = 0.0
    for character, p in table.items():
        chosen = row < 3 and character == words[row]
        axes.barh(
            3 - row,
            p,
            left=edge,
            color=ORANGE if chosen else PALE_BLUE,
            edgecolor=BLUE,
            height=0.5,
        )
        axes.text(edge + p / 2, 3 - row, character, ha="center", va="center")
        if chosen:
            next_low, next_width = low + width * edge, width * p
            for side, bottom in ((edge, 0), (edge + p, 1)):
                axes.plot(
                    [side, bottom], [2.75 - row, 2.25 - row], color=GREY, linewidth=0.8
                )
        edge += p
    axes.text(1.02, 3 - row, f"{low:.4f} to\n{low + width:.4f}", va="center", fontsize=8)
    low, width = next_low, next_width
axes.set(xlim=(0, 1.2), ylim=(-0.4, 3.4))
axes.axis("off")
show("Four bars, each cut into four pieces; the chosen piece is the whole of the next bar.")

# %% [markdown]
# Computers round, and a number with 3,000 digits must not be rounded. Python's integers are
# never, so we use these, and the coder has but a few lines. Probabilities become whole
# numbers of 2^20 parts, of which each id gets at least one. It makes no difference where
# they come from, if both sides have the same. So the coder gets a function that starts a
# new guesser, to which each side tells one id after the other.

# %%
PARTS = 20  # binary digits of a probability


def whole_parts(p):
    """Whole numbers that add up to 2^20, each at least 1, almost in proportion to p."""
    parts = 1 + np.floor(p * (2**PARTS - len(p))).astype(np.int64)
    parts[p.argmax()] += 2**PARTS - parts.sum()
    return [int(edge) for edge in np.concatenate([[0], np.cumsum(parts)])]


def pack(ids, new_guesser):
    """A text's ids as bytes."""
    guesser = new_guesser()
    p, low, width, digits = next(guesser), 0, 1, 0
    for i in map(int, ids):
        edges = whole_parts(p)
        low = (low << PARTS) + width * edges[i]
        width *= edges[i + 1] - edges[i]
        digits += PARTS
        p = guesser.send(i)
    spare = width.bit_length() - 1  # so many digits needn't be written
    number, length = -(-low >> spare), digits - spare
    return (number << -length % 8).to_bytes((length + 7) // 8, "big")


def unpack(packed, count, new_guesser):
    """The ids again."""
    guesser = new_guesser()
    p, ids = next(guesser), []
    rest, whole = int.from_bytes(packed, "big"), 1 << 8 * len(packed)
    for _ in range(count):
        edges = whole_parts(p)
        spot = (rest << PARTS) // whole
        i = int(np.searchsorted(edges, spot, side="right")) - 1
        rest, whole = (rest << PARTS) - edges[i] * whole, whole * (edges[i + 1] - edges[i])
        ids.append(i)
        p = guesser.send(i)
    return ids


def coin():
    """A guesser for two ids: 0 comes nine times in ten."""
    while True:
        yield np.array([0.9, 0.1])


flips = (np.random.default_rng(1).random(8000) < 0.1).astype(int)
packed = pack(flips, coin)
assert unpack(packed, 8000, coin) == flips.tolist()
expected = 8000 * -(0.9 * math.log2(0.9) + 0.1 * math.log2(0.1))
print(f"8,000 flips of a bent coin: {8 * len(packed):,} bits, expected {expected:,.0f}")

# %% [markdown]
# It packs coins. Now let the author in the box guess. Its page is the one about the village
# green, which it has never seen.

# %%
page = (DATA / "Halder_Green_1898.txt").read_text(encoding="utf-8")[:1000]
model, letters = author.model, author.alphabet


def by_author():
    """Yield the author's probabilities of the next id, and take the id that came."""
    state, i = model.initial_state(1), letters.start_id
    while True:
        with torch.no_grad():
            sums, state = model.step(torch.tensor([i]), state)
        i = yield torch.softmax(sums[0].double(), dim=0).numpy()


page_ids = letters.encode(page)
packed = pack(page_ids, by_author)
again = letters.decode(np.array(unpack(packed, len(page_ids), by_author)))
assert again == page
print("packed and unpacked again:", repr(again[11:63]))

bits = author.score(page).bits_per_char
expected = bits * len(page)
print(f"\n{bits:.3f} bits per character x {len(page):,} characters = {expected:,.0f} bits")
print(f"the packed page: {len(packed)} bytes = {8 * len(packed):,} bits")
assert abs(8 * len(packed) / expected - 1) < 0.01

# %% [markdown]
# Less than one percent apart, and that percent is the last byte and the rounding. A loss
# *is* a length. How do others do, which know nothing of English, or only what a table
# counted on the six little books of lesson 4?

# %%
shelf = [
    letters.encode("\n" + path.read_text("utf-8")) for path in sorted(SHELF.glob("*.txt"))
]
symbols = {"num_symbols": letters.vocab_size - 1, "first_symbol": 1, "max_order": 5}
counted = list(iter_probabilities(shelf, [letters.encode("\n" + page)], **symbols))
sizes = {
    "one byte each": 8.0,
    "log2 V": math.log2(letters.vocab_size),
    "bz2": 8 * len(bz2.compress(page.encode())) / len(page),
    "xz": 8 * len(lzma.compress(page.encode())) / len(page),
    "order-1 table": loss_of(counted[1]) / math.log(2),
    "order-5 table": loss_of(counted[5]) / math.log(2),
    "the author in the box": 8 * len(packed) / len(page),
}
for name, size in sizes.items():
    print(f"{name:22} {size:.2f} bits per character")
long = 8 * len(bz2.compress(read.encode())) / len(read)
print(f"(bz2 on {len(read):,} characters of the handbook: {long:.2f})")

figure, axes = plt.subplots(figsize=(6.4, 2.8))
axes.barh(
    list(sizes), list(sizes.values()), color=[PALE_BLUE] * 6 + [ORANGE], edgecolor=BLUE
)
axes.invert_yaxis()
axes.set(xlabel="bits per character")
show("Bars: a byte is 8 bits, bz2 and xz need 4 to 5, tables 3, the author half of that.")

# %% [markdown]
# (The programs do better on a long text, as they learn only from what they pack. And an
# honest comparison would count the author's own size, too. `penwright report` packs
# whole books with both.)
#
# ## Where you are
#
# You began with a line that told triangles from squares. It is still there: each gate, each
# layer and each readout is a sum of features times slopes, with an intercept. Layers were
# added, so that features needn't be chosen by hand. A state was, so that the past is among
# them; gates, so that the state keeps; counting, so that nothing must be learned twice. The
# author that comes out predicts a page, packs it, and writes the next.
#
# ## What to keep
#
# - Gates that don't look at the state make a recurrence that a scan computes without a
#   loop, with the same result.
# - Network, tables and match model make different mistakes. Mixed, they have less loss than
#   each of them.
# - Bits per character are a length. Arithmetic coding packs a text to within a percent of
#   what the loss says.
#
# ## Exercises
#
# **1.** Pack the same page with its words in alphabetical order. How many bits does each
# character need now, and why?

# %% tags=["solution"] jupyter={"source_hidden": true}
jumbled = " ".join(sorted(page.split()))
print(f"{author.score(jumbled).bits_per_char:.2f} instead of {bits:.2f} bits per character")
counted = list(iter_probabilities(shelf, [letters.encode("\n" + jumbled)], **symbols))
by_1, by_5 = (loss_of(counted[order]) / math.log(2) for order in (1, 5))
print(f"(log2 V {sizes['log2 V']:.2f}, order-1 table {by_1:.2f}, order-5 table {by_5:.2f})")
print("The words are the same. What the order of words told is gone.")

# %% [markdown]
# **2.** Change one bit in the middle of the packed page, and unpack it. What happens?

# %% tags=["solution"] jupyter={"source_hidden": true}
broken = bytearray(packed)
broken[len(broken) // 2] ^= 1
garbled = letters.decode(np.array(unpack(bytes(broken), len(page_ids), by_author)))
same = next(i for i in range(len(page)) if garbled[i] != page[i])
print(f"{same} characters are right, then it goes on with another text:")
print(repr(garbled[same - 30 : same + 90]))

# %% [markdown]
# **3.** Unpack random bytes. What do you get from an author, and what from the coin?

# %% tags=["solution"] jupyter={"source_hidden": true}
noise = np.random.default_rng(5).bytes(60)
print(repr(letters.decode(np.array(unpack(noise, 200, by_author)))))
print("heads and tails:", "".join(map(str, unpack(noise[:4], 60, coin))))
print("Unpacking noise is writing: random numbers become what the guesser believes.")
