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
# # 0 · Autoencoders
#
# An **autoencoder** is a network that learns to reconstruct its own input after squeezing it through a few numbers. This notebook is the
# prelude of the course. It shows what such a network is good for, what it finds out about its data, and what it lacks if you want
# it to invent something new. That is where the *variational* autoencoder comes in.
#
# The story follows the first two parts of the 2017 series *Autoencoders in Keras*. What they showed in pictures is measured here as well.
#
# You need Python and a little linear algebra. It helps to have trained a small network in Keras once. If you are in a hurry, start with
# [notebook 01](01_mapping_distributions.ipynb): the chapters that follow don't depend on this one.

# %% [markdown]
# ## Getting ready

# %% tags=["machine", "nbval-ignore-output"]
from vaelib.runtime import set_up

print("Running on:", set_up(seed=0))

# %%
import json
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import seaborn as sns
from keras import layers
from matplotlib import pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
from scipy import ndimage, special

from course import autoencoders as ae
from course.display import folded, show_source

# %%
from vaelib.data import load_mnist
from vaelib.visual.plots import plot_digits

sns.set_theme(context="notebook", style="ticks", palette="colorblind")
set_matplotlib_formats("retina")
RESULTS = Path("../benchmarks/results")  # measurements that come with the course
measured = json.loads((RESULTS / "autoencoders.json").read_text(encoding="utf-8"))
(x_all, y_all), (x_test, y_test) = load_mnist()
x_train = x_all[:55_000]

# %% [markdown]
# ## A code smaller than the picture
#
# A digit of MNIST has 784 pixels. Our first autoencoder turns them into 49 numbers, the **code**, and turns the code back into 784 pixels.
# The first half is called the **encoder**, the second half the **decoder**. Here each of them is a single dense layer (`relu` replaces negative numbers by 0, and `sigmoid` maps every number to one between 0 and 1):

# %%
encoder = keras.Sequential(
    [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(49, "relu")]
)
decoder = keras.Sequential(
    [keras.Input((49,)), layers.Dense(784, "sigmoid"), layers.Reshape((28, 28, 1))]
)
autoencoder = keras.Sequential([encoder, decoder])

# %% [markdown]
# What is a good reconstruction? We use the *binary cross-entropy*, summed over the pixels. For a digit with pixels $x_i$, reconstructed as $p_i$, it is
#
# $$-\sum_i \big(x_i \log p_i + (1 - x_i) \log (1 - p_i)\big).$$
#
# [Notebook 03](03_vae_in_keras.ipynb) explains this cost. The unit is the **nat**, since the logarithm is the natural one. For now it is enough to know that the cost is smallest where $p = x$. Even there
# it isn't 0, because grey pixels always cost something. This smallest cost is the **floor**: no model can do better on these pictures.
#
# In Keras, a loss is a function:

# %%
show_source(ae.nats)

# %% [markdown]
# The input is also the target. (`ae` is [course/autoencoders.py](../course/autoencoders.py): `ae.drawn` returns what a model makes of many pictures, `ae.cost` is the mean of the loss, and `ae.floor` is the floor.)

# %% tags=["nbval-ignore-output"]
autoencoder.compile("adam", loss=ae.nats)
autoencoder.fit(x_train, x_train, epochs=6, batch_size=250, verbose=0)
reconstructed = ae.drawn(autoencoder, x_test)  # all test digits
print(f"test set: {ae.cost(x_test, reconstructed):.1f} nats per digit", end=", ")
print(f"floor {ae.floor(x_test):.1f}")

# %% alt="Two rows of twelve digits. Above the originals, below the reconstructed ones, which are nearly alike but softer."
assert ae.floor(x_test) < ae.cost(x_test, reconstructed) < 90
plot_digits(x_test[:12], reconstructed[:12], labels=["digit", "reconstructed"])
plt.show()

# %% [markdown]
# From here on, `ae` also builds and trains the networks: `ae.halves` makes an encoder and a decoder, and `ae.train` compiles and fits,
# with a learning rate that climbs to a peak and then falls to 0. With this schedule and a peak ten times Adam's usual rate, the same network gets further in as many epochs:

# %% tags=["nbval-ignore-output"]
encoder, decoder = ae.halves("dense", code=49)
plain = keras.Sequential([encoder, decoder])
ae.train(plain, x_train, x_train, epochs=6, peak=0.01)
print(f"test set: {ae.cost(x_test, ae.drawn(plain, x_test)):.1f} nats per digit")

# %% jupyter={"source_hidden": true}
assert ae.cost(x_test, ae.drawn(plain, x_test)) < ae.cost(x_test, reconstructed) - 5

# %% [markdown]
# Does a larger network do better? In half a minute, hardly. Here are three, all with 49 numbers in the code, and each trained for 30 *seconds* on two cores ([measured](../benchmarks/autoencoders.py) with three seeds).
# The *deep* one has two further layers on either side, of 256 and 128 units, and the *convolutional* one two convolutions.

# %%
table = pd.DataFrame(measured["kinds"]).set_index("kind")
table[["parameters", "epochs", "nats", "units never active"]]

# %% [markdown]
# The lists have one number for each seed. None of the three networks leaves the others far behind, although the dense one sees every digit 53 times in that time and the convolutional one only 8 to 10 times. One run stands out, at more than 70 nats. The last column suggests why.
# A ReLU unit whose input is negative for *every* picture is 0 for every picture. Its own weights have no gradient either, so only a change in the layers below can wake it, and mostly it stays that way. 28 of the 49 units of that run are never active on the test set. (The deep network does well although 11 to 17 of its units are never active.)
#
# ## Only what it knows
#
# An autoencoder is sometimes called a compressor. It is a peculiar one: it works best for the kind of picture that it was trained on. Let us give ours digits that are mirrored top to
# bottom, capital letters (drawn in a common font), and digits in negative. What counts is how far each kind lies above its own floor.

# %% tags=["nbval-ignore-output"]
capitals = ae.letters()
kinds = {"digits": x_test, "mirrored": x_test[:, ::-1], "letters": capitals}
kinds["negative"] = 1 - x_test[:2000]
above = {x: ae.cost(y, ae.drawn(plain, y)) - ae.floor(y) for x, y in kinds.items()}
for name, value in above.items():
    print(f"{name:12} {value:7.1f} nats above the floor")

# %% alt="Pairs of rows of twelve pictures, each kind above what becomes of it: letters, blotchy but legible; mirrored digits, with pieces missing; white digits on black, as white paper with a few specks."
assert min(above, key=above.get) == "digits"
assert max(above, key=above.get) == "negative"
rows, labels = [], []
for name in ("letters", "mirrored", "negative"):
    some = kinds[name][:12]
    rows += [some, ae.drawn(plain, some)]
    labels += [name, "reconstructed"]
plot_digits(*rows, labels=labels)
plt.show()

# %% [markdown]
# The digits are closest to their floor. Letters cost half as much again: they stay legible, but their straight lines turn blotchy. Mirrored digits cost nearly twice as much, although they are made of the same kind of strokes, and
# pieces of some are lost. Negatives are hopeless, at thousands of nats: whatever goes in, the network draws ink in few places, and is sure of the paper everywhere else. With other seeds the order is the same ([measured](../benchmarks/autoencoders.py)).
#
# ## Taking noise away
#
# Suppose that a *noisy* digit goes in, and that the clean one is what should come out. Now copying does not pay, and the network learns to remove noise. It needs no narrow code for that [24]: ours has 784 numbers, as many as there are pixels. We add normal noise with a standard deviation of 0.5 to each pixel, and clip the result to the range from 0 to 1. We measure 2000 digits of the test set.
#
# For comparison there is a classic, the *median filter*: it replaces each pixel by the median of its 3 × 3 neighbourhood. The unit dB stands for *decibels* of the peak signal-to-noise ratio,
# which is $-10 \log_{10}$ of the mean squared error, for pixels from 0 to 1. Ten more decibels mean a tenth of the squared error.

# %% tags=["nbval-ignore-output"]
cleaner = keras.Sequential([*ae.halves("dense", code=784)])
speckled = ae.tensor(ae.noisy(x_train, 0.5, seed=0))
ae.train(cleaner, speckled, x_train, epochs=5, peak=0.002)
del speckled  # large
clean = x_test[:2000]
x_noisy = ae.noisy(clean, 0.5, seed=1)
median = ndimage.median_filter(x_noisy, size=(1, 3, 3, 1))
cleaned = ae.drawn(cleaner, x_noisy)
found = {"nothing": x_noisy, "median filter": median, "autoencoder": cleaned}
for name, y in found.items():
    print(f"{name:14} {ae.psnr(clean, y):5.1f} dB")

# %% alt="Four rows of twelve digits: noisy ones, the same after a median filter, the same after the autoencoder, and the clean digits."
assert ae.psnr(clean, cleaned) > ae.psnr(clean, median) + 2
rows = x_noisy[:12], median[:12], cleaned[:12], clean[:12]
plot_digits(*rows, labels=["noisy", "median filter", "autoencoder", "clean"])
plt.show()

# %% [markdown]
# How does the network cope with noise that it wasn't trained on? And what if its code is narrow, with 49 numbers instead of 784? Here are the same measurements at three levels of noise, with standard deviations of 0.25, 0.5 and 0.75, in decibels and in nats, averaged over three seeds:

# %%
table = pd.DataFrame(measured["denoising"]).mean().round(1)
table.index = table.index.str.split(", ", expand=True)
table.index.names = "noise", "", "unit"
table.unstack([0, 2])

# %% [markdown]
# At the level that it was trained on, and above it, the wide network beats the median filter clearly. At the weaker noise the two units disagree: the filter is ahead in decibels, and behind in nats. It leaves a faint grey veil
# on the paper:

# %% tags=["nbval-ignore-output"]
weaker = ae.noisy(clean, 0.25, seed=1)
found = {"median filter": ndimage.median_filter(weaker, size=(1, 3, 3, 1))}
found["autoencoder"] = ae.drawn(cleaner, weaker)
veil = {name: np.mean(y[clean == 0] > 0.02) for name, y in found.items()}
for name, share in veil.items():
    print(f"{name:14} {share:.0%} of the paper is darker than 0.02")

# %% jupyter={"source_hidden": true}
assert veil["median filter"] > 2 * veil["autoencoder"]

# %% [markdown]
# On paper, where $x = 0$, an error $e$ costs $-\log(1 - e) \approx e$ nats, but only $e^2$ in squares. So the veil weighs more in nats than in decibels.
#
# Now compare the two networks. The narrow code is worse than the wide one at every level; at the weakest noise its squared error is even a little larger than if we did nothing. And both do *worse* with less noise than they were trained on. They have never seen paper with such pale speckles.
#
# A network for *all* levels would be trained on all levels. Taken to its conclusion, this idea leads to today's diffusion models: take away noise of every level, step by step, until a picture remains.
#
# ## Sparse codes
#
# A code may even be *longer* than we need, if it is **sparse**: if only a few of its units are active at a time. Why would we want that? If only a few units may speak for each digit, each of them has a chance of standing for something. We ask for that by adding a penalty to the loss: the sum of the absolute values of the code, times a small
# number $\lambda$. In Keras it is called an *activity regulariser*. Before we use it, let us see what it adds to the loss, for a single digit and for a batch of 250 copies of it:

# %%
penalised, _ = ae.halves("dense", code=49, penalty=1.0)
for size in (1, 250):
    code = penalised(np.repeat(x_test[:1], size, axis=0))
    total = float(keras.ops.sum(keras.ops.abs(code[0])))
    print(f"batch of {size:3}: sum of one code {total:.3f}", end=", ")
    print(f"penalty {float(penalised.losses[0]):.3f}")

# %% [markdown]
# The sums are averaged over the batch, so one picture's code costs $\lambda$ times its sum, whatever the size of the batch. It wasn't always so: the Keras of 2017, and Keras 3 up to version 3.13, took the *sum* over the batch (a [bug](https://github.com/keras-team/keras/issues/22018), fixed in 2026). A recipe from those days with
# batches of 256 asked for 256 times as much as the same line does today.
#
# We train a code of 256 units without a penalty and with two different ones, and count how many units are active for a digit, on average.

# %% tags=["nbval-ignore-output"]
sparse, active = {}, {}
for penalty in (0.0, 0.1, 0.3):
    encoder, decoder = sparse[penalty] = ae.halves("dense", 256, penalty)
    ae.train(keras.Sequential([encoder, decoder]), x_train, x_train, epochs=4)
    code = ae.drawn(encoder, x_test)
    active[penalty] = np.mean(np.sum(code > 0, axis=1))
    print(f"λ = {penalty}: {active[penalty]:5.1f} of 256 units active", end=", ")
    print(f"{ae.cost(x_test, ae.drawn(decoder, code)):.1f} nats")

# %% jupyter={"source_hidden": true}
assert active[0.0] > 2 * active[0.3]
assert active[0.0] > active[0.1] > active[0.3]

# %% [markdown]
# What does one unit stand for? We start from a code in which every unit has its median, raise one unit to its 99th percentile, and look at what changes in the picture: blue is ink added, red is ink removed. Here are the twelve units that move the picture most (by their standard deviation times the size of the weights that read them).

# %% alt="Two rows of twelve pictures of what a unit adds, in blue, and takes away, in red. Without a penalty, most are patchworks of small spots of both colours. With it, most are broad strokes or whole digits, mostly blue."
fig, axes = plt.subplots(2, 12, figsize=(11, 2.2), layout="constrained")
for row, penalty in zip(axes, (0.0, 0.3), strict=True):
    encoder, decoder = sparse[penalty]
    code = ae.drawn(encoder, x_test)
    reading = np.linalg.norm(decoder.layers[0].get_weights()[0], axis=1)
    busiest = np.argsort(-code.std(axis=0) * reading)[:12]
    usual = np.tile(np.median(code, axis=0), (12, 1))
    raised = usual.copy()
    raised[np.arange(12), busiest] = np.percentile(code[:, busiest], 99, axis=0)
    changes = ae.drawn(decoder, raised) - ae.drawn(decoder, usual)
    for ax, change in zip(row, changes[..., 0], strict=True):
        ax.imshow(change, cmap="RdBu", vmin=-1, vmax=1)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(f"λ = {penalty}")
plt.show()

# %% [markdown]
# Without the penalty, most of these twelve add and remove scattered spots, and hardly one has a shape that we could name. With it, most of these twelve have a shape, such as a 3, a 6, a 7 or a ring.
#
# There is a catch. If the encoder halves a ReLU unit, the decoder can double it again. The same units are active and the same digits come out, for half the price:

# %% tags=["nbval-ignore-output"]
encoder, decoder = sparse[0.3]
weights, bias = encoder.layers[-1].get_weights()
reading, offset = decoder.layers[0].get_weights()
before = ae.drawn(encoder, x_test)
digits_before = ae.drawn(decoder, before[:2000])
encoder.layers[-1].set_weights([weights / 2, bias / 2])
decoder.layers[0].set_weights([reading * 2, offset])
after = ae.drawn(encoder, x_test)
print(f"price of a code: {0.3 * before.sum() / 10_000:.2f} nats", end=" before, ")
print(f"{0.3 * after.sum() / 10_000:.2f} after")

# %% jupyter={"source_hidden": true}
assert np.allclose(ae.drawn(decoder, after[:2000]), digits_before, atol=1e-4)

# %% [markdown]
# Training finds this way out, too. The longer it lasts, the larger the decoder's weights become, the cheaper the code, and the *more* units are active. With $\lambda = 0.3$ and three seeds ([measured](../benchmarks/autoencoders.py)):

# %%
table = pd.DataFrame(measured["longer"]).mean().round(1)
table.index = table.index.str.split(": ", expand=True)
table.unstack().loc[["4 epochs", "16 epochs", "48 epochs"]]

# %% [markdown]
# So $\lambda$ alone does not say how sparse a code becomes. One would have to fix the size of the weights that read each unit as well (in Keras by a constraint, `UnitNorm(axis=1)`), and choose $\lambda$ again.
#
# ## What a linear autoencoder finds
#
# What does an autoencoder learn *about its data*? Let us take data that can be drawn: points on a sine, with a little noise. The code has one number. At first both halves
# are linear. The encoder computes a weighted sum of the two coordinates, and the decoder multiplies it by two weights and adds two offsets. All that it can draw is a straight line.
#
# Which line has the smallest squared error? That question has an old answer, *principal component analysis* (PCA): the line through the mean, in the direction in which the points
# vary most. This direction is the first *principal component*. The second is the direction at right angles to it in which the points vary most, and so on. So the best linear autoencoder draws PCA's line, since no other line has so small an error, and with $k$ numbers in the code it draws the plane of the first $k$ components. More can be shown, if no two components have the same variance: every minimum of the loss draws this
# line, and wherever else its gradient is zero there is a saddle point [22]. So training can't get stuck in another minimum.

# %% tags=["nbval-ignore-output"]
points = ae.sine(4000, np.random.default_rng(0))
linear, deep = ae.plane_halves(), ae.plane_halves(hidden=(32, 32, 32))
how = {"peak": 0.01, "loss": "mse", "batch_size": 50}
ae.train(keras.Sequential([*linear]), points, points, epochs=20, **how)
ae.train(keras.Sequential([*deep]), points, points, epochs=60, **how)
direction = linear[1].get_weights()[0].T
angle = ae.largest_angle(direction, ae.principal(points, 1))
print(f"angle between the decoder's line and PCA's: {angle:.2f} degrees")

# %% jupyter={"source_hidden": true}
assert angle < 1.5

# %% [markdown]
# The line is PCA's, but the *code* need not be. If the encoder gives three times the number and the decoder divides it by three, the loss is the same. With $k$ numbers in the
# code the encoder may multiply them by any invertible matrix, and the decoder by its inverse. So the units of a linear autoencoder are arbitrary mixtures of the principal components.
#
# Here is the same for digits, with six numbers in the code and three seeds. The *largest principal angle* says how far two subspaces are apart: it is 0 only if they are the same.

# %%
table = pd.DataFrame(measured["manifold"]).rename_axis("seed").round(2)
columns = ["angle for digits", "code and components", "random mixtures"]
table[columns]

# %% [markdown]
# The decoder's subspace agrees with PCA's within a tenth of a degree. (Why six numbers? The variances of the sixth and the seventh component differ clearly. If they were equal, PCA itself would have no unique answer.)
# The second column has the correlation of each unit of the code with the component that it is most like, averaged over the units. If the units *were* the components, it would be 1. It is about what random mixtures of components would
# give, in the last column. (How to get from the subspace to the components: [23].)
#
# ## What a deep one finds
#
# The second pair that we have just trained has three layers of 32 units on either side. Their activation, ELU, is a smooth relative of ReLU, so the decoder can draw a smooth curve.

# %% alt="Points along a sine wave. A straight line crosses them; a curve follows them from end to end."
fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
ax.scatter(*points[:1500].T, s=2, color="0.7")
curves = {}
for pair, name in ((linear, "linear"), (deep, "deep")):
    curves[name] = ae.along(*pair, points)  # all codes from the smallest to the largest
    ax.plot(*curves[name].T, linewidth=2, label=name)
ax.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
ax.legend()
sns.despine()
plt.show()

# %% tags=["nbval-ignore-output"]
distance = {name: ae.from_sine(curve) for name, curve in curves.items()}
for name, value in distance.items():
    print(f"{name:6}: {value.mean():.3f} from the sine on average", end=", ")
    print(f"{value.max():.3f} at most")

# %% jupyter={"source_hidden": true}
assert distance["deep"].mean() < 0.006 < 0.1 < distance["linear"].mean()

# %% [markdown]
# The noise has a standard deviation of 0.06, and on average the curve is closer to the sine by more than an order of magnitude. The deep autoencoder has found the curve behind the points, and its code tells where on the curve a point lies. It has learned a **manifold**: a set of few dimensions within a space of many, near
# which the data lie.
#
# ## From one 8 to another
#
# Digits, too, fill only a tiny part of their space of 784 dimensions. If you go from one digit to another on a straight line of pixels, half-way there are two
# pale digits on top of each other. Now go on the straight line between their *codes*, and let the decoder draw what lies there. For this we use a deep autoencoder with 16 numbers.

# %% tags=["nbval-ignore-output"]
encoder, decoder = ae.halves("deep", code=16)
ae.train(keras.Sequential([encoder, decoder]), x_train, x_train, epochs=8)
reconstructed = ae.drawn(decoder, ae.drawn(encoder, x_test))
print(f"test set: {ae.cost(x_test, reconstructed):.1f} nats per digit")

# %% alt="Two paths from one 8 to another in nine steps. Above, one fades out while the other fades in. Below, one turns into the other."
assert ae.cost(x_test, reconstructed) < 95
a, b = x_test[y_test == 8][[3, 59]]  # two that differ a lot
code_a, code_b = ae.drawn(encoder, np.stack([a, b]))
share = np.linspace(0, 1, 9)
pixels = [(1 - s) * a + s * b for s in share]
codes = np.array([(1 - s) * code_a + s * code_b for s in share])
plot_digits(pixels, ae.drawn(decoder, codes), labels=["pixels", "codes"])
plt.show()

# %% [markdown]
# Is the second row better, or does it only please the eye? The course has a **judge**, a small classifier that names more than 99 % of the test digits correctly. We ask it about the middle of
# 500 such paths, each between two digits of the same kind. And because a name isn't everything, we also measure the distance from the middle to the nearest of 20,000 training digits, by the 64 numbers of the judge's last hidden layer, its *features*.
#
# For comparison, the table has the same for the first digit of each pair, for its reconstruction, and for the middle between the *pixels* of two reconstructed digits (they are soft, like everything that this decoder draws). Means over three seeds:

# %%
table = pd.DataFrame(measured["middles"]).mean().round(3)
table.index = table.index.str.split(": ", expand=True)
table.unstack().loc[table.index.get_level_values(0).unique()]

# %% [markdown]
# That is a surprise. As far as names go, the middles between pixels do as well as the digits themselves, and the decoded codes do worse. But going half-way is not to blame: digits that are merely reconstructed are named wrongly
# about as often.
#
# The distances tell another story. A middle between pixels is farther from the nearest training digit than a real digit is, even when the two digits are reconstructed first. A middle between codes is closer than
# both kinds of middle between pixels, and closer than a real digit. That does not make it better than one: a distance of this kind is small for plain, common shapes. And in the figure above, several of the decoded eights have an open lower loop.
# So neither the name nor the distance settles what a good path between two digits is. What the distance does show is that middles between codes stay closer to real digits, by the judge's features, than middles between pixels do.
#
# ## One curve through everything
#
# A network can also find more than there is. Twenty-five points drawn at random in the plane have no curve behind them. A deep autoencoder with one number in its code still
# draws a curve through, or close to, nearly all of them.

# %% tags=["nbval-ignore-output"]
few, others = np.random.default_rng(2).normal(size=(2, 25, 2)).astype("float32")
joiner = ae.plane_halves(hidden=(64, 64, 64))
both, again = keras.Sequential([*joiner]), np.tile(few, (100, 1))
ae.train(both, again, again, epochs=80, loss="mse", batch_size=25)
errors = [np.mean((ae.drawn(both, x) - x) ** 2) for x in (few, others)]
line = [np.mean((ae.on_line(few, x) - x) ** 2) for x in (few, others)]
for name, (own, new) in {"curve": errors, "PCA's line": line}.items():
    print(f"{name:10} squared error {own:.4f} on its points, {new:.2f} on new ones")

# %% alt="Twenty-five black dots, joined by one winding line; rings, which are other points, lie beside it."
assert errors[1] > 50 * errors[0]
fig, ax = plt.subplots(figsize=(4.8, 4.4), layout="constrained")
ax.plot(*ae.along(*joiner, few).T, linewidth=1.2)
ax.scatter(*few.T, s=25, color="black", label="trained on", zorder=3)
ax.scatter(*others.T, s=25, facecolors="none", edgecolors="C1", label="new", zorder=3)
ax.set(aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
ax.legend()
sns.despine()
plt.show()

# %% [markdown]
# This is **overfitting**: the curve's error on new points is more than a hundred times its error on the points that it was trained on. On those the curve is far better than PCA's straight line. On new points it is sometimes better, sometimes worse ([measured](../benchmarks/autoencoders.py)
# with three other sets of points: once better, twice worse). The sine could be found because there were thousands of points, and a simple curve behind them.
#
# ## Nobody knows where to draw
#
# A decoder turns any code into a picture. Could we then invent digits by drawing codes at random? The question is from which distribution. Let us look at codes of only two numbers,
# for an autoencoder without a penalty and for one with a penalty on the absolute values, as above. (The code is linear here, so its numbers may be negative.) We draw from the normal distribution that has the same means and covariances as the codes. Some draws go **astray**: they
# are farther from the nearest code than 99 % of the codes are from their nearest neighbour. If the draws were distributed like the codes, only about one in a hundred would go astray. In the figure the strays are black. The coloured points are 10,000 of the codes, with one colour for each digit.

# %% tags=["nbval-ignore-output"]
codes, drawn, decoders = {}, {}, {}
rng = np.random.default_rng(3)
for penalty in (0.0, 0.3):
    encoder, decoder = ae.halves("deep", 2, penalty, activation="linear")
    ae.train(keras.Sequential([encoder, decoder]), x_train, x_train, epochs=5)
    z = codes[penalty] = ae.drawn(encoder, x_train)
    drawn[penalty] = rng.multivariate_normal(z.mean(0), np.cov(z.T), 5000)
    decoders[penalty] = decoder
    share = ae.stray(z, drawn[penalty]).mean()
    print(f"λ = {penalty}: {share:.0%} of the draws go astray")

# %% alt="Two scatter plots of codes in ten colours, with black dots around them. The codes form long wedges that meet in one place. The dots lie between the wedges and beyond them."
assert all(ae.stray(codes[each], drawn[each]).mean() > 0.03 for each in codes)
fig, axes = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained")
for ax, (penalty, z) in zip(axes, codes.items(), strict=True):
    some, how = z[:10_000].T, {"cmap": "tab10", "vmin": -0.5, "vmax": 9.5, "s": 2}
    dots = ax.scatter(*some, c=y_all[:10_000], **how)
    astray = drawn[penalty][ae.stray(z, drawn[penalty])]
    ax.scatter(*astray.T, s=5, color="black", label="astray")
    ax.set(title=f"λ = {penalty}", xlabel="code 1", ylabel="code 2")
axes[0].legend(loc="lower left")
fig.colorbar(dots, ax=axes, label="digit", ticks=range(10))
sns.despine()
plt.show()

# %% [markdown]
# What does the right-hand decoder make of such codes? Above, twelve draws that went astray; below, twelve that did not:

# %% alt="Two rows of twelve invented pictures. In both, some are clear digits and others are smudges."
far = ae.stray(codes[0.3], drawn[0.3])
twelve = [drawn[0.3][each][:12] for each in (far, ~far)]
rows = [ae.drawn(decoders[0.3], each) for each in twelve]
plot_digits(*rows, labels=["astray", "the others"])
plt.show()

# %% [markdown]
# Not every stray is a smudge, and not every other draw is a digit: a code of two numbers is very small. But the decoder was never trained on codes out there, so nothing says what it will draw. With three other seeds, 9 to 26 % of the draws go astray without the penalty and 5 to 8 % with it ([measured](../benchmarks/autoencoders.py)).
#
# Nothing in the training asks for a particular distribution of the codes (the penalty only pulls them towards 0), so they lie in some shape that nobody planned. One could fit a better distribution to them afterwards. The course begins with another question: how
# can we see to it, in the training itself, that the codes follow a distribution that we know beforehand? [Notebook 01](01_mapping_distributions.ipynb) turns one distribution into another, and [notebook 03](03_vae_in_keras.ipynb) trains an
# autoencoder whose codes nearly follow a normal distribution.
#
# ## Exercises
#
# The first two check themselves: write your answer, run the cell below it, and read the hint. The solutions are folded away.

# %%
from course.exercises.autoencoders import check_entropy_floor, check_other_decoder

# %% [markdown]
# **1.** Compute the floor: what does a perfect reconstruction cost, in nats per picture? For $p = x$ the cross-entropy of a pixel is $-x \log x - (1 - x) \log(1 - x)$. Mind that $0 \log 0$ counts as 0, and that
# most pixels are exactly 0 or 1.


# %%
def entropy_floor(x):
    """Nats per picture, a number, for pictures of shape (n, 28, 28, 1) in [0, 1]."""
    return ...  # your answer


# %%
check_entropy_floor(entropy_floor)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def entropy_floor_solution(x):
    """Nats per picture, a number, for pictures of shape (n, 28, 28, 1) in [0, 1]."""
    return (special.entr(x) + special.entr(1 - x)).sum() / len(x)


# %% [markdown]
# **2.** A linear autoencoder computes the code $z = x W$ and reconstructs $z V$, with $W$ of shape (784, $k$) and $V$ of shape ($k$, 784). Somebody replaces $W$ by $W A$, where
# $A$ is an invertible matrix. Which $V$ reconstructs the same as before?


# %%
def other_decoder(a, v):
    """The decoder's matrix, (k, 784), for codes multiplied by a, (k, k); it was v."""
    return ...  # your answer


# %%
check_other_decoder(other_decoder)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def other_decoder_solution(a, v):
    """The decoder's matrix, (k, 784), for codes multiplied by a, (k, k); it was v."""
    return np.linalg.solve(a, v)


# %% [markdown]
# **3.** *Predict, then look.* What does the network that cleans digits make of a picture that is nothing but noise, and of one that is empty? Start from here:

# %%
nothing = np.zeros((12, 28, 28, 1), "float32")
only_noise = ae.noisy(nothing, 0.5, seed=5)

# %% jupyter={"source_hidden": true} tags=["nbval-ignore-output", "solution", "hide-cell"]
# Solution. Behind noise it finds pieces of digits, pale ones. The empty picture becomes
# a grey square: paper without speckles is unlike all that it has seen in training.
alt = "Rows of noise, what the network makes of it, and of empty pictures."
with folded(alt):
    rows = only_noise, ae.drawn(cleaner, only_noise), ae.drawn(cleaner, nothing)
    plot_digits(*rows, labels=["noise", "noise, cleaned", "empty, cleaned"])
    plt.show()

# %% jupyter={"source_hidden": true} tags=["solution", "hide-cell"]
assert ae.drawn(cleaner, only_noise).mean() < x_test.mean() / 2
assert ae.drawn(cleaner, nothing[:1]).mean() > x_test.mean()

# %% [markdown]
# ## Sources
#
# The article: M. Surtsukov, *Autoencoders in Keras, part 1: introduction* and *part 2: manifold learning and latent variables* (in Russian), 2017, from
# [msurtsukov.github.io](https://msurtsukov.github.io) · [22] P. Baldi, K. Hornik, *Neural Networks and Principal Component Analysis: Learning from Examples without Local
# Minima*, Neural Networks 2, 1989 · [23] E. Plaut, *From Principal Subspaces to Principal Components with Linear Autoencoders*,
# [arXiv:1804.10253](https://arxiv.org/abs/1804.10253): how to get from the subspace to the components · [24] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol, *Stacked Denoising Autoencoders: Learning Useful Representations in a Deep Network with a Local Denoising Criterion*, JMLR 11, 2010 · Data: Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST database of handwritten
# digits*, CC BY-SA 3.0.
#
# **Next:** [1 · Mapping distributions](01_mapping_distributions.ipynb)
