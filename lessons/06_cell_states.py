# %% [markdown]
# # 6. Cell states
#
# A plain recurrent layer forgets, and worse, it can't learn what it should have kept. This
# lesson shows the cure of 1997: a memory that is *added to* instead of being multiplied,
# and small switches that say when. You will compute both famous layers by hand, repeat the
# measurement of lesson 5, and then look for single neurons that follow something you can
# name.

# %%
import math
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
import torch
from penwright import Alphabet, CharModel, ModelConfig
from penwright.evaluation.baselines.ngram_tables import iter_probabilities
from penwright.model.cells.gru import Gru
from penwright.model.cells.lstm import Lstm

from drawing import BLUE, GREEN, GREY, INK, ORANGE, RED, show

torch.set_num_threads(1)

# %% [markdown]
# ## To keep, or to replace
#
# In an Elman layer, each step makes the whole state anew: `state = tanh(... + U · state)`.
# Imagine a notebook in which you must copy everything onto a new page with each letter you
# read, through a matrix. A real notebook is different. What is written there stays, until
# somebody crosses it out.
#
# So the notebook becomes a list of numbers of its own, the **cell state** `c`. At every
# step, a share of it is kept and something new is added:
#
# ```text
# c = keep · c + write · news
# ```
#
# Both shares are numbers between 0 and 1, one for each number of the notebook. Such a share
# is called a **gate**: at 1 it is open, at 0 it is shut. What is a gate made of? It is a
# neuron with a sigmoid, which looks at the character and at the last state, and learns when
# to open. See what a keeping gate does to a number written once:

# %%
figure, axes = plt.subplots(figsize=(6.4, 3))
for keep, color in ((0.5, RED), (0.73, ORANGE), (0.95, GREEN), (0.98, BLUE), (1.0, INK)):
    axes.plot(keep ** np.arange(61), color=color, label=f"{keep}")
axes.legend(title="gate", loc=(0.78, 0.42))
axes.set(xlabel="characters later", ylabel="what is left of 1", xlim=(0, 60))
show("Curves that fall the faster the smaller the gate; at 1.0 a level line.")
for keep in (0.73, 0.98):
    print(f"a gate of {keep} leaves {keep**60:.2g} after 60 characters")

# %% [markdown]
# And the way back? From notebook to notebook, the slope by an old c goes through the same
# products: it is multiplied by the gate, and by nothing else. No matrix, no tanh. While a
# gate is open, memory goes forward and slopes come back.
#
# ## The LSTM
#
# The **LSTM** ("long short-term memory", Hochreiter and Schmidhuber, 1997) has three gates.
# One forgets, one lets news in, and one decides what of the notebook is said aloud. What is
# said aloud is the layer's output `h`, and the next step sees it.
#
# ```text
# forget = sigmoid(W_f · x + U_f · h + b_f)       which share of c is kept
# entry  = sigmoid(W_i · x + U_i · h + b_i)       which share of the news is written
# output = sigmoid(W_o · x + U_o · h + b_o)       which share is said aloud
# news   =    tanh(W_g · x + U_g · h + b_g)       what might be written
# c      = forget · c + entry · news
# h      = output · tanh(c)
# ```
#
# Six lines, and none is harder than a perceptron. The library keeps the four matrices in
# one, a block of rows for each. We take them apart and go step by step:


# %%
def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def lstm_step(x, h, c, blocks):
    """One character; blocks holds (W, U, b) of each line."""
    output, entry, forget, news = (W @ x + U @ h + b for W, U, b in blocks)
    c = sigmoid(forget) * c + sigmoid(entry) * np.tanh(news)
    return sigmoid(output) * np.tanh(c), c


def blocks_of(layer, count):
    """The weights of a layer of the library, taken apart."""
    parts = (layer.input_weight, layer.recurrent_weight, layer.bias)
    return list(
        zip(*(np.split(part.detach().numpy(), count) for part in parts), strict=True)
    )


texts = np.random.default_rng(6)
characters = texts.normal(size=(50, 10)).astype(np.float32)  # 50 made-up "characters"
lstm = Lstm(10, 16, generator=torch.Generator().manual_seed(0))
h = c = np.zeros(16, dtype=np.float32)
said = []
for x in characters:
    h, c = lstm_step(x, h, c, blocks_of(lstm, 4))
    said.append(h)

with torch.no_grad():
    outputs, after = lstm.sequence(
        torch.from_numpy(characters).unsqueeze(1), lstm.initial_state(1)
    )
assert np.allclose(said, outputs[:, 0], atol=1e-5)
assert np.allclose(c, after.cell[0], atol=1e-5)
print("LSTM: 50 outputs and the last cell state, by hand as by the library")

# %% [markdown]
# ## The GRU
#
# In 2014 came a layer with less, the **GRU** ("gated recurrent unit", Cho and others). It
# has no separate notebook: h itself is kept. One gate serves for keeping and for writing,
# since what isn't kept makes room. A second one, the **reset gate**, says how much of the
# past the news may look at.
#
# ```text
# reset  = sigmoid(W_r · x + U_r · h + b_r)
# keep   = sigmoid(W_z · x + U_z · h + b_z)
# news   =    tanh(W_n · x + U_n · (reset · h) + b_n)
# h      = keep · h + (1 - keep) · news
# ```


# %%
def gru_step(x, h, blocks):
    (W_r, U_r, b_r), (W_z, U_z, b_z), (W_n, U_n, b_n) = blocks
    reset = sigmoid(W_r @ x + U_r @ h + b_r)
    keep = sigmoid(W_z @ x + U_z @ h + b_z)
    news = np.tanh(W_n @ x + U_n @ (reset * h) + b_n)
    return keep * h + (1 - keep) * news


gru = Gru(10, 16, generator=torch.Generator().manual_seed(0))
h, said = np.zeros(16, dtype=np.float32), []
for x in characters:
    h = gru_step(x, h, blocks_of(gru, 3))
    said.append(h)
with torch.no_grad():
    outputs, _ = gru.sequence(
        torch.from_numpy(characters).unsqueeze(1), gru.initial_state(1)
    )
assert np.allclose(said, outputs[:, 0], atol=1e-5)
print("GRU: 50 outputs, by hand as by the library")
for name, layer in (("Elman", 16 * (10 + 16 + 1)), ("GRU", gru), ("LSTM", lstm)):
    size = layer if name == "Elman" else sum(p.numel() for p in layer.parameters())
    print(f"{name:6} 10 inputs, 16 neurons: {size:5,} weights and biases")

# %% [markdown]
# The workshop of 2017 used three GRU layers, one on top of the other. Its cell is exactly
# this one. (PyTorch's own GRU resets *after* the product with U_n. The library has both.)
#
# ## The same measurement
#
# Here are Bob and Eve again, and the same loss: that of the m or w alone.

# %%
PEOPLE = {name: "man" for name in ("Bob", "Tom", "Jack")}
PEOPLE |= {name: "woman" for name in ("Eve", "Ann", "Rose")}
WORDS = "who came late and sat down by the old stone wall with tea bread cheese".split()
WORDS += "or a red cat near our green boat".split()


def sentence(random, distance):
    """A sentence with at least so many characters between the name and ' is a '."""
    name = str(random.choice(list(PEOPLE)))
    between = ""
    while len(between) < distance:
        between += " " + str(random.choice(WORDS))
    return f"{name}{between} is a {PEOPLE[name]}."


random = np.random.default_rng(5)
alphabet = Alphabet.learn(Counter("\n".join(sentence(random, 60) for _ in range(300))))
V = alphabet.vocab_size
NEWLINE, M, W = (int(alphabet.encode(character)[0]) for character in "\nmw")


def batch_of(random, size, distance):
    """Ids (size, longest), filled up, and the place before each answer."""
    texts = [sentence(random, distance) for _ in range(size)]
    ids = torch.full((size, max(map(len, texts))), NEWLINE)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = torch.from_numpy(alphabet.encode(text).astype(np.int64))
    return ids, torch.tensor([text.rindex(" ") for text in texts])


def at_the_end(model, ids, ends):
    """The sums for the character after each end."""
    sums, _ = model.sequence(ids, model.initial_state(len(ids)))
    return sums[range(len(ids)), ends]


def new_model(cell, *, hidden_size=32, vocab_size=None, forget_bias=None, keep_bias=None):
    config = ModelConfig(
        vocab_size=vocab_size or V,
        cell=cell,
        embedding_dim=0,
        hidden_size=hidden_size,
        num_layers=1,
        is_residual=False,
    )
    model = CharModel(config, generator=torch.Generator().manual_seed(0))
    if forget_bias is not None:
        with torch.no_grad():  # the third block of rows
            model.layers[0].bias[2 * hidden_size : 3 * hidden_size] = forget_bias
    if keep_bias is not None:
        with torch.no_grad():  # the second
            model.layers[0].bias[hidden_size : 2 * hidden_size] = keep_bias
    return model


# %% [markdown]
# Before we train, look at the slopes in new layers, as lesson 5 did. An LSTM's forget gate
# begins with a bias of 1 in many programs, and so in this library, which makes the gate
# sigmoid(1) = 0.73. That sounds like much and isn't: the curve above says what is left. So
# we also try a bias of 4, a gate of 0.98. The GRU's keeping gate begins with a bias of 1 in
# the library, too; here it gets 3, a gate of 0.95.


# %%
def slopes_back(model, distance):
    """The length of the slope by the memory, 0, 1, 2, ... steps before the answer."""
    ids, ends = batch_of(np.random.default_rng(7), 32, distance)
    columns = torch.stack(
        [row[end - distance - 5 : end + 2] for row, end in zip(ids, ends, strict=True)],
        dim=1,
    )
    layer = model.layers[0]
    state, memories = layer.initial_state(32), []
    for column in columns[:-1]:
        output, state = layer.step(column, state)
        state[-1].retain_grad()  # the cell state, or h where there is no other
        memories.append(state[-1])
    sums = torch.nn.functional.linear(output, model.readout_weight, model.readout_bias)
    torch.nn.functional.cross_entropy(sums, columns[-1]).backward()
    return np.array([memory.grad.norm(dim=1).mean() for memory in reversed(memories)])


KINDS = {
    "Elman": ({"cell": "elman"}, RED),
    "LSTM": ({"cell": "lstm"}, ORANGE),
    "LSTM, forget bias 4": ({"cell": "lstm", "forget_bias": 4.0}, GREEN),
    "GRU, keep bias 3": ({"cell": "gru", "keep_bias": 3.0}, BLUE),
}
for kind, rows in (("lstm", slice(64, 96)), ("gru", slice(32, 64))):
    begins = new_model(kind).layers[0].bias[rows].unique().tolist()
    print(f"{kind}: the keeping gates begin with a bias of", *begins)

figure, axes = plt.subplots(figsize=(6.4, 3.4))
for name, (settings, color) in KINDS.items():
    lengths = slopes_back(new_model(**settings), 60)
    axes.plot(lengths, color=color, label=name)
    print(f"{name:20} 60 steps back: {lengths[60] / lengths[0]:.1e} is left")
axes.set(yscale="log", xlabel="steps before the answer", ylabel="length of the slope")
axes.legend()
show(
    "Three falling lines on a logarithmic scale; that of the open forget gate even climbs."
)

# %% [markdown]
# With a forget bias of 4, the slope even grows, though its gate alone would leave 0.3 of
# it. The gates look at h, and h was made from the notebook. So there are byways from an
# old c to the answer, and their slopes are added. What matters is that it doesn't vanish.
#
# Now all four learn, at three distances, for 300 mini-batches at most. Whoever has a loss
# below 0.01 may stop earlier.


# %%
def practise(model, distance, *, updates=300):
    """Learn the answers of sentences, and return the number of mini-batches it took."""
    random = np.random.default_rng(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    for i in range(updates):
        ids, ends = batch_of(random, 32, distance)
        right = ids[range(32), ends + 1]
        loss = torch.nn.functional.cross_entropy(at_the_end(model, ids, ends), right)
        if loss.item() < 0.01:
            return i
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return updates


@torch.no_grad()
def examine(model, distance):
    """The loss of the answer, and the share of right ones, on new sentences."""
    ids, ends = batch_of(np.random.default_rng(99), 256, distance)
    sums, right = at_the_end(model, ids, ends), ids[range(256), ends + 1]
    said = torch.where(sums[:, M] > sums[:, W], M, W)
    loss = torch.nn.functional.cross_entropy(sums, right)
    return loss.item(), (said == right).float().mean().item()


def as_book(sentences, alphabet):
    return np.concatenate([alphabet.encode("\n" + text) for text in sentences])


def table_nats(counted, asked, alphabet):
    """What each character costs in tables of order 0 to 5."""
    symbols = {"num_symbols": alphabet.vocab_size - 1, "first_symbol": 1, "max_order": 5}
    return [-np.log(p) for p in iter_probabilities([counted], [asked], **symbols)]


counted, asked = (
    as_book([sentence(random, 20) for _ in range(n)], alphabet) for n in (3000, 300)
)
end = alphabet.encode(" is a ")
answers = [i - 1 for i in range(6, len(asked)) if np.array_equal(asked[i - 6 : i], end)]
told = [nats[answers].mean() for nats in table_nats(counted, asked, alphabet)]
print(f"ln V {math.log(V):.3f}, order-1 table {told[1]:.3f}, ", end="")
print(f"order-5 table {told[5]:.3f}, a coin {math.log(2):.3f}")

distances = [5, 20, 60]
results = {}
print("                     distance   mini-batches    loss   right")
for name, (settings, _) in KINDS.items():
    for distance in distances:
        model = new_model(**settings)
        taken = practise(model, distance)
        loss, right = results[name, distance] = examine(model, distance)
        print(f"{name:20} {distance:9} {taken:14} {loss:7.3f} {right:7.0%}")

figure, axes = plt.subplots(figsize=(6.4, 3.2))
for shift, (name, (_, color)) in zip((-0.3, -0.1, 0.1, 0.3), KINDS.items(), strict=True):
    heights = [results[name, distance][1] for distance in distances]
    axes.bar(np.arange(3) + shift, heights, width=0.18, color=color, label=name)
axes.axhline(0.5, color=GREY, linewidth=1, linestyle="--")
axes.set(
    xticks=range(3),
    xticklabels=[f"{distance} characters" for distance in distances],
    ylabel="right answers",
    ylim=(0, 1.35),
    yticks=[0, 0.5, 1],
)
axes.legend(ncols=2, loc="upper left")
show("Bars of right answers: the open gates reach 1 everywhere, the others at most once.")

# %% [markdown]
# With the same number of neurons, sentences and steps, the two layers with open gates
# remember the name at every distance, and it makes hardly any difference to them how far
# away it is. The LSTM with a bias of 1 has everything it needs, too, and isn't told in
# time. To *begin* by remembering is what makes the difference: a network can only learn to
# use what hasn't been forgotten yet.
#
# ## What single neurons follow
#
# In a layer that reads prose, each number of the state follows something. Mostly it is
# nothing with a name. But some can be read. We make prose with two things in it that need a
# long memory: quotations, in which people say other words than the teller, and lines that
# are broken before they are longer than 24 characters.

# %%
SPOKEN = "I you me we my your will never always please come here now yes no dear".split()


def prose(random, length, *, width=24):
    """Lines of words, some of them in quotation marks."""
    words = []
    while sum(map(len, words)) + len(words) < length:
        words += map(str, random.choice(WORDS, size=random.integers(4, 14)))
        spoken = [*map(str, random.choice(SPOKEN, size=random.integers(4, 14)))]
        spoken[0], spoken[-1] = '"' + spoken[0], spoken[-1] + '"'
        words += spoken
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return "\n".join(lines)


random = np.random.default_rng(6)
text, new_text = prose(random, 120_000), prose(random, 6_000)
letters = Alphabet.learn(Counter(text))
ids, new_ids = (
    torch.from_numpy(letters.encode(t).astype(np.int64)) for t in (text, new_text)
)
print(new_text[:220])

# %% [markdown]
# A GRU of 64 neurons reads it in 16 lanes, a window of 60 characters at a time, with its
# state carried from each window into the next. Here it learns from every character, as
# authors do.

# %%
lanes = ids[: len(ids) // 16 * 16].view(16, -1)
reader = new_model("gru", hidden_size=64, vocab_size=letters.vocab_size)
optimizer = torch.optim.Adam(reader.parameters(), lr=0.01)
for _ in range(6):
    state = reader.initial_state(16)
    for start in range(0, lanes.shape[1] - 61, 60):
        window = lanes[:, start : start + 61]
        sums, state = reader.sequence(window[:, :-1], state)
        state = state.map(torch.Tensor.detach)  # slopes end where the window begins
        loss = torch.nn.functional.cross_entropy(
            sums.flatten(0, 1), window[:, 1:].flatten()
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimizer.step()

with torch.no_grad():
    layer = reader.layers[0]
    states, _ = layer.sequence(new_ids.unsqueeze(1), layer.initial_state(1))
    states = states[:, 0].numpy()  # (characters, neurons), between -1 and 1
    sums, _ = reader.sequence(new_ids.unsqueeze(0), reader.initial_state(1))
new_loss = torch.nn.functional.cross_entropy(sums[0, :-1], new_ids[1:]).item()
plain = table_nats(*(part.numpy() for part in (ids, new_ids)), letters)
print(
    f"ln V {math.log(letters.vocab_size):.3f}, order-1 table {plain[1].mean():.3f}, ",
    end="",
)
print(f"order-5 table {plain[5].mean():.3f}, GRU {new_loss:.3f}")

# %% [markdown]
# It is better than the order-5 table, and where it is better must be where memory counts.
# Which neurons know whether we are in a quotation, and how far along the line we are? For
# each neuron, we ask how closely its number goes with either. This is the **correlation**.
# It is 1 or -1 where one can be read off the other, and 0 where they have nothing to do
# with each other.

# %%
quoted, inside = [], False
for character in new_text:
    inside ^= character == '"'
    quoted.append(float(inside))
place, places = 0, []
for character in new_text:
    place = 0 if character == "\n" else place + 1
    places.append(place)

best = {}
for name, truth in (("inside a quotation", quoted), ("place in the line", places)):
    correlations = [np.corrcoef(neuron, truth)[0, 1] for neuron in states.T]
    best[name] = int(np.argmax(np.abs(correlations)))
    ranked = sorted(np.abs(correlations), reverse=True)
    print(f"{name}: neuron {best[name]} has {correlations[best[name]]:+.2f};", end=" ")
    print(f"the next {ranked[1]:.2f}, one in the middle {ranked[32]:.2f}")

# %% [markdown]
# The place in the line has a neuron to itself. The quotations don't: their best neuron is
# a poor guide. Or is the knowledge there, spread over many? We let a straight line, like
# that of lesson 1, read both from *all* neurons together: one slope for each, chosen for
# the first half of the text, and examined on the second.

# %%
half, together = len(states) // 2, {}
for name, truth in (("inside a quotation", quoted), ("place in the line", places)):
    features = np.c_[states, np.ones(len(states))]
    slopes, *_ = np.linalg.lstsq(features[:half], np.array(truth[:half]), rcond=None)
    together[name] = features @ slopes
    alone = np.corrcoef(states[half:, best[name]], truth[half:])[0, 1]
    by_all = np.corrcoef(together[name][half:], truth[half:])[0, 1]
    print(f"{name}: one neuron {abs(alone):.2f}, all together {by_all:.2f}")

# %% [markdown]
# So it knows. Here it is over the text: red where a number is low, blue where it is high.


# %%
def over_the_text(axes, text, values, title, *, num_lines=8, width=25):
    """Draw the characters of some lines, each on the colour of its value."""
    grid = np.full((num_lines, width), np.nan)
    row = column = 0
    for character, value in zip(text, values, strict=False):
        if column < width:
            grid[row, column] = value
            axes.text(
                column,
                row,
                character.replace("\n", "↵"),
                ha="center",
                va="center",
                family="monospace",
                fontsize=8,
                color="#26262e" if abs(value) < 0.6 else "white",
            )
        row, column = (row + 1, 0) if character == "\n" else (row, column + 1)
        if row == num_lines:
            break
    axes.imshow(grid, cmap="RdBu", vmin=-1, vmax=1, aspect="auto", rasterized=True)
    axes.set(title=title, xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)


start = new_text.index("\n", half + 200) + 1
quotation, line = best["inside a quotation"], best["place in the line"]
figure, panels = plt.subplots(3, 1, figsize=(6.4, 7.6))
for axes, values, title in zip(
    panels,
    (states[:, line], states[:, quotation], 2 * together["inside a quotation"] - 1),
    (
        f"neuron {line} alone: the place in the line",
        f"neuron {quotation} alone: inside a quotation?",
        "all neurons together: inside a quotation",
    ),
    strict=True,
):
    over_the_text(axes, new_text[start:], values[start:], title)
show("The same lines three times; colours change along lines, and at quotation marks.")

# %% [markdown]
# Nobody told the GRU about quotation marks or lines. It was asked for the next character,
# again and again, and these numbers are part of its answer. Some knowledge has a neuron of
# its own, but most has a *direction*: a sum of many neurons with slopes, the straight line
# that these lessons began with.
#
# ## What to keep
#
# - A cell state is added to, and multiplied only by gates. What a gate keeps stays, and
#   slopes come back the same way.
# - LSTM: gates for forgetting, writing and saying. GRU: one for keeping or writing, one for
#   looking back. Each line is a perceptron.
# - At equal size and practice, they remember what an Elman layer can't, if their gates
#   begin open.
# - Some neurons follow things with a name, and some things are spread over many neurons,
#   though the network was only asked for the next character.
#
# ## Exercises
#
# **1.** How open must a forget gate be? Try biases of 1, 2, 3, 4 and 6 at distance 20.

# %% tags=["solution"] jupyter={"source_hidden": true}
print(f"ln V {math.log(V):.3f}, order-1 table {told[1]:.3f}, ", end="")
print(f"order-5 table {told[5]:.3f}, a coin {math.log(2):.3f}")
for forget_bias in (1.0, 2.0, 3.0, 4.0, 6.0):
    trial = new_model("lstm", forget_bias=forget_bias)
    taken = practise(trial, 20)
    loss, right = examine(trial, 20)
    print(f"bias {forget_bias}, a gate of {sigmoid(forget_bias):.3f}:", end=" ")
    print(f"{taken} mini-batches, loss {loss:.3f}, {right:.0%} right")

# %% [markdown]
# **2.** Set the gates of an LSTM by hand so that it never forgets and never writes. What
# becomes of its cell state, whatever it reads?

# %% tags=["solution"] jupyter={"source_hidden": true}
shut = Lstm(10, 16, generator=torch.Generator().manual_seed(0))
with torch.no_grad():
    shut.bias[16:32], shut.bias[32:48] = -40, 40  # entry and forget, rows 16 to 47
    begun = shut.initial_state(1)._replace(cell=torch.linspace(-1, 1, 16).unsqueeze(0))
    _, ended = shut.sequence(torch.from_numpy(characters).unsqueeze(1), begun)
print("unchanged after 50 characters:", torch.equal(begun.cell, ended.cell))

# %% [markdown]
# **3.** Which neuron goes most closely with "the last character was a vowel"? Is one needed
# for that?

# %% tags=["solution"] jupyter={"source_hidden": true}
vowels = [float(character in "aeiou") for character in new_text]
correlations = [np.corrcoef(neuron, vowels)[0, 1] for neuron in states.T]
neuron = int(np.argmax(np.abs(correlations)))
print(f"neuron {neuron} with {correlations[neuron]:+.2f}")
print("The last character is an input; to know it needs no memory. Many neurons see it.")
