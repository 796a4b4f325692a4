# %% [markdown]
# # 3. A network
#
# Perceptrons that feed perceptrons can do what one can't. This lesson finds their weights.
# It puts perceptrons together to a machine that knows three kinds of flowers, measures how
# wrong it is, and asks of each weight: if it were a little larger, would that be better or
# worse? The answer, computed for all weights at once, is what all learning in the following
# lessons rests on.

# %%
import csv
import math
from timeit import repeat

import matplotlib.pyplot as plt
import numpy as np
import torch  # PyTorch, a library for networks

from drawing import (
    BLUE,
    DATA,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_GREEN,
    PALE_ORANGE,
    PAPER,
    RED,
    draw_network,
    show,
)

torch.set_num_threads(1)  # networks this small are fastest on one core
random = np.random.default_rng(3)

# %% [markdown]
# ## The flowers
#
# In 1936, Ronald Fisher published the measures of 150 irises that Edgar Anderson had
# collected: length and width of the sepals (the green or coloured leaves below the blossom)
# and of the petals, in cm. There are 50 flowers of each of three kinds. When there are more
# than two possible answers, each is called a **class**.

# %%
with (DATA / "iris.csv").open(encoding="utf-8", newline="") as file:
    rows = list(csv.DictReader(file))
names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
kinds = ["setosa", "versicolor", "virginica"]
measures = np.array([[float(row[name]) for name in names] for row in rows])  # (150, 4)
classes = np.array([kinds.index(row["species"]) for row in rows])  # (150,)
print(len(rows), "flowers; the first:", dict(rows[0]))

COLORS, MARKERS = (BLUE, ORANGE, GREEN), ("o", "^", "s")
figure, panels = plt.subplots(1, 2, figsize=(6.4, 3))
for panel, (x, y) in zip(panels, ((0, 1), (2, 3)), strict=True):
    for kind in range(3):
        chosen = measures[classes == kind]
        panel.scatter(
            chosen[:, x],
            chosen[:, y],
            s=16,
            color=COLORS[kind],
            marker=MARKERS[kind],
            label=kinds[kind],
        )
    panel.set(xlabel=names[x].replace("_", " "), ylabel=names[y].replace("_", " "))
panels[1].legend()
show("By petals, setosa lies apart, and the others touch. By sepals, these two are mixed.")

# %% [markdown]
# The table is sorted by kind. Who takes the first 100 rows to learn from never sees a
# virginica. So the flowers are shuffled first; then 120 are the training set and 30 the
# test set, and features are standardised, as in lesson 2.

# %%
order = random.permutation(150)
x, y = measures[order], classes[order]
average, spread = x[:120].mean(axis=0), x[:120].std(axis=0)
x = (x - average) / spread
train_x, train_y, test_x, test_y = x[:120], y[:120], x[120:], y[120:]
print("kinds in the test set:", [int(np.sum(test_y == kind)) for kind in range(3)])

# %% [markdown]
# ## Layers
#
# A perceptron with a soft activation function is called a **neuron**, as it was inspired by
# nerve cells. Neurons that look at the same inputs form a **layer**. A **network** is a
# sequence of layers, each of which reads what the one before it has computed. Layers
# between the inputs and the last one are **hidden**: nobody tells them what to say.
#
# Ours has four inputs, a hidden layer of six neurons, and an output layer with one neuron
# for each kind.

# %%
figure, axes = plt.subplots(figsize=(6.4, 4.2))
draw_network(
    axes,
    [
        ["sepal\nlength", "sepal\nwidth", "petal\nlength", "petal\nwidth"],
        [""] * 6,
        ["set.", "vers.", "virg."],
    ],
)
for column, text in enumerate(["inputs", "hidden layer, tanh", "output layer"]):
    axes.text(3 * column, 5.7, text, ha="center")
axes.set_ylim(-0.6, 6)
show("A network of 4 inputs, 6 hidden neurons and 3 outputs, all joined with all.")

# %% [markdown]
# Each line of the drawing is a weight: 4 · 6 of them between inputs and hidden layer. They
# are written as a table with a row for each input and a column for each neuron, a **weight
# matrix**. Then one product computes the weighted sums of a whole layer: `x @ W` takes the
# dot product of x with every column. It does so for many flowers at once, if x has a row
# for each flower.


# %%
def new_network(*sizes, random):
    """Weight matrices and biases for layers of these sizes, drawn at random."""
    return [
        (random.normal(size=(n, m)) / math.sqrt(n), np.zeros(m))
        for n, m in zip(sizes, sizes[1:], strict=False)
    ]


def forward(x, network):
    """What the hidden layer says of each row of x, and the weighted sums of the outputs."""
    (W1, b1), (W2, b2) = network
    hidden = np.tanh(x @ W1 + b1)
    return hidden, hidden @ W2 + b2


network = new_network(4, 6, 3, random=random)
hidden, sums = forward(train_x, network)
print("inputs", train_x.shape, " hidden", hidden.shape, " outputs", sums.shape)
print("numbers that can be chosen:", sum(W.size + b.size for W, b in network))
print("outputs for the first flower:", sums[0].round(2))

# %% [markdown]
# ## Softmax
#
# Three numbers come out, and we would like to read them as "how likely is each kind?"
# Likelihoods, or **probabilities**, lie between 0 and 1, and together they are 1. The
# **softmax** makes them from any numbers. Take the exponential of each, 2.718... to its
# power, which is above zero, and divide by their sum.


# %%
def softmax(sums):
    # The powers are at most 1, so never too large to compute.
    powers = np.exp(sums - sums.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


for example in ([0, 0, 0], [1, 0, 0], [3, 0, 0], [3, 3, 0], [-1000, 0, 2]):
    print(f"{example!s:>14} -> {softmax(np.array(example, dtype=float)).round(3)}")

# %% [markdown]
# The largest number gets the largest share. Adding the same to all three changes nothing,
# which is why the function above may subtract the largest.
#
# ## The loss
#
# How wrong is the network? We count a mistake not as 1, as in lesson 2, but by how unlikely
# it thought the truth: minus the logarithm of the probability that it gave to the right
# answer. The average of this over all examples is the **loss** (its full name is
# *cross-entropy*). The logarithm is the natural one, `ln`, which undoes the exponential.
# The unit is called **nat**.


# %%
def loss_of(x, y, network):
    probabilities = softmax(forward(x, network)[1])
    return -np.log(probabilities[np.arange(len(y)), y]).mean()


p = np.linspace(0.005, 1, 300)
figure, axes = plt.subplots(figsize=(6.4, 2.7))
axes.plot(p, -np.log(p), color=INK)
for chance, text in (
    (1 / 3, "a guess among three: ln 3 = 1.10"),
    (0.9, "rather sure: 0.11"),
    (0.02, "sure and wrong: 3.9"),
):
    axes.scatter(chance, -math.log(chance), color=RED, zorder=3)
    axes.annotate(text, (chance, -math.log(chance)), (8, 6), textcoords="offset points")
axes.set(
    xlabel="probability that was given to the right answer",
    ylabel="loss in nats",
    xlim=(0, 1.15),
)
show("The loss falls from large values near probability 0 to zero at probability 1.")

print(f"ln 3, the loss of who knows nothing:   {math.log(3):.3f}")
print(f"the loss of our network, still random: {loss_of(train_x, train_y, network):.3f}")

# %% [markdown]
# A perfect network would have a loss of 0. One that says "a third each" has ln 3 = 1.099.
# Random weights may be a little lucky, as ours are. On average they are worse than that,
# since they are sometimes sure and wrong:

# %%
many = [loss_of(train_x, train_y, new_network(4, 6, 3, random=random)) for _ in range(500)]
print(
    f"500 random networks: {min(many):.2f} to {max(many):.2f}, average {np.mean(many):.2f}"
)

# %% [markdown]
# Keep ln 3 in mind. For text, three kinds of flowers become all the characters there are, V
# of them. There, ln V is the loss of who knows nothing, and we write it beside every loss.
#
# ## Downhill
#
# The loss depends on all weights. To see it as a landscape, we need a machine with two
# numbers only: a single neuron with a sigmoid. From the petal's width alone, it says if a
# flower is a virginica or a versicolor. Its weight and its bias are a point on a map, and
# the loss is the height there.

# %%
two_kinds = train_y > 0
width, is_virginica = train_x[two_kinds, 3], train_y[two_kinds] == 2


def height(w, b):
    """The loss of the neuron with this weight and bias; both may be grids."""
    z = width * np.asarray(w)[..., None] + np.asarray(b)[..., None]
    return np.where(is_virginica, np.logaddexp(0, -z), np.logaddexp(0, z)).mean(axis=-1)


w_grid, b_grid = np.meshgrid(np.linspace(-4, 30, 120), np.linspace(-16, 4, 120))
heights = height(w_grid, b_grid)
figure = plt.figure(figsize=(6.4, 4.2))
axes = figure.add_subplot(projection="3d")
axes.plot_surface(
    w_grid,
    b_grid,
    heights,
    cmap="viridis",
    rstride=4,
    cstride=4,
    linewidth=0.2,
    edgecolor="white",
    rasterized=True,
)
axes.set(xlabel="weight", ylabel="bias", zlabel="loss", facecolor=PAPER)
for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
    axis.pane.set_facecolor(PAPER)
axes.view_init(elev=30, azim=50)
show("The loss as a landscape over weight and bias: a steep mountain above a flat valley.")

# %% [markdown]
# To go down, you needn't see the whole landscape. It is enough to feel the slope under your
# feet: how much does the loss change if the weight grows a little, and how much if the bias
# does? These slopes, one for each number that can be chosen, form the **gradient**. We can
# measure it by trying:

# %%
nudge = 1e-6
w, b = 0.0, 0.0
slope_w = (height(w + nudge, b) - height(w - nudge, b)) / (2 * nudge)
slope_b = (height(w, b + nudge) - height(w, b - nudge)) / (2 * nudge)
print(f"at w = 0 and b = 0, the loss is {height(w, b):.4f}, and ln 2 = {math.log(2):.4f}")
print(f"the gradient there is ({slope_w:.4f}, {slope_b:.4f})")

# %% [markdown]
# Or compute it. For a sigmoid with this loss, the slope has a simple form, *what was said
# minus what is true*, times the input. A nudge agrees:


# %%
def slopes(w, b, chosen=slice(None)):
    """The gradient of the neuron's loss, over all flowers or some of them."""
    error = 1 / (1 + np.exp(-(w * width[chosen] + b))) - is_virginica[chosen]
    return np.mean(error * width[chosen]), np.mean(error)


print("computed:                        ({:.4f}, {:.4f})".format(*slopes(0.0, 0.0)))

# %% [markdown]
# Now take a step *against* the gradient, since it points uphill. How large a step? It is
# the gradient times a number, the **learning rate**. And again, and again. This is
# **gradient descent**.


# %%
def descend(rate, updates, start=(-2.0, 3.0), batch=None):
    """Every (w, b) on the way down; a batch is the number of flowers asked at each step."""
    random = np.random.default_rng(0)
    path = [np.array(start)]
    for _ in range(updates):
        chosen = (
            slice(None)
            if batch is None
            else random.choice(len(width), batch, replace=False)
        )
        path.append(path[-1] - rate * np.array(slopes(*path[-1], chosen)))
    return np.array(path)


def draw_map(axes):
    axes.contourf(
        w_grid,
        b_grid,
        heights,
        levels=np.geomspace(0.1, 12, 24),
        cmap="viridis",
        alpha=0.85,
        norm="log",
        zorder=-1,
    )
    axes.set_rasterization_zorder(0)  # as pixels: a small file
    axes.set(xlabel="weight", ylabel="bias", xlim=(-4, 30), ylim=(-16, 4))


figure, panels = plt.subplots(1, 3, figsize=(6.4, 2.7), sharey=True)
for panel, rate in zip(panels, (0.1, 4, 80), strict=True):
    path = descend(rate, 60)
    draw_map(panel)
    panel.plot(*path.T, ".-", color="white", markersize=4, linewidth=1)
    panel.plot(*path[-1], "o", color=RED)
    panel.set_title(f"rate {rate}: {height(*path[-1]):.3f}", fontsize=10)
    if rate != 0.1:
        panel.set_ylabel("")
show("Three paths of 60 steps: one short, one down into the valley, one far beyond it.")

# %% [markdown]
# The title of each picture is the loss at the red point, after 60 steps from the same
# start. (Among two kinds of flowers, who knows nothing has ln 2 = 0.693.) The rate
# decides. Too small, and the point hardly moves. Too large, and it leaps over the valley
# and has to crawl back. There is a best rate between, and nobody knows it beforehand:

# %%
rates = np.geomspace(0.05, 200, 60)
reached = [height(*descend(rate, 60)[-1]) for rate in rates]
figure, axes = plt.subplots(figsize=(6.4, 2.5))
axes.plot(rates, reached, color=INK)
axes.set(xscale="log", xlabel="learning rate", ylabel="loss after 60 steps")
show("A curve like a bowl: high for small rates, lowest around 20, and rising again.")
print(f"the best of these rates is {rates[np.argmin(reached)]:.0f}")

# %% [markdown]
# ## Backpropagation
#
# A network has many weights, and one in the first layer acts on the loss only through
# neurons behind it. How large is its slope? A nudge for each weight would do, but it must
# compute the network twice, in two passes, for each weight: for a million weights, two
# million passes for one step. **Backpropagation** computes all slopes in a single pass
# *backwards*.
#
# It needs one rule of school mathematics, the **chain rule**: if z depends on y, and y on
# x, their slopes are multiplied. Here it is by hand, on four neurons: two hidden ones
# (tanh) and two outputs (softmax), and one example whose right answer is the second output.

# %%
inputs, answer = np.array([1.0, -0.5]), 1
W1, W2 = np.array([[0.6, -0.4], [0.2, 0.9]]), np.array([[0.5, -0.7], [-0.3, 0.8]])

# Forward, layer by layer.
z = inputs @ W1  # weighted sums of the hidden neurons
h = np.tanh(z)  # what they say
s = h @ W2  # weighted sums of the outputs
p = softmax(s)  # probabilities
loss = -math.log(p[answer])
print(f"hidden {h.round(4)}  outputs {s.round(4)}  shares {p.round(4)}  loss {loss:.4f}")

# Backward, from the loss to the first weights; d_s is the slope of the loss by s.
d_s = p - np.array(
    [0.0, 1.0]
)  # softmax and loss together: what was said minus what is true
d_W2 = np.outer(h, d_s)  # a weight's slope: what comes into it times what comes back to it
d_h = W2 @ d_s  # through the weights, the other way
d_z = d_h * (1 - h**2)  # through the tanh, whose slope is 1 - tanh²
d_W1 = np.outer(inputs, d_z)
print("slopes by hand:", *d_W1.round(6).tolist(), *d_W2.round(6).tolist(), sep="\n    ")

# %% [markdown]
# Two lines a layer. The outputs' error goes back along the same weights by which the sums
# came forward, and at each weight it meets what came in. In the picture, thick lines are
# slopes far from zero. The step goes against them, so blue weights should become smaller,
# and orange ones larger.

# %%
figure, axes = plt.subplots(figsize=(6.4, 2.5))
columns = [[f"{value:.2f}" for value in row] for row in (inputs, h, p)]
draw_network(axes, columns, [d_W1, d_W2])
for column, text in enumerate(["inputs", "hidden", "probabilities"]):
    axes.text(3 * column, 1.55, text, ha="center")
axes.text(6.6, 0, "should be 1", va="center")
axes.text(6.6, 1, "should be 0", va="center")
axes.set(xlim=(-0.6, 8.4), ylim=(-0.6, 2))
show("The four neurons with what they say, and each weight drawn as thick as its slope.")

# %% [markdown]
# Is it right? There are two judges. The first nudges each weight. The second is
# **PyTorch**, the library with which networks are made from here on. It calculates with
# *tensors*, which are numpy's tables with something added. Its part **autograd** writes
# down what is computed and then goes back through it by itself. `requires_grad=True` asks
# for that, `backward` does it, and `grad` holds the slopes.

# %%
torch_W1, torch_W2 = (
    torch.tensor(W1, requires_grad=True),
    torch.tensor(W2, requires_grad=True),
)
torch_sums = torch.tanh(torch.tensor(inputs) @ torch_W1) @ torch_W2
torch_loss = torch.nn.functional.cross_entropy(torch_sums, torch.tensor(answer))
torch_loss.backward()

for name, by_hand, by_torch in (("W1", d_W1, torch_W1.grad), ("W2", d_W2, torch_W2.grad)):
    assert np.allclose(by_hand, by_torch.numpy(), rtol=1e-12, atol=1e-15)
    print(f"{name}: by hand and by autograd, the slopes are the same to 12 digits")


def loss_with(W1, W2):
    return -math.log(softmax(np.tanh(inputs @ W1) @ W2)[answer])


for row, column in np.ndindex(2, 2):
    move = np.zeros((2, 2))
    move[row, column] = nudge
    nudged = (loss_with(W1 + move, W2) - loss_with(W1 - move, W2)) / (2 * nudge)
    print(f"W1[{row}, {column}]: nudged {nudged:9.6f}, by hand {d_W1[row, column]:9.6f}")
    assert abs(nudged - d_W1[row, column]) < 1e-8

# %% [markdown]
# All agree. From now on, autograd does it, and you know what it does.
#
# ## The flowers, learned
#
# The same network in PyTorch, with one step of gradient descent as a function. `Linear`
# is a weight matrix with its biases, and `Sequential` puts layers one behind the other.
# Under `no_grad`, autograd writes nothing down.

# %%
flowers, kinds_of_flowers = torch.tensor(train_x).float(), torch.tensor(train_y)


def torch_network(hidden=6, *, seed):
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Linear(4, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, 3)
    )


def update(model, chosen, rate):
    """One step downhill, by the average slope of the chosen flowers."""
    loss = torch.nn.functional.cross_entropy(
        model(flowers[chosen]), kinds_of_flowers[chosen]
    )
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for weights in model.parameters():
            weights -= rate * weights.grad


def whole_loss(model):
    with torch.no_grad():
        return torch.nn.functional.cross_entropy(model(flowers), kinds_of_flowers).item()


# %% [markdown]
# How many flowers should one step ask? There are three ways.
#
# - All of them: **full batch**. The slope is exact, but a step costs a whole epoch.
# - One at a time: **stochastic**. 120 steps an epoch, each in a direction that suits one
#   flower.
# - A handful, for example ten: **mini-batch**. 12 steps an epoch, in a fairly good
#   direction.
#
# On the map of the single neuron, the three look like this, with the same rate and 150
# steps each:

# %%
figure, panels = plt.subplots(1, 3, figsize=(6.4, 2.7), sharey=True)
for panel, batch, title in zip(
    panels, (1, 10, None), ("stochastic", "mini-batch of 10", "full batch"), strict=True
):
    draw_map(panel)
    path = descend(2, 150, batch=batch)
    panel.plot(*path.T, "-", color="white", linewidth=0.9)
    panel.plot(*path[-1], "o", color=RED)
    panel.set_title(title, fontsize=10)
    if batch != 1:
        panel.set_ylabel("")
show(
    "Three paths down the same landscape: a wild one, one that trembles, and a smooth one."
)

# %% [markdown]
# Now the race on the whole network. All start from the same weights and read the flowers 40
# times.

# %%
EPOCHS, RATE = 40, 0.1
losses = {}
for name, batch in (("stochastic", 1), ("mini-batch of 10", 10), ("full batch", 120)):
    model = torch_network(seed=1)
    torch.manual_seed(2)
    losses[name] = [whole_loss(model)]
    for _ in range(EPOCHS):
        for chosen in torch.randperm(120).split(batch):
            update(model, chosen, RATE)
            losses[name].append(whole_loss(model))

figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.2), sharey=True)
for (name, curve), color in zip(losses.items(), (ORANGE, BLUE, GREEN), strict=True):
    left.plot(
        np.linspace(0, EPOCHS, len(curve)), curve, color=color, label=name, linewidth=1.4
    )
    right.plot(range(1, len(curve) + 1), curve, color=color, linewidth=1.4)
left.axhline(math.log(3), color=GREY, linewidth=1, linestyle="--")
left.text(EPOCHS, math.log(3), "ln 3", ha="right", va="bottom", color=GREY)
left.set(
    xlabel="epochs",
    ylabel="loss in nats",
    yscale="log",
    yticks=[0.03, 0.1, 0.3, 1],
    yticklabels=["0.03", "0.1", "0.3", "1"],
)
left.minorticks_off()
right.set(xlabel="steps", xscale="log")
figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=3)
show("By epochs, the full batch is far behind. By steps, the three lie close together.")

print(f"ln 3 = {math.log(3):.3f}")
for name, curve in losses.items():
    print(f"{name:17} {len(curve) - 1:5} steps   loss {curve[0]:.3f} -> {curve[-1]:.3f}")

# %% [markdown]
# After the same reading, those who step more often are further. But steps cost time, and
# ten flowers in one step hardly cost more than one flower, as a processor multiplies many
# rows nearly as fast as one:


# %%
def quickest(flowers_in_a_step):
    """The seconds of 100 steps, the best of nine trials."""
    chosen = torch.arange(flowers_in_a_step)
    return min(repeat(lambda: update(model, chosen, 0.0), number=100, repeat=9))


print("ten flowers take less than twice the time of one:", quickest(10) < 2 * quickest(1))

# %% [markdown]
# So 4,800 stochastic steps take several times as long as 480 mini-batches. The right
# picture counts steps: there, the three lie close together for a while, and the stochastic
# line trembles. Mini-batches are the bargain between both. All authors in this project
# learn by them.
#
# ## What has it learned?
#
# We train once more, longer, and look at the flowers that were kept back.

# %%
model = torch_network(seed=1)
torch.manual_seed(2)
for _ in range(150):
    for chosen in torch.randperm(120).split(10):
        update(model, chosen, RATE)


def share_right(model, x, y):
    with torch.no_grad():
        return (model(torch.tensor(x).float()).argmax(dim=1).numpy() == y).mean()


print(f"loss {whole_loss(model):.3f}, and ln 3 is {math.log(3):.3f}")
print(f"right: {share_right(model, train_x, train_y):.1%} of the training set,", end=" ")
print(f"{share_right(model, test_x, test_y):.1%} of the test set")

grid = np.stack(np.meshgrid(np.linspace(-1.8, 2, 250), np.linspace(-1.8, 2, 250)), axis=-1)
as_flowers = np.concatenate([np.zeros_like(grid), grid], axis=-1)  # sepals of average size
with torch.no_grad():
    answers = model(torch.tensor(as_flowers).float()).argmax(dim=-1).numpy()

figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.4))
left.contourf(
    *np.moveaxis(grid, -1, 0),
    answers,
    levels=[-0.5, 0.5, 1.5, 2.5],
    colors=[PALE_BLUE, PALE_ORANGE, PALE_GREEN],
)
for kind in range(3):
    chosen = x[y == kind]
    left.scatter(
        chosen[:, 2],
        chosen[:, 3],
        s=14,
        color=COLORS[kind],
        marker=MARKERS[kind],
        edgecolor=PAPER,
        linewidth=0.4,
    )
left.set(xlabel="petal length (standardised)", ylabel="petal width")
matrices = [layer.weight.detach().numpy().T for layer in (model[0], model[2])]
draw_network(right, [["sl", "sw", "pl", "pw"], [""] * 6, ["set", "ver", "vir"]], matrices)
show(
    "Left: the plane of petals in three regions. Right: the network, its weights as lines."
)

for name, size in zip(names, np.abs(matrices[0]).mean(axis=1), strict=True):
    print(f"average size of the weights from {name.replace('_', ' '):13} {size:.2f}")

# %% [markdown]
# The weights tell what it found out by itself, namely that petals say more than sepals. The
# hidden neurons are *features* that nobody had to invent.
#
# The borders are nearly straight here, as these flowers ask for no more. Can they bend
# where they must? XOR is the test, which no perceptron passes.

# %%
xor_x = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
xor_y = torch.tensor([0, 1, 1, 0])
torch.manual_seed(0)
small = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
plane = torch.cartesian_prod(torch.linspace(-2, 2, 80), torch.linspace(-2, 2, 80))

figure, panels = plt.subplots(1, 4, figsize=(6.4, 2))
print(f"ln 2 = {math.log(2):.4f}")
for step in range(301):
    loss = torch.nn.functional.cross_entropy(small(xor_x), xor_y)
    if step in (0, 30, 60, 300):
        right_answers = int((small(xor_x).argmax(dim=1) == xor_y).sum())
        print(f"after {step:3} steps: loss {loss.item():.4f}, {right_answers} of 4 right")
        panel = panels[(0, 30, 60, 300).index(step)]
        with torch.no_grad():
            shares = small(plane).softmax(dim=1)[:, 1].reshape(80, 80).T
        levels = np.linspace(0, 1, 11)
        panel.contourf(
            np.linspace(-2, 2, 80), np.linspace(-2, 2, 80), shares, levels, cmap="RdYlBu"
        )
        for label, marker, color in ((1, "s", BLUE), (0, "^", ORANGE)):
            spots = xor_x[xor_y == label].T
            panel.scatter(
                *spots, marker=marker, color=color, s=60, edgecolor=PAPER, zorder=3
            )
        panel.set(xticks=[], yticks=[], aspect="equal")
        panel.set_title(f"after {step}", fontsize=10)
    small.zero_grad()
    loss.backward()
    with torch.no_grad():
        for weights in small.parameters():
            weights -= 0.5 * weights.grad
show(
    "The plane after 0, 30, 60 and 300 steps: a bent region forms that holds both squares."
)

# %% [markdown]
# What lesson 2 wrote down by hand, the network has found by going downhill.
#
# ## What to keep
#
# - A layer is a weight matrix, a bias and an activation function. A network is layers one
#   after the other.
# - Softmax turns sums into probabilities, and the loss is minus the logarithm of the right
#   one. Who knows nothing has ln V.
# - The gradient holds the slope of the loss by each weight. Backpropagation computes all of
#   them in one pass backwards. A step against it, times the learning rate, makes the loss
#   smaller.
# - Mini-batches are steps that are good enough, and often enough.
#
# ## Exercises
#
# **1.** Leave the tanh away. The workshop's own iris network had none. Show that two layers
# without an activation function are no more than one.

# %% tags=["solution"] jupyter={"source_hidden": true}
A, B = random.normal(size=(4, 6)), random.normal(size=(6, 3))
difference = np.abs((train_x @ A) @ B - train_x @ (A @ B)).max()
print(f"two layers, and one layer with the matrix A @ B, differ by {difference:.0e}")
print("So without it, six hidden neurons are for nothing: the borders are straight again.")

# %% [markdown]
# **2.** Begin with all weights zero instead of random ones. What happens in the first
# layer, and why?

# %% tags=["solution"] jupyter={"source_hidden": true}
zeros = torch_network(seed=1)
with torch.no_grad():
    for weights in zeros.parameters():
        weights.zero_()
for _ in range(100):
    update(zeros, torch.arange(120), RATE)
print("largest weight of the first layer:", zeros[0].weight.abs().max().item())
print(f"loss {whole_loss(zeros):.3f}, ln 3 = {math.log(3):.3f}: only the last bias learns")
print("Errors come back through the second layer's weights. These are zero, so none does.")

# %% [markdown]
# **3.** Find the largest learning rate for which the full batch still goes down in each of
# 100 steps. (Try doubling it.)

# %% tags=["solution"] jupyter={"source_hidden": true}
print(f"ln 3 = {math.log(3):.3f}")
for rate in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4):
    trial, curve = torch_network(seed=1), []
    for _ in range(100):
        curve.append(whole_loss(trial))
        update(trial, torch.arange(120), rate)
    rises = int(np.sum(np.diff(curve) > 0))
    print(f"rate {rate:3}: loss {curve[-1]:7.3f} after 100 steps, {rises} of them uphill")
