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
# # 5 · Making GIFs
#
# A map of digits that takes shape shows what a VAE learns, and when. In this notebook you record a training run, set it
# in motion, and look closely: what moves early, and what moves late? We also watch a run of nearly 500 epochs. At the end we
# put numbers on what the article that this course follows (Surtsukov, 2017) says of such pictures: the codes are not quite normal, but close.
#
# You need [notebook 03](03_vae_in_keras.ipynb) for what a VAE is, and for the last section the KL of [notebook
# 02a](02a_deriving_the_elbo.ipynb); callbacks are explained in [notebook 04](04_watching_it_learn.ipynb).

# %% [markdown]
# ## Getting ready

# %% tags=["machine", "nbval-ignore-output"]
from vaelib.runtime import set_up

print("Running on:", set_up(seed=3))

# %%
import json
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
from PIL import Image, ImageSequence
from scipy import spatial, special, stats

# %%
from course.display import show_gif, show_source
from vaelib.data import load_mnist
from vaelib.linear_gaussian import normal_kl
from vaelib.models import VAE, Decoder, Encoder
from vaelib.training.recording import Recording, snapshot_epochs
from vaelib.training.schedules import warmup_cosine
from vaelib.training.snapshots import Snapshots
from vaelib.visual.animation import latent_gif, manifold_gif
from vaelib.visual.frames import manifold_painter

sns.set_theme(context="notebook", style="ticks", palette="colorblind")
set_matplotlib_formats("retina")
RESULTS = Path("../benchmarks/results")  # measurements that come with the course
(x_all, _), (x_test, y_test) = load_mnist()
x_train = x_all[:20_000]

# %% [markdown]
# ## A run to look at
#
# We train the VAE of notebook 03 for 24 epochs on 20 000 digits: short epochs give many frames for little training.
# `Snapshots` is a callback of the course. Before training and after every epoch it records the map of digits, and for
# each of the ten thousand test digits the mean of its code and the logarithm of its variance. (We only look at the test
# set; no decision depends on it.)

# %% tags=["nbval-ignore-output"]
epochs, batch_size = 24, 250
vae = VAE(Encoder(), Decoder())
learning_rate = warmup_cosine(epochs * len(x_train) // batch_size, peak=0.01)
vae.compile(optimizer=keras.optimizers.Adam(learning_rate), steps_per_execution=20)
snapshots = Snapshots()
options = {"batch_size": batch_size, "epochs": epochs, "verbose": 0}
history = vae.fit(x_train, callbacks=[snapshots], **options).history
print(f"training loss: {history['loss'][0]:.1f} in the first epoch, ", end="")
print(f"{history['loss'][-1]:.1f} nats in the last")

# %%
recording = snapshots.recording
assert recording.manifolds.size, "No map: these animations need latent_dim=2."
assert history["loss"][-1] < 165, (
    "Hardly trained: more epochs, or more batches in each."
)
for name, array in vars(recording).items():
    print(f"{name:10} {array.dtype!s:8} {array.shape}  {array.nbytes / 1e6:.2f} MB")

# %% [markdown]
# A pixel of the map takes one byte, and each number of a code takes four. The whole run takes 8.4 MB, and
# `recording.save("run.npz")` would write it to a file.
#
# A run of 1000 epochs need not be recorded after each of them. Most happens early, so the article took the first ten
# epochs and then $\lfloor i^{1.701} \rfloor$, which lie close together at first and far apart later:

# %%
chosen = snapshot_epochs(1000)
print(len(chosen), "of 1001 frames:", *chosen[:14], "…", *chosen[-4:])

# %% [markdown]
# `Snapshots(epochs=snapshot_epochs(1000))` records just these. Our run is short, so we keep all of its frames.

# %% [markdown]
# ## The article's way
#
# The article made its animations with Matplotlib's `FuncAnimation`. A function changes what a figure shows, and a
# *writer* collects the figures in a file. The article's writer was the program ImageMagick; Matplotlib's own
# `PillowWriter` needs no other program. Here is every fourth epoch, in a small figure:

# %%
from matplotlib.animation import FuncAnimation

fig, ax = plt.subplots(figsize=(3, 3), dpi=75)
image = ax.imshow(recording.manifolds[0], cmap="gray_r", vmin=0, vmax=255)
ax.set(xticks=[], yticks=[])


def update(i):
    """Let the figure show frame i."""
    image.set_data(recording.manifolds[i])
    ax.set_title(f"Epoch: {recording.epochs[i]}")


some = range(0, len(recording), 4)
Path("runs").mkdir(exist_ok=True)
FuncAnimation(fig, update, frames=some).save("runs/article.gif", "pillow", fps=4)
plt.close(fig)

# %% tags=["nbval-ignore-output"]
alt = "Maps of digits in turn: grey noise, then blurred shapes, then digits."
show_gif("runs/article.gif", alt)

# %%
with Image.open("runs/article.gif") as gif:
    pictures = [picture.convert("RGB") for picture in ImageSequence.Iterator(gif)]
    print(len(pictures), "pictures of", gif.size, "pixels, each for", end=" ")
    print(gif.info["duration"], "milliseconds")
assert len(pictures) == len(some)

# %% [markdown]
# The cell above opened the file with Pillow. A GIF is a sequence of pictures, each with the time for which it is shown. Pillow also
# writes such a file, from any list of pictures: the first picture's `save` gets the others in `append_images`. We let
# the last one stay for two seconds, so that the eye can rest on the result; `loop=0` means for ever.

# %%
options = {"duration": [250] * (len(pictures) - 1) + [2000], "loop": 0}
rest = pictures[1:]
pictures[0].save("runs/held.gif", save_all=True, append_images=rest, **options)
with Image.open("runs/held.gif") as gif:
    gif.seek(gif.n_frames - 1)
    print("the last frame stays for", gif.info["duration"], "milliseconds")

# %% [markdown]
# ## Fast and small
#
# With more and larger frames this way has two drawbacks. Matplotlib draws the axes and the title anew for every frame,
# although only the number in the title changes. And many pixels of a map change a little from frame to frame, by
# less than a thirtieth of full ink, which is hard to notice in motion. Pillow stores only what has changed, and marks the rest as "transparent: as before",
# which takes hardly any room. So changes that are hardly noticed fill much of the file.
#
# So `vaelib` does three things differently. The background is drawn **once**. What moves is painted over it as an array
# of numbers, without Matplotlib; a frame of a GIF has at most 256 colours, so a pixel is the *number* of a colour. For the map
# we take only 31 greys, 0 for white to 30 for black, which removes most of the faint changes. And so that a pixel near the border of
# two greys doesn't flicker, it keeps its grey until it is off by a whole level. This is how a map is painted:

# %%
show_source(manifold_painter)

# %% [markdown]
# `manifold_painter` returns a function, `paint`, which is called once for each frame. `shown` lives on between the calls and remembers the
# levels on the canvas. It starts at −1, a whole level away from every grey, so the first frame paints every pixel. (`GREYS` is 31. The lines with
# `palette` are for coloured pictures.)
#
# The gain has been [measured](../benchmarks/results/gifs.md), on another run with 50 frames of 800 × 800 pixels.
# For each way you see the seconds it took to write the GIF (the median of three times) and the size of the file.

# %%
for row in json.loads((RESULTS / "gifs.json").read_text(encoding="utf-8"))["rows"]:
    print(f"{row['by']:33}{row['seconds']:6.2f} s {row['bytes'] / 1e6:6.2f} MB")

# %% [markdown]
# We can check the size here, with the same few frames as above and as many pixels. We also count the pixels of the map
# that differ from the frame before, and those of them that differ by less than one step of our 31 greys.

# %% tags=["nbval-ignore-output"]
few = Recording.from_frames(recording.frames()[::4])
manifold_gif(few, "runs/small.gif", size=225, verbose=False)
plain = Path("runs/article.gif").stat().st_size
small = Path("runs/small.gif").stat().st_size
print(f"FuncAnimation {plain / 1000:.0f} kB, the course {small / 1000:.0f} kB")
change = np.abs(np.diff(few.manifolds.astype(int), axis=0))
changed = (change > 0).mean(axis=(1, 2))
faint = ((change > 0) & (change < 255 / 30)).mean(axis=(1, 2)) / changed
print("changed pixels, in %:             ", (100 * changed).round())
print("of them by less than a grey, in %:", (100 * faint).round())

# %% jupyter={"source_hidden": true}
assert small < plain / 2, "The course's GIF should be less than half as large."
assert faint[1:].min() > 0.3, "few faint changes: leaving them out gains little"

# %% [markdown]
# ## The map in motion
#
# Here is the whole run, every epoch.

# %% picture="manifold.gif" tags=["nbval-ignore-output"]
options = {"size": 420, "frame_ms": 300, "verbose": False}
manifold_gif(recording, "runs/manifold.gif", **options)
show_gif("runs/manifold.gif", "225 digits in a square: grey noise becomes a map.")

# %%
with Image.open("runs/manifold.gif") as gif:
    assert gif.n_frames == len(recording)

# %% [markdown]
# Let it run a few times, and look at one thing at a time.
#
# - Before training there is only grey. **One** epoch later the map is covered with blurred shapes that look much alike.
# - Then the map is divided, into round digits here and straight ones there. Some digits claim a region early. Others
#   appear later, in between, out of a shape that they first shared with a neighbour.
# - In the last third hardly anything moves to another place. Lines get sharper and borders narrower, and since the
#   learning rate falls to zero, the map comes to rest.
#
# (The films show the model with its running averages, which lag behind in the first epochs. [Notebook 04](04_watching_it_learn.ipynb#Watching) found that with averages up to date the same
# weights already draw different digits after one epoch.)
#
# ## The codes in motion
#
# This is the same run from the encoder's side: the mean codes of the ten thousand test digits, with a colour for each
# digit. The ten colours have no order, because no digit lies "between" two others. They come from a palette that was
# made with colour-blind readers in mind; its two greys went to 1 and 2, which hardly touch in the end. (For the article's look, pass
# `colors="coolwarm"`.) Half of the probability of the prior $\mathcal N(0, I)$ lies inside the small dashed circle, and 95 % inside the
# large one.

# %% tags=["nbval-ignore-output"]
options = {"size": 340, "frame_ms": 300, "verbose": False}
latent_gif(recording, y_test, "runs/latent.gif", **options)
alt = "Dots in ten colours, which spread, sort themselves and draw together."
show_gif("runs/latent.gif", alt)

# %% jupyter={"source_hidden": true}
with Image.open("runs/latent.gif") as gif:
    assert gif.n_frames == len(recording)
    assert gif.info["duration"] == 300
last = recording.z_mean[-1]
nearest = spatial.KDTree(last).query(last, k=2)[1][:, 1]  # the first is the code itself
beside_4, beside_1 = (y_test[nearest[y_test == digit]] for digit in (4, 1))
foreign = np.bincount(beside_4[beside_4 != 4], minlength=10)
assert foreign.argmax() == 9, (
    f"the text says 9, here 4 is mixed with {foreign.argmax()}"
)
assert np.mean(beside_1 == 2) < 0.05, "1 and 2 touch, and both are grey"

# %% [markdown]
# At first all codes lie in one heap near the origin. Then they burst apart, far beyond the prior's circles, and sort
# themselves by digit, as far as two dimensions allow: 4 and 9 stay mixed. (A part of the burst may come from the running averages as well: in notebook 04 a hump of the KL in these epochs vanished when they were up to date.) Meanwhile they are slowly drawn together again,
# towards the circles. The axes stay the same in all
# frames; otherwise the drawing would breathe, and you might take that for a movement of the codes. They are wide enough
# for 99 % of the codes in every frame of the later half. Those outside are not drawn: nearly all of them belong to the first few
# epochs, when some per cent of the codes lie farther out.
#
# The code for this is short. One painter sets a small disc for each code, another, which you have seen, paints the map
# if you ask for it, and a last step, which both kinds of GIF share, puts the frames into one file:

# %%
show_source(latent_gif)

# %% [markdown]
# ## A long run
#
# The article trained for 1000 epochs, with dropout and a constant learning rate of 0.0001. A recording of the first 486
# epochs, which take up to half an hour on two cores, [comes with the course](../benchmarks/film.py): some of the
# article's frames, with a smaller map and the codes of 1000 test digits. Here are the codes and the map side by side.

# %% tags=["nbval-ignore-output"]
long_run = Recording.load(RESULTS / "film.npz")
options = {"with_manifold": True, "frame_ms": 400, "verbose": False}
latent_gif(long_run, y_test[:1000], "runs/long_run.gif", size=300, **options)
alt = "Left, dots that spread and draw together; right, the map of digits."
show_gif("runs/long_run.gif", alt)

# %%
curve = json.loads((RESULTS / "article.json").read_text(encoding="utf-8"))["curve"]
elbo = {row["epoch"]: row["elbo"] for row in curve}
for epoch in (1, 10, 100, 490, 1000):
    print(f"epoch {epoch:4}: test ELBO {elbo[epoch]:7.1f} nats")
spread = dict(zip(long_run.epochs.tolist(), long_run.z_mean.std(axis=1), strict=True))
for epoch in (1, 10, 100, 486):
    print(f"epoch {epoch:4}: standard deviation of the codes {spread[epoch].round(2)}")
assert spread[10].min() > 2 > 1.3 > spread[100].max(), "the codes are drawn together"
assert np.abs(spread[486] - spread[100]).max() < 0.1, "and stay there"
moved = np.median(np.linalg.norm(np.diff(long_run.z_mean, axis=0), axis=-1), axis=1)
late = moved[long_run.epochs[:-1] >= 100]
print(f"median step of a code in a frame, from epoch 100: {late.min():.2f}", end="")
print(f" to {late.max():.2f}")
assert elbo[490] - elbo[100] > 5, "the ELBO should rise by more than 5 nats"
assert 1 < elbo[1000] - elbo[490] < 1.5, "and then by little more than one"

# %% [markdown]
# (The ELBO was [measured](../benchmarks/article.py) in another run with the same recipe, up to epoch 1000.) Here, too,
# the codes burst apart: after 10 epochs their standard deviation is more than twice the prior's. After 100 it is close
# to its value at epoch 486. From epoch 100 on the map largely keeps its layout (a patch of 2s still appears on the left, below the middle), and its strokes get a little sharper. From epoch 100 to 490 the ELBO
# rises by more than 5 nats, and in the remaining half of the run, which the recording leaves out, by little more than
# one. The dots still move a little from frame to frame, over some 60 epochs each. (The learning rate stays the same here;
# in our own run it falls to zero.)

# %% [markdown]
# ## What moves early, what late
#
# The eye follows what is large, so let us measure, in our own run again. For the map: by how much does a pixel change
# from one epoch to the next, on average? For the codes: how far does a picture's code move, in the median? And for the
# codes as a whole: what is their standard deviation?

# %% alt="Three curves over 24 epochs. A pixel's change: from 40 % of full ink to 3 % in the second epoch, then slowly to 0.1 %. A code's median step: from about 2 to below 0.01, more gradually. Standard deviation of the codes: up to 1.8 by epoch 2, then slowly down to about 1, the prior's."
ink = np.abs(np.diff(recording.manifolds.astype(float) / 255, axis=0)).mean(axis=(1, 2))
steps = np.median(np.linalg.norm(np.diff(recording.z_mean, axis=0), axis=-1), axis=1)
spread = recording.z_mean.std(axis=1)

fig, axes = plt.subplots(1, 3, figsize=(11, 3.3), layout="constrained")
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
middle, largest = len(ink) // 2, spread.max(axis=1)
by_ink, by_steps = ink / ink[middle], steps / steps[middle]
print(f"map: the first epoch changes a pixel {by_ink[0]:.0f} times ", end="")
print(f"as much as epoch {middle + 1}, and the second {by_ink[1]:.0f} times; ", end="")
print(f"codes: {by_steps[0]:.0f} and {by_steps[1]:.0f} times")
at = np.linspace(0, int(vae.optimizer.iterations), len(ink) + 1)
rates = [float(learning_rate(step)) for step in (at[1:] + at[:-1]) / 2]
for i in (len(ink) // 6, middle, len(ink) - 1):
    print(
        f"map, divided by the learning rate, in epoch {i + 1}: {ink[i] / rates[i]:.1f}"
    )
print(f"largest standard deviation {largest.max():.1f} ", end="")
print(f"in epoch {largest.argmax()}, at the end {spread[-1].round(2)}")

# %% jupyter={"source_hidden": true}
assert ink[0] > ink[1:].sum(), "not most of the map's change is in the first epoch"
assert steps[1] / steps[0] > 2 * ink[1] / ink[0], (
    "codes should take longer than the map"
)
assert spread.max() > 1.3 * spread[-1].max(), "they should be drawn together at the end"
assert ink[-1] / rates[-1] > 5 * ink[middle] / rates[middle]
assert np.abs(spread[-1] - 1).max() < 0.35, "train for longer: not yet the prior's size"

# %% [markdown]
# By this measure most of the map's change happens in the first epoch, when the background turns white and ink gathers where
# digits usually have it. In the maps as recorded, the digits separate afterwards: a few per cent of ink in an epoch, and far less at the end. The
# learning rate falls to zero, so the map must come to rest. But its steps shrink more slowly than the rate: in the last epoch the map still moves, for so small a rate, more than before. The
# codes take longer. Their common *scale* (right) peaks in the first few epochs, then falls, with some ups and downs, until about epoch 19.
#
# ## Not quite normal, but close
#
# The last frame looks roughly like a round cloud, denser inside than outside, as $\mathcal N(0, I)$ would, but with gaps
# and dense patches: not quite normal, but close. How close? First we must say which codes we mean. There are two candidates, and they are easily confused:
#
# - the **means** $\mu(X)$, one for each picture. They are what the GIF shows.
# - **samples** $z \sim \mathcal N(\mu(X), \operatorname{diag}\sigma^2(X))$, one draw from each picture's cloud. They
#   follow the **aggregated posterior** $q(z) = \frac1N \sum_n Q(z|x_n)$, the mixture of all clouds, and it is this
#   distribution that should match the prior.
#
# The means lack the width of the clouds, so they vary less than the samples. The law of total variance says by how
# much, for each dimension:
#
# $$\operatorname{Var}(z) = \operatorname{Var}(\mu) + \mathbb E[\sigma^2].$$

# %% alt="Variance of z1 over the epochs on a logarithmic scale. The means start near 0.05 and jump above 2, then sink to 1. The clouds' mean variance starts near 1 and falls below 0.01. The samples' variance starts at 1 and then lies on that of the means."
means = recording.z_mean.astype(float)
variances = np.exp(recording.z_log_var.astype(float))
samples = means + np.sqrt(variances) * np.random.default_rng(0).normal(size=means.shape)

fig, ax = plt.subplots(figsize=(8, 3.8), layout="constrained")
ax.plot(recording.epochs, means.var(axis=1)[:, 0], "o-", label="of the means")
ax.plot(recording.epochs, variances.mean(axis=1)[:, 0], "s-", label="mean $\\sigma^2$")
ax.plot(recording.epochs, samples.var(axis=1)[:, 0], "k.", label="of samples")
ax.axhline(1, color="black", linewidth=1, linestyle="--", label="prior")
ax.set(xlabel="epoch", ylabel="variance of $z_1$", yscale="log")
ax.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
ax.legend(loc="center right")
sns.despine()
plt.show()

# %% tags=["nbval-ignore-output"]
by_law = means.var(axis=1) + variances.mean(axis=1)
error = np.abs(samples.var(axis=1) / by_law - 1).max(axis=1)
share = (variances.mean(axis=1) / by_law).mean(axis=1)
print(f"share of the clouds' own width: epoch 0 {share[0]:.0%}, ", end="")
print(f"epoch 1 {share[1]:.1%}, at the end {share[-1]:.2%}")
print(f"the law holds within {error[0]:.1%} in epoch 0, {error[-1]:.2%} at the end")

# %% jupyter={"source_hidden": true}
assert share[0] > 0.8 > 0.2 > share[1] > share[-1], "the clouds should shrink"
assert error[0] < 0.06, "more than chance: 4 standard errors of a variance"
assert error[-1] < 0.006, "more than chance: means and variances do not fit the samples"

# %% [markdown]
# (Samples are random. The variance of 10 000 draws is typically off by about $\sqrt{2/10\,000} = 1.4$ %, and in epoch 0 it is.
# Later only the position inside the small clouds is random.) Before training nearly all of the variance is in the clouds:
# all pictures share one wide cloud, and the means lie in a small heap in its middle, about a fifth as wide. A latent dimension that a model does
# not use looks like that even after training; judged by its means, it looks nothing like the prior. In the trained model the clouds
# are small, because two numbers have to say as much as they can about a picture, so here it makes hardly any difference
# whether we take means or samples.
#
# ### Moments
#
# The prior has mean 0, covariance $I$, and in each dimension *skewness* 0 (it is symmetric) and *excess kurtosis* 0 (above 0, the tails are heavier than the normal's). Here are these numbers for
# our codes after the last epoch, and for as many draws from the prior itself:


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
candidates["draws from N(0, I)"] = of_the_prior
table = pd.DataFrame({name: moments(z) for name, z in candidates.items()})
print(table.round(2).to_string())

# %% jupyter={"source_hidden": true}
ideal = [0, 0, 1, 1, 0, 0, 0, 0, 0]
off = table.sub(ideal, axis=0).abs().max()
assert 2 * off["draws from N(0, I)"] < off["samples"], "no farther off than chance"
assert off["samples"] < 1.2, "farther from the prior than the text says"
assert np.abs(table["samples"] - table["means"]).max() < 0.1, "means and samples differ"

# %% [markdown]
# The codes are close to the prior, but some numbers are off by more than chance explains: the third column shows what
# chance does.
#
# ### A test, and why its p-value says little
#
# The Kolmogorov–Smirnov test compares the share of codes below a point with what the prior gives, at *all* points. $D$
# is the largest difference of the two. The p-value is the probability of a $D$ at least that large if the codes really
# were drawn from the prior. We test $z_1$ with 100 pictures, with 1000, and with all 10 000, in random order. (The test
# looks at one coordinate; it cannot see gaps in the plane.)

# %% tags=["nbval-ignore-output"]
order = rng.permutation(10_000)
tests = {
    (name, n): stats.kstest(z[order[:n], 0], "norm")
    for name, z in candidates.items()
    for n in (100, 1000, 10_000)
}
for (name, n), test in tests.items():
    print(f"{name:16} n = {n:6}: D = {test.statistic:.3f}, p = {test.pvalue:.2g}")

# %% jupyter={"source_hidden": true}
assert tests["samples", 10_000].pvalue < 1e-6 < 0.001 < tests["samples", 100].pvalue, (
    "the p-value should fall: other codes, or not enough of them?"
)
assert tests["samples", 10_000].statistic < 0.15, (
    "farther from the prior than the text says"
)
assert tests["draws from N(0, I)", 10_000].statistic < 0.02, "more than chance gives"

# %% [markdown]
# All three samples come from the same codes; only their number grows, and the p-value falls from unremarkable to practically zero. It answers a different question:
# not "how far from the prior are they?" but "are there enough data to see that they do not follow it exactly?". With enough
# data it says yes to any difference, however small. $D$ is the **effect size**; as $n$ grows it settles. (For small $n$ most of it
# is chance, for draws from the prior about $0.87/\sqrt n$ on average: 0.09 for 100. With so few even the prior's own draws may come out farther off than our codes.) It says: whatever point you choose,
# the share of codes below it differs from the prior's by at most $D$.
#
# ### How close, in nats
#
# The distance that matters to a VAE is $\operatorname{KL}[q(z)\,\|\,p(z)]$, from the aggregated posterior to the prior.
# The average KL that the model pays is the sum of this distance and of the information that the codes carry about their pictures [8]. (In training $q$ is the mixture over the training pictures; here we take the test pictures.) For the mixture of ten thousand clouds the density is known exactly, so we can
# draw from it and average $\log q(z) - \log p(z)$. This KL has two parts. Take the normal distribution $g$ with the
# mean and covariance of $q$. Then
#
# $$\operatorname{KL}[q\,\|\,p] = \operatorname{KL}[q\,\|\,g] + \operatorname{KL}[g\,\|\,p],$$
#
# because $\log g - \log p$ is quadratic, and every quadratic has the same expectation under $q$ and under $g$. The last
# term is the KL of the fitted normal $g$ from the prior, formula (5) of notebook [02a](02a_deriving_the_elbo.ipynb). The
# first is what no normal can describe: gaps, corners, elongated patches.


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
for i in (0, 700, 1999):  # the same without logarithms, a code at a time
    each = stats.norm.pdf(z[i], means[-1], np.sqrt(variances[-1])).prod(axis=1)
    assert np.isclose(log_q[i], np.log(each.mean())), "log_mixture has an error"

# %% [markdown]
# For $g$ we need the mixture's own mean and covariance: the mean of the means, their covariance and, by the law above,
# the mean variances on top of it.

# %% tags=["nbval-ignore-output"]
m, v = means[-1], variances[-1]
covariance = np.cov(m.T, bias=True) + np.diag(v.mean(axis=0))
g = stats.multivariate_normal(m.mean(axis=0), covariance)
price = 0.5 * (v + m**2 - 1 - np.log(v)).sum(axis=1).mean()

total, shape, fitted = log_q - prior.logpdf(z), log_q - g.logpdf(z), normal_kl(g, prior)
print(f"KL[q ‖ p]  {total.mean():.3f} ± {stats.sem(total):.3f} nats")
print(f"KL[q ‖ g]  {shape.mean():.3f} ± {stats.sem(shape):.3f} nats, due to the shape")
print(f"KL[g ‖ p]  {fitted:.3f} nats, due to mean and covariance")
print(f"average KL of one picture: {price:.2f} nats")

# %% jupyter={"source_hidden": true}
difference = total - shape - fitted
assert abs(difference.mean()) < 4.5 * stats.sem(difference), (
    "the two parts don't add up"
)
moments_of_all = np.append(
    samples[-1].mean(axis=0), np.cov(samples[-1].T)[[0, 0, 1], [0, 1, 1]]
)
moments_of_g = np.append(g.mean, g.cov[[0, 0, 1], [0, 1, 1]])
assert np.abs(moments_of_all - moments_of_g).max() < 0.015, "g: not the moments of q"
assert 0 < fitted < shape.mean() < total.mean(), "not most of it is shape"
assert total.mean() < 0.1 * price, "not a small part of what the code costs"

# %% [markdown]
# For the mixture of these ten thousand clouds the first number is right. As an estimate for all the digits that could be written it is too large:
# each of our codes lies inside its own cloud, which is part of the mixture. So $q$ is
# denser there than it would be if the mixture held all the digits that could be written. The fewer clouds there are, the
# more this matters. If we leave out each code's own cloud, we err in the other direction. (We use 1000 draws now instead of 2000, so the number for all clouds differs a little from the one above; ± is a standard error.)

# %% tags=["nbval-ignore-output"]
first = order[:1000]
own = stats.norm.logpdf(samples[-1][first], m[first], np.sqrt(v[first])).sum(axis=1)
own -= prior.logpdf(samples[-1][first])
distances = []
for n in (1000, 2000, 10_000):
    log_ratio = log_mixture(samples[-1][first], m[order[:n]], v[order[:n]])
    log_ratio -= prior.logpdf(samples[-1][first])
    distances.append(log_ratio.mean())
    print(f"KL[q ‖ p] with {n:6} clouds {distances[-1]:.2f} ", end="")
    print(f"± {stats.sem(log_ratio):.2f} nats")
others = log_ratio + np.log1p(-np.exp(own - log_ratio - np.log(n)))
without = others.mean() + np.log(n / (n - 1))
print(f"without each code's own cloud {without:.2f} ± {stats.sem(others):.2f} nats")

# %% jupyter={"source_hidden": true}
assert distances[0] > distances[1] > distances[2], "fewer clouds: a larger distance"
assert fitted < shape.mean() - (distances[2] - without), "shape is not most of the rest"

# %% [markdown]
# So this is "not quite normal, but close" in numbers: for all digits, the distance lies between the last two numbers, up
# to the error of the averages, and is a few hundredths of what a code costs on average. The rest of the average KL is
# information: what the codes tell about their pictures. In this run most of the small distance is *shape*, even if the
# whole correction is taken from it. (The correction belongs to the shape: the fitted normal depends only on a mean and a covariance, which ten thousand codes determine well.) Mean and covariance, with
# the correlation that we saw, account for a small part. The rest is whatever a normal distribution doesn't have, such as
# gaps between the digits. Here they are, the density of samples beside the prior's, on one scale:

# %% alt="Two densities on one scale. Samples: dark patches round the middle, up to about 0.45, separated by pale gaps, one of which runs through the middle. Draws from N(0, I): a smooth round cloud, at most about 0.2."
fig, axes = plt.subplots(
    1, 2, figsize=(9.6, 4.3), layout="constrained", sharex=True, sharey=True
)
how = {"bins": 60, "range": [[-3.5, 3.5]] * 2, "cmap": "Blues", "density": True}
for ax, name in zip(axes, ["samples", "draws from N(0, I)"], strict=True):
    density, *_, image = ax.hist2d(*candidates[name].T, **how)
    how.setdefault("vmax", density.max())  # the first panel's scale for both
    ax.set(title=name, xlabel="$z_1$", aspect="equal")
axes[0].set_ylabel("$z_2$")
fig.colorbar(image, ax=axes, label="density")
plt.show()

# %% [markdown]
# Why does it not get closer? One reason may be that the loss weighs this distance against the reconstruction: if all
# gaps were closed, digits on either side of a gap would be taken for each other. We have not tested that here. (The
# article points out, too, that there are only two dimensions.)
#
# ## Where the article goes next
#
# The map shows every digit, but where *is* the 7? A plain VAE cannot be asked for one. If the label is given to encoder
# and decoder as a further input, the codes need not tell digits apart any more, and are free for what is left: slant,
# width, stroke. Then we can ask for a 7 in the handwriting of a given 2. This is the *conditional* VAE, with which the
# article series goes on, and which [notebook 09](09_conditional_vae.ipynb) builds.
#
# ## What to take with you
#
# - A GIF is pictures and times. `FuncAnimation` makes one in ten lines. It is faster and smaller if you draw only once
#   what stands still, use few greys, and leave out changes that nobody would see.
# - An animation has to be readable, too: fixed axes, one colour for each kind, and a last frame that stays.
# - In the recorded maps most of the ink finds its place in the first epoch, and the digits separate later; a part of this delay comes from the running averages. Towards the end the map comes to rest because the learning rate falls to zero. The
#   codes burst apart and are slowly drawn together.
# - Judge the match with the prior by *samples*, not by means; by an effect size, not by a p-value; and in nats.

# %% [markdown]
# ## Exercises
#
# In the first cell of an exercise replace `...` with your answer and run it; the cell below checks it, and if it is not
# right yet, tries to tell you why. A solution is folded away under each: click on the bar with the three dots to see
# it.

# %%
from course.exercises.gifs import check_changed_box, check_ping_pong

# %% [markdown]
# **1.** Make a film run to its end and back again, in a loop, without a jump. No frame may come twice in a row, not even
# where the loop begins again.


# %%
def ping_pong(frames):
    """A list: forwards, then back without the ends; one frame comes back alone."""
    return ...  # your answer


# %%
check_ping_pong(ping_pong)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def ping_pong_solution(frames):
    """A list: forwards, then back without the ends; one frame comes back alone."""
    return frames + frames[-2:0:-1]


# %% [markdown]
# **2.** A GIF need only store the rectangle of a frame in which something has changed. Find this rectangle. Pillow's box
# `(left, top, right, bottom)` counts from the upper left corner, columns first; like the end of a Python slice, right
# and bottom lie one beyond the last changed pixel.


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
#
# **Next:** [6 · How good is it?](06_how_good_is_it.ipynb)
