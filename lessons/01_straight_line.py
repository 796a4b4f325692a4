# %% [markdown]
# # 1. A straight line
#
# A machine that writes novels begins with a much humbler task: telling triangles from
# squares. This lesson shows what it means that a machine *decides* something, and why what
# it is told matters more than how clever it is.
#
# You need to know nothing but a little Python. A lesson is made of cells: some hold text,
# others code, and below the code stands what it prints or draws. Run the cells from top to
# bottom, change numbers, and run them again. (How to install what they need stands on the
# page "The lessons".) Code that only draws may be skipped at first.
#
# Two libraries do the work: numpy calculates with whole lists of numbers at once, and
# matplotlib draws. `random` below draws random numbers. Its 1 is a **seed**: with the same
# seed, every run draws the same ones.

# %%
import matplotlib.pyplot as plt
import numpy as np

from drawing import BLUE, GREY, INK, ORANGE, PALE_BLUE, PALE_ORANGE, PAPER, show

random = np.random.default_rng(1)

# %% [markdown]
# ## The line
#
# At school, a straight line was written `f(x) = m x + c`. You put in a number `x`, and get
# a number back. The **slope** `m` says how much the result grows when `x` grows by one. The
# **intercept** `c` is the result when `x` is zero.


# %%
def f(x, m, c):
    return m * x + c


print("f(0) =", f(0, m=4, c=0), " f(1) =", f(1, m=4, c=0), " f(10) =", f(10, m=4, c=0))

# %% [markdown]
# With m = 4 and c = 0, this line happens to know something: put in the side of a square,
# and it answers with the length of the way around it. Nothing in `f` mentions squares. Two
# numbers, chosen well, hold all that it knows. That is true of every machine in these
# lessons, only the numbers become more.
#
# Two numbers that can be chosen make many machines:

# %%
x = np.linspace(0, 10, 2)
figure, (left, right) = plt.subplots(1, 2, sharey=True)
for m, shade in zip([-2, -1, 0, 2, 4], np.linspace(0.25, 1, 5), strict=True):
    left.plot(x, f(x, m, c=5), color=BLUE, alpha=shade)
    left.text(10.2, f(10, m, c=5), f"m = {m}", va="center", color=BLUE, fontsize=10)
for c, shade in zip([-20, -5, 10, 25], np.linspace(0.25, 1, 4), strict=True):
    right.plot(x, f(x, 2, c), color=ORANGE, alpha=shade)
    right.text(10.2, f(10, 2, c), f"c = {c}", va="center", color=ORANGE, fontsize=10)
left.set(title="m turns the line (c = 5)", xlabel="x", ylabel="f(x)", xlim=(0, 12.5))
right.set(title="c moves it up and down (m = 2)", xlabel="x", xlim=(0, 12.5))
show("Left: five lines through one point, slopes from -2 to 4. Right: four parallel lines.")

# %% [markdown]
# ## Shapes
#
# Here is a drawer full of triangles and squares. The squares have sides of 14 to 20 cm, and
# the triangles of 18 to 24 cm, three different ones each.


# %%
def draw_square(side):
    return np.array([[0, 0], [side, 0], [side, side], [0, side]])


def draw_triangle(a, b, c):
    """The corners, from the sides: the ends of side a, and the point where b and c meet."""
    x = (a**2 + b**2 - c**2) / (2 * a)
    return np.array([[0, 0], [a, 0], [x, np.sqrt(b**2 - x**2)]])


squares = [draw_square(side) for side in random.uniform(14.3, 20, size=60)]
triangles = [draw_triangle(*sides) for sides in random.uniform(18, 24, size=(60, 3))]

shown = [*squares[:13], *triangles[:14]]
figure, places = plt.subplots(3, 9, figsize=(6.4, 2.5))
for place, corners in zip(
    places.flat, [shown[number] for number in random.permutation(27)], strict=True
):
    angle = random.uniform(0, 6)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    place.fill(
        *((corners - corners.mean(0)) @ turn).T,
        color=BLUE if len(corners) == 4 else ORANGE,
        alpha=0.9,
    )
    place.set(xlim=(-16, 16), ylim=(-16, 16), aspect="equal")
    place.axis("off")
show("A drawer of triangles and squares of many sizes, turned in all directions.")

# %% [markdown]
# You see at once which is which. A machine sees nothing: it has to be given numbers. A
# number that describes a thing is called a **feature** of it. Two features of a shape are
# the **area** inside it and the **perimeter**, the length of the way around it.


# %%
def features(corners):
    """The area (in square cm) and the perimeter (in cm) of any shape, from its corners."""
    x, y = corners.T
    next_x, next_y = np.roll(corners, -1, axis=0).T
    area = abs((x * next_y - y * next_x).sum()) / 2
    perimeter = np.hypot(next_x - x, next_y - y).sum()
    return area, perimeter


for name, shape in (("square", draw_square(1)), ("triangle", draw_triangle(1, 1, 1))):
    area, perimeter = features(shape)
    print(f"{name} with sides of 1 cm: area {area:.3f}, perimeter {perimeter:.0f}")

# %% [markdown]
# Every shape in the drawer becomes two numbers. Together they form the **data**: one row
# for each shape, with its features and its **label**, the right answer. We write the label
# as a number too: 1 for a square, -1 for a triangle.

# %%
shapes = np.array(
    [features(shape) for shape in squares + triangles]
)  # 120 rows of 2 features
labels = np.array([1] * len(squares) + [-1] * len(triangles))
is_square = labels == 1

print("   area  perimeter  label")
for (area, perimeter), label in list(zip(shapes, labels, strict=True))[57:63]:
    print(f"{area:7.1f} {perimeter:10.1f} {label:6}")

# %% [markdown]
# ## One feature is not enough
#
# Could one of the two numbers do? Then there would be a limit: squares above it, triangles
# below.

# %%
figure, sides = plt.subplots(1, 2, figsize=(6.4, 2.9))
for side, column, name in zip(
    sides, (0, 1), ("area in square cm", "perimeter in cm"), strict=True
):
    bins = np.linspace(shapes[:, column].min(), shapes[:, column].max(), 22)
    side.hist(shapes[is_square, column], bins, color=BLUE, alpha=0.75, label="squares")
    side.hist(shapes[~is_square, column], bins, color=ORANGE, alpha=0.75, label="triangles")
    side.set(xlabel=name)
sides[0].set(ylabel="shapes")
sides[1].legend()
show("Two histograms. Some squares and triangles have the same area or the same perimeter.")

for column, name in enumerate(("area", "perimeter")):
    values = shapes[:, column]
    fewest = min(np.sum((values > limit) != is_square) for limit in values)
    print(f"by {name} alone, the best limit makes {fewest} mistakes among {len(values)}")

# %% [markdown]
# The piles overlap. A large triangle has more inside it than a small square. No limit puts
# all of them right.
#
# ## Two features are a plane
#
# Now use both numbers at once: the area says how far to the right a shape lies, and the
# perimeter how far up. Each shape is a point of a plane.

# %%
figure, plane = plt.subplots()
plane.scatter(*shapes[is_square].T, marker="s", color=BLUE, label="squares")
plane.scatter(*shapes[~is_square].T, marker="^", color=ORANGE, label="triangles")
plane.set(xlabel="area in square cm", ylabel="perimeter in cm")
plane.legend()
show("Each shape as a point. The squares lie on a curve, the triangles to the left of it.")

# %% [markdown]
# In the plane they lie apart, and a ruler would fit between them. Two features that are
# useless alone decide together.
#
# A line in a plane needs one number more than before. There are two features now, so there
# are two slopes, one for each: `f(x) = m1 · x1 + m2 · x2 + c`. Written as lists of numbers,
# `m = (m1, m2)` and `x = (x1, x2)`, it is again `f(x) = m x + c`, where `m x` means:
# multiply them in pairs, and add up. This is called the **dot product**, and Python writes
# it `m @ x`.
#
# The sign of the result is the decision: above zero, "square", and below zero, "triangle".
# The points where f is exactly zero form a straight line, the **decision boundary**. On one
# side of it everything is called a square, on the other everything a triangle.
#
# A workshop of 2017, from which these lessons come, used the line with m = (1, -3.5) and c
# = 0:

# %%
m, c = np.array([1, -3.5]), 0


def f(x, m, c):
    return x @ m + c


print("f of the point (3, 1) is", f(np.array([3, 1]), m, c))
print("f of a square of 20 cm is", f(np.array(features(draw_square(20))), m, c))
triangle = np.array(features(draw_triangle(20, 20, 20)))
print(f"f of a triangle of 20, 20 and 20 cm is {f(triangle, m, c):.1f}")

# %% [markdown]
# The first point is the workshop's own example: 1 · 3 - 3.5 · 1 + 0 = -0.5, below zero,
# hence a triangle. We come back to it.
#
# Does this line put our drawer in order? It does:

# %%
mistakes = np.sum(np.sign(f(shapes, m, c)) != labels)
print(f"{mistakes} mistakes among {len(shapes)} shapes")

areas, perimeters = np.meshgrid(np.linspace(100, 420, 200), np.linspace(50, 85, 200))
values = f(np.stack([areas, perimeters], axis=-1), m, c)

figure, plane = plt.subplots()
plane.contourf(
    areas, perimeters, values, levels=[-1e9, 0, 1e9], colors=[PALE_ORANGE, PALE_BLUE]
)
heights = plane.contour(
    areas, perimeters, values, levels=range(-200, 250, 50), colors=GREY, linewidths=0.7
)
plane.clabel(heights, fontsize=8)
plane.contour(areas, perimeters, values, levels=[0], colors=INK, linewidths=2)
plane.scatter(*shapes[is_square].T, marker="s", color=BLUE, edgecolor=PAPER, linewidth=0.5)
plane.scatter(
    *shapes[~is_square].T, marker="^", color=ORANGE, edgecolor=PAPER, linewidth=0.5
)
plane.set(
    xlabel="area in square cm",
    ylabel="perimeter in cm",
    title="f = 1 · area - 3.5 · perimeter + 0",
)
show("A straight line cuts the plane in two, with all squares on one side of it.")

# %% [markdown]
# The thin lines say how far above or below zero f is. Points far from the boundary get
# large numbers, points near it small ones. So the sign is the answer, and the size tells
# how clear the case is.
#
# ## Other lines
#
# Where do 1 and -3.5 come from? Somebody has looked at the picture. What happens with other
# numbers? Keep the first slope and turn the second one through many values, counting
# mistakes for each.

# %%
slopes = np.linspace(-7, 0, 141)
counts = [np.sum(np.sign(f(shapes, np.array([1, slope]), c)) != labels) for slope in slopes]

figure, axes = plt.subplots(figsize=(6.4, 2.9))
axes.plot(slopes, counts, color=INK)
axes.fill_between(slopes, counts, color=PALE_BLUE)
arrow = {"arrowstyle": "->", "color": INK}
axes.annotate("the workshop's -3.5", (-3.5, 0), (-1.3, 20), ha="center", arrowprops=arrow)
axes.set(xlabel="second slope, for the perimeter", ylabel="mistakes of 120", ylim=(0, None))
show("A valley: many mistakes for slopes near -7 and near 0, none around -3.5.")

perfect = slopes[np.array(counts) == 0]
print(f"no mistakes from {perfect.min():.2f} to {perfect.max():.2f}")

# %% [markdown]
# There is a valley, and its floor is flat: many lines are perfect. To **learn** means no
# more than this: to find numbers at which a machine makes few mistakes. We have just done
# it by trying all values of one number. That is possible with one number, and hopeless with
# a million. The next lesson finds both slopes and the intercept without trying them all.
#
# ## What a line doesn't know
#
# Back to the workshop's point: (3, 1), area 3 and perimeter 1. Is there such a shape? No
# shape holds more inside a given perimeter than a circle does. Let's see how much that is,
# for shapes with more and more equal sides, and for the circle.

# %%
for number in (3, 4, 6, 100):
    angles = 2 * np.pi * np.arange(number) / number
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    area, _ = features(corners / features(corners)[1])  # shrunk to a perimeter of 1
    print(f"{number:3} equal sides, perimeter 1: area {area:.3f}")
radius = 1 / (2 * np.pi)  # of a circle with perimeter 1
print(f"the largest area within a perimeter of 1 is {np.pi * radius**2:.3f}")

# %% [markdown]
# So a shape with area 3 and perimeter 1 is impossible, and the line has called it a
# triangle without hesitation. A machine answers *every* question. It has not understood
# what a shape is, it has two slopes and an intercept. And what does it say about squares of
# other sizes than those in the drawer?

# %%
for side in (1, 5, 10, 13, 15, 20, 40):
    value = f(np.array(features(draw_square(side))), m, c)
    answer = "square" if value > 0 else "triangle"
    print(f"a square of {side:2} cm: f = {value:7.1f}, so it is called a {answer}")

# %% [markdown]
# Squares below 14 cm are triangles for it: it never saw any. Being right on the examples is
# not the same as being right. Later lessons therefore always keep some examples back, to be
# used for nothing but the test.
#
# There are two ways out. One is a better machine: that is what most of the coming lessons
# are about. The other is a better feature. A shape twice as large has twice the perimeter,
# but *four* times the area. So compare the area with the perimeter **squared**: then size
# no longer matters.

# %%
sizes = [1, 5, 10, 20, 40]
print("side   square: area / perimeter²   triangle: area / perimeter²")
for side in sizes:
    square, triangle = (
        features(draw_square(side)),
        features(draw_triangle(side, side, side)),
    )
    ratios = [area / perimeter**2 for area, perimeter in (square, triangle)]
    print(f"{side:4} {ratios[0]:26.4f} {ratios[1]:28.4f}")

# %% [markdown]
# The same two numbers at every size. A limit anywhere between them is right for all squares
# and all triangles in the world, for of all triangles the one with equal sides has the most
# inside. We try it on shapes from 1 mm to 1 km:

# %%
new_squares = [draw_square(side) for side in 10 ** random.uniform(-1, 5, size=500)]
new_triangles = [
    draw_triangle(*(size * random.uniform(1, 1.9, size=3)))
    for size in 10 ** random.uniform(-1, 5, size=500)
]
new_shapes = np.array([features(shape) for shape in new_squares + new_triangles])
new_labels = np.array([1] * 500 + [-1] * 500)

old = np.sum(np.sign(f(new_shapes, m, c)) != new_labels)
squared = new_shapes ** np.array([1, 2])  # the area, and the perimeter squared
new = np.sum(np.sign(f(squared, np.array([1, -0.055]), 0)) != new_labels)
print(f"area and perimeter:         {old} mistakes among 1,000 new shapes")
print(f"area and perimeter squared: {new} mistakes")

figure, (left, right) = plt.subplots(1, 2)
for side, power, limit in ((left, 1, 3.5), (right, 2, 0.055)):
    for chosen, marker, color in (
        (new_labels == 1, "s", BLUE),
        (new_labels == -1, "^", ORANGE),
    ):
        area, perimeter = new_shapes[chosen][::3].T
        side.scatter(perimeter, area / perimeter**power, s=9, marker=marker, color=color)
    side.axhline(limit, color=INK)
    side.set(xscale="log", xlabel="perimeter in cm")
left.set(yscale="log", ylabel="area / perimeter", title=f"{old} of 1,000 wrong")
right.set(ylim=(0, 0.08), ylabel="area / perimeter²", title=f"{new} of 1,000 wrong")
show("Left: the line cuts through both kinds. Right: it runs between them.")

# %% [markdown]
# (The black lines are the decision boundaries: f is zero where the area is 3.5 times the
# perimeter, or 0.055 times the perimeter squared. Some axes count in powers of ten, so that
# a millimetre and a kilometre fit into one picture.)
#
# The line is still a line. The feature has become cleverer, since somebody who knew
# geometry chose it. Here is the question that the rest of these lessons answers: what are
# the features of a *novel*? Nobody knows numbers such that a straight line through them
# writes one. So the machine has to find its features by itself. Lesson 3 shows the first
# one that does.
#
# ## What to keep
#
# - A machine is a formula with numbers in it that can be chosen. To learn is to find
#   numbers with few mistakes.
# - It sees features only, and answers every question, a nonsensical one too.
# - Two features with a straight decision boundary can do what none of them can alone.
# - Being right on examples that one has seen says little. New ones decide.
#
# ## Exercises
#
# **1.** Keep m = (1, -3.5). For which values of c does the line still make no mistake? Try
# c from -60 to 60.

# %% tags=["solution"] jupyter={"source_hidden": true}
good = [c for c in range(-60, 61) if np.all(np.sign(f(shapes, m, c)) == labels)]
print(f"no mistakes for c from {good[0]} to {good[-1]}")

# %% [markdown]
# **2.** Multiply both slopes and the intercept by 10. What changes, what stays? What if you
# multiply them by -1?

# %% tags=["solution"] jupyter={"source_hidden": true}
for factor in (1, 10, -1):
    value = f(np.array([3, 1]), factor * m, factor * c)
    wrong = np.sum(np.sign(f(shapes, factor * m, factor * c)) != labels)
    print(f"times {factor:3}: f of (3, 1) is {value:4.1f}, {wrong} mistakes")
print(
    "The boundary stays. A negative factor swaps its sides: every answer is turned round."
)

# %% [markdown]
# **3.** Replace the triangles by circles. Can a line with area and perimeter squared tell
# squares from circles? Where should it lie?

# %% tags=["solution"] jupyter={"source_hidden": true}
print(f"area / perimeter² of a square is {1 / 16:.4f}, of a circle {1 / (4 * np.pi):.4f}")
print("So any limit between the two does, such as f = area - 0.07 · perimeter².")
