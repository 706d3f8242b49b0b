# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: tags,picture,jupyter,-all
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
# # 5 · Making GIFs
#
# A map of digits that comes into being is the best picture of learning there is. In this notebook you record a training
# run, set it in motion, and look closely: what moves early, what late? At the end we put a number on a sentence that is
# often said of pictures like these, that the codes are "not quite normal, but close".
#
# You need [notebook 03](03_vae_in_keras.ipynb) for what a VAE is; callbacks are explained in [notebook
# 04](04_watching_it_learn.ipynb).

# %% [markdown]
# ## Getting ready

# %% tags=["machine", "nbval-ignore-output"]
from vaelib.runtime import set_up

print("Running on:", set_up(seed=3))

# %%
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from PIL import Image
from scipy import special, stats

from course.display import show_gif, show_source
from vaelib.data import load_mnist
from vaelib.linear_gaussian import normal_kl
from vaelib.models import VAE, Decoder, Encoder
from vaelib.training.recording import snapshot_epochs
from vaelib.training.schedules import warmup_cosine
from vaelib.training.snapshots import Snapshots
from vaelib.visual.animation import latent_gif, manifold_gif
from vaelib.visual.frames import manifold_painter

# %%
sns.set_theme(context="notebook", style="ticks", palette="colorblind")
(x_all, _), (x_test, y_test) = load_mnist()
x_train = x_all[:20_000]

# %% [markdown]
# ## A run to look at
#
# The VAE of notebook 03, on 20 000 digits, for 24 epochs: a film wants frames, and short epochs give more of them.
# `Snapshots` is a callback of the course. After every epoch it records the map of digits, and for each of the ten
# thousand test digits the mean of its code and the logarithm of its variance. (The test set is only looked at. Nothing
# is decided by it.)

# %% tags=["nbval-ignore-output"]
epochs, batch_size = 24, 250
vae = VAE(Encoder(), Decoder())
learning_rate = warmup_cosine(epochs * len(x_train) // batch_size, peak=0.01)
vae.compile(optimizer=keras.optimizers.Adam(learning_rate))
snapshots = Snapshots()
options = {"batch_size": batch_size, "epochs": epochs, "verbose": 0}
history = vae.fit(x_train, callbacks=[snapshots], **options).history
print(f"training loss: {history['loss'][0]:.1f} in the first epoch, ", end="")
print(f"{history['loss'][-1]:.1f} nats in the last")

# %%
assert history["loss"][-1] < 155
recording = snapshots.recording
for name, array in vars(recording).items():
    print(f"{name:10} {array.dtype!s:8} {array.shape}  {array.nbytes / 1e6:.2f} MB")

# %% [markdown]
# The maps are kept with one byte for a pixel, the codes with four for each number: the whole run takes a few megabytes,
# and `recording.save("run.npz")` would put it in a file.
#
# A run of 1000 epochs need not be recorded at every one. Most happens early, so the article took the first ten and then
# $\lfloor i^{1.701} \rfloor$, close together at first and far apart later:

# %%
chosen = snapshot_epochs(1000)
print(len(chosen), "of 1001 frames:", *chosen[:14], "…", *chosen[-4:])

# %% [markdown]
# (`Snapshots(epochs=snapshot_epochs(1000))` would do it.) Ours is short; we keep all 25 frames.

# %% [markdown]
# ## An animation of three frames
#
# A GIF is a number of pictures and, for each, how long it is to stay. So we need pictures. Matplotlib draws a figure,
# and hands out its pixels:


# %%
def frame(epoch):
    """The map at one epoch, drawn by Matplotlib, as a Pillow image."""
    fig, ax = plt.subplots(figsize=(4, 4), dpi=80)
    ax.imshow(recording.manifolds[epoch], cmap="gray_r", vmin=0, vmax=255)
    ax.set(xticks=[], yticks=[], title=f"Epoch: {epoch}")
    fig.canvas.draw()
    pixels = np.array(fig.canvas.buffer_rgba())[..., :3]
    plt.close(fig)
    return Image.fromarray(pixels)


three = [frame(epoch) for epoch in (1, 5, 24)]
print(three[0].size, three[0].mode)

# %% [markdown]
# Pillow writes them into one file: the first image's `save` gets the others in `append_images`. Times are in
# milliseconds, the last frame stays longer, and `loop=0` means for ever.

# %%
Path("runs").mkdir(exist_ok=True)
options = {"save_all": True, "duration": [700, 700, 2000], "loop": 0}
three[0].save("runs/three.gif", append_images=three[1:], **options)

# %% tags=["nbval-ignore-output"]
alt = "Three maps of digits in turn: after 1, 5 and 24 epochs."
show_gif("runs/three.gif", alt)

# %% [markdown]
# That is all there is to it. To be sure, we open the file again and look at what is in it.

# %%
with Image.open("runs/three.gif") as gif:
    for i in range(gif.n_frames):
        gif.seek(i)
        print("frame", i, gif.size, gif.info["duration"], "ms")
    assert gif.n_frames == 3

# %% [markdown]
# ## Fast and small
#
# With more and larger frames this way has two drawbacks. Matplotlib draws axes, ticks and title anew for every frame,
# and nothing of it has changed but the number. And nearly every pixel of a map changes a little from frame to frame, by
# less than anybody sees. Pillow stores only what has changed, and marks the rest as "transparent: as before", which takes
# next to no room; but here hardly anything stays the same.
#
# So `vaelib` does three things differently. The background is drawn **once**. What moves is painted over it as an array
# of numbers, without Matplotlib; a GIF knows at most 256 colours anyway, so a pixel is the *number* of a colour (0 to
# 30 for the greys from white to black). And a pixel keeps its grey until it is off by a whole level, so that Pillow finds
# much that stays the same. This is how a map is painted:

# %%
show_source(manifold_painter)

# %% [markdown]
# With 50 frames of 800 × 800 that is many times as fast as Matplotlib's own `FuncAnimation`, with either of its
# writers, and the file is a third as large or less: [measured](../benchmarks/results/gifs.md) side by side. For bytes
# we can check it here, with our own 25 frames at the small size from above.

# %% tags=["nbval-ignore-output"]
every = [frame(epoch) for epoch in recording.epochs]
options = {"save_all": True, "duration": 100, "loop": 0}
every[0].save("runs/plain.gif", append_images=every[1:], **options)
manifold_gif(recording, "runs/small.gif", size=320, verbose=False)
plain = Path("runs/plain.gif").stat().st_size
small = Path("runs/small.gif").stat().st_size
print(f"with all greys {plain / 1000:.0f} kB, with steady ones {small / 1000:.0f} kB")

# %%
assert small < plain / 1.5

# %% [markdown]
# ## The map in motion
#
# Now the real one. It is also the picture at the top of the course's front page.

# %% picture="manifold.gif" tags=["nbval-ignore-output"]
manifold_gif(recording, "runs/manifold.gif", size=560, verbose=False)
show_gif("runs/manifold.gif", "225 digits in a square: grey noise becomes a map.")

# %%
with Image.open("runs/manifold.gif") as gif:
    assert gif.n_frames == len(recording)
    assert gif.size == (560, 560)

# %% [markdown]
# Let it run a few times, and look at one thing at a time.
#
# - Before training there is only grey. **One** epoch later every place shows the same blurred shape, a bit of every
#   digit.
# - Then the map is divided: round ones here, straight ones there. Some digits claim a region early; others squeeze in
#   between later, out of a shape that they first shared with a neighbour.
# - In the last third hardly anything moves to another place. Lines get sharper, borders narrower. The learning rate is
#   falling to zero, and one sees it.
#
# ## The codes in motion
#
# The same run from the encoder's side: the mean codes of the ten thousand test digits, one colour for each digit.
# Digits are *kinds*, and no digit lies "between" two others, so ten colours that are easily told apart serve better
# than a ramp. (For the article's look: `colors="coolwarm"`.)

# %% tags=["nbval-ignore-output"]
latent_gif(recording, y_test, "runs/latent.gif", size=480, verbose=False)
alt = "Dots in ten colours, which spread, sort themselves and draw together."
show_gif("runs/latent.gif", alt)

# %%
with Image.open("runs/latent.gif") as gif:
    assert gif.n_frames == len(recording)
    assert gif.info["duration"] == 150

# %% [markdown]
# At first all codes lie in one heap round the origin. Then they burst apart, far beyond where the prior lives, and sort
# themselves by digit while they are drawn together again, slowly, towards a disc of the size of $\mathcal N(0, I)$. The
# axes stay the same in all frames, wide enough for all codes of all epochs; otherwise the drawing would breathe, and
# one would mistake that for the codes.
#
# Both side by side, for yourself or a friend, goes to a file of its own, `runs/latent_manifold.gif`:

# %%
_ = latent_gif(recording, y_test, "runs/latent_manifold.gif", 600, with_manifold=True)

# %% [markdown]
# ## What moves early, what late
#
# Eyes follow what is large. Let us measure. For the map: by how much does a pixel change from one epoch to the next, on
# average? For the codes: how far does a picture's code move, in the median? And for the codes as a whole: what is their
# standard deviation?

# %%
ink = np.abs(np.diff(recording.manifolds.astype(float) / 255, axis=0)).mean(axis=(1, 2))
steps = np.median(np.linalg.norm(np.diff(recording.z_mean, axis=0), axis=-1), axis=1)
spread = recording.z_mean.std(axis=1)

fig, axes = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
axes[0].plot(recording.epochs[1:], 100 * ink, "o-", markersize=4)
axes[0].set(ylabel="change of a pixel, % of full ink", yscale="log")
axes[0].set_yticks([0.1, 0.3, 1, 3, 10, 30], ["0.1", "0.3", "1", "3", "10", "30"])
axes[1].plot(recording.epochs[1:], steps, "o-", markersize=4)
axes[1].set(ylabel="median step of a code", yscale="log")
axes[1].set_yticks([0.01, 0.03, 0.1, 0.3, 1], ["0.01", "0.03", "0.1", "0.3", "1"])
axes[2].plot(recording.epochs, spread, "o-", markersize=4, label=["$z_1$", "$z_2$"])
axes[2].axhline(1, color="black", linewidth=1, label="prior")
axes[2].set(ylabel="standard deviation of codes", ylim=0)
axes[2].legend()
for ax in axes:
    ax.set(xlabel="epoch")
    ax.minorticks_off()
sns.despine()
plt.show()

# %% tags=["nbval-ignore-output"]
by_ink, by_steps, largest = ink / ink[-1], steps / steps[-1], spread.max(axis=1)
print(f"map: the first epoch changes a pixel {by_ink[0]:.0f} times ", end="")
print(f"as much as the last, and the second {by_ink[1]:.0f} times; ", end="")
print(f"codes: {by_steps[0]:.0f} and {by_steps[1]:.0f} times")
print(f"largest standard deviation {largest.max():.1f} ", end="")
print(f"in epoch {largest.argmax()}, at the end {spread[-1].round(2)}")

# %%
assert ink[0] > 10 * ink[1] > 10 * ink[-1]
assert steps[0] > 5 * steps[-1]
assert 1.3 < spread.max() < 5
assert np.abs(spread[-1] - 1).max() < 0.35

# %% [markdown]
# By this measure nearly everything happens in the first epoch: paper turns white, and ink gathers where digits are. All
# that makes the map a *map* comes after, and is a matter of a few per cent of ink, less with every epoch. The codes
# take longer. It is their common *scale* that comes down all the while (right), long after they have found their
# places.
#
# ## Not quite normal, but close
#
# The last frame looks like a disc, densest in the middle, as $\mathcal N(0, I)$ would. "Not quite normal, but close",
# one says, and leaves it at that. We can do better. First, which codes? There are two candidates, and they are easily
# mixed up:
#
# - the **means** $\mu(X)$, one for each picture. They are what the GIF shows.
# - **samples** $z \sim \mathcal N(\mu(X), \operatorname{diag}\sigma^2(X))$, one draw from each picture's cloud. They
#   follow the *aggregated posterior* $q(z) = \frac1N \sum_n Q(z|x_n)$, the mixture of all clouds, and that is what is
#   meant to match the prior.
#
# The means lack the width of the clouds, so they always vary less than the samples. By how much, the law of total
# variance says: for each dimension
#
# $$\operatorname{Var}(z) = \operatorname{Var}(\mu) + \mathbb E[\sigma^2].$$

# %%
means = recording.z_mean.astype(float)
variances = np.exp(recording.z_log_var.astype(float))
samples = means + np.sqrt(variances) * np.random.default_rng(0).normal(size=means.shape)

fig, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
of_means, of_clouds = means.var(axis=1)[:, 0], variances.mean(axis=1)[:, 0]
ax.bar(recording.epochs, of_means, label="of the means")
ax.bar(recording.epochs, of_clouds, bottom=of_means, label="mean $\\sigma^2$")
ax.plot(recording.epochs, samples.var(axis=1)[:, 0], "k.", label="of samples")
ax.axhline(1, color="black", linewidth=1, linestyle="--", label="prior")
ax.set(xlabel="epoch", ylabel="variance of $z_1$")
ax.legend()
sns.despine()
plt.show()

# %% tags=["nbval-ignore-output"]
by_law = means.var(axis=1) + variances.mean(axis=1)
error = np.abs(samples.var(axis=1) / by_law - 1).max(axis=1)
share = (variances.mean(axis=1) / by_law).mean(axis=1)
print(f"share of the clouds' own width: epoch 0 {share[0]:.0%}, ", end="")
print(f"epoch 1 {share[1]:.1%}, at the end {share[-1]:.2%}")
print(f"the law holds within {error[0]:.1%} in epoch 0, {error[-1]:.2%} at the end")

# %%
assert share[0] > 0.8 > 0.2 > share[1] > share[-1]
assert error[0] < 0.06
assert error[-1] < 0.01

# %% [markdown]
# (Samples are random: the variance of 10 000 draws is usually off by √(2/10 000) = 1.4 %, and so it is in epoch 0. Later
# only the small clouds are drawn at random.) Before training nearly all of the variance is in the clouds: all pictures share one wide cloud, and the means sit in a
# tiny heap in its middle. (In a latent dimension that the model does not use it stays like that for ever. Judge such a
# dimension by its means, and it looks nothing like the prior.) In the trained model the clouds are small, because two
# dimensions have to hold six nats' worth of differences; here it makes hardly any difference which of the two one
# takes.
#
# ### Moments
#
# The prior has mean 0, covariance $I$, skewness 0 and (excess) kurtosis 0 in each dimension. Our codes after the last
# epoch:


# %%
def moments(z):
    """Mean, variance, skewness, excess kurtosis of each dimension; the correlation."""
    functions = {"mean": np.mean, "variance": np.var}
    functions |= {"skewness": stats.skew, "kurtosis": stats.kurtosis}
    found = {}
    for what, function in functions.items():
        found |= {f"{what} {j + 1}": function(z[:, j]) for j in range(2)}
    return found | {"correlation": np.corrcoef(z.T)[0, 1]}


# %% tags=["nbval-ignore-output"]
rng = np.random.default_rng(1)
of_the_prior = rng.normal(size=(10_000, 2))
candidates = {"means": means[-1], "samples": samples[-1]}
candidates["draws of N(0, I)"] = of_the_prior
table = pd.DataFrame({name: moments(z) for name, z in candidates.items()})
print(table.round(2).to_string())

# %%
assert np.abs(table.loc[["mean 1", "mean 2", "correlation"], "samples"]).max() < 0.4
assert np.abs(table["samples"] - table["means"]).max() < 0.1

# %% [markdown]
# Near, then: moderately off in this or that, by more than chance would explain (third column).
#
# ### A test, and why its p-value says little
#
# The Kolmogorov–Smirnov test compares the share of codes below a point with what the prior gives, at *all* points. $D$
# is the largest difference of the two. The p-value is the probability of a $D$ at least that large if the codes really
# were drawn from the prior. We let it judge $z_1$ on the strength of 100, of 1000, and of all 10 000 pictures, chosen
# at random.

# %% tags=["nbval-ignore-output"]
order = rng.permutation(10_000)
tests = {
    (name, n): stats.kstest(z[order[:n], 0], "norm")
    for name, z in candidates.items()
    for n in (100, 1000, 10_000)
}
for (name, n), test in tests.items():
    print(f"{name:16} n = {n:6}: D = {test.statistic:.3f}, p = {test.pvalue:.2g}")

# %%
assert tests["samples", 10_000].pvalue < 1e-6
assert tests["samples", 10_000].statistic < 0.15
assert tests["draws of N(0, I)", 10_000].statistic < 0.02

# %% [markdown]
# Same codes, and the p-value goes from unremarkable to nothing. It answers another question than ours: not "how far
# from normal?" but "are there enough data to see that it isn't exactly normal?", and with enough data there always are.
# $D$ is the **size of the effect**, and hardly depends on $n$ once $n$ is large. Read it so: whatever point you choose,
# the share of codes below it differs from the prior's by at most $D$.
#
# ### How close, in nats
#
# The distance that matters to a VAE is $\operatorname{KL}[q(z)\,\|\,p(z)]$, from the aggregated posterior to the prior:
# it is part of what the model pays [8]. For the mixture of ten thousand clouds the density is known exactly, so we can
# draw from it and average $\log q(z) - \log p(z)$. It comes in two parts. Take the normal distribution $g$ with the
# mean and covariance of $q$. Then
#
# $$\operatorname{KL}[q\,\|\,p] = \operatorname{KL}[q\,\|\,g] + \operatorname{KL}[g\,\|\,p],$$
#
# because $\log g - \log p$ is quadratic, and $q$ and $g$ give every quadratic the same expectation. The last term is
# the fitted normal's, formula (02.5). The first is what no normal can catch: gaps, corners, arms.


# %%
def log_mixture(z, means, variances):
    """log q(z) of the mixture of all clouds, in nats, for each row of z."""
    log_q = []
    for part in np.array_split(z, max(1, len(z) // 100)):  # a hundred at a time: memory
        each = stats.norm.logpdf(part[:, None], means, np.sqrt(variances)).sum(axis=-1)
        log_q.append(special.logsumexp(each, axis=1) - np.log(len(means)))
    return np.concatenate(log_q)


prior = stats.multivariate_normal(np.zeros(2), np.eye(2))
z = samples[-1][order[:2000]]
log_q = log_mixture(z, means[-1], variances[-1])

# %% [markdown]
# For $g$ we need the mixture's own mean and covariance: the mean of the means, their covariance and, by the law above,
# the mean variances on top of it.

# %% tags=["nbval-ignore-output"]
m, v = means[-1], variances[-1]
center, of_the_means = m.mean(axis=0), np.cov(m.T, bias=True)
g = stats.multivariate_normal(center, of_the_means + np.diag(v.mean(axis=0)))
alone = normal_kl(stats.multivariate_normal(center, of_the_means), prior)
price = 0.5 * (v + m**2 - 1 - np.log(v)).sum(axis=1).mean()

total, shape, fitted = log_q - prior.logpdf(z), log_q - g.logpdf(z), normal_kl(g, prior)
print(f"KL[q ‖ p]  {total.mean():.3f} ± {stats.sem(total):.3f} nats")
print(f"KL[q ‖ g]  {shape.mean():.3f} ± {stats.sem(shape):.3f} nats, the shape's")
print(f"KL[g ‖ p]  {fitted:.3f} nats, the fitted normal's ", end="")
print(f"({alone:.3f} with the means alone)")
print(f"average KL of one picture: {price:.2f} nats")

# %%
difference = total - shape - fitted
assert abs(difference.mean()) < 4.5 * stats.sem(difference)
assert 0 < fitted < shape.mean() < total.mean() < 0.2 * price

# %% [markdown]
# One thing distorts the first figure. Each of our codes lies inside its own cloud, which is one of the mixture, and so $q$
# looks denser there than it would if the mixture held all the digits that could be written. The fewer the clouds, the
# more that counts. Leaving out each code's own cloud errs in the other direction:

# %% tags=["nbval-ignore-output"]
first = order[:1000]
own = stats.norm.logpdf(samples[-1][first], m[first], np.sqrt(v[first])).sum(axis=1)
own -= prior.logpdf(samples[-1][first])
distances = []
for n in (1000, 2000, 10_000):
    log_ratio = log_mixture(samples[-1][first], m[order[:n]], v[order[:n]])
    log_ratio -= prior.logpdf(samples[-1][first])
    distances.append(log_ratio.mean())
    print(f"KL[q ‖ p] with {n} clouds {distances[-1]:.2f} nats")
others = log_ratio + np.log1p(-np.exp(own - log_ratio - np.log(n)))
without = others.mean() + np.log(n / (n - 1))
print(f"and without each code's own cloud {without:.2f}")

# %%
assert distances[0] > distances[1] > distances[2] > without > 0

# %% [markdown]
# So this is "not quite normal, but close": for all digits, the distance lies between the last two figures, a few
# hundredths of what the code costs altogether. (The two parts, each measured on its own, add up.) The rest of the price is
# not waste but content, what the codes tell about their pictures. And of the small distance most is *shape*: mean and
# covariance, with the correlation that we saw, account for a small part. The rest is the gaps between the digits, which a
# normal doesn't have. Here they are, the density of samples against the prior's:

# %%
fig, axes = plt.subplots(
    1, 2, figsize=(10.5, 4.6), layout="constrained", sharex=True, sharey=True
)
how = {"bins": 60, "range": [[-3.5, 3.5]] * 2, "cmap": "Blues", "vmax": 25}
for ax, name in zip(axes, ["samples", "draws of N(0, I)"], strict=True):
    *_, image = ax.hist2d(*candidates[name].T, **how)
    ax.set(title=name, xlabel="$z_1$", aspect="equal")
axes[0].set_ylabel("$z_2$")
fig.colorbar(image, ax=axes, label="codes in a cell (25 or more: darkest)")
plt.show()

# %% [markdown]
# Why does it not get closer? One reason may be that the loss weighs this distance against the reconstruction: if all gaps
# were closed, digits on either side of one would be mistaken for each other. We have not tested that here. (The article
# calls the match quite close, the more so as there are only two dimensions.)
#
# ## What comes next
#
# The map shows every digit, but where *is* the 7? A plain VAE cannot be asked for one. If the label is given to encoder
# and decoder as a further input, the codes need not tell digits apart any more, and are free for what is left: slant,
# width, stroke. Then one can ask for a 7 in the hand of a given 2. That is the *conditional* VAE, with which the
# article series goes on.
#
# ## What to take with you
#
# - A GIF is pictures and times. Draw once what stands still, and store only what changes.
# - Fixed axes, one colour for each kind, the last frame held: an animation has to be readable, too.
# - The first epoch finds out where ink is, the others divide the map, in ever smaller steps; the codes burst apart and
#   are drawn together slowly.
# - Judge the match with the prior by *samples*, not by means; by the size of an effect, not by a p-value; and in nats.

# %% [markdown]
# ## Exercises
#
# In the first cell of an exercise replace `...` by your answer and run it; the cell below checks it, and if it is not
# right yet, tries to tell you why. A solution is folded away under each: click on the bar with the three dots to see
# it.

# %%
from course.exercises.gifs import check_changed_box, check_ping_pong

# %% [markdown]
# **1.** A film that runs to its end and back again, in a loop, without a jump. No frame shall come twice in a row, also
# not where the loop begins again.


# %%
def ping_pong(frames):
    """A list of frames, at least one: there, and back without the last and first."""
    return ...  # your answer


# %%
check_ping_pong(ping_pong)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def ping_pong_solution(frames):
    """A list of frames, at least one: there, and back without the last and first."""
    return frames + frames[-2:0:-1]


# %% [markdown]
# **2.** A GIF may store of each frame only the rectangle in which something has changed. Find it: Pillow's box `(left,
# top, right, bottom)` counts from the upper left corner, columns first, and like the end of a Python slice, right and
# bottom lie one beyond the last changed pixel.


# %%
def changed_box(before, after):
    """The smallest box with all pixels that differ.

    Two uint8 arrays of shape (height, width), not equal.
    """
    return ...  # your answer


# %%
check_changed_box(changed_box)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def changed_box_solution(before, after):
    """The smallest box with all pixels that differ.

    Two uint8 arrays of shape (height, width), not equal.
    """
    rows, columns = np.nonzero(before != after)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


# %% [markdown]
# ## Sources
#
# The article: M. Surtsukov, *Autoencoders in Keras, part 3: variational autoencoders* (in Russian), 2017, from
# [msurtsukov.github.io/AE3](https://msurtsukov.github.io/AE3) · [8] M. D. Hoffman, M. J. Johnson, *ELBO surgery*, NIPS
# workshop on advances in approximate Bayesian inference, 2016 · GIF: *Graphics Interchange Format, version 89a*,
# CompuServe 1990, [w3.org](https://www.w3.org/Graphics/GIF/spec-gif89a.txt) ·
# [Pillow](https://pillow.readthedocs.io/en/stable/handbook/image-file-formats.html#gif) · Data: Y. LeCun, C. Cortes, C.
# J. C. Burges, *The MNIST database of handwritten digits*, CC BY-SA 3.0.
