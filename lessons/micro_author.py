"""A micro author: plain Python, from the letters of a text to a network that writes.

    python lessons/micro_author.py                # learns 489 names, and makes up new ones
    python lessons/micro_author.py page.txt 3000  # learns a page of prose, in 3,000 steps

It is the simple recurrent network of Elman (1990), with everything that a library does for
one: the alphabet, the forward pass, backpropagation through time, the optimizer, writing.
Read it from top to bottom. In the comments V is the number of characters in the alphabet,
H the number of neurons, and T the length of a window. A matrix is a list of rows.
"""

import copy
import math
import random
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from operator import mul
from pathlib import Path

H, T, RATE = 32, 16, 0.01  # neurons, characters in a window, learning rate at the beginning


# Two sums are all the algebra: the product of two rows, and a row plus d times another row.
def dot(row, other):
    return sum(map(mul, row, other))


def plus(row, d, other):
    return [x + d * y for x, y in zip(row, other, strict=True)]


# 1. Text as numbers: each character that occurs has a number, its place in the alphabet.
def encode(text, alphabet):
    number = {character: place for place, character in enumerate(alphabet)}
    return [number[character] for character in text]


# 2. The network is five tables of numbers:
#      W (H x V)  what each neuron takes from the character that is read
#      U (H x H)  what each neuron takes from all neurons, as they were one character ago
#      b (H)      what each neuron begins with
#      R (V x H)  what each neuron says for each character that may come next
#      c (V)      what is said for each character in any case
def new_network(V, H, rng):
    def table(rows, columns, fan_in, fan_out):
        limit = math.sqrt(6 / (fan_in + fan_out))  # Glorot and Bengio 2010, equation 16
        return [[rng.uniform(-limit, limit) for _ in range(columns)] for _ in range(rows)]

    recurrent = {"W": table(H, V, V + H, H), "U": table(H, H, V + H, H), "b": [[0.0] * H]}
    return recurrent | {"R": table(V, H, H, V), "c": [[0.0] * V]}


# 3. One step: a character and the state of the neurons go in, the new state comes out.
#      h = tanh(W x + U h_before + b)
#    x is one-hot, 1 at the character's number and 0 elsewhere, so W x is a column of W.
def step(network, character, before):
    W, U, b = network["W"], network["U"], network["b"][0]
    return [math.tanh(W[i][character] + dot(U[i], before) + b[i]) for i in range(len(b))]


# 4. What comes next: softmax makes probabilities of V sums, p = softmax(R h + c).
def predict(network, h, temperature=1.0):
    R, c = network["R"], network["c"][0]
    sums = [(dot(R[v], h) + c[v]) / temperature for v in range(len(c))]
    highest = max(sums)  # subtracted so that exp never overflows; no probability changes
    powers = [math.exp(value - highest) for value in sums]
    total = sum(powers)
    return [power / total for power in powers]


# 5. Forward over a window. The loss is the mean of -ln p(the character that did come next).
#    States and probabilities are kept: the way back needs them.
def forward(network, ids, h):
    states, chances, loss = [h], [], 0.0
    for character, target in pairwise(ids):
        states.append(step(network, character, states[-1]))
        chances.append(predict(network, states[-1]))
        loss -= math.log(chances[-1][target])
    return loss / len(chances), states, chances


# 6. Backward, from the last character of the window to the first: backpropagation through
#    time. Each gradient says how much the loss grows if that one number grows a little.
def backward(network, ids, states, chances):
    U, R = network["U"], network["R"]
    gradients = {name: [[0.0] * len(row) for row in network[name]] for name in network}
    dW, dU, db, dR, dc = (gradients[name] for name in "WUbRc")
    later = [0.0] * len(U)  # how the loss of later characters depends on this state
    for t in reversed(range(len(chances))):
        h, before = states[t + 1], states[t]
        # Softmax and loss together: the probability, less 1 for the right character.
        ds = [p / len(chances) for p in chances[t]]
        ds[ids[t + 1]] -= 1 / len(chances)
        dh = later
        for v, d in enumerate(ds):
            dc[0][v] += d
            dR[v] = plus(dR[v], d, h)
            dh = plus(dh, d, R[v])  # the state is used now, and in all later states
        later = [0.0] * len(U)
        for i, d in enumerate(dh):
            d *= 1 - h[i] * h[i]  # through tanh, whose slope is 1 - h^2
            db[0][i] += d
            dW[i][ids[t]] += d
            dU[i] = plus(dU[i], d, before)
            later = plus(later, d, U[i])  # on to the state of one character earlier
    return gradients


# 7. Learning: Adam (Kingma and Ba 2014) moves each number against its gradient, by about
#    the same length whatever its size: its running mean over its root mean square.
def adam(network, gradients, memory, t, rate, beta1=0.9, beta2=0.99):
    for name, table in network.items():
        for i, row in enumerate(table):
            zeros = [0.0] * len(row)
            means, squares = memory.setdefault((name, i), (zeros, zeros[:]))
            for j, g in enumerate(gradients[name][i]):
                means[j] = beta1 * means[j] + (1 - beta1) * g
                squares[j] = beta2 * squares[j] + (1 - beta2) * g * g
                root = math.sqrt(squares[j] / (1 - beta2**t)) + 1e-8
                row[j] -= rate * means[j] / (1 - beta1**t) / root


# 8. Writing: predict, choose one character by a random number, read it, and so on. The
#    number falls on a strip of paper on which each character is as wide as its chance.
def write(network, ids, draws, temperature=1.0):
    h, written = [0.0] * len(network["U"]), []
    for character in ids:
        h = step(network, character, h)
    for draw in draws:
        chances = predict(network, h, temperature or 1.0)
        chosen = chances.index(max(chances))  # at temperature 0, always the likeliest
        if temperature:
            chosen = 0
            while draw >= chances[chosen] and chosen < len(chances) - 1:
                draw, chosen = draw - chances[chosen], chosen + 1
        written.append(chosen)
        h = step(network, chosen, h)
    return written


# 9. What a loss is worth: beside it stand ln V, which is pure guessing, and tables that
#    count what followed the last character, and the last five. Where many different ones
#    followed, a table listens more to the next shorter context (Witten and Bell 1991).
def table_loss(train, test, V, order):
    after, losses = defaultdict(Counter), []
    for n in range(order + 1):
        for i in range(n, len(train)):
            after[tuple(train[i - n : i])][train[i]] += 1
    for i in range(order, len(test)):
        p = 1 / V
        for n in range(order + 1):
            if counts := after[tuple(test[i - n : i])]:
                p = (counts[test[i]] + len(counts) * p) / (counts.total() + len(counts))
        losses.append(-math.log(p))
    return sum(losses) / len(losses)


# 10. All together. The last tenth of the text is held out. It shows from where on the
#     network learns names by heart, instead of how names are made. The best one is kept.
def main(path=None, steps="2000"):
    rng = random.Random(1)
    file = Path(path) if path else Path(__file__).parent / "data" / "names.txt"
    text = file.read_text(encoding="utf-8")
    if path is None:
        names = text.split()
        rng.shuffle(names)
        text = "\n".join(names) + "\n"
    alphabet = sorted(set(text))
    ids, V, steps = encode(text, alphabet), len(alphabet), int(steps)
    train, test = ids[: len(ids) * 9 // 10], ids[len(ids) * 9 // 10 :]
    network, memory, best = new_network(V, H, rng), {}, (math.inf, None)
    at, h, recent = 0, [0.0] * H, []
    print(f"{len(train):,} characters to learn from, {len(test):,} held out, {V} different")
    print("  step  training  held out    ln V  order-1 table  order-5 table")
    tables = [table_loss(train, test, V, order) for order in (1, 5)]
    for t in range(1, steps + 1):
        if at + 1 >= len(train):
            at, h = 0, [0.0] * H  # read from the beginning again, with an empty memory
        window = train[at : at + T + 1]
        loss, states, chances = forward(network, window, h)
        gradients = backward(network, window, states, chances)
        adam(network, gradients, memory, t, RATE * (1 - 0.95 * t / steps))
        at, h = at + T, states[-1]  # the state goes on; the gradient ends with the window
        recent = [*recent[-99:], loss]
        if t % max(1, steps // 10) == 0:
            held_out, _, _ = forward(network, test, [0.0] * H)
            print(f"{t:6,} {sum(recent) / len(recent):9.3f} {held_out:9.3f}", end="")
            print(f" {math.log(V):7.3f} {tables[0]:14.3f} {tables[1]:14.3f}")
            best = min(best, (held_out, copy.deepcopy(network)), key=lambda pair: pair[0])
    draws = [rng.random() for _ in range(300)]
    written = write(best[1], train[-9:], draws, temperature=0.7)
    print("".join(alphabet[i] for i in written).partition("\n" if path is None else " ")[2])


if __name__ == "__main__":
    main(*sys.argv[1:])
