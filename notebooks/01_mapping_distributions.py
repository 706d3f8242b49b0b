# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,picture,jupyter,alt,-all
#     notebook_metadata_filter: kernelspec,-jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1 · Mapping distributions
#
# How do you invent a new handwritten digit? You need two things: a way to draw something at random, and a way to turn it
# into a digit. Together they are a **generative model**: a model that new objects can be drawn from. This notebook is
# about how the two fit together. It begins with a distribution that is known only from examples. Then it shows how a
# function turns one distribution into another, and what a *variational autoencoder* (VAE) has to do with this: it learns
# such a function.
#
# You need Python with NumPy and a first course in probability: density, distribution function, normal distribution. Two
# pieces of mathematics help in one place each: eigenvectors, and the determinant of a Jacobian matrix. No neural network
# is trained here, and TensorFlow is not loaded; everything runs in seconds.

# %%
import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
from scipy import integrate, optimize, spatial, stats

from course.diagrams import draw_vae_idea
from course.display import folded
from course.exercises.mapping import (
    check_density_in_the_disc,
    check_log_normal_density,
    check_to_triangle,
)
from vaelib.data import load_mnist
from vaelib.latent import quantile_grid
from vaelib.visual.plots import plot_digits

sns.set_theme(context="notebook", style="ticks", palette="colorblind")
set_matplotlib_formats("retina")
BLUE, ORANGE = sns.color_palette()[:2]

# %% [markdown]
# ## A distribution known only from examples
#
# An *autoencoder* has two parts. Its *encoder* turns an object into a few numbers, the *code*, and its *decoder* restores the object from them ([notebook 00](00_autoencoders.ipynb) trains several). The simplest one
# needs no neural network: it is *principal component analysis*. The encoder subtracts the mean picture and
# takes the coordinates along the directions in which the pictures vary most. The decoder multiplies each direction by
# the corresponding number of the code, and adds the results to the mean picture. Of all *linear* autoencoders with a code of this length, it
# has the smallest squared error on the pictures it was computed from. (We also clip the decoded values to the range from 0 to 1, where all pixels lie.)
#
# Let us encode handwritten zeros and ones with two numbers each, code 1 and code 2. The digits come with the course
# (MNIST, 28 by 28 pixels).

# %%
(x_all, y_all), _ = load_mnist()
is_0_or_1 = y_all <= 1
pictures = x_all[is_0_or_1].reshape(-1, 28 * 28).astype("float64")
labels = y_all[is_0_or_1]
n, pixels = pictures.shape
print(n, "pictures of", np.unique(labels), "with", pixels, "pixels each")


# %% [markdown]
# The directions are the eigenvectors of the pixels' covariance matrix with the largest eigenvalues. The negative of an
# eigenvector would do as well, so we fix the sign by a rule; this keeps the figures the same on every machine.

# %%
center = pictures.mean(axis=0)
_, eigenvectors = np.linalg.eigh(np.cov(pictures.T))
directions = eigenvectors[:, :-3:-1].T  # the last two, largest first
directions *= np.sign(directions.sum(axis=1, keepdims=True))


def encode(pictures):
    """Two numbers for each picture, shape (n, 2)."""
    return (pictures - center) @ directions.T


def decode(codes):
    """Pictures from their codes, shape (n, 28, 28)."""
    return (center + codes @ directions).clip(0, 1).reshape(-1, 28, 28)


codes = encode(pictures)

# %% [markdown]
# It works, roughly. The top row shows some digits, the bottom row what is left of them after passing through two numbers.

# %% alt="Twelve handwritten zeros and ones above the same digits decoded from two numbers each: blurred, but most are still clearly a zero or a one."
originals = pictures[:12].reshape(-1, 28, 28)
plot_digits(originals, decode(codes[:12]), labels=["picture", "from its code"])
plt.show()

# %% [markdown]
# So we have a decoder. For a *new* picture we only need a new code. From which distribution should we draw it? We know
# thousands of codes, but not the distribution they came from: nobody chose it; it results from the data and the encoder. (A stored
# code would only give back an old picture, and with a little noise added, one much like it.) A simple guess is the
# normal distribution that has their mean and covariance.

# %%
rng = np.random.default_rng(0)
guessed = rng.multivariate_normal(codes.mean(axis=0), np.cov(codes.T), size=3000)

# %% alt="Codes in the plane. Left, real pictures: a narrow upright lump of ones and a round lump of zeros, with a nearly empty strip between them. Right, draws from the normal distribution: one oval cloud, densest where the strip is, and wider than either lump."
fig, axes = plt.subplots(
    1, 2, figsize=(9.6, 4.3), sharex=True, sharey=True, layout="constrained"
)
for digit, color in [(0, BLUE), (1, ORANGE)]:
    some = codes[:3000][labels[:3000] == digit]
    axes[0].scatter(*some.T, s=4, color=color, label=f"codes of {digit}s")
axes[1].scatter(*guessed.T, s=4, color="0.45")
axes[0].set(title="codes of 3000 real pictures", xlabel="code 1", ylabel="code 2")
axes[0].legend(loc="lower right", markerscale=4)
axes[1].set(title="3000 draws from the normal distribution", xlabel="code 1")
plt.show()

# %% [markdown]
# The two have the same mean and covariance, and little else in common. The codes lie in two lumps of odd shapes with a
# gap between them. Many draws from the normal distribution fall into the gap, or beyond the lumps. How many? Let us call a place
# *empty* if its nearest real code is farther away than 99 % of the real codes are from their own nearest neighbours. (So
# 1 % of the real codes lie in empty places themselves.)


# %%
def between(code_1):
    """Which of these values of code 1 lie in the strip between the two lumps."""
    return (code_1 > -1.5) & (code_1 < 0)


in_strip = between(guessed[:, 0])
tree = spatial.KDTree(codes)
to_neighbour = tree.query(codes, k=2)[0][:, 1]  # the nearest is the code itself
empty = tree.query(guessed)[0] > np.quantile(to_neighbour, 0.99)
print(f"{empty.mean():.0%} of the draws fall where there are no codes, or next to none")
print(f"in the strip between the lumps: {in_strip.mean():.0%} of the draws, ", end="")
print(f"{between(codes[:, 0]).mean():.0%} of the real codes")
print(
    f"of the draws in the strip, {empty[in_strip].mean():.0%} are in empty places; ",
    end="",
)
print(f"of those in empty places, {in_strip[empty].mean():.0%} are in the strip")

# %% [markdown]
# So the two overlap only in part. Most draws in empty places are not in the strip, and most draws in the strip do have a real code nearby. The strip, where code 1 is between $-1.5$ and $0$, is more interesting. What does a code from
# there decode to? The top row decodes draws that fell there, the bottom row the codes of real pictures.

# %% alt="Twelve decoded digits in two rows. Top, draws from the strip: nearly all are a pale zero with a one through it. Bottom, codes of real pictures: most are clearly a zero or a one."
in_between = guessed[in_strip][:12]
assert len(in_between), "No draw fell into the strip: `between` has to fit the digits."
plot_digits(decode(in_between), decode(codes[:12]), labels=["in between", "real codes"])
plt.show()

# %% [markdown]
# Nearly all digits in the top row are a pale zero with a one through it. Some in the bottom row are blurred in the same
# way, since two numbers hold little, but most are clearly a zero or a one. The linear decoder averages pictures, so a code half-way decodes
# to a zero with a one through it. But it is not to blame for a guess that misses the distribution of the codes. At the end of [notebook 00](00_autoencoders.ipynb#Nobody-knows-where-to-draw) the codes came
# from a deep autoencoder, and there, too, some draws from a fitted normal distribution went astray, into what we call *empty places* here. How much this
# harms the pictures differs between models; [notebook 03](03_vae_in_keras.ipynb#What-the-KL-buys) looks at one.
#
# The space that the codes live in is called the *latent space*, and this is what we ask of it:
#
# > We must know the distribution of its codes, so that we can draw from it.
#
# There are two ways out. Either we learn the odd distribution of the codes, or we **choose** a convenient distribution
# and make the codes follow it. The VAE takes the second way. The rest of this notebook is about why this can work at
# all: how can something as simple as a normal distribution produce objects as varied as these?

# %% [markdown]
# ## A cloud becomes a ring
#
# A function turns one distribution into another. Draw $z$ and compute $x = g(z)$: that is a way to draw $x$, and its
# distribution can look nothing like that of $z$. This example is from Doersch's tutorial [1]. Draw 150 points from the
# standard normal distribution in the plane, $z \sim \mathcal N(0, I)$ (two independent standard normal coordinates), and
# apply to each of them
#
# $$g(z) = \frac{z}{\lVert z \rVert} + \frac{z}{10}.$$


# %%
def g(z):
    """Points of the plane, shape (n, 2), to a ring."""
    return z / np.linalg.norm(z, axis=-1, keepdims=True) + z / 10


z = np.random.default_rng(1).normal(size=(150, 2))
x = g(z)

# %% alt="150 points. Left, on axes to 5: a round cloud, densest in the middle. Right, on axes to 2: the same points after g, a ring with a radius of a little more than 1 and nothing inside."
fig, axes = plt.subplots(1, 2, figsize=(9.6, 4.6), layout="compressed")
panels = [(axes[0], z, BLUE, "z", 5), (axes[1], x, ORANGE, "x", 2)]
for ax, points, color, name, limit in panels:
    ax.scatter(*points.T, s=18, color=color)
    ax.locator_params(nbins=5)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    ax.set(xlabel=f"${name}_1$", ylabel=f"${name}_2$")
axes[0].set_title(r"$z \sim \mathcal{N}(0, I)$")
axes[1].set_title("$x = g(z)$")
plt.show()

# %% [markdown]
# A cloud went in, and a ring came out. (Note the different axes: ±5 on the left, ±2 on the right.) To draw a new point of the ring
# we need no formula for the ring's distribution. We draw $z$, for which NumPy has a generator, and apply $g$.
#
# With 400 000 points we see the distributions themselves: the darker a place, the more points fall there.

# %% alt="Densities of 400 000 points. Left, the cloud: highest in the middle, about 0.16, and falling off outwards. Right, the ring: white inside, darkest near radius 1.1, where the density reaches nearly 0.9."
rng = np.random.default_rng(2)
many_z = rng.normal(size=(400_000, 2))
many_x = g(many_z)

fig, axes = plt.subplots(1, 2, figsize=(9.6, 4.6), layout="compressed")
panels = [(axes[0], many_z, "Blues", "z", 5), (axes[1], many_x, "Oranges", "x", 2)]
for ax, points, cmap, name, limit in panels:
    box = (-limit, limit)
    how = {"bins": 100, "binrange": (box, box), "stat": "density", "cbar": True}
    how |= {"cmap": cmap, "cbar_kws": {"label": "density"}}
    sns.histplot(x=points[:, 0], y=points[:, 1], ax=ax, **how)
    ax.locator_params(nbins=5)
    ax.set(xlim=box, ylim=box, aspect="equal")
    ax.set(xlabel=f"${name}_1$", ylabel=f"${name}_2$")
plt.show()

# %% [markdown]
# The numbers beside the colour bars are densities: the share of all points per unit of area. At its darkest, the ring is more than five
# times as dense as the middle of the cloud, because the same points share less room. We will come back to that.

# %% [markdown]
# ### What the map does
#
# Where does each point go? Arrows carry twelve points across: those near the middle are pushed out, those far away are
# pulled in.

# %% alt="Arrows from twelve points z to g(z). Four points near the origin move outwards and eight far away move inwards, each straight along its radius, to a distance of about 1.0 or 1.2."
angles = np.concatenate([np.arange(4) * np.pi / 2 + 0.4, np.arange(8) * np.pi / 4])
lengths = np.repeat([0.3, 2.4], [4, 8])  # four near the middle, eight far away
chosen = np.stack([lengths * np.cos(angles), lengths * np.sin(angles)], axis=1)

fig, ax = plt.subplots(figsize=(4.8, 4.6), layout="constrained")
ax.scatter(*chosen.T, color=BLUE, s=40, zorder=3, label="$z$")
ax.scatter(*g(chosen).T, color=ORANGE, s=40, zorder=3, marker="s", label="$g(z)$")
arrow = {"arrowstyle": "->", "color": "0.3", "shrinkA": 4, "shrinkB": 4}
for start, end in zip(chosen, g(chosen), strict=True):
    ax.annotate("", end, start, arrowprops=arrow)
ax.set(xlim=(-2.7, 2.7), ylim=(-2.7, 2.7), aspect="equal")
ax.set(xlabel="first coordinate", ylabel="second coordinate")
ax.legend(loc="upper right")
plt.show()

# %% [markdown]
# Since $g$ is defined at every point but 0, and not only where points happened to fall, we can watch it bend a whole
# grid.

# %% alt="Left, a square grid of straight lines. Right, the same grid after g: the lines bend round an empty disc of radius 1, and are squeezed into a band between radius 1 and about 1.4."
along, levels = np.linspace(-3, 3, 601), np.arange(-2.75, 3, 0.5)

fig, axes = plt.subplots(1, 2, figsize=(9.6, 4.8), layout="compressed")
for level in levels:
    upright = np.stack([np.full_like(along, level), along], axis=1)
    for line, color in [(upright, BLUE), (upright[:, ::-1], ORANGE)]:
        axes[0].plot(*line.T, color=color, linewidth=1)
        axes[1].plot(*g(line).T, color=color, linewidth=1)
panels = [(axes[0], "z", "a grid"), (axes[1], "x", "the same grid after $g$")]
for ax, name, title in panels:
    ax.set(aspect="equal", title=title, xlabel=f"${name}_1$", ylabel=f"${name}_2$")
plt.show()

# %% [markdown]
# No line of this grid passes through 0, so each stays one line, and lines cross only where they crossed before. The plane
# is torn at a single point, 0, which opens into a hole. Lines that were close together near the origin are spread round
# the whole ring, while the rest of the grid, out to a distance of about 4, is squeezed into a thin band.

# %% [markdown]
# ## Taking the ring apart
#
# The map is so simple that we can know everything about its result. Here are four facts, each with its check.
#
# ### Its radius
#
# Both summands of $g$ point in the direction of $z$, with lengths 1 and $\lVert z \rVert / 10$. So
#
# $$\lVert g(z) \rVert = 1 + \frac{\lVert z \rVert}{10}$$
#
# exactly, and the direction stays as it was. One circle does not move at all: the one with $r = 1 + r/10$, that is,
# with radius $r = 10/9$.

# %%
radius_z, radius_x = np.linalg.norm(many_z, axis=1), np.linalg.norm(many_x, axis=1)
error = np.abs(radius_x - (1 + radius_z / 10)).max()
print("largest error below 1e-12:", error < 1e-12)
print(f"mean radius {radius_x.mean():.3f}, deviation {radius_x.std():.3f}")
still = np.array([[10 / 9, 0], [0, -10 / 9]])
print("r = 10/9 stays:", np.allclose(g(still), still, rtol=0, atol=1e-12))

# %% [markdown]
# ### The distribution of its radius
#
# The length of a draw from $\mathcal N(0, I)$ in the plane has a distribution with a name: the *Rayleigh distribution*, with
# density $r\,e^{-r^2/2}$. Our radius is such a length, made ten times smaller and shifted by 1. SciPy has this
# distribution; here is its density over a histogram of our points.

# %% alt="Histogram of the radius of 400 000 points: it starts at 1, peaks at 1.1 and has almost ended at 1.4. The curve of the shifted and scaled Rayleigh density runs along its top."
rayleigh = stats.rayleigh(loc=1, scale=1 / 10)

fig, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
how = {"bins": 100, "stat": "density", "element": "step", "color": ORANGE}
sns.histplot(radius_x, ax=ax, label="400 000 points", **how)
r = np.linspace(1, 1.55, 300)
label = "Rayleigh, shifted by 1, scaled by 1/10"
ax.plot(r, rayleigh.pdf(r), color="black", label=label)
ax.set(xlabel=r"radius $\Vert x \Vert$", xlim=(0.95, 1.55))
ax.set(ylabel="density per unit of length")
ax.legend()
plt.show()

# %% [markdown]
# A curve over a histogram convinces the eye. A test is stricter. The Kolmogorov–Smirnov test looks for the largest
# distance between the distribution function of the points and the one that we claim, and says how probable a distance at least that large would be if the
# points did come from this distribution (the *p-value*). To see that it can say no, we also give it a wrong answer, a
# scale that is only 2 % too large.

# %%
for name, scale in [("scale 0.100", 0.1), ("scale 0.102", 0.102)]:
    result = stats.kstest(radius_x, stats.rayleigh(loc=1, scale=scale).cdf)
    print(f"{name}: distance {result.statistic:.4f}, p-value {result.pvalue:.2g}")

# %% [markdown]
# Our points give no reason to doubt the right scale; the wrong one is ruled out.
#
# ### The way back
#
# From $x$ we can find the $z$ it came from. It has the same direction, and its length is the formula above solved for
# $\lVert z \rVert$:
#
# $$g^{-1}(x) = 10\,(\lVert x \rVert - 1)\,\frac{x}{\lVert x \rVert}.$$


# %%
def g_inverse(x):
    """Back from the ring, for points with ‖x‖ > 1."""
    radius = np.linalg.norm(x, axis=-1, keepdims=True)
    return 10 * (radius - 1) * x / radius


error = np.abs(g_inverse(many_x) - many_z).max()
print("there and back, largest error below 1e-12:", error < 1e-12)

# %% [markdown]
# The inverse exists wherever $\lVert x \rVert > 1$, and only there. No point is mapped into the unit circle. The circle
# itself belongs to the one point where $g$ is not defined, the origin. There $z / \lVert z \rVert$ has no value, and if
# you approach it from different sides, you arrive at different points of the circle.

# %%
with np.errstate(invalid="ignore"):
    print("g(0) =", g(np.zeros((1, 2)))[0])
sides = np.array([[1, 0], [0, 1], [-1, 0], [0.6, -0.8]])
print(g(1e-9 * sides).round(6) + 0.0)

# %% [markdown]
# A single point has probability zero, so no draw will ever hit it. This map tears the plane at one point; another could
# have wrapped it round the ring without a tear. (For instance, let $z_1$ set the angle, $2\pi\Phi(z_1)$ with the normal
# distribution function $\Phi$, and let $z_2$ set the radius.) But no continuous function can make two lumps with nothing
# at all between them. A path from one $z$ to another becomes a path between their images, and that has to cross the gap.
# (Our codes come close to this: only 1 % lie in the strip.) A neural network is a continuous function. The best it can do
# is to cross the gap so steeply that few draws land there. This is one reason why some samples of a VAE can be mixtures of two
# kinds of object.
#
# ### Its density
#
# How dense is the ring at $x$? A little patch around $z = g^{-1}(x)$ keeps its probability when it is carried over, but
# its area changes, and so does the density. The factor is the determinant of the Jacobian matrix of $g^{-1}$:
#
# $$p_X(x) = p_Z\bigl(g^{-1}(x)\bigr)\;\Bigl|\det \frac{\partial g^{-1}(x)}{\partial x}\Bigr|.$$
#
# Along the radius, $g^{-1}$ stretches by 10. Across it, a circle of radius $\lVert x \rVert$ becomes one of radius
# $10(\lVert x \rVert - 1)$, so it is stretched by $10(\lVert x \rVert - 1) / \lVert x \rVert$. The two directions are
# perpendicular, before and after, so the determinant is the product of the two factors:
#
# $$\Bigl|\det \frac{\partial g^{-1}}{\partial x}\Bigr| = \frac{100\,(\lVert x \rVert - 1)}{\lVert x \rVert}.$$


# %%
def jacobian_determinant(x):
    """Of the way back, where ‖x‖ > 1; 0 inside the circle, which no point reaches."""
    radius = np.linalg.norm(x, axis=-1)
    return 100 * np.maximum(radius - 1, 0) / np.maximum(radius, 1)


def density_of_x(x):
    """Density of the ring at points of shape (..., 2)."""
    return stats.norm.pdf(g_inverse(x)).prod(axis=-1) * jacobian_determinant(x)


# %% [markdown]
# We check the determinant at one point, with derivatives taken by small steps:

# %%
point = np.array([0.9, 0.7])
by_steps = abs(np.linalg.det(optimize.approx_fprime(point, g_inverse)))
print(f"by formula {jacobian_determinant(point):.4f}, by small steps {by_steps:.4f}")

# %% [markdown]
# A density must integrate to 1. We let SciPy integrate over a quarter of the plane, without mentioning circles; then
# again without the determinant, to see what it is good for. (The square ends at 2; beyond that, the density is below
# $10^{-20}$.)


# %%
def without_determinant(x):
    """What one might write down, forgetting that areas change."""
    return stats.norm.pdf(g_inverse(x)).prod(axis=-1) * (np.linalg.norm(x, axis=-1) > 1)


for name, density in [("with", density_of_x), ("without", without_determinant)]:
    quarter = integrate.cubature(density, [0, 0], [2, 2], rtol=0, atol=1e-5)
    print(f"{name + ' the determinant':24}{4 * quarter.estimate:.4f}")

# %% [markdown]
# Without the determinant only 14 % of the probability is left: that is no density.
#
# Here is the density that the formula gives, on the left. On the right you see the same density along a radius, over what
# our points say: the share of them in each of 60 thin rings, divided by the ring's area.

# %% alt="Left, the density by the formula: a ring, empty inside, darkest near radius 1.1. Right, along a radius: the formula's curve, from 0 at radius 1 to almost 0.9 near 1.1, runs along the top of the counted shares of points."
axis = np.linspace(-2, 2, 300)  # an even number: 0 itself is left out
plane = np.stack(np.meshgrid(axis, axis), axis=-1)
counts, edges = np.histogram(radius_x, bins=60, range=(1, 1.6))
per_area = counts / len(radius_x) / (np.pi * np.diff(edges**2))
by_formula = density_of_x(np.stack([r, 0 * r], axis=1))

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.6, 4), layout="constrained", width_ratios=[1, 1.1]
)
on_plane = density_of_x(plane)
on_plane[on_plane < 0.001] = np.nan  # white
image = left.pcolormesh(axis, axis, on_plane, cmap="Oranges", vmin=0)
fig.colorbar(image, ax=left, shrink=0.85, label="density")
left.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$", title="density by the formula")
right.stairs(per_area, edges, fill=True, color=ORANGE, alpha=0.5, label="points")
right.plot(r, by_formula, color="black", label="formula")
right.set(xlabel=r"radius $\Vert x \Vert$", ylabel="density per unit of area")
right.set_title("the same along a radius")
right.legend()
plt.show()

# %%
top = optimize.minimize_scalar(
    lambda r: -density_of_x(np.array([r, 0.0])), bounds=(1, 2), method="bounded"
)
print(f"highest density {-top.fun:.3f} at radius {top.x:.3f}; ", end="")
print(f"in the middle of the cloud {stats.norm.pdf(0) ** 2:.3f}")

# %% [markdown]
# This is the factor of more than five that the colour bars showed. (Don't confuse this curve with the earlier density of the radius, although both have their peak near 1.1.
# The earlier one is probability per unit of *length* along the radius, this one per unit of *area*. A thin ring of radius $r$ and width $dr$ has the area
# $2\pi r\,dr$, so the earlier density is $2\pi r$ times this one.)
#
# Remember two things. A simple generator and a function are enough to *sample* from a complicated distribution.
# But to know its *density*, we need the inverse and a determinant.
#
# For a neural network that turns 2 numbers into 784 pixels we have neither. Its outputs lie on a thin sheet in the space
# of all pictures. The sheet has no volume, so these outputs have no density in that space at all. The VAE has a way round this: its decoder does not give a picture, but a distribution of
# pictures, for instance, for each pixel, the probability that it is black. Now every black-and-white picture $X$ has a probability,
#
# $$P(X) = \int P(X|z)\,p(z)\,dz,$$
#
# where $p(z)$ is the density of the normal distribution. (Grey pictures follow in notebook 02b.) With two latent numbers this integral can be computed on a
# grid, as [notebook 06](06_how_good_is_it.ipynb) does. But the number of points grows exponentially with the
# dimension: 100 along each axis are 10 000 in the plane, and $10^{40}$ for a code of 20 numbers. Even in the plane a grid would be slow at every step of training. So a VAE is trained with
# the *evidence lower bound* (ELBO) instead, the subject of notebooks [02a](02a_deriving_the_elbo.ipynb) and [02b](02b_raising_the_bound.ipynb).

# %% [markdown]
# ## In one dimension, a recipe
#
# For the ring, somebody found a function. Is there one for *any* distribution? In one dimension there is, and we can
# give a recipe.
#
# 1. Let $z$ be standard normal. Its distribution function $\Phi(z)$, the probability of lying to the left of $z$, turns
#    it into a number that is uniform between 0 and 1.
# 2. The *quantile function* $F^{-1}$ of the wanted distribution does the opposite: given a probability, it finds the
#    value that has exactly that probability to its left. (If the distribution has jumps, as a die has, it takes the
#    smallest value with at least that probability at or below it.)
#
# One after the other, $F^{-1}(\Phi(z))$, they turn a normal variable into one with any distribution we want. For a continuous distribution the proof is one line:
#
# $$P\bigl(F^{-1}(\Phi(z)) \le x\bigr) = P\bigl(\Phi(z) \le F(x)\bigr) = P\bigl(z \le \Phi^{-1}(F(x))\bigr) = \Phi\bigl(\Phi^{-1}(F(x))\bigr) = F(x).$$
#
# We first generate waiting times,
# which are exponentially distributed, with $F^{-1}(u) = -\log(1 - u)$:

# %%
z_line = np.random.default_rng(3).normal(size=10_000)


def to_waiting_time(z):
    """Normal numbers to exponential ones with mean 1."""
    return stats.expon.ppf(stats.norm.cdf(z))


test = stats.kstest(to_waiting_time(z_line), stats.expon.cdf)
print(f"distance from the exponential {test.statistic:.4f}, p-value {test.pvalue:.2f}")

# %% [markdown]
# And now something without a formula: code 1 of our zeros and ones, with its two lumps and a gap. Its quantile function
# can be read off the data: the value below which 10 % of the codes lie, the value below which 20 % lie, and so on. We
# take it from one half of the pictures, and compare what we draw with the other half.

# %%
first, second = codes[::2, 0], codes[1::2, 0]


def to_code(z):
    """Normal numbers to first codes of zeros and ones."""
    return np.quantile(first, stats.norm.cdf(z))


test = stats.ks_2samp(to_code(z_line), second)
print(f"distance from the other half {test.statistic:.4f}, p-value {test.pvalue:.2f}")
test = stats.ks_2samp(first.mean() + first.std() * z_line, second)
print("a normal with their mean and spread: ", end="")
print(f"distance {test.statistic:.4f}, p-value {test.pvalue:.2g}")

# %% [markdown]
# Here the test cannot tell the mapped numbers from their target in either case. It does tell the fitted normal from the codes. (For the codes we used the version of the test for two samples. It
# takes the map as exact, but we read it off a sample, so the p-value of the mapped codes is somewhat too small.)
#
# In each half of the figure below, the histogram of $z$ stands above the curve of the map, and the histogram of the
# result is to the right of the curve. The grey lines carry eleven values of $z$ down to the curve, and from there to the right. Between neighbours lies
# the same probability, 9 %, and 5 % is left at each end. In the right half the steep part of the curve pulls
# neighbours apart, which makes the gap; the flatter parts crowd them together, which makes the lumps.


# %%
def draw_transport(figure, to_target, name, steps):
    """The curve of a map, the normal distribution above it, the result to its right."""
    z, grid = np.random.default_rng(5).normal(size=50_000), np.linspace(-2.6, 2.6, 400)
    shape = {"width_ratios": [2.6, 1], "height_ratios": [1, 2.6]}
    axes = figure.subplots(2, 2, sharex="col", sharey="row", gridspec_kw=shape)
    (above, corner), (curve, right) = axes
    corner.set_axis_off()
    how = {"bins": 60, "histtype": "stepfilled"}
    above.hist(z, color=BLUE, **how)
    right.hist(to_target(z), color=ORANGE, orientation="horizontal", **how)
    curve.plot(grid, to_target(grid), color="black")
    bottom, top = to_target(grid[[0, -1]])
    for value, target in zip(steps, to_target(steps), strict=True):
        path = [value, value, 2.6], [top, target, target]
        curve.plot(*path, color="0.6", linewidth=0.8)
    curve.set(xlim=(-2.6, 2.6), ylim=(bottom, top), xlabel="$z$", ylabel=name)
    above.set(yticks=[], title="normal $z$")
    right.set(xticks=[], title="result")


# %% alt="Two maps of normal z, with its histogram above and the result's at the right. Waiting times: a curve that gets ever steeper, and a result that piles up near 0. Code 1: a curve that is steep near z = 0, and a result with two lumps and a gap from about minus 1.5 to 0."
steps = quantile_grid(11, 0.05, 0.95)
figure = plt.figure(figsize=(11, 4.8), layout="constrained")
first_half, second_half = figure.subfigures(1, 2, wspace=0.06)
draw_transport(first_half, to_waiting_time, "waiting time", steps)
draw_transport(second_half, to_code, "code 1 of zeros and ones", steps)
plt.show()

# %% [markdown]
# The eleven values come from `quantile_grid`: $\Phi^{-1}$ of evenly spaced probabilities from 0.05 to 0.95. You will meet
# it again in notebook 03, where both axes of a map of digits are divided in this way, so that the probability between
# neighbouring digits is always the same.

# %%
print("steps:                  ", steps.round(2) + 0.0)
print("probability in between: ", np.diff(stats.norm.cdf(steps)).round(3))

# %% [markdown]
# With this we have a generator of pictures, for one of the two codes: normal numbers go through the map and then through the
# decoder, while code 2 stays at its mean, 0. The figure uses twelve values of $z$, evenly spaced in probability. In the
# top row they are only scaled and shifted to the codes' standard deviation and mean. In the bottom row they go through the map.

# %% alt="Twelve decoded digits in two rows, from a one at the left to a zero at the right. Top, scaled: several digits in the middle are mixtures of both. Bottom, mapped: six ones, one clear mixture, then zeros."
z_row = quantile_grid(12, 0.04, 0.96)
two_rows = first.mean() + first.std() * z_row, to_code(z_row)
rows = [decode(np.stack([values, 0 * values], axis=1)) for values in two_rows]
plot_digits(*rows, labels=["scaled", "mapped"])
plt.show()

# %% [markdown]
# Both rows have blurred digits, since one number holds very little. But the bottom row has one clear mixture, the
# seventh, where the top row has several. How often does a code fall into the strip between the lumps? We count it for
# 400 000 scaled and mapped numbers, and for the real codes of the other half:

# %%
many = many_z[:, 0]
kinds = {"real codes": second, "scaled": first.mean() + first.std() * many}
kinds["mapped"] = to_code(many)
for name, values in kinds.items():
    print(f"{name:10} in the strip, from −1.5 to 0: {between(values).mean():.1%}")
print(f"the seventh digit in the bottom row has code 1 = {two_rows[1][6]:.2f}")

# %% [markdown]
# The mapped codes avoid the strip as the real ones do. (The seventh digit lies outside, at 0.46: the strip has no sharp
# edge.)
#
# ## From a recipe to learning
#
# In principle the recipe works in many dimensions too, one coordinate after another: draw the first from its quantile function, the
# second from its quantile function *given the first*, and so on. But for 784 pixels, or a
# code of 20 numbers, no collection of data is large enough to read off a quantile function for every combination of the earlier coordinates.
# Still, the ring shows what to look for: *some function* of normal variables. And functions are what neural networks learn.
#
# We could train an ordinary autoencoder first, and then a map from normal variables to its codes. The VAE needs no
# second step. It is told beforehand which distribution its codes should follow, and its training weighs two aims: to restore the objects well,
# and to keep the codes close to that distribution:

# %% alt="From left to right: a picture X; an encoder; a plane with small clouds inside the circles of N(0, I), one of them red with a red dot in it; a decoder; a blurred picture. Arrows join them."
shown = np.flatnonzero(labels == labels[0])[3]
ax = draw_vae_idea(pictures[shown].reshape(28, 28), decode(codes[[shown]])[0])
how = {"ha": "center", "va": "top", "size": 10.5}
ax.text(13.3, 1.15, "(here from our\nlinear autoencoder)", **how)
plt.show()

# %% [markdown]
# An *object* goes in on the left. The encoder does not answer with a point but with a *distribution in the latent space*,
# $Q(Z|X)$: a small cloud of codes that could stand for this object $X$. A code drawn from the cloud, the red dot, goes
# through the decoder and becomes an *object* again. Each cloud is pulled towards the normal distribution in the middle
# (the dashed circles hold 50 % and 95 % of it), and the clouds of different objects keep apart so that the decoder can tell them from one another.
# Together they come to cover the plane nearly as the normal distribution does. Then we can draw a code from the normal
# distribution, without any object. (The drawing follows Dykeman's [2]. The digit on the right stands in for a decoded
# red dot: it is what our linear autoencoder makes of the digit on the left.)
#
# So the decoder plays the part of $g$: it turns normal codes into pictures (strictly, into distributions of pictures), as the ring's $g$ turned the cloud into the ring. A
# distribution of codes that we can sample from, and a decoder: that is the generative model. How to train it, and what
# exactly must be pulled towards what, is the subject of notebooks [02a](02a_deriving_the_elbo.ipynb) and [02b](02b_raising_the_bound.ipynb).

# %% [markdown]
# ## What to take with you
#
# - A generative model is a model that new objects can be drawn from. Here it is a distribution of codes that we can sample from, and a decoder. The
#   codes of an ordinary autoencoder follow a distribution that we know only from examples.
# - A function turns one distribution into another. Drawing from the result is easy; for its density we need an inverse
#   and a Jacobian determinant.
# - In one dimension the quantile function gives us every distribution. In general the function has to be learned.
# - A VAE learns an encoder and a decoder together, and its training pulls the codes towards a distribution
#   chosen beforehand.

# %% [markdown]
# ## Exercises
#
# In the first cell of an exercise replace `...` with your answer and run it; the cell below checks it, and if it is not
# right yet, tries to tell you why. A solution is folded away under each: click on the bar with the three dots to see it.
#
# **1.** Let $z$ be standard normal and $y = e^z$. What is the density of $y$? (Take the rule of the ring, on the line:
# where does $y$ come from, and how much is the axis stretched there?)


# %%
def log_normal_density(y):
    """The density of y = exp(z), z standard normal, at each y > 0; shape (n,) as y."""
    return ...  # your answer


# %%
check_log_normal_density(log_normal_density)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def log_normal_density_solution(y):
    """The density of y = exp(z), z standard normal, at each y > 0; shape (n,) as y."""
    return stats.norm.pdf(np.log(y)) / y  # |dz/dy| = 1/y


# %% [markdown]
# **2.** The density $2y$ on $[0, 1]$, a triangle, has the distribution function $P(Y \le y) = y^2$. Turn normal draws
# into draws from it, by an *increasing* map: two steps, as for the waiting times.


# %%
def to_triangle(z):
    """Values from 0 to 1 with density 2y, from standard normal z; shape (n,) as z."""
    return ...  # your answer


# %%
check_to_triangle(to_triangle)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def to_triangle_solution(z):
    """Values from 0 to 1 with density 2y, from standard normal z; shape (n,) as z."""
    return np.sqrt(stats.norm.cdf(z))


# %% [markdown]
# **3.** *With pencil and paper.* Another map squeezes the whole plane into the open unit disc:
#
# $$h(z) = \frac{z}{\sqrt{1 + \lVert z \rVert^2}}.$$
#
# Let $z \sim \mathcal N(0, I)$ in the plane. Derive the density of $x = h(z)$, as we did for the ring, and write it as a
# function. The check compares your formula with derivatives taken by small steps.
#
# <details>
# <summary>Hint 1: the way back</summary>
#
# The direction stays. Write $s = \lVert z \rVert$ and $r = \lVert x \rVert$, so that $r = s / \sqrt{1 + s^2}$, and solve for
# $s$. (Square both sides: $s^2 = r^2 / (1 - r^2)$.)
#
# </details>
#
# <details>
# <summary>Hint 2: the two factors</summary>
#
# Along the radius, $h^{-1}$ stretches by $ds/dr$; across it, by $s/r$. With $s = r\,(1 - r^2)^{-1/2}$, both are powers of
# $1 - r^2$. (They are $(1 - r^2)^{-3/2}$ and $(1 - r^2)^{-1/2}$.)
#
# </details>
#
# <details>
# <summary>Hint 3: put together</summary>
#
# The normal density in the plane is $\frac{1}{2\pi} e^{-s^2/2}$. Write $s^2$ in terms of $r$, and multiply by both
# factors.
#
# </details>


# %%
def density_in_the_disc(x):
    """The density of x = z / √(1 + ‖z‖²), z standard normal in the plane.

    Points of shape (n, 2) inside the unit circle; the result has shape (n,).
    """
    return ...  # your answer


# %%
check_density_in_the_disc(density_in_the_disc)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def density_in_the_disc_solution(x):
    """The density of x = z / √(1 + ‖z‖²), z standard normal in the plane.

    Points of shape (n, 2) inside the unit circle; the result has shape (n,).
    """
    room = 1 - (x**2).sum(axis=1)  # 1 − r²; then s² = r²/(1 − r²) = 1/room − 1
    return np.exp(-(1 / room - 1) / 2) / (2 * np.pi) / room**2


# %% [markdown]
# **4.** *Predict, then look.* The ring's map $g$ works in any number of dimensions: in three it makes a hollow ball out
# of a cloud. The ring's radius was 1.125 on average, with a standard deviation of 0.066. In 3, 10 and 100 dimensions,
# does the shell get larger or smaller? Does it get thicker or thinner? (The distribution of $\lVert z \rVert$ is
# `stats.chi(dimensions)`.)

# %% jupyter={"source_hidden": true} tags=["solution", "hide-cell"]
# Solution. It gets larger, and hardly any thicker: nearly all draws of a normal
# distribution in many dimensions lie at about the same distance from the middle,
# √dimensions. The density of z is largest at 0, and yet hardly any z falls near it.
with folded():
    for dimensions in (2, 3, 10, 100):
        radius = stats.chi(dimensions)
        print(
            f"{dimensions:3} dimensions: radius {1 + radius.mean() / 10:.3f}, ", end=""
        )
        print(f"deviation {radius.std() / 10:.3f}")

# %% [markdown]
# ## Sources
#
# The article that this course follows: M. Surtsukov, *Autoencoders in Keras, part 3: variational autoencoders* (in Russian), 2017, from
# [msurtsukov.github.io/AE3](https://msurtsukov.github.io/AE3).
# [1] C. Doersch, *Tutorial on Variational Autoencoders*, [arXiv:1606.05908](https://arxiv.org/abs/1606.05908), figure 2 (the ring) ·
# [2] I. Dykeman, *Conditional Variational Autoencoders*, 2016,
# [ijdykeman.github.io](https://ijdykeman.github.io/ml/2016/12/21/cvae.html) (the style of the last drawing) ·
# Data: Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST database of handwritten digits*, CC BY-SA 3.0.
#
# **Next:** [2a · Deriving the ELBO](02a_deriving_the_elbo.ipynb)
