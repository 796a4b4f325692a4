# %% [markdown]
# # 4. Text as numbers
#
# A network reads numbers, and a novel is made of letters. This lesson turns one into the
# other, as the library does it, and then lets the simplest machine of all try to write: a
# perceptron that sees one character and guesses the next. What it writes is not English,
# and you will see exactly why it can't be.

# %%
import math
import tempfile
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
import torch
from penwright import Alphabet, prepare
from penwright.evaluation.baselines.ngram_tables import iter_probabilities
from penwright.training.batches import Lanes

from drawing import (
    BLUE,
    DATA,
    GREY,
    ORANGE,
    PALE_BLUE,
    PALE_GREEN,
    PALE_ORANGE,
    SHELF,
    show,
)

torch.set_num_threads(1)

# %% [markdown]
# ## The alphabet
#
# Our text for this lesson is a page about a village green. The **alphabet** is the list of
# all characters that occur in a text, the blank and the line's end among them. Each gets a
# number, its **id**.

# %%
page = (DATA / "Halder_Green_1898.txt").read_text(encoding="utf-8")
print(page[page.index("The children") : page.index(", and the old people")])

counts = Counter(page)
alphabet = Alphabet.learn(counts)
print(len(page), "characters, of which", len(counts), "are different")
print("the most frequent:", counts.most_common(6))

# %% [markdown]
# To **encode** is to turn a text into ids, and to **decode** is the way back. What comes
# back must be what went in, to the last comma.

# %%
ids = alphabet.encode("ball games")
print(ids)
print(alphabet.decode(ids))
assert alphabet.decode(alphabet.encode(page)) == page

# %% [markdown]
# What about characters that the page doesn't contain? The workshop of 2017 (the library
# calls its system `seed`, for it grew from it) had a fixed alphabet of 98 ids, and made
# everything else the same "unknown". Penwright keeps 16 ids with which it can spell any
# character, so nothing is lost. (Python shows the unknown one as `\x00`. The page has no z,
# so that is spelled, too, with two ids.)

# %%
seed_alphabet = Alphabet.seed()
for text in ("zoo", "żółw", "猫"):
    fixed, spelled = seed_alphabet.encode(text), alphabet.encode(text)
    print(f"fixed: {seed_alphabet.decode(fixed)!r}", end="  ")
    print(f"learned: {alphabet.decode(spelled)!r} in {len(spelled)} ids")

# %% [markdown]
# ## One-hot
#
# Could a network read the ids themselves? The id of b is one more than that of a, and c's
# is one more again. A perceptron would have to treat b as "between a and c", which is
# nonsense: letters have no order that means anything. So each character becomes a list of
# zeros with a single 1, at the place of its id. This is called **one-hot**.

# %%
V = alphabet.vocab_size
one_hot = np.eye(V)[ids]  # one row for each character
print(
    "10 characters become", one_hot.shape, "numbers, of which", int(one_hot.sum()), "are 1"
)

figure, axes = plt.subplots(figsize=(6.4, 2.6))
axes.imshow(one_hot, cmap="Blues", aspect="auto", vmax=1.2)
axes.set(yticks=range(len(ids)), yticklabels=list("ball games"), xlabel="id")
axes.set_yticks(np.arange(len(ids)) - 0.5, minor=True)
axes.grid(which="minor", axis="y", color=GREY, linewidth=0.4)
axes.tick_params(which="minor", length=0)
show(
    "Ten rows, one for each character of 'ball games', each with one dark field at its id."
)

# %% [markdown]
# A product with a weight matrix then does something simple: a one-hot row *picks a row of
# the matrix*. Programs therefore skip the zeros and look the row up.

# %%
W = np.random.default_rng(4).normal(size=(V, 5))
assert np.array_equal(one_hot @ W, W[ids])
print("one_hot @ W equals W[ids]")

# %% [markdown]
# ## One long sequence
#
# A **shelf** is a folder of books. Here are the page and six little books that come with
# the project. `prepare` cleans them, learns one alphabet from all, and keeps books back.
# What it makes of a shelf is called a **corpus**. Of the books kept back, those called
# **val** (for validation) are looked at while learning, those called *test* only in the
# end.

# %%
with tempfile.TemporaryDirectory() as folder:
    corpus = prepare([SHELF, DATA / "Halder_Green_1898.txt"], cache_dir=folder)
    alphabet = corpus.alphabet
    books = {
        split: [np.array(corpus.book_ids(book)) for book in corpus.books_in(split)]
        for split in ("train", "val")
    }
    for book in corpus.books:
        print(
            f"{book.split:6}{book.num_chars:6,} characters  {book.title}, by {book.author}"
        )
V = alphabet.vocab_size
print("V =", V, "ids")

# %% [markdown]
# The books to learn from are laid end to end, as one sequence of ids. The task is always
# the same: *given what came before, what comes next?* So the right answers needn't be
# written by anybody. They are the same sequence, one character later. What a model reads is
# called its inputs, and the right answers are its **targets**.

# %%
sequence = np.concatenate(books["train"])
inputs, targets = sequence[:-1], sequence[1:]
print("inputs: ", repr(alphabet.decode(inputs[103:143])))
print("targets:", repr(alphabet.decode(targets[103:143])))

# %% [markdown]
# ## Lanes and windows
#
# A mini-batch needs several examples at once. So the sequence is cut into equal stretches,
# which are read side by side: the **lanes**. And since nobody can look at a whole lane at
# once, it is read a **window** at a time. The next window goes on where the last one
# stopped, in every lane. The library's `Lanes` does both:

# %%
lanes = Lanes(books["train"], batch_size=6, seq_len=20)  # lanes, characters in a window
print("windows in an epoch:", lanes.windows_per_epoch)
first = lanes.batch(1, 0)  # epoch 1, window 0
print("inputs", tuple(first.inputs.shape), " targets", tuple(first.targets.shape))


def shown(ids):
    """The text of ids, with a sign for each character that can't be seen."""
    return (
        "".join(alphabet.texts[i] or "▪" for i in ids).replace("\n", "↵").replace(" ", "␣")
    )


figure, axes = plt.subplots(figsize=(6.4, 2.9))
for number, color in enumerate((PALE_BLUE, PALE_ORANGE, PALE_GREEN)):
    window = lanes.batch(1, number).inputs
    for lane, row in enumerate(window.tolist()):
        axes.add_patch(plt.Rectangle((20 * number, 5 - lane), 20, 0.86, facecolor=color))
        for place, character in enumerate(shown(row).replace("␣", " ")):
            spot = (20 * number + place + 0.5, 5.43 - lane)
            axes.text(
                *spot, character, ha="center", va="center", size=8, family="monospace"
            )
    axes.text(20 * number + 10, 6.2, f"window {number}", ha="center", color=GREY)
axes.set(
    xlim=(0, 60),
    ylim=(0, 6.5),
    yticks=np.arange(6) + 0.43,
    yticklabels=[f"lane {lane}" for lane in range(5, -1, -1)],
    xticks=[],
)
for spine in axes.spines.values():
    spine.set_visible(False)
axes.tick_params(length=0)
show("Six lanes of text in three windows, each of 20 characters; the text runs on.")

# %% [markdown]
# A text runs on along each lane, from one colour into the next. (▪ is the edge of a book,
# and ↵ the end of a line.) For the perceptron of this lesson, this order doesn't matter, as
# it has no memory. For those of the next lessons it is everything.
#
# ## What a loss means for text
#
# The loss is what it was for the irises: minus the logarithm of the probability that the
# right answer got, on average over all characters. Before any learning, let's see what can
# be had without a network. Who knows nothing gives each of the V ids the same probability,
# and has ln V.
#
# The next idea is to count. How often did each character follow each other one? This is
# called an **n-gram table** of order 1, since it looks at one character. (An n-gram is a
# run of n characters.) A table of order 5 looks at the last five. Where it has never met
# these five, it falls back on fewer. A table of order 0 looks at nothing before, and only
# knows which characters are frequent.

# %%
pairs = np.ones((V, V)) * 0.01  # a little for what was never seen
np.add.at(pairs, (inputs, targets), 1)
table = pairs / pairs.sum(
    axis=1, keepdims=True
)  # each row: the probabilities of what comes next

common = alphabet.encode(" etaonihsrdl")
print("after  the most probable next characters")
for character in "bqt.":
    row = table[alphabet.encode(character)[0]]
    best = [i for i in np.argsort(-row)[:5] if row[i] > 0.01]
    print(f"{character!r:6}", "  ".join(f"{shown([i])} {row[i]:.0%}" for i in best))

# %% [markdown]
# The library counts with more care about what was never seen, and for each order. We ask it
# for the losses on the book that was kept back:


# %%
def table_losses(train, held_out, max_order=5):
    """The loss of tables of order 0 to max_order, counted on some books, on others."""
    symbols = {"num_symbols": V - 1, "first_symbol": 1}  # all but the edge of a book
    return [
        -np.log(p).mean()
        for p in iter_probabilities(train, held_out, max_order=max_order, **symbols)
    ]


tables = table_losses(books["train"], books["val"])
print(f"ln V               {math.log(V):.3f}")
for order, loss in enumerate(tables):
    print(f"table of order {order}   {loss:.3f}")

val = np.concatenate(books["val"])
for k in (1, 3, 5):
    known = {sequence[i : i + k].tobytes() for i in range(len(sequence))}
    runs = [val[i : i + k].tobytes() in known for i in range(len(val) - k + 1)]
    print(f"runs of {k} characters that also stand in the other books: {np.mean(runs):.0%}")

# %% [markdown]
# These are the numbers to beat. On a shelf so small, more than two characters don't help:
# most runs of five characters have never occurred. On a larger shelf they have, and lesson
# 8 shows how much lower order 5 is there.
#
# ## A character perceptron
#
# Now the machine that the workshop began with: the one-hot of a character goes in, a
# softmax over the V ids comes out. In between is one weight matrix, V times V, and a bias.
# No hidden layer.
#
# We write it for the last k characters instead of one, since we will need that soon. Each
# of the k has V rows of the matrix for itself. The slopes are those of lesson 3, what was
# said minus what is true.


# %%
def examples(ids, k):
    """The rows of the matrix that the last k characters pick, and the next character."""
    ids = torch.from_numpy(ids.astype(np.int64))
    padded = torch.cat([torch.zeros(k - 1, dtype=torch.int64), ids])
    return padded.unfold(0, k, 1)[:-1] + torch.arange(k) * V, ids[1:]


def loss_on(ids, W, b):
    rows, answers = examples(ids, len(W) // V)
    return torch.nn.functional.cross_entropy(W[rows].sum(dim=1) + b, answers).item()


def learn(ids, k, *, epochs, note=lambda W, b: None):
    """A perceptron of the last k characters, learned by mini-batches of 50."""
    generator = torch.Generator().manual_seed(0)
    W, b = torch.zeros(k * V, V), torch.zeros(V)
    rows, answers = examples(ids, k)
    for epoch in range(epochs):
        note(W, b)
        rate = 4 * (1 - epoch / epochs)  # smaller and smaller steps
        for chosen in torch.randperm(len(answers), generator=generator).split(50):
            error = torch.softmax(
                W[rows[chosen]].sum(dim=1) + b, dim=1
            )  # what was said ...
            error[torch.arange(len(chosen)), answers[chosen]] -= 1  # ... minus what is true
            change = -rate * error / len(chosen)
            W.index_add_(0, rows[chosen].flatten(), change.repeat_interleave(k, dim=0))
            b += change.sum(dim=0)
    note(W, b)
    return W, b


curve = []


def note(W, b):
    curve.append([loss_on(sequence, W, b), loss_on(val, W, b)])


W, b = learn(sequence, 1, epochs=30, note=note)
learned, kept_back = np.array(curve).T

figure, axes = plt.subplots()
axes.plot(learned, color=BLUE, label="books it learns from")
axes.plot(kept_back, color=ORANGE, label="the book kept back")
lines = [(math.log(V), "ln V", "center"), (tables[0], "order 0", "center")]
lines += [(tables[1], "order 1", "top"), (tables[5], "order 5", "bottom")]
for height, text, side in lines:
    axes.axhline(height, color=GREY, linewidth=1, linestyle="--")
    axes.text(30.5, height, text, va=side, color=GREY)
axes.set(xlabel="epochs", ylabel="loss in nats per character", xlim=(0, 30))
axes.legend(loc=(0.45, 0.68))
show("Both losses fall from ln V and flatten near the line of the order-1 table.")

print("             learned from   kept back")
print(f"perceptron      {learned[-1]:9.3f} {kept_back[-1]:11.3f}")
print(f"ln V            {math.log(V):9.3f} {math.log(V):11.3f}")
own = table_losses(books["train"], books["train"])
print(f"order-1 table   {own[1]:9.3f} {tables[1]:11.3f}")
print(f"order-5 table   {own[5]:9.3f} {tables[5]:11.3f}")

# %% [markdown]
# It goes down, and stops where the order-1 table is. No wonder: a row of its weights says
# what may follow one character, and the best that can be said is how often each of them
# did. Going downhill has *counted*. Here are both, side by side, for the most frequent
# characters:

# %%
said = torch.softmax(W + b, dim=1).numpy()
figure, panels = plt.subplots(1, 2, figsize=(6.4, 3.6), sharey=True)
names = [shown([i]) for i in common]
for panel, values, title in zip(panels, (table, said), ("counted", "learned"), strict=True):
    panel.imshow(values[np.ix_(common, common)], cmap="Blues", vmax=0.4)
    panel.set(
        title=title,
        xticks=range(len(common)),
        xticklabels=names,
        yticks=range(len(common)),
        yticklabels=names,
        xlabel="the next character",
    )
panels[0].set_ylabel("after")
show("Two tables of 12 by 12 fields, from white to blue, that look alike.")

seen = np.bincount(inputs, minlength=V) >= 100
difference = np.abs(said - table)[seen].max()
print(f"after characters seen 100 times or more, they differ by {difference:.3f} at most")

# %% [markdown]
# ## It writes
#
# To write, draw a character by its probabilities, give it back as the next input, and so
# on. (The workshop's slides showed such a text, too.)


# %%
def write(next_sums, start, length, *, seed=None):
    """Continue a text; without a seed, always by the most probable character."""
    generator = torch.Generator().manual_seed(seed or 0)
    ids = list(map(int, alphabet.encode(start)))
    for _ in range(length):
        p = torch.softmax(next_sums(ids), dim=0)
        drawn = p.argmax() if seed is None else torch.multinomial(p, 1, generator=generator)
        ids.append(int(drawn))
    return alphabet.decode(np.array(ids))


def by_one(ids):
    return W[ids[-1]] + b


print(write(by_one, "ball games ", 240, seed=1))
print("\nalways the most probable one:", write(by_one, "ball games ", 40))

# %% [markdown]
# Words have about the right length, and a vowel follows a consonant. No more. And always
# taking the most probable character, it soon runs in a circle: what follows a character is
# the same each time.
#
# ## Why one character can't
#
# Let it read `ball games were often played` and look over its shoulder. After each
# character, what probability does it give to the right one, and could it be better?

# %%
phrase = "ball games were often played"
ids = alphabet.encode(phrase)
right = [said[before, after] for before, after in zip(ids, ids[1:], strict=False)]
figure, axes = plt.subplots(figsize=(6.4, 2.4))
axes.bar(range(1, len(phrase)), right, color=BLUE)
axes.set(
    xticks=range(len(phrase)),
    xticklabels=list(phrase.replace(" ", "␣")),
    ylim=(0, 1),
    ylabel="probability",
)
show("A bar for each character of the phrase: most are below one in five.")

for character in "ae":
    followers = Counter(
        after
        for before, after in zip(phrase, phrase[1:], strict=False)
        if before == character
    )
    print(f"in this phrase, {character!r} is followed by {dict(followers)}")
print(f"the whole phrase has the probability {np.prod(right):.0e}")

# %% [markdown]
# After an a comes an l, an m and a y. The machine sees the a and *nothing else*. The same
# input must get the same answer, so it can be right for one of the three at best, or give a
# third to each. No training helps, and no larger matrix: what would decide isn't among its
# inputs. It is XOR once more, with letters.
#
# ## A window of characters
#
# The way out is to show it more: the last two characters, or three, or twelve, each as a
# one-hot of its own. The number of weights grows by V · V with each.

# %%
sizes = [1, 2, 3, 4, 6, 8, 12]
windows = {k: learn(sequence, k, epochs=20) for k in sizes}
losses = {k: (loss_on(sequence, *windows[k]), loss_on(val, *windows[k])) for k in sizes}

print(f"ln V {math.log(V):.3f}, and on the book kept back:", end=" ")
print(f"order-1 table {tables[1]:.3f}, order-5 table {tables[5]:.3f}")
print("characters   weights   loss where it learned   kept back")
for k, (own_loss, val_loss) in losses.items():
    print(f"{k:10} {k * V * V + V:9,} {own_loss:23.3f} {val_loss:11.3f}")

own_losses, val_losses = zip(*losses.values(), strict=True)
figure, axes = plt.subplots(figsize=(6.4, 3.4))
axes.plot(sizes, own_losses, "o-", color=BLUE, label="books it learns from")
axes.plot(sizes, val_losses, "o-", color=ORANGE, label="the book kept back")
axes.plot(range(1, 6), tables[1:], "s--", color=GREY, label="tables, the book kept back")
axes.set(xlabel="characters that it sees", ylabel="loss in nats per character")
axes.legend()
show(
    "Where it learned, the loss falls with each character; on the book kept back, it turns."
)

# %% [markdown]
# On what it has read, each more character helps. On the book that was kept back, two or
# three do, and then it becomes *worse*: it learns the books by heart, and what it knows by
# heart is of no use elsewhere. This is called **overfitting**. Lesson 7 shows what helps.
# More books help most.
#
# And the phrase? Let's be content with a machine that knows our page by heart. It learns
# from the page alone, and continues the beginning of the sentence, always with the most
# probable character.

# %%
page_ids = books["train"][0]
by_heart = table_losses([page_ids], [page_ids])
print(f"ln V {math.log(V):.2f}; counted on the page and asked about it:", end=" ")
print(f"order-1 table {by_heart[1]:.2f}, order-5 table {by_heart[5]:.2f}")
for k in (1, 2, 4, 6, 8, 12):
    W_k, b_k = learn(page_ids, k, epochs=40)

    def by_window(ids, k=k, W=W_k, b=b_k):
        return W[torch.tensor(ids[-k:]) + torch.arange(k) * V].sum(dim=0) + b

    text = write(by_window, "On summer evenings, ball g", 24)
    print(f"{k:2} characters, loss {loss_on(page_ids, W_k, b_k):.2f}: {text[20:]!r}")
print(f"weights for 12 characters: {12 * V * V:,}, for 200 characters: {200 * V * V:,}")

# %% [markdown]
# There it is: a perceptron that writes `ball games were often played`. It got there by
# seeing more at once, and it pays for that. Twelve characters are 99,000 weights, and yet
# they are only two words. Somebody who opens a quotation closes it two hundred characters
# later. A window that wide would need 1.7 million weights, each of which would have to
# learn by itself what the same letter means one place further on.
#
# What is missing is not a wider window but a *memory*: something that is carried along the
# text, and keeps what matters. That is lesson 5.
#
# ## What to keep
#
# - An alphabet gives each character an id. One-hot makes ids into inputs that have no false
#   order.
# - Text brings its own right answers: the targets are the inputs, one character later.
#   Lanes are read side by side, window after window.
# - A loss stands beside ln V, and beside tables that count. A character perceptron ends
#   where the order-1 table is.
# - Where one input needs two answers, no training helps. More inputs do, until the machine
#   learns by heart.
#
# ## Exercises
#
# **1.** Divide a loss in nats by ln 2, and you get *bits per character*, the unit that the
# rest of the project uses. How many bits does the perceptron need on the book that was kept
# back, and how many does `bz2` need?

# %% tags=["solution"] jupyter={"source_hidden": true}
import bz2  # noqa: E402

text = alphabet.decode(val[1:])
packed = 8 * len(bz2.compress(text.encode("utf-8"))) / len(text)
print(f"perceptron {kept_back[-1] / math.log(2):.2f} bits per character, bz2 {packed:.2f}")
print("(bz2 hasn't seen the other books; the perceptron has.)")

# %% [markdown]
# **2.** Guess the character *before* instead of the one after. Is that harder, easier, or
# the same? Compare tables of order 1 in both directions, on the sequence itself.

# %% tags=["solution"] jupyter={"source_hidden": true}
for name, before, after in (("forwards ", inputs, targets), ("backwards", targets, inputs)):
    together = np.zeros((V, V))
    np.add.at(together, (before, after), 1)
    shares = together[before, after] / together.sum(axis=1)[before]
    print(f"{name} {-np.log(shares).mean():.4f}")
print("The same: each is the loss of a pair of characters less that of a single one.")

# %% [markdown]
# **3.** Which two characters of the phrase does the perceptron with one character find
# hardest? What would have to be among its inputs to make them easy?

# %% tags=["solution"] jupyter={"source_hidden": true}
for place in np.argsort(right)[:2]:
    print(f"{phrase[place + 1]!r} after {phrase[: place + 1]!r} gets {right[place]:.3f}")
print("The beginning of the word would do, or the words before it.")
