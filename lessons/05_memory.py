# %% [markdown]
# # 5. Memory
#
# The last lesson ended with a machine that sees a few characters and nothing before them.
# This one gives it a memory. It is a small change: what the machine thought a moment ago is
# given back to it, together with the next character. You will look at this memory, save it
# and put it back. Then you will measure how far it reaches, which is a disappointment, and
# find the reason.

# %%
import math
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
import torch
from penwright import Alphabet, CharModel, ModelConfig
from penwright.evaluation.baselines.ngram_tables import iter_probabilities
from penwright.model.cells.base import unrolled
from penwright.model.cells.elman import Elman

from drawing import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_GREEN,
    PALE_ORANGE,
    RED,
    show,
)

torch.set_num_threads(1)

# %% [markdown]
# ## Two people
#
# Our text is made up, so that we know exactly what has to be remembered. Somebody is named,
# some words follow that say nothing, and in the end it is said what kind of person it was.
# There are six names, three of them men's.

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
for distance in (0, 0, 10, 10, 40):
    print(f"{distance:2}: {sentence(random, distance)}")

# %% [markdown]
# One character needs more than its neighbours: the m or w after `is a `. No list of the
# last five characters can know it, for they are always the same five. Let's see what the
# tables of lesson 4 say about that character, counted on 4,000 sentences.

# %%
made = [sentence(random, int(random.integers(0, 61))) for _ in range(4000)]
alphabet = Alphabet.learn(Counter("\n".join(made)))
V = alphabet.vocab_size
NEWLINE, M, W = (int(alphabet.encode(character)[0]) for character in "\nmw")


def as_book(sentences):
    return np.concatenate([alphabet.encode("\n" + text) for text in sentences])


counted = as_book(made)
asked = as_book([sentence(random, int(random.integers(0, 61))) for _ in range(300)])
symbols = {"num_symbols": V - 1, "first_symbol": 1, "max_order": 5}
tables = list(iter_probabilities([counted], [asked], **symbols))
ends = alphabet.encode(" is a ")  # what stands before the answer
answers = [i for i in range(6, len(asked)) if np.array_equal(asked[i - 6 : i], ends)]
told = {}
print("                  all characters   the m or w alone")
print(f"ln V               {math.log(V):13.3f} {math.log(V):18.3f}")
for order in (1, 5):
    nats = -np.log(tables[order])
    told[order] = nats[np.array(answers) - 1].mean()
    print(f"order-{order} table      {nats.mean():13.3f} {told[order]:18.3f}")
print(f"a coin                             {math.log(2):15.3f}")

# %% [markdown]
# The order-5 table knows the words, and of the answer it knows that it is an m or a w. That
# is a coin: ln 2 = 0.693. Whoever has less must *remember*.
#
# ## Giving back
#
# A layer makes numbers from its inputs. In a **recurrent** layer, its own last numbers are
# among the inputs. They are its **state**: all that it has kept of what it read.
#
# ```text
# state = tanh(W · character + U · last state + b)
# ```
#
# W says what a character does, and U what the past does. This is the layer that Jeffrey
# Elman described in 1990, and it is called an **Elman layer**. In the beginning, when
# nothing is read yet, the state is all zeros. Here it is in numpy, beside the library's:

# %%
cell = Elman(V, 32, generator=torch.Generator().manual_seed(0))
input_weight, recurrent_weight, bias = (
    parameter.detach().numpy()
    for parameter in (cell.input_weight, cell.recurrent_weight, cell.bias)
)


def step(character_id, state):
    one_hot = np.eye(V, dtype=np.float32)[character_id]
    return np.tanh(input_weight @ one_hot + recurrent_weight @ state + bias)


ids = alphabet.encode("Bob sat by the wall is a man.")
state, by_hand = np.zeros(32, dtype=np.float32), []
for character_id in ids:
    state = step(character_id, state)
    by_hand.append(state)
by_hand = np.array(by_hand)

with torch.no_grad():
    inputs = torch.tensor(ids.astype(np.int64)).unsqueeze(1)  # (time, one lane)
    by_library, _ = cell.sequence(inputs, cell.initial_state(1))
assert np.allclose(by_hand, by_library[:, 0].numpy(), atol=1e-6)
print("by hand as by the library, in all", len(by_hand), "states")
print("the first four numbers of the state, as it reads:")
for character, numbers in zip("Bob sat by", by_hand, strict=False):
    print(f"  {character!r}  ", "  ".join(f"{number:+.2f}" for number in numbers[:4]))

# %% [markdown]
# The weights are still random, and yet something can be seen already: the two b's leave
# different states behind, and so do the two blanks, for different things came before them.
# And the same letter after the same words, but with another name far in front?

# %%
twin = "Eve sat by the wall is a man."
state, other = np.zeros(32, dtype=np.float32), []
for character_id in alphabet.encode(twin):
    state = step(character_id, state)
    other.append(state)

text = "Bob sat by the wall is a man."
distance = np.linalg.norm(by_hand - np.array(other), axis=1)
figure, (above, below) = plt.subplots(
    2, 1, figsize=(6.4, 4.6), sharex=True, height_ratios=[2, 1]
)
above.imshow(by_hand.T, cmap="RdBu", vmin=-1, vmax=1, aspect="auto", rasterized=True)
above.set(ylabel="32 numbers of the state", yticks=[], title="The state as it reads")
below.bar(range(len(text)), distance, color=ORANGE)
below.set(
    xticks=range(len(text)),
    xticklabels=list(text.replace(" ", "␣")),
    ylabel="distance",
    title="How far from the state after Eve",
)
show("Above, the state as a column of colours per character. Below, bars that shrink.")
print(
    f"distance after the name {distance[2]:.3f}, and before the answer {distance[-5]:.5f}"
)

# %% [markdown]
# Two states, one for Bob and one for Eve, begin far apart and come ever closer. Random
# weights forget. Learning has to find weights that don't.
#
# ## Unrolled
#
# How does such a layer learn? By lesson 3's backpropagation, which wants a network without
# circles. So the circle is **unrolled**: for a text of 29 characters, think of 29 layers,
# one behind the other, that happen to have the same weights. The result is an ordinary
# network, only a deep one.

# %%
figure, axes = plt.subplots(figsize=(6.4, 2.9))
arrow = {"arrowstyle": "->", "color": GREY, "linewidth": 1.4}


def spot(x, y, label, color, edge):
    axes.add_patch(plt.Circle((x, y), 0.36, facecolor=color, edgecolor=edge, zorder=2))
    axes.text(x, y, label, ha="center", va="center", fontsize=10, zorder=3)


spot(0, 1.5, "state", PALE_GREEN, GREEN)
spot(0, 0, "in", PALE_BLUE, BLUE)
spot(0, 3, "out", PALE_ORANGE, ORANGE)
axes.annotate("", (0, 1.12), (0, 0.38), arrowprops=arrow)
axes.annotate("", (0, 2.62), (0, 1.88), arrowprops=arrow)
axes.annotate(
    "",
    (0.33, 1.32),
    (0.33, 1.68),
    arrowprops=arrow | {"connectionstyle": "arc3,rad=-2.6", "color": RED},
)
axes.text(1.55, 1.5, "=", fontsize=18, ha="center", va="center")
for place, character in enumerate("Bob is"):
    x = 2.7 + 1.3 * place
    spot(x, 1.5, f"{place + 1}", PALE_GREEN, GREEN)
    spot(x, 0, character.replace(" ", "␣"), PALE_BLUE, BLUE)
    spot(x, 3, "ob is a"[place].replace(" ", "␣"), PALE_ORANGE, ORANGE)
    axes.annotate("", (x, 1.12), (x, 0.38), arrowprops=arrow)
    axes.annotate("", (x, 2.62), (x, 1.88), arrowprops=arrow)
    axes.annotate("", (x + 0.92, 1.5), (x + 0.38, 1.5), arrowprops=arrow | {"color": RED})
axes.text(10.25, 1.5, "...", va="center")
axes.set(xlim=(-0.6, 10.7), ylim=(-0.5, 3.5), aspect="equal")
axes.axis("off")
show("Left, a layer whose state goes back into it. Right, the same in six copies in a row.")

# %% [markdown]
# Every red arrow is the same matrix U. The library has both forms: `step` reads one
# character, and `sequence` a whole window. `unrolled` is the plain loop over `step`. All
# must agree, the slopes too. Autograd finds these by going back through all copies, and
# adding up what each says about the weights they share.

# %%
slopes = {}
for name, run in (("step by step", unrolled), ("sequence", Elman.sequence)):
    cell.zero_grad()
    outputs, _ = run(cell, inputs, cell.initial_state(1))
    outputs[-1].sum().backward()
    slopes[name] = cell.recurrent_weight.grad.clone()
assert torch.allclose(*slopes.values(), atol=1e-6)
print("29 steps in a loop, or one call: the same slopes for U")

# %% [markdown]
# ## A memory you can put back
#
# The library's models never hide their state. It goes in as a value and comes out as one.
# So you can stop in the middle of a text, keep the state, read something else, and come
# back. And however long the text was, its state has the same size:

# %%
with torch.no_grad():
    whole, _ = cell.sequence(inputs, cell.initial_state(1))
    _, bookmark = cell.sequence(inputs[:12], cell.initial_state(1))
    cell.sequence(inputs[5:20], bookmark)  # something else, which changes no bookmark
    rest, _ = cell.sequence(inputs[12:], bookmark)
    _, late = cell.sequence(inputs.repeat(100, 1), cell.initial_state(1))
assert torch.allclose(rest, whole[12:], atol=1e-6)
print("the state after 12 characters:", tuple(bookmark.hidden.shape), "numbers")
print(f"the state after {100 * len(inputs):,}:", tuple(late.hidden.shape), "numbers")
print("reading on from the first gives what reading at one go gives")

# %% [markdown]
# Thirty-two numbers replace the whole text before them. That is why a recurrent author
# writes its millionth character as quickly as its first, and why its lanes can be read in
# windows: the state goes from each window into the next. Slopes don't, they end where the
# window begins. (This is called **truncated** backpropagation.)
#
# ## How far does it remember?
#
# Now train. For each distance we take a new model, with an Elman layer of 32 neurons, and
# give it 300 mini-batches of 32 sentences. The loss is that of the m or w alone, so nothing
# distracts it. Then we ask about 256 new sentences how often it is right.
#
# A model is the layer and, after it, a **readout**: a weight matrix that turns the state
# into V sums for the softmax. The steps go by **Adam**, which keeps a learning rate of
# its own for each weight, made from the slopes it has seen. Whatever takes the steps is
# called an **optimizer**. All slopes together are a list of numbers, and have a length as
# an arrow has. Where it is above 1, they are shortened to length 1, which is called
# **clipping**. You will see soon why. Sentences shorter than the longest are filled up
# with line ends.


# %%
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


def new_model(cell, seed=0):
    config = ModelConfig(
        vocab_size=V,
        cell=cell,
        embedding_dim=0,  # characters go in as one-hot
        hidden_size=32,
        num_layers=1,
        is_residual=False,  # what comes out is the state, and nothing is added to it
    )
    return CharModel(config, generator=torch.Generator().manual_seed(seed))


def practise(model, distances, *, updates=300):
    """Learn the answers; distances(i) is the distance in mini-batch i."""
    random = np.random.default_rng(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    for i in range(updates):
        ids, ends = batch_of(random, 32, distances(i))
        right = ids[range(32), ends + 1]
        loss = torch.nn.functional.cross_entropy(at_the_end(model, ids, ends), right)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model


@torch.no_grad()
def examine(model, distance):
    """The loss of the answer, and the share of right ones, on new sentences."""
    ids, ends = batch_of(np.random.default_rng(99), 256, distance)
    sums, right = at_the_end(model, ids, ends), ids[range(256), ends + 1]
    said = torch.where(sums[:, M] > sums[:, W], M, W)
    loss = torch.nn.functional.cross_entropy(sums, right)
    return loss.item(), (said == right).float().mean().item()


distances = [0, 5, 10, 15, 20, 30, 60]
elman = {d: practise(new_model("elman"), lambda i, d=d: d) for d in distances}
results = {d: examine(model, d) for d, model in elman.items()}
print(f"ln V {math.log(V):.3f}, order-1 table {told[1]:.3f}, ", end="")
print(f"order-5 table {told[5]:.3f}, a coin {math.log(2):.3f}")
print("distance    loss   right")
for d, (loss, right) in results.items():
    print(f"{d:8} {loss:7.3f} {right:7.0%}")

figure, axes = plt.subplots(figsize=(6.4, 3.2))
axes.plot(distances, [right for _, right in results.values()], "o-", color=BLUE)
axes.axhline(0.5, color=GREY, linewidth=1, linestyle="--")
axes.text(60, 0.52, "a coin", ha="right", color=GREY)
axes.set(
    xlabel="characters between the name and 'is a'",
    ylabel="right answers",
    ylim=(0.4, 1.03),
    title="What an Elman layer remembers",
)
show("The share of right answers is 1 at short distances and that of a coin at long ones.")

# %% [markdown]
# It remembers across a word or two. Beyond that it is a coin, in spite of having the same
# neurons and the same 300 mini-batches. Nothing about the task has become harder but the
# distance.
#
# ## Where the slopes go
#
# To learn that the name matters, the error at the end must get back to the name. On its way
# it goes through every copy of the layer, and each multiplies it: by U, and by the slope of
# tanh, which is at most 1. What happens to a number that is multiplied many times?

# %%
steps = np.arange(0, 61)
figure, axes = plt.subplots(figsize=(6.4, 3.2))
for factor, color in zip(
    (0.8, 0.9, 1.0, 1.1, 1.2), (RED, ORANGE, INK, GREEN, BLUE), strict=True
):
    axes.plot(steps, factor**steps, color=color)
    axes.text(60.7, factor**60, f"{factor}", va="center", color=color)
axes.set(yscale="log", xlabel="times", ylabel="what is left of 1", xlim=(0, 65))
show("Five straight lines on a logarithmic scale, from far above 1 to a millionth.")
print(f"0.9 sixty times: {0.9**60:.4f}   1.1 sixty times: {1.1**60:.0f}")

# %% [markdown]
# Only a factor of exactly 1 survives. Below it the slopes **vanish**, above it they
# **explode**: the reason for clipping. A matrix is many factors at once, but the story is
# the same. We measure it in our layer: the slope of the answer's loss by the state at every
# step before it, in new models and in those that learned.


# %%
def slopes_back(model, distance):
    """The length of the slope by the state, 0, 1, 2, ... steps before the answer."""
    ids, ends = batch_of(np.random.default_rng(7), 32, distance)
    columns = torch.stack(
        [row[end - distance - 5 : end + 2] for row, end in zip(ids, ends, strict=True)],
        dim=1,
    )
    layer = model.layers[0]
    state, states = layer.initial_state(32), []
    for column in columns[:-1]:
        output, state = layer.step(column, state)
        state.hidden.retain_grad()  # autograd shall keep the slope by it
        states.append(state.hidden)
    sums = torch.nn.functional.linear(output, model.readout_weight, model.readout_bias)
    torch.nn.functional.cross_entropy(sums, columns[-1]).backward()
    return np.array([hidden.grad.norm(dim=1).mean() for hidden in reversed(states)])


figure, axes = plt.subplots(figsize=(6.4, 3.6))
for label, model, color in (
    ("new", new_model("elman"), GREY),
    ("learned at distance 5", elman[5], GREEN),
    ("failed at distance 60", elman[60], RED),
):
    lengths = slopes_back(model, 60)
    axes.plot(lengths, color=color, label=label)
    at_10, at_60 = lengths[[10, 60]] / lengths[0]
    print(f"{label:23} 10 back: {at_10:8.1e}   60 back: {at_60:8.1e}")
axes.set(yscale="log", xlabel="steps before the answer", ylabel="length of the slope")
axes.legend()
show(
    "Lines that fall on a logarithmic scale; that of the layer that learned falls slowest."
)

# %% [markdown]
# In a new layer, the slope by a state sixty steps back is so small that the step it asks
# for is lost among those of the other slopes. The name was read, and the layer is never
# told that it matters. What is missing isn't room for it, but the news that it should have
# been kept. The layer that did learn has weights along which slopes hardly shrink.
#
# ## What to keep
#
# - A recurrent layer gets its own last numbers back. They are its state, and the state is
#   all it knows of the text so far. It can be looked at, saved and put back.
# - Unrolled, it is a deep network whose layers share their weights. Backpropagation goes
#   through all of them.
# - On that way, slopes are multiplied again and again, and vanish or explode. So an Elman
#   layer learns what lies a word or two apart, and misses what lies further away.
#
# ## Exercises
#
# **1.** Can an Elman layer not remember, or can it only not *learn* to? Train a new one for
# 1,000 mini-batches, with distances drawn from 0 to a limit that grows slowly to 60.

# %% tags=["solution"] jupyter={"source_hidden": true}
drawn = np.random.default_rng(3)
schooled = practise(
    new_model("elman"), lambda i: drawn.integers(0, 1 + min(60, i // 12)), updates=1000
)
print(f"ln V {math.log(V):.3f}, order-1 table {told[1]:.3f}, ", end="")
print(f"order-5 table {told[5]:.3f}, a coin {math.log(2):.3f}")
for d in (10, 60):
    loss, right = examine(schooled, d)
    print(f"distance {d}: loss {loss:.3f}, {right:.0%} right")
print("It can remember. From short distances, where slopes arrive, it is led to long ones.")
print("But who sorts the sentences of a novel by the distance of what belongs together?")

# %% [markdown]
# **2.** The unit matrix has ones from corner to corner, and zeros elsewhere. Take a new
# layer, and set U to this matrix times 0.5, 0.9 and 1.0, so that each neuron gives back to
# itself alone. How do the slopes vanish now?

# %% tags=["solution"] jupyter={"source_hidden": true}
for factor in (0.5, 0.9, 1.0):
    trial = new_model("elman")
    with torch.no_grad():
        trial.layers[0].recurrent_weight.copy_(factor * torch.eye(32))
    lengths = slopes_back(trial, 60)
    print(
        f"U = {factor} · unit matrix: {lengths[60] / lengths[0]:.1e} is left after 60 steps"
    )
print("Even at 1.0 they shrink, since tanh is flatter the further its sum is from zero.")

# %% [markdown]
# **3.** How many numbers does a window of 66 characters need as input, one-hot, and how
# many a state of 32 numbers with one character? Count the weights of a layer of 32 neurons
# for both.

# %% tags=["solution"] jupyter={"source_hidden": true}
print(f"window: {66 * V:,} inputs, {66 * V * 32 + 32:,} weights and biases")
print(
    f"state:  {V + 32:,} inputs, {(V + 32) * 32 + 32:,} weights and biases, for any length"
)
