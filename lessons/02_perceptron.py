# %% [markdown]
# # 2. The perceptron
#
# In lesson 1, somebody looked at a picture and chose a line. Now the machine chooses it: it
# looks at one example after the other, and corrects itself whenever it is wrong. Frank
# Rosenblatt invented this machine in 1957 and called it the **perceptron**. You will see
# that it always finds a line where there is one, and what happens where there is none.

# %%
import itertools

import matplotlib.pyplot as plt
import numpy as np

from drawing import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_ORANGE,
    PAPER,
    draw_network,
    show,
)

random = np.random.default_rng(2)

# %% [markdown]
# ## New names for the line
#
# A perceptron is the line of lesson 1 with new names, and something added at its end. The
# slopes are now called **weights** `w`, one for each feature, as they say how heavily each
# feature counts. The intercept is called **bias** `b`: it is what the machine leans to
# before it has seen anything. The line's result `w x + b` is the **weighted sum**. At the
# end, an **activation function** turns this sum into the answer.
#
# The simplest activation function is the **step**: 1 where the weighted sum is above zero,
# and -1 elsewhere.


# %%
def step(weighted_sum):
    return np.where(weighted_sum > 0, 1, -1)


def perceptron(x, w, b):
    return step(x @ w + b)


figure, axes = plt.subplots(figsize=(6.4, 2.2))
draw_network(
    axes,
    [["x1", "x2", "1"], ["Σ"], ["step"], ["y"]],
    [np.array([[0.7], [-0.9], [0.4]]), np.ones((1, 1)), np.ones((1, 1))],
)
for height, text in zip([1.8, 1.15, 0.1], ["w1", "w2", "b"], strict=True):
    axes.text(1.35, height, text, ha="center")
show("A perceptron: weighted features and the bias are added up, and the step answers.")

print(
    "the workshop's line at (3, 1):",
    perceptron(np.array([3, 1]), w=np.array([1, -3.5]), b=0),
)

# %% [markdown]
# The circle with a Σ adds up what comes in. The answer -1 means "triangle", as in lesson 1.
# Lines in blue stand for weights above zero, those in orange for weights below zero, and
# thicker ones count more. The bias is drawn as the weight of a feature that is always 1.
# That is more than a drawing trick, it is often programmed that way.
#
# ## Other activation functions
#
# A step says yes or no, and not how clear the case is. Softer functions do. The **sigmoid**
# goes from 0 to 1 and can be read as "how likely". The **tanh** (a hyperbolic tangent) is
# the same curve between -1 and 1. The **ReLU** keeps what is above zero and cuts off what
# is below.


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def relu(z):
    return np.maximum(0, z)


z = np.linspace(-5, 5, 400)
figure, panels = plt.subplots(1, 4, figsize=(6.4, 2))
curves = {
    "step": (step, INK),
    "sigmoid": (sigmoid, BLUE),
    "tanh": (np.tanh, ORANGE),
    "ReLU": (relu, GREEN),
}
for panel, (name, (function, color)) in zip(panels, curves.items(), strict=True):
    panel.axhline(0, color=GREY, linewidth=0.7)
    panel.axvline(0, color=GREY, linewidth=0.7)
    panel.plot(z, function(z), color=color)
    panel.set(title=name, ylim=(-1.2, 1.2 if name != "ReLU" else 5))
show(
    "Four curves: step jumps, sigmoid and tanh bend smoothly, ReLU is flat and then rises."
)

print("weighted sum   step  sigmoid    tanh   ReLU")
for value in (-5.0, -0.5, 0.5, 5.0):
    print(
        f"{value:12}{step(value):7}{sigmoid(value):9.3f}{np.tanh(value):8.3f}{relu(value):7}"
    )

# %% [markdown]
# All but the step change smoothly with the weights. Lesson 3 needs that. In this lesson,
# the step is enough.
#
# ## The data
#
# The drawer of lesson 1 again: squares and triangles by area and perimeter. Two things are
# new. First, we keep some shapes back. The perceptron learns from the **training set**. The
# **test set** it never sees, until we want to know how good it is.

# %%
sides = random.uniform(14.3, 20, size=100)
squares = np.stack([sides**2, 4 * sides], axis=1)

a, b, c = random.uniform(18, 24, size=(3, 100))
half = (a + b + c) / 2  # the area of a triangle from its sides: Heron's formula
triangles = np.stack(
    [np.sqrt(half * (half - a) * (half - b) * (half - c)), 2 * half], axis=1
)

order = random.permutation(200)
shapes = np.concatenate([squares, triangles])[order]
labels = np.array([1] * 100 + [-1] * 100)[order]
train_shapes, test_shapes = shapes[:120], shapes[120:]
train_labels, test_labels = labels[:120], labels[120:]
print(len(train_shapes), "shapes to learn from,", len(test_shapes), "kept back")

# %% [markdown]
# Second, areas are numbers around 250 and perimeters around 65, so a weight for one means
# something else than for the other. To **standardise** a feature is to subtract its average
# and divide by its usual distance from the average. Then all features speak in the same
# units: 0 is average, 1 is rather large.

# %%
average, spread = train_shapes.mean(axis=0), train_shapes.std(axis=0)
train_x, test_x = (train_shapes - average) / spread, (test_shapes - average) / spread
print("before:", train_shapes[0].round(1), "  after:", train_x[0].round(2))

# %% [markdown]
# Average and spread come from the training set alone. Otherwise the machine would have seen
# a little of the test.
#
# ## The learning algorithm
#
# It fits into one sentence: *go through the examples, and whenever one gets the wrong
# answer, add it to the weights, with the sign of its label.* Why should that help? Take an
# example with label y = 1 that gets a weighted sum below zero. After the correction the
# weights are w + x and the bias is b + 1, so its new sum is `(w + x) x + b + 1 = (w x + b)
# + x x + 1`. As `x x` is a sum of squares, the new sum is larger, just as it should be.
# With the label -1, the same holds the other way round.


# %%
def correct(w, b, x, y):
    """The weights and bias after a mistake on x, whose label is y."""
    return w + y * x, b + y


w, b = np.array([-0.5, 0.8]), -0.3
x, y = np.array([1.0, 0.5]), 1
print(f"before: weighted sum {x @ w + b:5.2f}, answer {perceptron(x, w, b)}, wanted {y}")
w, b = correct(w, b, x, y)
print(f"after:  weighted sum {x @ w + b:5.2f}, answer {perceptron(x, w, b)}")

# %% [markdown]
# One example is right now. Others may have become wrong. So we go through all of them,
# again and again, until nothing is wrong any more. One walk through the whole training set
# is an **epoch**.


# %%
def learn(xs, ys, *, epochs):
    """Yield weights and bias after each correction, until an epoch has no mistake."""
    w, b = np.zeros(xs.shape[1]), 0.0
    for epoch in range(1, epochs + 1):
        mistakes = 0
        for x, y in zip(xs, ys, strict=True):
            if perceptron(x, w, b) != y:
                w, b = correct(w, b, x, y)
                mistakes += 1
                yield w, b, epoch
        if mistakes == 0:
            return


history = list(learn(train_x, train_labels, epochs=1000))
w, b, epoch = history[-1]
print(f"{len(history)} corrections in {epoch} epochs; then an epoch without a mistake")
print(f"weights {w.round(2)}, bias {b:.0f}")
print("mistakes among training shapes:", np.sum(perceptron(train_x, w, b) != train_labels))
print("mistakes among test shapes:    ", np.sum(perceptron(test_x, w, b) != test_labels))

# %% [markdown]
# It has found a line by itself, and the line is right on shapes that it never saw. Here is
# how it got there.


# %%
def draw_decision(axes, w, b, xs, ys, size=12, reach=2.6):
    """Draw both sides of a perceptron's boundary, and examples on them."""
    grid = np.stack(
        np.meshgrid(np.linspace(-reach, reach, 200), np.linspace(-reach, reach, 200)),
        axis=-1,
    )
    sums = grid @ w + b
    axes.contourf(
        *np.moveaxis(grid, -1, 0),
        sums,
        levels=[-1e9, 0, 1e9],
        colors=[PALE_ORANGE, PALE_BLUE],
    )
    axes.contour(*np.moveaxis(grid, -1, 0), sums, levels=[0], colors=INK, linewidths=1.5)
    for label, marker, color in ((1, "s", BLUE), (-1, "^", ORANGE)):
        axes.scatter(
            *xs[ys == label].T,
            marker=marker,
            color=color,
            s=size,
            edgecolor=PAPER,
            linewidth=0.4,
        )
    axes.set(xticks=[], yticks=[], aspect="equal")


figure, panels = plt.subplots(2, 4, figsize=(6.4, 3.5))
moments = [1, 2, 3, 4, 6, 8, 10, len(history)]
for panel, moment in zip(panels.flat, moments, strict=True):
    w, b, epoch = history[moment - 1]
    draw_decision(panel, w, b, train_x, train_labels)
    wrong = np.sum(perceptron(train_x, w, b) != train_labels)
    panel.set_title(f"after {moment}: {wrong} wrong", fontsize=9)
show("Eight pictures of the line, as it turns until all shapes are on their side.")

# %% [markdown]
# The line jumps about. It even becomes worse at times: a correction thinks of one example
# only. In the end it settles.
#
# ## It always settles, and here is the bound
#
# Data that a line can put in order are called **linearly separable**. For them, Albert
# Novikoff proved in 1962 that the perceptron makes at most (R / γ)² corrections. R is the
# length of the longest example. The **margin** γ is the distance of the nearest example
# from the best possible line. So hard data need more corrections, but there is always an
# end.
#
# Let's not believe it but test it: 300 random data sets, each made so that a line with a
# known margin separates it.

# %%
bounds, corrections = [], []
for _ in range(300):
    direction = random.normal(size=2)
    direction /= np.linalg.norm(direction)
    xs = random.uniform(-1, 1, size=(200, 2))
    ys = step(xs @ direction)
    gap = 10 ** random.uniform(-2.3, -0.5)
    xs = xs[np.abs(xs @ direction) >= gap]  # nothing nearer than this to the line
    ys = step(xs @ direction)
    examples = np.concatenate(
        [xs, np.ones((len(xs), 1))], axis=1
    )  # the 1 is the bias's feature
    margin = np.abs(xs @ direction).min()
    bounds.append((np.linalg.norm(examples, axis=1).max() / margin) ** 2)
    corrections.append(max(1, len(list(learn(xs, ys, epochs=100_000)))))
bounds, corrections = np.array(bounds), np.array(corrections)

figure, axes = plt.subplots()
axes.scatter(bounds, corrections, s=14, color=BLUE, alpha=0.6)
ends = np.array([bounds.min(), bounds.max()])
axes.plot(ends, ends, color=INK)
axes.text(2e3, 8e3, "the bound", ha="right")
axes.set(xscale="log", yscale="log", xlabel="(R / γ)²", ylabel="corrections made")
show("One dot for each of 300 data sets, all below the bound, most of them far below.")

print(f"above the bound: {np.sum(corrections > bounds)} of {len(bounds)} data sets")
print(f"at the median, {np.median(corrections / bounds):.1%} of the bound")

# %% [markdown]
# Not one above the bound, and half of them below 0.7% of it. Now you also see what
# standardising was good for: raw areas of 400 make R huge beside the bias's feature,
# which is 1.

# %%
raw = list(learn(train_shapes, train_labels, epochs=100_000))
print(f"standardised: {len(history):6} corrections")
print(f"raw numbers:  {len(raw):6} corrections")

# %% [markdown]
# ## What it can't do
#
# Four examples are enough to defeat the perceptron. They are called **XOR**, "one or the
# other, but not both":

# %%
xor_x = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
xor_y = np.array([-1, 1, 1, -1])

print("   x1   x2    y")
for (x1, x2), y in zip(xor_x, xor_y, strict=True):
    print(f"{x1:5}{x2:5}{y:5}")

attempt = list(learn(xor_x, xor_y, epochs=1000))
wrong = [np.sum(perceptron(xor_x, w, b) != xor_y) for w, b, _ in attempt]
print(f"after {len(attempt)} corrections: {wrong[-1]} wrong, never fewer than {min(wrong)}")

states = [tuple(map(float, (*w, b))) for w, b, _ in attempt]
print("it goes in circles:", *states[:4], "and again", *states[4:8], sep="\n    ")

# %% [markdown]
# It will never end: weights and bias come back to where they were. No better algorithm
# could help, as there is no such line. Add the conditions up: the two examples with y = 1
# need `-w1 + w2 + b > 0` and `w1 - w2 + b > 0`, hence `2 b > 0`. The other two need `-w1 -
# w2 + b < 0` and `w1 + w2 + b < 0`, hence `2 b < 0`. Both can't be. A hundred thousand
# random lines agree:

# %%
ws, bs = random.normal(size=(100_000, 2)), random.normal(size=100_000)
right = np.sum(step(ws @ xor_x.T + bs[:, None]) == xor_y, axis=1)
for number in range(5):
    print(f"{number} of 4 right: {np.sum(right == number):6} lines")

figure, panels = plt.subplots(1, 4, figsize=(6.4, 1.9))
for number, panel in enumerate(panels):
    w, b, _ = attempt[number]
    draw_decision(panel, w, b, xor_x, xor_y, size=70, reach=1.7)
    panel.set_title(f"after {number + 1}", fontsize=9)
show("Four lines in turn. Each has a square or a triangle on the wrong side.")

# %% [markdown]
# Is that a curiosity? Think of a page of a novel: a quotation mark opens a quotation if
# none is open, and closes it if one is. Whether a character is spoken by somebody depends
# on two things as in XOR: "was it open before?" and "is there a mark now?" One or the
# other, but not both. A machine that can't do XOR can't even keep track of who speaks.

# %%
page = 'He said "no," and left. "Why?" she asked.'
is_open, line = -1, ""
for character in page:
    is_mark = 1 if character == '"' else -1
    is_open = xor_y[(xor_x == (is_open, is_mark)).all(axis=1)][
        0
    ]  # look it up in the table above
    line += "█" if is_open == 1 else " "
print(page, line, sep="\n")

# %% [markdown]
# ## A way out
#
# Three perceptrons can do what one can't. The first says if at least one feature is 1
# ("or"), the second if not both are ("not both"), and the third asks those two, if both say
# yes ("and"). We write the weights down by hand:

# %%
at_least_one = perceptron(xor_x, w=np.array([1, 1]), b=1)
not_both = perceptron(xor_x, w=np.array([-1, -1]), b=1)
both_say_yes = perceptron(
    np.stack([at_least_one, not_both], axis=1), w=np.array([1, 1]), b=-1
)
print("   x1   x2  at least one  not both  result  wanted")
for row in zip(*xor_x.T, at_least_one, not_both, both_say_yes, xor_y, strict=True):
    print("{:5}{:5}{:14}{:10}{:8}{:8}".format(*row))

figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.9))
grid = np.stack(np.meshgrid(np.linspace(-2, 2, 200), np.linspace(-2, 2, 200)), axis=-1)
answer = perceptron(
    np.stack(
        [perceptron(grid, np.array([1, 1]), 1), perceptron(grid, np.array([-1, -1]), 1)],
        axis=-1,
    ),
    np.array([1, 1]),
    -1,
)
left.contourf(
    *np.moveaxis(grid, -1, 0), answer, levels=[-2, 0, 2], colors=[PALE_ORANGE, PALE_BLUE]
)
for label, marker, color in ((1, "s", BLUE), (-1, "^", ORANGE)):
    left.scatter(
        *xor_x[xor_y == label].T, marker=marker, color=color, s=90, edgecolor=PAPER
    )
left.set(xticks=[], yticks=[], aspect="equal", title="two lines together")
weights = [np.array([[1, -1], [1, -1]]), np.array([[1], [1]])]
draw_network(right, [["x1", "x2"], ["or", "not\nboth"], ["and"]], weights)
show("Left: a band between two lines holds both squares. Right: two perceptrons feed one.")

# %% [markdown]
# The first two perceptrons compute *new features* of the example, and for the third, the
# task has become easy. So features needn't be invented by somebody who knows geometry. They
# can be made by perceptrons. But who chooses *their* weights? The learning algorithm of
# this lesson can't: it needs the right answer for each perceptron, and nobody has told us
# what "at least one" should have said. It took until 1986 before the way to do it was
# widely known. It is the subject of the next lesson.
#
# ## What to keep
#
# - A perceptron adds up weighted features and a bias, and an activation function turns the
#   sum into an answer.
# - It learns by correcting itself when it is wrong, and finds a line whenever there is one,
#   within (R / γ)² corrections.
# - It can't learn XOR, as no line separates it. Perceptrons that feed another perceptron
#   can represent it.
# - The test set is what counts, and must never be seen in training.
#
# ## Exercises
#
# **1.** Which of the 16 possible tables of labels for the four points of XOR can a
# perceptron learn?

# %% tags=["solution"] jupyter={"source_hidden": true}
learned, failed = 0, []
for ys in itertools.product([-1, 1], repeat=4):
    final = list(learn(xor_x, np.array(ys), epochs=100)) or [(np.zeros(2), 0.0, 1)]
    w, b, _ = final[-1]
    if np.all(perceptron(xor_x, w, b) == ys):
        learned += 1
    else:
        failed.append(ys)
print(f"{learned} of 16. Not these: {failed}, which are XOR and its opposite")

# %% [markdown]
# **2.** Many programs multiply each correction by a small number, called the rate. Start
# from zero weights and try rates of 0.1, 1 and 10. How does the number of corrections
# change, and why?

# %% tags=["solution"] jupyter={"source_hidden": true}
for rate in (0.1, 1, 10):
    w, b, count, clean = np.zeros(2), 0.0, 0, False
    while not clean:
        clean = True
        for x, y in zip(train_x, train_labels, strict=True):
            if perceptron(x, w, b) != y:
                w, b, count, clean = w + rate * y * x, b + rate * y, count + 1, False
    print(f"rate {rate:4}: {count} corrections, weights {w.round(2)}")
print(
    "It doesn't change: the rate multiplies all weights, and the step sees only the sign."
)

# %% [markdown]
# **3.** Give the perceptron a third feature, the product x1 · x2. Can it learn XOR now?

# %% tags=["solution"] jupyter={"source_hidden": true}
with_product = np.concatenate([xor_x, xor_x[:, :1] * xor_x[:, 1:]], axis=1)
w, b, _ = list(learn(with_product, xor_y, epochs=100))[-1]
print("mistakes:", np.sum(perceptron(with_product, w, b) != xor_y), " weights:", w)
print("Yes, the product alone decides: a good feature makes an easy task, as in lesson 1.")
