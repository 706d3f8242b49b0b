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
# # 9 · The conditional VAE
#
# The VAE of notebook 03 invents digits, but you cannot ask it for a seven. It does not know what a seven is: training did not use the
# labels. In this notebook both halves are told the label, $Y$, and three new things become possible. You can
# ask for the digit you want. You can take the *style* of a handwritten digit, above all its slant, and carry it over to the nine
# others. And the model, which only learned to draw, can read: Bayes' rule turns $P(X|Y)$ into a classifier.
#
# The story follows the fourth part of the 2017 series, *Autoencoders in Keras*. It showed the first two possibilities in pictures. Here we
# measure them, and add the third.
#
# You need [notebook 03](03_vae_in_keras.ipynb) for the model, and [notebook 06](06_how_good_is_it.ipynb) for the section on
# $\log P(X|Y)$.

# %% [markdown]
# ## Getting ready

# %% tags=["machine", "nbval-ignore-output"]
from vaelib.runtime import set_up

print("Running on:", set_up(seed=9))

# %%
import itertools
import json
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
from PIL import Image
from scipy import spatial, special, stats

from course.display import folded, save_films, show_gif, show_source
from course.judging import Judge, guessed, ink, kept, slant
from course.two_curves import curve_of, strays, train, true_curve, two_curves

# %%
from vaelib.data import load_mnist
from vaelib.evaluation.likelihoods import pairwise_log_likelihood
from vaelib.evaluation.quadrature import log_likelihood_quadrature
from vaelib.latent import decode_grid, encode, quantile_grid
from vaelib.models import ConditionalVAE, Decoder, Encoder
from vaelib.models.conditional_halves import ConditionalDecoder, ConditionalEncoder
from vaelib.training.schedules import warmup_cosine
from vaelib.training.snapshots import Snapshots
from vaelib.visual.explorer import latent_explorer
from vaelib.visual.plots import plot_digits

sns.set_theme(context="notebook", style="ticks", palette="colorblind")
set_matplotlib_formats("retina")
RESULTS = Path("../benchmarks/results")  # measurements that come with the course

# %% [markdown]
# ## Two curves and one line
#
# Why should a label help at all? Take an example that can be drawn: points in the plane that lie on a sine curve or on a circle, up to a little
# noise. An autoencoder with a code of *one* number has to arrange them along a line.


# %%
rng = np.random.default_rng(0)
points, kind = two_curves(4000, rng)

# %% [markdown]
# The decoder of such an autoencoder is a continuous function of the code. The image of a connected set, here an interval of codes, under a continuous
# function is connected. But the two curves are not connected with each other. So whatever the decoder learns, somewhere on
# its way from one curve to the other it draws points that lie on neither. It even passes a point that is equally far from both, and no point of that kind can be nearer to them than half the
# gap between them. All that training can do is to cross the gap quickly, spending as few codes on it as possible.
#
# If the decoder is also told which curve is meant, it has *two* intervals to draw on, one for each label, and nothing needs
# to be joined.
#
# Here an encoder is a network that takes two numbers and the label, and returns one number; a decoder takes one number and the label, and returns two. We train three such pairs, with different initial
# weights, to reconstruct the points ([how](../course/two_curves.py)). To train *without* the label we always give 0 for it.

# %%
label = kind[:, None].astype("float32")
untold_pairs, told_pairs = train(points, 0 * label), train(points, label)

# %% [markdown]
# What does a decoder draw? We let the code run from the smallest to the largest that the encoder gives: without the label over all points, with it over those of
# one curve.

# %%
own_points = points[kind == 0], points[kind == 1]
drawn = {
    "without the label": [[curve_of(pair, points, 0)] for pair in untold_pairs],
    "with the label": [
        [curve_of(pair, own_points[y], y) for y in (0, 1)] for pair in told_pairs
    ],
}

# %% alt="Points near a sine wave and a circle in the plane. Left, one curve runs along both and crosses the gap between them. Right, two curves in two colours, one on the sine and one on the circle, and nothing between them."
fig, axes = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True, layout="constrained")
legends = [["one decoder"], ["label 0: sine", "label 1: circle"]]
for ax, (way, pairs), names in zip(axes, drawn.items(), legends, strict=True):
    ax.scatter(*points[:1500].T, s=2, color="0.75")
    for curve, name in zip(pairs[0], names, strict=True):
        ax.plot(*curve.T, linewidth=2, label=name)
    ax.set(title=way, aspect="equal", xlabel="$x_1$")
    ax.legend(loc="upper left")
axes[0].set_ylabel("$x_2$")
sns.despine()
plt.show()

# %% [markdown]
# How far do these curves stray? We measure the distance of each of their points to the nearest point of the two true
# curves (to its own curve, if the label was given), for each of the three pairs.

# %%
t = np.linspace(-1, 1, 2000)
gap = spatial.KDTree(true_curve(0, t)).query(true_curve(1, t))[0].min()
print(f"between the two curves: {gap:.3f}, half of it {gap / 2:.3f}")

# %% tags=["nbval-ignore-output"]
for way, pairs in drawn.items():
    far = [strays(curves) for curves in pairs]
    print(f"{way + ':':18} farthest", *(f"{each.max():.2f}" for each in far), end="; ")
    print("mean distance", *(f"{each.mean():.3f}" for each in far))

# %% jupyter={"source_hidden": true}
without, told = ([strays(curves).max() for curves in pairs] for pairs in drawn.values())
assert min(without) > 2 * max(told)
assert min(without) > 0.99 * gap / 2

# %% [markdown]
# (The noise has a standard deviation of 0.06.) Without the label, every decoder draws a bridge, whose farthest point is
# at least half the gap from either curve, as it must be. With the label, no curve strays much more than 0.1. (What remains is mostly at the ends of the circle: it closes, and an interval of codes does not.) Look
# at the farthest point, not at the mean: a decoder that rushes through the gap spends few of its codes there.
#
# Digits are like this too. The plane of notebook 03 has to show all ten of them side by side, so its decoder also draws the borders between
# them, shapes that are not digits. Given the label, each digit has a plane of its own.

# %% [markdown]
# ## The bound, given the label
#
# What changes in the mathematics? Every line of the derivation in notebook 02a holds for any joint distribution of $X$ and $Z$. So it
# holds for the joint distribution *given* $Y = y$. Condition every probability on $Y$, and (02.11) becomes [20]
#
# $$\begin{aligned}\log P(X|Y) &- \operatorname{KL}\bigl[Q(Z|X,Y)\,\|\,P(Z|X,Y)\bigr] \cr
# &= \mathbb E_{Z \sim Q(Z|X,Y)}\bigl[\log P(X|Z,Y)\bigr] - \operatorname{KL}\bigl[Q(Z|X,Y)\,\|\,P(Z|Y)\bigr].\end{aligned}$$
#
# The right-hand side is what we raise. The encoder, $Q(Z|X,Y)$, sees the picture and the label; the decoder, $P(X|Z,Y)$, sees the code
# and the label. The prior $P(Z|Y)$ is ours to choose, and we choose $\mathcal N(0, I)$ for **every** label [21]. This choice makes $Z$ and $Y$
# independent in the model: a label is drawn, and independently of it a style, and then a picture from both.
#
# Why should the trained codes be independent of the label, as the prior is? Because the loss charges for every nat that the code tells about the label, and the
# decoder, which has the label already, learns nothing from it. To see the charge, let $q(z|y)$ be the aggregated posterior
# of label $y$, the mixture of the clouds of all its pictures, and $q(z)$ that of all labels. Notebook 07 split the average KL in two. With labels it splits once more. Write the logarithm in the KL as a sum of three,
#
# $$\log \frac{Q(z|x,y)}{P(z)} = \log \frac{Q(z|x,y)}{q(z|y)} + \log \frac{q(z|y)}{q(z)} + \log \frac{q(z)}{P(z)},$$
#
# and take the average over data and codes. The average of the second, $I_q(Z;Y)$, is the mutual information of code and
# label: how many nats, on average, one tells about the other. $I_q(Z;X|Y)$ is the same for code and picture, once the label is known. So
#
# $$\begin{aligned}\mathbb E \operatorname{KL}\bigl[Q(Z|X,Y)\,\|\,\mathcal N(0, I)\bigr] &= I_q(Z;X|Y) + I_q(Z;Y) \cr
# &+ \operatorname{KL}\bigl[q(z)\,\|\,\mathcal N(0, I)\bigr].\end{aligned}$$
#
# The first is what the code says about the picture *beyond* its label. The second is what it says about the label, and the third is how far all
# codes together are from the prior. None can be negative. The first buys reconstruction. The second tells the decoder nothing new,
# so training tends to make it small. [Below](#What-the-code-still-says) we measure all three.

# %% [markdown]
# ## The label in both halves
#
# How does a label get into a network? As a one-hot vector of ten numbers: a 1 in the label's place and 0s elsewhere. The decoder simply gets a longer code,
# $z$ and then the label. So any decoder will do, as long as it takes twelve numbers in place of two.

# %%
show_source(ConditionalDecoder.logits, ConditionalEncoder.call)

# %% [markdown]
# (The first method is the decoder's, the second the encoder's. `vectors` makes the one-hot vectors, `pictures` is a table of learned pictures, and `inner` is the ordinary decoder or encoder.)
#
# For the encoder one could append the label to the 784 pixels. The course adds a learned picture to the digit instead, one for each
# label. If the first layer of the network is linear, this amounts to the same thing. Let $L$ be the matrix with these pictures as columns. Then
# $W (X + L Y) = W X + (W L)\, Y$, which is what a layer with the weights $[W, WL]$ makes of $X$ and $Y$ side by side. The advantage is that any
# encoder will do, even one that needs a picture, such as a convolutional one.
#
# The model is a `VAE` with these halves. `fit(x, y)` takes the labels where Keras expects the targets, and `_as_input` turns them into a part of the
# model's input. (`pair` splits it into the two.)

# %%
show_source(ConditionalVAE.call, ConditionalVAE.train_step)

# %%
(x_all, y_all), (x_test, y_test) = load_mnist()
x_train, y_train = x_all[:55_000], y_all[:55_000]
x_val, y_val = x_all[55_000:], y_all[55_000:]
latent_dim, classes = 2, 10
vae = ConditionalVAE(Encoder(latent_dim), Decoder(latent_dim + classes), classes)
print(f"{vae.count_params():,} parameters, of which the label's: ", end="")
print(f"{classes * 784:,} in the encoder, {classes * 128:,} in the decoder")

# %% [markdown]
# ## Training
#
# The recipe is that of notebook 03, but for 15 epochs instead of 7. `Snapshots`, the callback of
# [notebook 04](04_watching_it_learn.ipynb), keeps a small map of the plane at chosen epochs. With `label=` it draws that digit's map. We take one
# for each digit, and make a film of them [below](#Ten-maps).

# %% tags=["nbval-ignore-output"]
epochs, batch_size = 15, 250
steps = epochs * len(x_train) // batch_size
rate = warmup_cosine(steps, peak=0.02, warmup=200)
vae.compile(optimizer=keras.optimizers.Adam(rate), steps_per_execution=20)
kept_epochs = [0, 1, 2, 4, 8, epochs]
films = [Snapshots(epochs=kept_epochs, n=5, label=digit) for digit in range(10)]
options = {"batch_size": batch_size, "epochs": epochs, "verbose": 0}
history = vae.fit(
    x_train, y_train, validation_data=(x_val, y_val), callbacks=films, **options
).history
for epoch in (1, 2, 5, epochs):
    loss, val_loss = history["loss"][epoch - 1], history["val_loss"][epoch - 1]
    print(f"epoch {epoch:2}: loss {loss:.1f}, validation {val_loss:.1f} nats")
found = vae.evaluate(x_test, y_test, batch_size=500, verbose=0, return_dict=True)
print(f"test set: loss {found['loss']:.1f} nats, ", end="")
print(f"reconstruction {found['reconstruction']:.1f}, KL {found['kl']:.2f}")

# %% jupyter={"source_hidden": true}
assert found["loss"] < 132, "hardly trained"

# %% [markdown]
# What is the label worth? The same networks without the label, trained for as many epochs, have a test loss that is about 15 nats higher
# ([measured](../benchmarks/results/conditional.md), three seeds each). It is tempting to say that the label carries 15 nats of information. But ten equally frequent labels can
# tell at most $\log 10 = 2.30$ nats. We come back to this [further down](#Reading-with-a-model-that-draws).
#
# ## Ten maps
#
# Here is the plane, once for each digit. The codes are the same in all ten maps: six quantiles of the prior in each direction.

# %% alt="Ten small maps of digits, one for each digit from 0 to 9. Within a map all are the same digit, in different slants and widths, which change smoothly across the map, in much the same way in all ten."
grid = quantile_grid(6)
fig, axes = plt.subplots(2, 5, figsize=(9.5, 4.1), layout="constrained")
for digit, ax in enumerate(axes.flat):
    ax.imshow(decode_grid(vae.decoder.given(digit), grid), cmap="gray_r")
    ax.set(xticks=[], yticks=[], title=str(digit))
fig.supxlabel("$z_1$ grows to the right, $z_2$ upwards", fontsize=11)
plt.show()

# %% [markdown]
# `vae.decoder.given(3)` is the decoder with the label filled in: a decoder of codes, like that of any VAE. So it goes wherever a decoder
# goes, into `decode_grid`, quadrature, or the explorer. `vae.encoder.given(3)` does the same for the encoder.
#
# In every map the slant of the strokes and the width of the digit (of a 1, its thickness) change smoothly from one side to the other, and in most of them in much the same way. Nothing in
# the loss asks for that: each label could have swapped its axes or mirrored them, and neither the prior nor our upright clouds would notice. A likely reason is that all labels share
# the same weights; ten separate models will [test it](#Wrong-wirings).
#
# And this is how the maps came about, after 0, 1, 2, 4, 8 and 15 epochs. After the first, the slant already changes in order from one side to the other, but some 4s and 7s still look like 9s.


# %% tags=["nbval-ignore-output"]
Path("runs").mkdir(exist_ok=True)
names, titles = list("0123456789"), [f"epoch {epoch}" for epoch in kept_epochs]
maps = np.stack([film.recording.manifolds for film in films])
save_films("runs/maps.gif", maps, names, titles, colours=6)
show_gif("runs/maps.gif", "Ten maps of digits, from grey to sharp, each of one digit.")

# %% jupyter={"source_hidden": true}
with Image.open("runs/maps.gif") as gif:
    assert gif.n_frames == 6

# %% [markdown]
# ## A digit of your choice
#
# Generating works as before, but with a label: draw $z \sim \mathcal N(0, I)$, and decode it with the label you want.

# %% alt="A grid of handwritten digits: each row has twelve new pictures of one digit, from 0 to 9, in different hands."
asked = np.repeat(np.arange(10), 12)
new = vae.generate(asked, seed=1).reshape(10, 12, 28, 28, 1)
plot_digits(*new)
plt.show()

# %% [markdown]
# Do the pictures show what was asked for? We need an independent opinion. The course comes with a **judge**: a small convolutional network that was
# trained to name digits ([how](../benchmarks/judge.py)) and has never seen a picture drawn by a model. First we ask it about the real digits of the test set.

# %%
judge = Judge.load()
asked = np.arange(5000) % 10
named = judge.labels(vae.generate(asked, seed=2))
real = judge.labels(x_test)
print(f"real digits: {np.mean(real == y_test):.1%} named as they are labelled")

# %% tags=["nbval-ignore-output"]
print(f"new digits:  {np.mean(named == asked):.1%} named as they were asked for")
wrong = pd.Series(asked[named != asked]).value_counts()
misnamed = ", ".join(f"{n} × {digit}" for digit, n in wrong.items())
print("not as asked:", misnamed or "none")

# %% jupyter={"source_hidden": true}
assert np.mean(named == asked) > 0.97

# %% [markdown]
# So nearly every new digit is what we asked for. The judge agrees with us about new digits *more* often than about real ones. That is no triumph: with two latent
# units the decoder only draws plain, typical digits, and leaves out the unusual handwriting that confuses the judge, and people. Agreement says
# nothing about variety.
#
# ## One style, all digits
#
# Now for the style. The idea is in [21]. Take a digit of the test set, encode it *with its label*, and decode its mean code with all ten labels. The code
# should describe everything except the label, so decoding it with another label should keep the style.

# %%
show_source(ConditionalVAE.restyle)

# %% alt="A table of ten rows and eleven columns. The first column, left of a red line, has a test digit, from 0 to 9; the others show the digits 0 to 9 in its style: slanted where it is slanted. How bold it is gets mostly lost."
first = [np.flatnonzero(y_test == digit)[4] for digit in range(10)]
carried = vae.restyle(x_test[first], y_test[first])
fig, ax = plt.subplots(figsize=(8, 7.2), layout="constrained")
originals = x_test[first][:, None]  # (10, 1, 28, 28, 1)
plot_digits(*np.concatenate([originals, carried], axis=1), ax=ax)
ax.axvline(28 - 0.5, color="C3", linewidth=2)
ax.set_title("Left, a digit of the test set; then all ten digits in its style")
ax.set_xticks(14 + 28 * np.arange(1, 11), range(10))
ax.tick_params(length=0)
plt.show()

# %% [markdown]
# A picture proves little, so let us measure it. Do the restyled digits show what their label says? And do they keep the style? For the second
# question we take two properties that can be computed for any digit: its *slant*, how many pixels it leans to the right for each pixel up (computed from
# second moments), and how much *ink* it has. Both depend partly on the label: a 1 has less ink than a 0. So we take what a digit has beyond the average of its label, and
# correlate it with what the restyled digit has, over 1000 test digits, leaving out those that had the new label already.

# %%
show_source(kept)

# %% tags=["nbval-ignore-output"]
pictures, truth = x_test[:1000], y_test[:1000]
carried = vae.restyle(pictures, truth)
named = judge.labels(carried)
as_labelled = np.mean(named == np.arange(10))
print(f"restyled digits named as their new label: {as_labelled:.1%}")
correlation = {}
for style in (ink, slant):
    values = kept(style, pictures, truth, carried)
    correlation[style.__name__] = values
    print(f"correlation of {style.__name__:5} before and after, by new label:", end=" ")
    print(*(f"{value:.2f}" for value in values))

# %% jupyter={"source_hidden": true}
assert as_labelled > 0.97
assert min(correlation["slant"]) > 0.5 > max(correlation["ink"])

# %% [markdown]
# Slant is well kept (least well by the 2s here); ink is kept weakly at best. Look at the figure again: the bold 3 and the thin 2 both come back with an ordinary stroke. Two
# numbers have room for the slant of a digit and how wide it is, and for little more. With four latent units ink is kept as well: see the table under [Wrong wirings](#Wrong-wirings).

# %% [markdown]
# ## What the code still says
#
# If the code leaves the label out, it should be impossible to guess the label from the code. Let us try: the ten nearest neighbours among the
# codes of one half of the test set, chosen at random, vote on each code of the other half. For comparison, the same networks trained without labels.

# %%
show_source(guessed)

# %% tags=["nbval-ignore-output"]
z_mean, z_log_var = encode(vae.encoder, x_test, y_test)
rng = np.random.default_rng(0)
z = z_mean + np.exp(z_log_var / 2) * rng.normal(size=z_mean.shape)
print(f"label guessed from the code: {guessed(z, y_test):.1%} ", end="")
print(f"(from the mean code {guessed(z_mean, y_test):.1%})")
measured = json.loads((RESULTS / "conditional.json").read_text(encoding="utf-8"))
rows = {row["way"]: row["runs"] for row in measured["rows"]}
untold = [f"{run['guessed']:.1%}" for run in rows["no label"]]
print("without labels in training:", *untold)

# %% jupyter={"source_hidden": true}
assert guessed(z, y_test) < 0.2 < 0.5 < min(run["guessed"] for run in rows["no label"])

# %% [markdown]
# A random guess is right for 10 % of the digits, and the guess that every digit is a 1 for 11 %. From the codes of a VAE without labels, most labels can be guessed; guesses from our codes are hardly better than chance. And in nats? Here are the three parts of
# the KL. The densities $q(z|y)$ and $q(z)$ are mixtures of the clouds of the test digits, and we take their logarithms at one code of each digit.


# %%
def log_mixture(z, means, log_vars):
    """The logarithm of a mixture of clouds, at codes z: (n,)."""
    widths, found = np.exp(log_vars / 2), []
    for part in np.array_split(z, len(z) // 500 + 1):
        away = (part[:, None] - means) / widths
        log_each = -0.5 * (away**2 + log_vars + np.log(2 * np.pi)).sum(axis=2)
        found.append(special.logsumexp(log_each, axis=1) - np.log(len(means)))
    return np.concatenate(found)


# %% [markdown]
# In the next cell `log_own` is $\log Q(z|x,y)$, `log_label` is $\log q(z|y)$, `log_all` is $\log q(z)$ and `log_prior` is $\log P(z)$: the four logarithms of the
# formula. The differences of neighbours, averaged, are the three terms. (That they add up to the KL is by construction.)

# %% tags=["nbval-ignore-output"]
noise = (z - z_mean) / np.exp(z_log_var / 2)
log_own = -0.5 * (noise**2 + z_log_var + np.log(2 * np.pi)).sum(axis=1)
log_all = log_mixture(z, z_mean, z_log_var)
log_label = np.empty(len(z))
for digit in range(10):
    own = y_test == digit
    log_label[own] = log_mixture(z[own], z_mean[own], z_log_var[own])
log_prior = -0.5 * (z**2 + np.log(2 * np.pi)).sum(axis=1)
of_picture = np.mean(log_own - log_label)
of_label = np.mean(log_label - log_all)
distance = np.mean(log_all - log_prior)
print(
    f"I(Z;X|Y) {of_picture:.2f} + I(Z;Y) {of_label:.2f} + distance {distance:.2f} ",
    end="",
)
print(f"= {of_picture + of_label + distance:.2f} nats; KL {found['kl']:.2f}")

# %% jupyter={"source_hidden": true}
assert abs(of_picture + of_label + distance - found["kl"]) < 0.1
one_cloud = log_mixture(z[:5], z_mean[:1], z_log_var[:1])
exact = stats.norm(z_mean[0], np.exp(z_log_var[0] / 2)).logpdf(z[:5]).sum(axis=1)
assert np.allclose(one_cloud, exact)
assert of_label < 0.3 < 3 < of_picture

# %% [markdown]
# Nearly all of the KL buys information about the picture beyond its label. Do the codes really say anything about the label? Each code was drawn from one of the clouds in its mixture, so a mixture of only a thousand gives it too high a density, and $I_q(Z;Y)$ comes out too large. By how much?
# Shuffled labels have nothing to do with the codes, so what they give is the error:

# %% tags=["nbval-ignore-output"]
shuffled = rng.permutation(y_test)
for digit in range(10):
    own = shuffled == digit
    log_label[own] = log_mixture(z[own], z_mean[own], z_log_var[own])
by_chance = np.mean(log_label - log_all)
print(f"I(Z;Y) with shuffled labels: {by_chance:.2f} nats, ", end="")
print(f"which leaves {of_label - by_chance:.2f}")

# %% jupyter={"source_hidden": true}
assert 0.05 < by_chance < of_label

# %% [markdown]
# Most of it was an artefact of the estimate. What is left is less than a tenth of a nat.
#
# Here are the mean codes of 200 digits of each kind, with the circle that contains 95 % of the prior:

# %% alt="Ten small panels, one for each digit. In each, the codes of its test digits form a roundish cloud, nearly all of it inside the circle that contains 95 % of the prior."
fig, axes = plt.subplots(2, 5, figsize=(8.5, 3.8), layout="constrained")
radius = np.sqrt(-2 * np.log(0.05))
for digit, ax in enumerate(axes.flat):
    own = rng.permutation(z_mean[y_test == digit])[:200]
    ax.scatter(*own.T, s=4, linewidths=0)
    ax.add_patch(plt.Circle((0, 0), radius, fill=False, edgecolor="0.5"))
    ax.set(title=digit, xticks=[], yticks=[], xlim=(-3.2, 3.2), ylim=(-3.2, 3.2))
    ax.set_aspect("equal")
plt.show()

# %% [markdown]
# All ten fill much the same disc, so a code says little about its label. What it still says may be in their shapes: some are wider, others taller.
#
# The callbacks of the training kept the codes as well. Before the training, the codes of each digit are little more than a dot. After one epoch they are scattered far and unevenly, and by the fourth they lie much as above. (The circle is the one above.)

# %% tags=["nbval-ignore-output"]
square = {"bins": 96, "range": [(-4, 4), (-4, 4)]}
x1, x2 = np.meshgrid(*[np.linspace(-4, 4, 96)] * 2)
circle = np.abs(np.hypot(x1, x2) - radius) < 0.04
dots = np.zeros((10, len(titles), 96, 96), "uint8")
for digit, film in enumerate(films):
    for frame, codes in enumerate(film.recording.z_mean):
        counts = np.histogram2d(*codes.T, **square)[0].T[::-1]
        dots[digit, frame] = np.maximum(255 * (counts > 0), 100 * circle)
save_films("runs/codes.gif", dots, names, titles, colours=4)
show_gif(
    "runs/codes.gif",
    "The codes of each digit: a dot, then a wide uneven cloud, then a round one.",
)

# %% jupyter={"source_hidden": true}
with Image.open("runs/codes.gif") as gif:
    assert gif.n_frames == 6

# %% [markdown]
# ## Reading with a model that draws
#
# In two dimensions $P(X|Y) = \int P(X|Z,Y)\,P(Z)\,dZ$ can be added up on a grid, as in notebook 06, for each of the ten labels. The first 1000
# digits of the test set will do. The grid runs from −4.4 to 4.4 in steps of 0.04, and `doubt` is how much a grid of twice the step would change each value.

# %%
options = {"step": 0.04, "limit": 4.4}
log_p, doubt = [], []
for digit in range(10):
    log_likelihood = pairwise_log_likelihood(vae.decoder.given(digit))
    value, change = log_likelihood_quadrature(log_likelihood, pictures, **options)
    log_p.append(value)
    doubt.append(change)
log_p, doubt = np.stack(log_p, axis=1), np.stack(doubt, axis=1)  # (1000, 10)

# %% [markdown]
# By Bayes' rule, if all labels are equally frequent,
#
# $$P(Y|X) = \frac{P(X|Y)\,P(Y)}{P(X)}, \qquad P(X) = \sum_y P(y)\, P(X|y).$$
#
# (Our pixels are grey, so strictly these aren't probabilities of the picture, as notebook 03 explains. The bound below only uses that the ten terms are positive.)
#
# So a model that has only learned to draw can also read. It says how probable the picture is as a zero, as a one, and so on, and we take the most probable label. As a yardstick:
# the judge, which was trained to read, is right for 99.5 % of the test digits.

# %% tags=["nbval-ignore-output"]
log_marginal = special.logsumexp(log_p, axis=1) - np.log(10)
p_label = np.exp(log_p - np.log(10) - log_marginal[:, None])
right = p_label.argmax(axis=1) == truth
given_own = log_p[np.arange(1000), truth]
scores = vae.evaluate(pictures, truth, batch_size=500, verbose=0, return_dict=True)
own_elbo = -scores["loss"]
print(f"twice the step changes log P(X|Y) by {doubt.mean():.1g} nats, ", end="")
print(f"at most {doubt.max():.1g}")
print(f"accuracy of Bayes' classifier: {right.mean():.1%}")
print(f"ELBO {own_elbo:.1f}, log P(X|Y) {given_own.mean():.1f}, ", end="")
print(f"log P(X) {log_marginal.mean():.1f} nats")

# %% jupyter={"source_hidden": true}
assert doubt.mean() < 0.01
assert 0.88 < right.mean() < 0.95
assert own_elbo < given_own.mean() < log_marginal.mean() + np.log(10)
assert given_own.mean() < own_elbo + 2
below = [run["loss"] + run["log_p"] for run in rows["no label"]]
assert 4.5 < min(below) < max(below) < 6

# %% [markdown]
# Here is the answer to the question above. For every picture, $P(X) \ge P(y)\,P(X|y)$, so
#
# $$\log P(X|Y) - \log P(X) \;\le\; \log 10 = 2.30:$$
#
# being told the label cannot raise a picture's log-probability by more than that. Here it raises the mean by about one nat: it would be 2.30 if the model always gave
# the true label probability 1, and the digits that it misreads cost it the rest. So at most 2.30 of the 15 nats are what the label *tells*. Most of the others come from a better model: even
# without being told the label, it gives the test digits a $\log P(X)$ about 10 nats higher than the model without labels does (both on the grid, in the table below). The
# label works as another latent variable, with ten values, which this model did not have to discover. The rest, about 4 nats, is a tighter bound: with the label the ELBO is less than 2 nats below $\log P(X|Y)$; without labels it is about 5 below $\log P(X)$.
#
# How far can one trust the classifier's probabilities? If it says 90 %, is it right nine times out of ten?

# %% tags=["nbval-ignore-output"]
sure = p_label.max(axis=1)
edges = [0, 0.9, 0.99, 0.9999, 1.01]
for low, high in itertools.pairwise(edges):
    between = (sure >= low) & (sure < high)
    print(f"P(Y|X) from {low} to {min(high, 1)}: {between.sum():4} digits, ", end="")
    print(f"of which {right[between].mean():.0%} are right")
print(f"errors in 1000: it expects {np.sum(1 - sure):.0f} and makes {np.sum(~right)}")

# %% jupyter={"source_hidden": true}
assert np.mean(sure > 0.9999) > 0.7
assert right[sure > 0.9999].mean() < 0.995
assert np.sum(~right) > 3 * np.sum(1 - sure)

# %% alt="Ten test digits in a row, each with what the classifier says and what it is. Some could be taken for what it says; others are plain."
wrong = np.flatnonzero((sure > 0.9999) & ~right)[:10]
fig, axes = plt.subplots(1, len(wrong), figsize=(11, 1.5), layout="constrained")
for ax, i in zip(axes, wrong, strict=True):
    ax.imshow(pictures[i, ..., 0], cmap="gray_r")
    ax.set_title(f"“{p_label[i].argmax()}”, is {truth[i]}", fontsize=11)
    ax.set(xticks=[], yticks=[])
plt.show()

# %% [markdown]
# It is far too sure of itself. You see ten examples above. A likely reason: the model takes the 784 pixels as independent once the code is given. A code of two numbers
# cannot explain all that the pixels have in common, so a common deviation, such as a thicker stroke, looks like hundreds of independent hints. With eight units, which
# leave less unexplained, it makes fewer errors, though still four to seven times as many as it expects (in the table below).
#
# ## Wrong wirings
#
# Both halves are told the label. Is that necessary? We compare three alternatives: tell only the decoder, tell only the encoder, or train ten
# separate VAEs, one for each digit. All are trained with the same number of batches in total, so each of the ten VAEs gets a tenth of them
# ([measured](../benchmarks/results/conditional.md)).
#
# Each cell shows the lowest and the highest of three seeds, or one number if they agree. The test loss assumes that the label is given; $\log P(X)$ does not, so it may be as much as 2.30 nats lower than the negative loss.
# $\log P(X)$ and Bayes' classifier are measured on the first 1000 digits, as above; with four units and with eight by importance weights (notebook 06, $k = 500$) in place of a grid. (These are lower bounds. They are looser for a wrong label, since the encoder has never seen such a picture with that label, so these classifiers look a little surer, and perhaps a little better, than they are.)
# *Slant kept* and *ink kept* are correlations as above, averaged over the ten new labels.

# %%
columns = {
    "test loss, nats": ("loss", "{:.1f}"),
    "log P(X)": ("log_p", "{:.1f}"),
    "named as asked": ("asked", "{:.1%}"),
    "restyled as labelled": ("restyled", "{:.1%}"),
    "slant kept": ("slant", "{:.2f}"),
    "ink kept": ("ink", "{:.2f}"),
    "label guessed": ("guessed", "{:.0%}"),
    "Bayes right": ("bayes", "{:.1%}"),
    "errors it expects": ("errors_expected", "{:.1%}"),
}
table = pd.DataFrame(index=rows)
for title, (key, form) in columns.items():
    values = [[run[key] for run in runs if key in run] for runs in rows.values()]
    table[title] = [
        " to ".join(dict.fromkeys(form.format(f(each)) for f in (min, max) if each))
        or "–"
        for each in values
    ]
table

# %% jupyter={"source_hidden": true}
both, decoder_only, encoder_only, ten, none, four, eight = (
    {key: [run.get(key) for run in runs] for key in runs[0]} for runs in rows.values()
)
assert max(both["loss"]) < min(decoder_only["loss"]) < max(decoder_only["loss"]) < 131
assert min(none["loss"]) - max(both["loss"]) > 14
assert 8 < min(both["log_p"]) - max(none["log_p"]) < 11
assert min(decoder_only["guessed"]) > max(both["guessed"])
assert abs(np.mean(decoder_only["slant"]) - np.mean(both["slant"])) < 0.05
assert max(encoder_only["loss"]) < min(none["loss"])
assert max(encoder_only["asked"] + encoder_only["bayes"]) < 0.11
assert min(ten["loss"]) > max(both["loss"]) + 6
assert max(both["log_p"]) - min(ten["log_p"]) < 2.5
assert max(ten["slant"]) < 0.3
assert min(four["bayes"]) > max(both["bayes"]) + 0.01
assert max(both["guessed"]) < min(four["guessed"])
assert max(four["guessed"]) < 0.19
assert min(four["ink"]) > 0.7
assert min(eight["bayes"]) > 0.96
assert min(eight["ink"]) > 0.8 > 0.5 > max(both["ink"])
assert min(eight["guessed"]) > 2.4 * max(both["guessed"])

# %% [markdown]
# Read it row by row.
#
# - **Only the decoder** is told: less than two nats worse. The encoder sees the picture, and can mostly read the label off it. But its codes say more about the label: it can be
#   guessed for 17 to 22 % of the digits, against 13 %. Slant is kept about as well.
# - **Only the encoder** is told: the bound still holds, and the loss is even a little lower than without labels. But the decoder doesn't know what to draw, so one new digit in ten is as asked, by chance, and there is nothing to read from. (All ten labels tie, so `argmax` says 0, which is right for 8.5 % of these digits.) The code has to carry the label, and it does: most labels can be guessed
#   from it. (Don't be misled by the slant that is kept: this decoder ignores the new label, so the "restyled" picture is a plain reconstruction.)
# - **Ten VAEs** draw the right digit, of course. But each of them sees a tenth of the data and is trained for a tenth of the steps, and together their loss is about 7 nats higher. Look at $\log P(X)$, though: it is little lower, and they read even a little better.
#   So the decoders are about as good, and it is the encoders that fall behind. What is lost is a style that all digits share. Ten models that know nothing of each other have no reason to give a code the same meaning.
# - **Four units** have a much lower loss, read better, and keep the ink as well as the slant. Their codes say a little more about the label than those of two units, and 99 % of the new digits are still named as asked. If you don't need
#   a map that can be drawn, take these.
# - **Eight units** read better still. But the code says more about the label: it can be guessed about two and a half times as often as with two units. And fewer of the new digits
#   are named as asked.
#
# ## Try it yourself
#
# Move the pointer over the plane. The map shows the chosen digit; the ten small pictures show the *same* code with each label. Can you find a code where all ten lean to the
# left? Is there one where one digit falls apart and the others don't? Then tick *codes of test digits* and click a dot: its original appears beside its reconstruction, and the small pictures have its style.

# %% picture="styles.html" tags=["nbval-ignore-output"]
decoders = {digit: vae.decoder.given(digit) for digit in range(10)}
shown = slice(300)
explorer = latent_explorer(
    decoders,
    z_mean[shown],
    y_test[shown],
    x_test[shown],
    limit=2.5,
    n=11,
    codes_name="codes of test digits",
)
explorer.save("runs/styles.html", title="One style, all digits")
explorer

# %% jupyter={"source_hidden": true}
codes = np.random.default_rng(1).uniform(-2.2, 2.2, (50, 2))
for digit in (0, 7):
    shown_by_page = explorer.picture(codes, digit)
    by_decoder = np.asarray(decoders[digit](codes.astype("float32")))[..., 0]
    assert np.abs(shown_by_page - by_decoder).mean() < 0.02

# %% [markdown]
# ## What to take with you
#
# - A continuous decoder cannot draw two separate things without drawing something in between. Given the label, it need not.
# - Condition every line of the derivation on $Y$: that is the conditional VAE. The prior stays $\mathcal N(0, I)$ for every label.
# - The KL in the loss is $I(Z;X|Y) + I(Z;Y) + \operatorname{KL}[q(z)\|P(Z)]$. The middle term tells the decoder nothing that it doesn't know, so training
#   tends to make it small, and what remains in the code is style.
# - The decoder must be told the label; telling the encoder too gains a little. Style is carried over where one network serves all labels; ten separate ones lose it.
# - A label is worth at most $\log 10$ nats to the picture it belongs to, but training with labels can be worth more to the model.
# - $\log P(X|Y)$ for every label makes a classifier, and one that is too sure of itself.

# %% [markdown]
# ## Exercises
#
# In the first cell of an exercise replace `...` with your answer and run it; the cell below checks it, and if it is not
# right yet, tries to tell you why. A solution is folded away under each: click on the bar with the three dots to see
# it.

# %%
from course.exercises.conditional import check_posterior, check_told

# %% [markdown]
# **1.** Write Bayes' classifier for labels that are *not* equally frequent, from $\log P(x|y)$ in nats. Mind that these numbers lie around −100, and can
# be −1000. Each row of the answer sums to 1.


# %%
def posterior(log_p, prior):
    """P(y|x), shape (n, labels), from log P(x|y), (n, labels), and P(y), (labels,)."""
    return ...  # your answer


# %%
check_posterior(posterior)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def posterior_solution(log_p, prior):
    """P(y|x), shape (n, labels), from log P(x|y), (n, labels), and P(y), (labels,)."""
    return special.softmax(log_p + np.log(prior), axis=1)


# %% [markdown]
# **2.** How much does a guess say about the label? Compute the mutual information of the true label $y$ and the guess $g$, in nats,
#
# $$\sum_{y, g} p(y, g) \log \frac{p(y, g)}{p(y)\,p(g)},$$
#
# from a table that counts how often each pair occurred: rows are true labels, columns guesses. Empty cells count as 0.


# %%
def told(counts):
    """I(truth; guess) in nats, a number, from counts of shape (labels, guesses)."""
    return ...  # your answer


# %%
check_told(told)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def told_solution(counts):
    """I(truth; guess) in nats, a number, from counts of shape (labels, guesses)."""
    p = counts / counts.sum()
    both = p.sum(axis=1, keepdims=True) * p.sum(axis=0, keepdims=True)
    return special.rel_entr(p, both).sum()


# %% [markdown]
# **3.** *Predict, then look.* A label can also be a vector. What does the decoder draw for half a three and half an eight, $y = (0, …, ½, …, ½, 0)$, and on the
# way from one to the other? It has never seen such a label in training. Start from here:

# %%
half = np.zeros((1, 10), "float32")
half[0, [3, 8]] = 0.5
style = z_mean[first[4]][None].astype("float32")  # of the 4 in the table above
drawn_with_half = vae.decoder((style, half))

# %% jupyter={"source_hidden": true} tags=["nbval-ignore-output", "solution", "hide-cell"]
# Solution. The decoder is continuous in the label, too, so the way is smooth, and
# somewhere on it the judge changes its mind. In between are shapes that are not digits.
alt = "Nine pictures in a row: a three turns into an eight."
with folded(alt):
    share = np.linspace(0, 1, 9)[:, None]
    labels = (1 - share) * np.eye(10)[3] + share * np.eye(10)[8]
    styles = np.repeat(style, 9, axis=0)
    between = np.asarray(vae.decoder((styles, labels.astype("float32"))))
    plot_digits(between)
    plt.show()
    print("named:", *judge.labels(between))

# %% jupyter={"source_hidden": true} tags=["solution", "hide-cell"]
assert judge.labels(between)[[0, -1]].tolist() == [3, 8]

# %% [markdown]
# ## Sources
#
# The article: M. Surtsukov, *Autoencoders in Keras, part 4: conditional VAE* (in Russian), 2017, from
# [msurtsukov.github.io](https://msurtsukov.github.io) · [20] K. Sohn, H. Lee, X. Yan, *Learning Structured Output Representation Using Deep Conditional
# Generative Models*, NeurIPS 2015 · [21] D. P. Kingma, D. J. Rezende, S. Mohamed, M. Welling, *Semi-Supervised Learning with Deep Generative Models*,
# [arXiv:1406.5298](https://arxiv.org/abs/1406.5298): the model used here, digits in one style, and what to do when only a few pictures have labels · Data: Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST database of handwritten
# digits*, CC BY-SA 3.0.
#
# **Next:** [notebook 10](10_gan.ipynb), sharper pictures, from a model without a likelihood.
