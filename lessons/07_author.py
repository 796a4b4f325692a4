# %% [markdown]
# # 7. The author
#
# All parts are there: an alphabet, lanes, recurrent layers with gates, a loss, and steps
# downhill. This lesson puts them together, as the workshop of 2017 did, and watches an
# author grow from noise to something like sentences. Then it becomes suspicious: has it
# learned to write, or has it learned its books by heart?

# %%
import argparse
import inspect
import math
import pydoc_data.topics
import tempfile
import textwrap
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from penwright import Author, CorpusConfig, prepare
from penwright.evaluation.baselines.ngram_tables import iter_probabilities
from penwright.training.start import train

from drawing import BLUE, DATA, GREEN, GREY, ORANGE, RED, SHELF, show

torch.set_num_threads(1)
workplace = tempfile.TemporaryDirectory()
FOLDER = Path(workplace.name)

# %% [markdown]
# ## The shelf
#
# The page about the village green and six little books make a small shelf, of 11,000
# characters. The workshop's alphabet has 98 ids, and its rule keeps the last book back. To
# learn from a shelf of your own, put its folder in place of these two, and take fewer
# epochs.

# %%
corpus = prepare(
    [DATA / "Halder_Green_1898.txt", SHELF],
    config=CorpusConfig(alphabet="seed", split="seed"),
    cache_dir=FOLDER,
)
V = corpus.alphabet.vocab_size
books = {
    split: [np.array(corpus.book_ids(book)) for book in corpus.books_in(split)]
    for split in ("train", "val")
}
for split, members in books.items():
    print(f"{split:6} {len(members)} books, {sum(map(len, members)):6,} characters")


def table_losses(train, held_out, V):
    """The losses of tables of order 0 to 5, on the books kept back."""
    symbols = {"num_symbols": V, "first_symbol": 0, "max_order": 5}
    return [
        float(-np.log(p).mean()) for p in iter_probabilities(train, held_out, **symbols)
    ]


tables = table_losses(books["train"], books["val"], V)
print(
    f"ln V {math.log(V):.3f}, order-1 table {tables[1]:.3f}, order-5 table {tables[5]:.3f}"
)

# %% [markdown]
# ## The workshop's author, a smaller one
#
# A **preset** is a list of settings with a name. The preset `seed` is the workshop's
# system: one-hot characters, three GRU layers on top of each other, a softmax. It reads 200
# lanes in windows of 30 characters, goes downhill by Adam, and carries its state along. It
# has 512 neurons in each layer. Our shelf is small and so is our patience: 80 neurons and
# 10 lanes.

# %%
for H in (512, 80):
    # A GRU layer computes three things (lesson 6), from its inputs, its state and a bias.
    first, other = 3 * H * (V + H + 1), 3 * H * (H + H + 1)
    print(f"{H} neurons: {first + 2 * other + (H + 1) * V:,} weights and biases")

# %% [markdown]
# `train` yields records while it works. Some hold the loss of the last windows and the
# **accuracy**: how often the most probable character was the right one. Others hold the
# score on the book kept back, or a sample of what it writes. We let it write once in an
# epoch. All that a training writes down lies in a folder of its own.


# %%
def raise_author(name, epochs, *, dropout=0.0, every=None, steps=None):
    """Train, and return the author's folder, its curves and its samples."""
    windows = (sum(map(len, books["train"])) - 1) // 300
    settings = {
        "model": {"hidden_size": 80, "dropout": dropout},
        "train": {
            "batch_size": 10,  # lanes
            "learning_rate": 3e-3,
            "progress_every": 5,  # steps
            "val_every": windows if steps is None else 0,
            "compare_every": 0,  # 0 switches off
            "save_every": 0,
            "threads": 1,
            "device": "cpu",
        },
        "diary": {"prompt": "The ", "every": every or windows, "max_chars": 150},
    }
    learned, held_out, samples = [], [], []
    length = {"epochs": epochs} if steps is None else {"steps": steps}
    for record in train(
        corpus, run=FOLDER / name, preset="seed", overrides=settings, seed=1, **length
    ):
        if record.kind == "progress":
            learned.append((record.step / windows, record.loss, record.accuracy))
        elif record.kind == "evaluation":
            loss = record.bits_per_char * math.log(2)
            held_out.append((record.step / windows, loss, record.accuracy))
        elif record.kind == "sample":
            samples.append((record.step / windows, record.prompt + record.text))
    return np.array(learned), np.array(held_out), samples


def said(text, lines=3):
    """The first lines of a text, wrapped, without characters that can't be seen."""
    seen = "".join(c if c.isprintable() else " " for c in text)
    return textwrap.indent("\n".join(textwrap.wrap(seen, 80)[:lines]), "   ")


EPOCHS = 24
_, _, first_samples = raise_author("first", 1, every=3, steps=4)
learned, held_out, samples = raise_author("plain", EPOCHS)
diary = first_samples + samples
for wanted in (0.0, 0.1, 1, 3, 10, EPOCHS):
    epoch, text = min(diary, key=lambda sample: abs(sample[0] - wanted))
    print(f"epoch {epoch:.1f}\n{said(text)}")

# %% [markdown]
# That is the workshop's story, on a small shelf. First any character comes, then the
# frequent ones with blanks between them, then something like words, and in the end mostly
# words. Nobody explained one to it. Here are its numbers:

# %%
figure, (above, below) = plt.subplots(2, 1, figsize=(6.4, 5.4), sharex=True)
for axes, column, label in ((above, 1, "loss in nats"), (below, 2, "accuracy")):
    axes.plot(learned[:, 0], learned[:, column], color=BLUE, label="while learning")
    axes.plot(
        held_out[:, 0],
        held_out[:, column],
        "o-",
        color=ORANGE,
        markersize=3,
        label="kept back",
    )
    axes.set_ylabel(label)
for height, name in ((math.log(V), "ln V"), (tables[1], "order 1"), (tables[5], "order 5")):
    above.axhline(height, color=GREY, linewidth=1, linestyle="--")
    side = "bottom" if name == "order 1" else "top" if name == "order 5" else "center"
    above.text(EPOCHS * 1.01, height, name, color=GREY, va=side)
above.set(ylim=(0, None))
above.legend(loc=(0.3, 0.62))
below.set(xlabel="epochs", xlim=(0, EPOCHS))
show("The learning loss falls all the time; that of the book kept back turns and climbs.")

best = held_out[:, 1].argmin()
print(
    f"ln V {math.log(V):.3f}, order-1 table {tables[1]:.3f}, order-5 table {tables[5]:.3f}"
)
print("              while learning   kept back   accuracy")
for name, row in (("the best", best), ("the last", -1)):
    epoch, loss, accuracy = held_out[row]
    own = learned[np.abs(learned[:, 0] - epoch).argmin(), 1]
    print(f"{name}, epoch {epoch:3.0f} {own:9.3f} {loss:12.3f} {accuracy:9.1%}")

# %% [markdown]
# Such curves can be watched live. With `pip install "penwright[track]"`, a training writes
# its losses and accuracies for **TensorBoard**, a program that draws them in a browser:
# `tensorboard --logdir runs`. Without it, the same numbers stand in the run's folder as a
# table:

# %%
lines = (FOLDER / "plain" / "metrics.csv").read_text(encoding="utf-8").splitlines()
print(f"{len(lines) - 1} lines; the columns:")
print(textwrap.fill(lines[0].replace(",", ", "), 80))

# %% [markdown]
# ## By heart
#
# Lesson 4 met overfitting, and here it is again. The loss on what it reads goes on falling,
# while the book kept back becomes harder for it. So how much of what it writes is its own?
# We take runs of 4, 6, 8, ... characters out of what it wrote and look them up in the books
# it learned from. Some must be there, since words come back. So we do the same with the
# book that was kept back, which a person wrote.

# %%
own_text = "\n".join(corpus.alphabet.decode(book) for book in books["train"])
other_text = corpus.alphabet.decode(books["val"][0])


def copied(text, length):
    """The share of runs of characters that stand in the books, too."""
    runs = [text[i : i + length] for i in range(len(text) - length + 1)]
    return sum(run in own_text for run in runs) / len(runs)


written = {
    f"epochs {first} to {first + 4}": " ".join(
        text for epoch, text in samples if first <= round(epoch) <= first + 4
    )
    for first in (5, 15, EPOCHS - 4)
}
lengths = range(4, 21, 2)
figure, axes = plt.subplots(figsize=(6.4, 3.2))
for (name, text), color in zip(written.items(), (GREEN, ORANGE, RED), strict=True):
    axes.plot(lengths, [copied(text, n) for n in lengths], "o-", color=color, label=name)
axes.plot(
    lengths, [copied(other_text, n) for n in lengths], "s--", color=GREY, label="a person"
)
axes.set(
    xlabel="characters in a row", ylabel="also in its books", ylim=(0, 1), xticks=lengths
)
axes.legend()
show("Falling curves; those of the later epochs lie above that of a person.")
print("also in its books       " + "".join(f"{n:5}" for n in (6, 10, 14)))
for name, text in {**written, "a person": other_text}.items():
    print(f"{name:24}" + "".join(f"{copied(text, n):5.0%}" for n in (6, 10, 14)))

# %% [markdown]
# A person shares some runs with these books, as people write in one language. In the early
# epochs, the author shares fewer long runs than the person. Later, it shares about twice as
# many: it doesn't recite whole sentences yet, but it leans on what it has read. There are
# three remedies. One is more books. One is fewer epochs: the file holds the author that was
# best on the book kept back, not the last. Its **card**, a description in the same file,
# says after how many steps that was.

# %%
card = Author.load(FOLDER / "plain").card
steps_per_epoch = (sum(map(len, books["train"])) - 1) // 300
print(
    f"the author in the file: {card.steps} steps, epoch {card.steps / steps_per_epoch:.0f}"
)
print(f"the best on the book kept back: epoch {held_out[best, 0]:.0f}")

# %% [markdown]
# The third has a name.
#
# ## Dropout
#
# While learning, set a share of the values between the layers to zero, another share at
# every step. No neuron can rely on a certain other one being there, so what is learned must
# be spread out and be more general. This is called **dropout**. While writing, all neurons
# work.

# %%
with_dropout = raise_author("dropout", EPOCHS, dropout=0.3)
dropped_learned, dropped_held_out, dropped_samples = with_dropout
figure, axes = plt.subplots(figsize=(6.4, 3.4))
axes.plot(*learned[:, :2].T, color=BLUE, alpha=0.35)
axes.plot(*held_out[:, :2].T, color=BLUE, label="without dropout")
axes.plot(*dropped_learned[:, :2].T, color=GREEN, alpha=0.35)
axes.plot(*dropped_held_out[:, :2].T, color=GREEN, label="with dropout of 0.3")
lines = ((math.log(V), "ln V"), (tables[1], "order 1"), (tables[5], "order 5"))
for height, name in lines:
    axes.axhline(height, color=GREY, linewidth=1, linestyle="--")
    side = "top" if name == "order 5" else "bottom"
    axes.text(EPOCHS, height, name, color=GREY, va=side, ha="right")
axes.set(xlabel="epochs", ylabel="loss in nats", ylim=(0, 5))
axes.legend(loc="lower left")
show("Pale curves while learning, dark ones kept back. With dropout the dark one falls on.")

print(
    f"ln V {math.log(V):.3f}, order-1 table {tables[1]:.3f}, order-5 table {tables[5]:.3f}"
)
for name, own, kept_back in (
    ("without", learned, held_out),
    ("with", dropped_learned, dropped_held_out),
):
    least, last = kept_back[:, 1].min(), kept_back[-1, 1]
    print(f"{name:8} dropout: while learning {own[-1, 1]:.3f};", end=" ")
    print(f"kept back {least:.3f} at best, {last:.3f} in the end")

dropped_text = " ".join(text for epoch, text in dropped_samples if epoch > EPOCHS - 4.5)
for name, text in (
    ("without", written[f"epochs {EPOCHS - 4} to {EPOCHS}"]),
    ("with", dropped_text),
):
    shares = ", ".join(f"{copied(text, n):.0%} of runs of {n}" for n in (6, 10, 14))
    print(f"{name:8} dropout, copied in the last epochs: {shares}")

# %% [markdown]
# With dropout it learns its books more slowly, and copies fewer long runs from them. In
# these 24 epochs it doesn't get quite as far on the book kept back as the other at its
# best, but it isn't past its best in the end, either.
#
# ## Temperature
#
# The author of a run is a file, `Author.load` opens it, and `write` lets it write. How
# boldly it does so is a number: before the softmax, all sums are divided by the
# **temperature**. Below 1, what is probable becomes more so. Above 1, everything comes into
# reach. At 0 it always takes the most probable character.

# %%
author = Author.load(FOLDER / "dropout")
model, alphabet = author.model, author.alphabet
with torch.no_grad():
    ids = torch.from_numpy(alphabet.encode("The old m").astype(np.int64)).unsqueeze(0)
    sums = model.sequence(ids, model.initial_state(1))[0][0, -1]
ranks = torch.argsort(-sums)[:12]
figure, axes = plt.subplots(figsize=(6.4, 3))
temperatures = {0.3: BLUE, 0.7: GREEN, 1.0: ORANGE, 2.0: RED}
for shift, (temperature, color) in enumerate(temperatures.items()):
    p = torch.softmax(sums / temperature, dim=0)[ranks]
    axes.bar(np.arange(12) + 0.2 * shift - 0.3, p, 0.2, color=color, label=f"{temperature}")
names = [alphabet.decode(np.array([i])).replace(" ", "␣").replace("\n", "↵") for i in ranks]
axes.set(
    xticks=range(12), xticklabels=names, ylabel="probability", xlabel="after 'The old m'"
)
axes.legend(title="temperature")
show("The most probable next characters: a steep slope when cold, nearly flat when hot.")

for temperature in (0.3, 0.7, 1.0, 2.0):
    text = author.write("The ", max_chars=150, temperature=temperature, min_p=0, seed=7)
    print(f"temperature {temperature}\n{said('The ' + text, 2)}")

# %% [markdown]
# Cold, it runs in circles. Hot, it stammers. What you want lies in between, though on a
# shelf of ten thousand characters nobody becomes a good writer. (`min_p=0` switches off
# another rule, by which the library leaves out characters that are far too improbable.)
#
# ## Other shelves
#
# Nothing in the author knows what a word is. Give it another shelf, and it becomes another
# author. Two shelves are in every Python: the handbook of the language, which is prose, and
# programs. So that you needn't wait, we take the library's default preset, which learns
# much faster (lesson 8 shows why), in a small size, for 100 mini-batches. Its characters
# don't go in as one-hot. Each picks a row of 96 numbers, which are weights and are learned
# like all others: its **embedding**. After each of its two layers comes a small network as
# in lesson 3, here with 192 hidden neurons.

# %%
shelves = {
    "a handbook": "\n\n".join(map(str, pydoc_data.topics.topics.values()))[:120_000],
    "programs": "\n\n".join(
        inspect.getsource(module) for module in (argparse, textwrap, inspect, tempfile)
    )[:120_000],
}
results = {}
for name, text in shelves.items():
    place = FOLDER / f"{name}.txt"
    place.write_text(text, encoding="utf-8")
    shelf = prepare([place], config=CorpusConfig(unwrap=False), cache_dir=FOLDER)
    settings = {
        "model": {"embedding_dim": 96, "hidden_size": 96, "num_layers": 2, "mlp_size": 192},
        "train": {"batch_size": 16, "seq_len": 64, "threads": 1, "device": "cpu"},
        "diary": {"max_chars": 0},
    }
    settings["train"] |= {"val_every": 50, "precision": "float32"}
    for record in train(shelf, run=FOLDER / name, steps=100, overrides=settings, seed=1):
        if record.kind == "evaluation":
            loss = record.bits_per_char * math.log(2)
    size = shelf.alphabet.vocab_size
    parts = [
        [np.array(shelf.book_ids(book)) for book in shelf.books_in(split)]
        for split in ("train", "val")
    ]
    counted = table_losses(*parts, size)
    print(f"{name}: {loss:.3f}; ln V {math.log(size):.3f},", end=" ")
    print(f"order-1 table {counted[1]:.3f}, order-5 table {counted[5]:.3f}")
    results[name] = Author.load(FOLDER / name)

for name, prompt in (("a handbook", "The "), ("programs", "    def ")):
    text = results[name].write(prompt, max_chars=400, temperature=0.7, seed=3)
    print(f"\n--- {name}\n{prompt}{text}")

# %% [markdown]
# A few seconds of one processor core make definitions, brackets and indented lines, or
# sentences about them. Look at the losses, too: the handbook repeats itself so much that
# the order-5 table knows its end better than this author does yet. The workshop's author
# was also raised on the sources of the Linux kernel, which are C, and on plays. And
# novels? An author that was raised on novels for longer comes with the library, in a box:

# %%
boxed = Author.from_box()
print(said("It was " + boxed.write("It was ", max_chars=500, temperature=0.8, seed=4), 8))

# %% [markdown]
# It is another machine, though: the last lesson shows what it has besides its network.
#
# ## What to keep
#
# - An author is a stack of recurrent layers, raised on lanes of text. It writes by reading
#   what it has drawn.
# - It learns characters, then words, and if it may, its books by heart. The book kept back
#   tells when.
# - Dropout makes copying harder. More books make it unnecessary.
# - The temperature says how boldly it draws.
#
# ## Exercises
#
# **1.** Let the author with dropout score two sentences: one from its shelf, and the same
# words in another order. What does each cost in bits per character? And the boxed author?

# %% tags=["solution"] jupyter={"source_hidden": true}
for text in (
    "On summer evenings, ball games were often played there",
    "often On there ball summer played were evenings, games",
):
    counted = table_losses(books["train"], [corpus.alphabet.encode("\n" + text)], V)
    by_1, by_5 = counted[1] / math.log(2), counted[5] / math.log(2)
    print(f"log2 V {math.log2(V):.2f}, order-1 table {by_1:.2f}, order-5 table {by_5:.2f}")
    for who, judge in (("ours", author), ("boxed", boxed)):
        print(f"{who:6} {judge.score(text).bits_per_char:.2f} bits per character: {text}")
print("Ours has learned to spell. Only the boxed one notices the order of words.")
print("(The order-5 table does, too: it knows the first sentence by heart.)")

# %% [markdown]
# **2.** How much of what each temperature writes is copied? Write 500 characters at 0.3,
# 0.7 and 1.0 with the author without dropout.

# %% tags=["solution"] jupyter={"source_hidden": true}
plain = Author.load(FOLDER / "plain")
for temperature in (0.3, 0.7, 1.0):
    text = plain.write("The ", max_chars=500, temperature=temperature, min_p=0, seed=2)
    print(f"temperature {temperature}: {copied(text, 8):.0%} of all runs of 8 are copied")
print(
    "(This is the author of its best epoch. The colder, the closer it keeps to its books.)"
)

# %% [markdown]
# **3.** Keep the order of the characters' probabilities, but let only the two most probable
# ones be drawn, as the workshop did (`top_k=2`). What happens?

# %% tags=["solution"] jupyter={"source_hidden": true}
text = author.write("The ", max_chars=150, temperature=1, min_p=0, top_k=2, seed=7)
print(said("The " + text, 2))
print("It is as careful as a low temperature where two are probable, and bolder elsewhere.")

# %%
workplace.cleanup()
