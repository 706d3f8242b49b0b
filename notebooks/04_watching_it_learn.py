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
# # 4 · Watching it learn: callbacks
#
# `fit` trains for minutes or hours and prints one line per epoch. Meanwhile you would like to change the learning rate,
# keep the best weights, stop when more training is pointless, resume after a power cut, and above all *see* something.
# Keras has one tool for nearly all of that: a **callback**, an object whose methods are called at fixed moments of the
# training.
#
# In this notebook you will see when these moments come, put seven of Keras's callbacks to work on the VAE of [notebook
# 03](03_vae_in_keras.ipynb), write some of your own, and at the end watch the map of digits come into being. You need
# notebook 03: its loss (*reconstruction* plus *KL*, in nats per picture), its clouds, and its map of digits.

# %% [markdown]
# ## Getting ready

# %% tags=["machine", "nbval-ignore-output"]
from vaelib.runtime import set_up

print("Running on:", set_up(seed=3))

# %%
import shutil
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
from scipy import spatial, special, stats

from course.display import show_source
from vaelib.data import load_mnist
from vaelib.elbo import gaussian_kl
from vaelib.models import VAE, Decoder, Encoder
from vaelib.training.schedules import warmup_cosine
from vaelib.training.snapshots import Snapshots
from vaelib.visual.live import LiveView

# %%
sns.set_theme(context="notebook", style="ticks", palette="colorblind")
set_matplotlib_formats("retina")
(x_all, _), (x_test, y_test) = load_mnist()
x_val = x_all[-1000:]

# %% [markdown]
# Most of the runs below are experiments on a few thousand digits, a few seconds each. Each begins with a new model and
# the same random numbers, unless we compare seeds, so that runs differ only by what we change. (`batch_normalization=False` builds the networks without batch
# normalisation. That layer subtracts from each unit its mean over the current batch and divides by its standard deviation there; outside of training it uses running averages of both. In short runs these lag behind and make the validation loss misleading. [Further down](#Watching) we measure by how much.)


# %%
def new_vae(learning_rate, batch_normalization=True, seed=3):
    """An untrained VAE, the same one every time."""
    keras.utils.set_random_seed(seed)
    encoder = Encoder(batch_normalization=batch_normalization)
    vae = VAE(encoder, Decoder(batch_normalization=batch_normalization))
    vae.compile(optimizer=keras.optimizers.Adam(learning_rate))
    return vae


# %% [markdown]
# ## When are they called?
#
# The quickest way to write a callback is `LambdaCallback`. You give it functions and say when each is to be
# called. This one only prints where the training is. Two epochs of two batches each, and a validation set of one batch:

# %%
tell = keras.callbacks.LambdaCallback(
    on_train_begin=lambda logs: print("train begins"),
    on_epoch_begin=lambda epoch, logs: print("    epoch", epoch, "begins"),
    on_train_batch_begin=lambda batch, logs: print("        batch", batch, "begins"),
    on_train_batch_end=lambda batch, logs: print(
        "        batch", batch, "ends with", *sorted(logs)
    ),
    on_test_begin=lambda logs: print("        validation begins"),
    on_test_batch_end=lambda batch, logs: print("            batch", batch, "ends"),
    on_test_end=lambda logs: print("        validation ends"),
    on_epoch_end=lambda epoch, logs: print(
        "    epoch", epoch, "ends with", *sorted(logs)
    ),
    on_train_end=lambda logs: print("train ends"),
)
vae = new_vae(0.001, batch_normalization=False)
options = {"batch_size": 250, "epochs": 2, "verbose": 0}
_ = vae.fit(x_all[:500], validation_data=x_val[:250], callbacks=[tell], **options)

# %% [markdown]
# Three things to remember. Epochs and batches are counted **from 0** (our plots begin at 1). Validation lies *inside*
# the epoch, before its end, so `on_epoch_end` is the first to have the figures of training and of validation together,
# the latter with `val_` before their names. And the dictionary `logs` holds what is known at that moment; a callback may
# read it, and even add to it. (Name the last argument of your functions `logs`: before and after each batch Keras passes
# it by name.)
#
# If there are several callbacks, each moment goes through all of them in the order of the list.

# %% [markdown]
# ## A callback of your own
#
# A callback with something to remember is best written as a class. Say you would like to know what each latent
# dimension costs on its own, where Keras logs only the sum. A callback can reach the model as `self.model`, and ask it
# anything. (This has a side effect: the encoder draws a code at each call, so the run goes on with other random
# numbers than it would without the callback. `Snapshots`, below, sets the generator back.)


# %%
class PriceOfEachDimension(keras.callbacks.Callback):
    """After every epoch, the mean KL of each latent dimension over `x`, in nats."""

    def __init__(self, x):
        super().__init__()
        self.x = x

    def on_train_begin(self, logs=None):
        self.history = []

    def on_epoch_end(self, epoch, logs=None):
        z_mean, z_log_var, _ = self.model.encoder(self.x, training=False)
        each = [
            gaussian_kl(z_mean[:, j : j + 1], z_log_var[:, j : j + 1])
            for j in range(z_mean.shape[1])
        ]
        self.history.append([float(keras.ops.mean(kl)) for kl in each])


# %% [markdown]
# We empty the list in `on_train_begin`, not in `__init__`, because a callback may serve several runs. It will take part
# in a run [further down](#Keep-the-best,-and-stop-in-time).

# %% [markdown]
# ## The first steps: a function after every batch
#
# What does a VAE learn first? One line per epoch is too coarse to show it, because it happens within the first epoch. So
# we note KL and reconstruction after every *batch*. There is a catch: `logs` holds the **average since the epoch began**, not
# the figure of this batch. From the averages $a_1, a_2, \dots$ the figures themselves come back as $n\,a_n -
# (n-1)\,a_{n-1}$.


# %%
def undo_average(averages):
    """The figures whose running averages these are, along the first axis."""
    n = np.arange(1, len(averages) + 1)
    return np.diff(n * averages, axis=0, prepend=0)


known = np.array([3.0, 1.0, 5.0])
averages = known.cumsum() / [1, 2, 3]
print("averages", averages, "of", undo_average(averages))


# %%
def each_batch(vae):
    """One epoch on 30 000 digits: KL and reconstruction of each batch, in nats."""
    seen = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(
            [logs["kl"], logs["reconstruction"]]
        )
    )
    options = {"batch_size": 250, "epochs": 1, "verbose": 0}
    assert 30_000 % options["batch_size"] == 0, (
        "Batches must be of one size: choose a batch size that divides 30 000."
    )
    vae.fit(x_all[:30_000], callbacks=[note], **options)
    return np.array([undo_average(averages) for averages in np.transpose(seen)])


# %% [markdown]
# We compare two networks with the same learning rate, one with batch normalisation and one without, and train each with
# three seeds. As a reference for the reconstruction, we also work out what it would be for a decoder that ignores its
# code and always draws the average picture. (The cross-entropy is linear in the pixels, so its mean over all digits is that of
# the average digit.)

# %%
mean = x_all.mean(axis=0, dtype="float64")
log_p = special.xlogy(mean, mean) + special.xlog1py(1 - mean, -mean)
average_picture = -log_p.sum()
print(f"average picture: {average_picture:.2f} nats")

# %%
seeds = [3, 4, 5]
plain, normalised = (
    np.array([each_batch(new_vae(0.003, bn, seed)) for seed in seeds])
    for bn in (False, True)
)
batches = np.arange(1, plain.shape[-1] + 1)
assert len(batches) >= 120, "Take at least one seed, and batches of at most 250."

# %% alt="Two panels against the batch, 1 to 120, three seeds each. KL, logarithmic: blue climbs from below 1 to a peak above 50 nats near batch 6 and falls back to 3; orange peaks at batch 2. Reconstruction: blue reaches the average picture near batch 20, orange near 45; orange ends lower."
fig, axes = plt.subplots(1, 2, figsize=(12, 3.8), layout="constrained")
for i, ax in enumerate(axes):
    lines = ax.plot(batches, plain[:, i].T, "C0-", linewidth=1.2)
    orange = ax.plot(batches, normalised[:, i].T, "C1-", linewidth=1.2)
    ax.set(xlabel="batch", xscale="log")
    ax.set_xticks([1, 2, 5, 10, 20, 50, 120], ["1", "2", "5", "10", "20", "50", "120"])
    ax.minorticks_off()
axes[0].set(ylabel="KL, nats", yscale="log")
axes[0].set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
axes[1].axhline(average_picture, color="black", linestyle="--", label="average picture")
axes[1].set(ylabel="reconstruction, nats", ylim=(150, 600))
names = ["without batch normalisation", "with batch normalisation"]
axes[0].legend([lines[0], orange[0]], names, fontsize="small")
axes[1].legend()
sns.despine()
plt.show()

# %% [markdown]
# Each network has one line for each seed. The same in numbers: the peak of the KL, and means over ten batches at two later moments.


# %% tags=["nbval-ignore-output"]
def ten_batches(values, first):
    """For each seed the mean over ten batches, the first of which is given."""
    return values[:, first - 1 : first + 9].mean(axis=1).round(1)


for name, found in zip(names, [plain, normalised], strict=True):
    kl, reconstruction = found[:, 0], found[:, 1]
    print(f"{name}: KL at first {kl[:, 0].round(1)}, ", end="")
    print(f"peak {kl.max(axis=1).round()} at batch {1 + kl.argmax(axis=1)}")
    for first in [21, 111]:
        print(f"  batches {first} to {first + 9}: KL", ten_batches(kl, first), end=", ")
        print("reconstruction", ten_batches(reconstruction, first))

# %% jupyter={"source_hidden": true}
reminder = """This is not as the text says. The text describes the page's own settings;
if you changed some, go on at the next cell."""
kl, kl_normalised = plain[:, 0], normalised[:, 0]
assert kl[:, 0].max() < 1 < 20 < kl.max(axis=1).min(), reminder
assert kl.argmax(axis=1).max() < 10 < 20 < kl_normalised.max(axis=1).min(), reminder
assert kl_normalised.argmax(axis=1).max() < 3, reminder
assert max(ten_batches(kl, 21).max(), ten_batches(kl_normalised, 11).max() / 2) < 4
assert kl[:, 20:].min() > 2, reminder
assert np.all(ten_batches(kl, 111) > ten_batches(kl, 21)), reminder
at_21, at_111 = (ten_batches(plain[:, 1], first) for first in (21, 111))
assert np.abs(at_21 - average_picture).max() < 15, reminder
assert max(at_111.max(), ten_batches(normalised[:, 1], 61).max()) < average_picture - 10
assert ten_batches(normalised[:, 1], 21).min() > average_picture + 50, reminder
assert np.all(ten_batches(normalised[:, 1], 111) < at_111), reminder

# %% [markdown]
# (Cells with `assert` hold the text to what was computed, and print nothing as long as both agree.)
#
# Without batch normalisation (blue) the KL begins near 0: all pictures have nearly the same distribution of codes, close to the prior. Within six batches
# it shoots up to 58 to 75 nats, depending on the seed, and some fifteen batches later it has fallen back to 3 or 4. The reconstruction is then about as good as
# the average picture's. Is this the posterior collapse of notebook 03? No: the KL does not go to 0. From there it rises again, slowly, and the reconstruction falls well below
# the dashed line, which no decoder that ignores its code can do.
#
# With batch normalisation (orange) the peak comes in the second batch already. Its height differs widely from seed to seed, and it is gone after a few batches. The reconstruction
# comes down more slowly at first, and is lower in the end, for each of the three seeds.
#
# So without batch normalisation the first thing that the model learns is the average picture. Does the peak belong to this step? Then it should not occur if the decoder knows the average picture from the beginning. Its last layer
# adds a bias to each pixel's logit, and we set this to the log-odds of the mean:


# %% tags=["nbval-ignore-output"]
def with_average_picture(seed):
    """A new model without batch normalisation that begins with the average picture."""
    vae = new_vae(0.003, batch_normalization=False, seed=seed)
    *_, pixels, _ = vae.decoder.to_logits.layers
    pixels.bias.assign(special.logit(mean.clip(0.001, 0.999)).ravel())
    return vae


prepared = np.array([each_batch(with_average_picture(seed)) for seed in seeds])
print("largest KL of any batch:", prepared[:, 0].max(axis=1).round(1), "nats")
print("reconstruction of the first batch:", prepared[:, 1, 0].round(), "nats")

# %% jupyter={"source_hidden": true}
assert prepared[:, 0].max() < 12, reminder
assert np.abs(prepared[:, 1, 0] - average_picture).max() < 10, reminder

# %% [markdown]
# It does not occur. Without batch normalisation the peak comes from a decoder that does not know the average picture yet. (We have not tried this with batch normalisation. There the peak is over long before the reconstruction comes down, so at least its end must have another reason.)

# %% [markdown]
# ## Keep the best, and stop in time
#
# The next run trains on only five hundred digits. Sooner or later the network learns these by heart instead of digits in general. This is **overfitting**. Then the
# training loss goes on falling and the validation loss does not. Two callbacks deal with that:
#
# - `ModelCheckpoint` writes the model to a file; with `save_best_only=True` only when `val_loss` is lower than ever
#   before.
# - `EarlyStopping` ends the training when `val_loss` has not improved for `patience` epochs.

# %%
folder = Path(tempfile.mkdtemp())
price = PriceOfEachDimension(x_val)
keep_the_best = keras.callbacks.ModelCheckpoint(
    folder / "best.keras", monitor="val_loss", save_best_only=True
)
stop_in_time = keras.callbacks.EarlyStopping(monitor="val_loss", patience=4)

vae = new_vae(0.01, batch_normalization=False)
few = {"validation_data": x_val, "batch_size": 50, "epochs": 60, "verbose": 0}
callbacks = [price, keep_the_best, stop_in_time]
stopped = vae.fit(x_all[:500], callbacks=callbacks, **few).history

# %% tags=["nbval-ignore-output"]
best = int(np.argmin(stopped["val_loss"]))
ran = len(stopped["val_loss"])
print(f"stopped after {ran} of {few['epochs']} epochs; ", end="")
print(f"the best was epoch {best + 1}: {stopped['val_loss'][best]:.1f} nats")

# %% jupyter={"source_hidden": true}
assert ran < few["epochs"], "It was never stopped: allow more epochs, or less patience."
assert ran == best + 1 + stop_in_time.patience, reminder
assert stopped["loss"][-1] < stopped["val_loss"][-1] - 10, reminder

# %% [markdown]
# So it stopped four epochs after the best one, as instructed. The left panel shows the two losses; the first training loss lies
# above it. The right panel shows what our own callback has noted, the price of each of the two dimensions, and their sum
# as Keras logged it.

# %% alt="Left: loss against epoch. The training loss goes on falling; the validation loss levels off near 180 nats, with a grey line at its best epoch. Right: KL of the first and of the second dimension, a few nats each, and their sum, which is the val_kl that Keras logged."
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
ticks = np.arange(1, ran + 1)
left.plot(ticks, stopped["loss"], "o--", label="training")
left.plot(ticks, stopped["val_loss"], "o-", label="validation")
left.axvline(best + 1, color="grey", linewidth=1, label="best")
left.set(xlabel="epoch", ylabel="loss, nats per picture")
left.set(ylim=(140, 240), xticks=ticks[1::2])
names = [f"dimension {j + 1}" for j in range(len(price.history[0]))]
right.plot(ticks, price.history, "o-", label=names)
right.plot(ticks, stopped["val_kl"], "k^:", label="val_kl")
right.set(xlabel="epoch", ylabel="KL, nats per picture", ylim=0, xticks=ticks[1::2])
left.legend()
right.legend()
sns.despine()
plt.show()

# %% [markdown]
# Does our callback tell the truth? The dimensions' prices must add up to the KL that Keras logged.

# %%
np.testing.assert_allclose(np.sum(price.history, axis=1), stopped["val_kl"], rtol=1e-3)
print("they add up")

# %% [markdown]
# The file holds the model of the best epoch. We load it and repeat the validation ten times:

# %% tags=["nbval-ignore-output"]
best_vae = keras.saving.load_model(folder / "best.keras")
options = {"batch_size": 50, "verbose": 0, "return_dict": True}
again = [best_vae.evaluate(x_val, **options) for _ in range(10)]
losses = [result["loss"] for result in again]
print(f"logged: loss {stopped['val_loss'][best]:.2f}, KL {stopped['val_kl'][best]:.4f}")
print(f"from the file: loss {min(losses):.2f} to {max(losses):.2f}, ", end="")
print(f"KL {again[0]['kl']:.4f} every time")
jumps = np.abs(np.diff(stopped["val_loss"][max(best - 2, 0) :]))
print("from one epoch to the next, around the best, the loss changed by", end=" ")
print(jumps.round(1))

# %% jupyter={"source_hidden": true}
kls = [result["kl"] for result in again]
np.testing.assert_allclose(kls, stopped["val_kl"][best], rtol=1e-3)
assert 0 < max(losses) - min(losses) < max(jumps), reminder
assert abs(np.mean(losses) - stopped["val_loss"][best]) < 2, reminder

# %% [markdown]
# The KL is the same every time. The loss is not: a VAE *draws* a code for each picture, and other codes each time. That
# accounts for a few tenths of a nat. The larger jumps of the curve come from the weights, which move far at such a
# learning rate. (That is one run, at a constant rate.) Remember both whenever a rule says "lower than ever before": the best of many noisy figures is a lucky
# one, and a patience of 1 would be hasty. (`EarlyStopping` itself leaves the model as it is at the end;
# `restore_best_weights=True` makes it go back to the best epoch.)

# %% [markdown]
# ## The learning rate
#
# Large steps get far, but in the end they jump across the valley whose bottom they are looking for. So the rate should
# fall. There are two ways to say when:
#
# - `LearningRateScheduler` asks a function of yours, before each epoch: "This is epoch number so-and-so and the rate
#   was so-and-so. What shall it be?"
# - `ReduceLROnPlateau` watches `val_loss`, and multiplies the rate by `factor` when `val_loss` has stayed for `patience` epochs without getting more than `min_delta` below its
#   best. (A smaller improvement does not count, and does not move the mark.) We take a patience of 1, hasty as it is, because seven epochs are few, and a
#   `min_delta` of 2.5 nats.
#
# We compare `LearningRateScheduler` with a constant rate, with three seeds each, and watch `ReduceLROnPlateau` in one run. (We leave batch
# normalisation out: it would add an effect of its own, which the end of this page shows.)


# %%
epochs, drop = 7, 5
assert 0 < drop < epochs, "The rate must drop before the end: choose drop < epochs."


def drop_late(epoch, rate):
    """0.02 at first, then a tenth of it."""
    return 0.02 if epoch < drop else 0.002


# %%
hasty = {"factor": 0.2, "patience": 1, "min_delta": 2.5}
runs = {
    "constant": (seeds, []),
    "LearningRateScheduler": (
        seeds,
        [keras.callbacks.LearningRateScheduler(drop_late)],
    ),
    "ReduceLROnPlateau": (
        seeds[:1],
        [keras.callbacks.ReduceLROnPlateau("val_loss", **hasty)],
    ),
}
options = {"validation_data": x_val, "batch_size": 100, "epochs": epochs, "verbose": 0}
results = {name: [] for name in runs}
for name, (some, what) in runs.items():
    for seed in some:
        vae = new_vae(0.02, batch_normalization=False, seed=seed)
        run = vae.fit(x_all[:5000], callbacks=what, **options)
        results[name].append(run.history)

# %% [markdown]
# Both callbacks add the rate to the logs, so it is in the history too. (The constant rate is not logged; we fill in 0.02.) The right panel shows, for
# each seed, how far the validation loss lies below that of the constant rate.

# %% alt="Left: learning rate against epoch, 0.02 up to epoch 5, then constant, a tenth, or a fifth one epoch later. Right: validation loss less that at the constant rate; three orange lines are at zero up to epoch 5, then one to two nats below; one green line is at zero up to epoch 6 and then below."
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
for (name, histories), style in zip(results.items(), ["o-", "s--", "^:"], strict=True):
    color, ticks = f"C{list(results).index(name)}", range(1, epochs + 1)
    rates = histories[0].get("learning_rate", [0.02] * epochs)
    left.plot(ticks, rates, style, color=color, label=name)
    for logs, reference in zip(histories, results["constant"], strict=False):
        difference = np.subtract(logs["val_loss"], reference["val_loss"])
        right.plot(ticks, difference, style, color=color)
left.set(xlabel="epoch", ylabel="learning rate, logarithmic", yscale="log")
left.set_yticks([0.002, 0.004, 0.02], ["0.002", "0.004", "0.02"])
left.minorticks_off()
right.set(xlabel="epoch", ylabel="nats per picture", xticks=ticks)
right.set(title="validation loss, less that at the constant rate")
left.legend()
sns.despine()
plt.show()

# %% tags=["nbval-ignore-output"]
constant, scheduled = (
    np.array([logs["val_loss"] for logs in results[name]])
    for name in ("constant", "LearningRateScheduler")
)
for i, when in [(drop - 1, "last at 0.02"), (drop, "first at 0.002"), (-1, "the end")]:
    print(f"{when:14} constant {constant[:, i].round(1)}, ", end="")
    print(f"scheduled {scheduled[:, i].round(1)} nats")
gain, kept = constant[:, drop] - scheduled[:, drop], constant[:, -1] - scheduled[:, -1]
print(f"gained at once: {gain.mean():.1f} ± {gain.std(ddof=1):.1f} nats, ", end="")
print(f"at the end: {kept.mean():.1f} ± {kept.std(ddof=1):.1f} nats")
plateau = np.array(results["ReduceLROnPlateau"][0]["val_loss"])
print(
    f"ReduceLROnPlateau, from epoch {drop - 1} on: {plateau[drop - 2 :].round(1)} nats"
)

# %% jupyter={"source_hidden": true}
same = np.abs(scheduled[:, drop - 1] - constant[:, drop - 1])
assert same.max() < 0.1, reminder
assert 0.5 < gain.mean() < 5, reminder
assert gain.min() > 0, reminder
assert kept.min() > 0, reminder
assert np.all(kept < gain), reminder
assert min(results["ReduceLROnPlateau"][0]["learning_rate"]) < 0.02, reminder

# %% [markdown]
# Up to the fifth epoch the constant rate and `LearningRateScheduler` give the same run for each seed: same model, same random numbers, same rate. Then
# the rate drops, and the next validation loss is 1.9 ± 0.6 nats lower than at the constant rate (mean and standard
# deviation of the three seeds). One epoch later the lead is still 1.3 ± 0.3 nats. The smaller steps help at once. In the next epoch they gain less than the constant rate does, so a rate that drops too early may cost more than it gains; seven epochs cannot say. `ReduceLROnPlateau` takes the moment from the losses,
# but what counts as progress is up to you. Here the loss was still falling, and the callback acted only because an improvement of 1.9 nats did not count. With a noisy validation
# loss it may also act by mistake.
#
# The course lets the rate fall slowly instead, along a cosine, after every *batch*, so that no moment has to be found. No
# callback is needed for that: an optimizer takes a *schedule* in place of a number.

# %%
show_source(warmup_cosine)

# %% [markdown]
# A schedule and a callback that sets the rate cannot be combined: Keras refuses.

# %%
adam = keras.optimizers.Adam(warmup_cosine(steps=1000))
try:
    adam.learning_rate = 0.01
except TypeError as error:
    print(str(error).split(". ")[0])

# %% [markdown]
# ## Interrupted and resumed
#
# A power cut, a laptop that falls asleep, Ctrl-C: long runs get interrupted. `BackupAndRestore` saves the training
# after every epoch, weights and optimizer, and when the *same* `fit` is started again, it goes on where the backup was
# made. We try it with a power cut of our own making: a callback that raises an exception.


# %%
cut = 3  # the epoch, counted from 0, that never begins


class PowerCut(Exception):
    """The plug is pulled."""


def pull_the_plug(epoch, logs):
    """Just before that epoch."""
    if epoch == cut:
        raise PowerCut


power_cut = keras.callbacks.LambdaCallback(on_epoch_begin=pull_the_plug)

# %% [markdown]
# First, for comparison, a run that nobody disturbs. `Snapshots` is the course's own callback: at chosen epochs it
# records the map of digits and the codes of some pictures, here of the first 500 test digits. It counts *finished*
# epochs: 0 is the untrained model, and six epochs make seven snapshots. Shuffling is switched off; you will see why.

# %%
six = {"batch_size": 250, "epochs": 6, "shuffle": False, "verbose": 0}
assert 0 < cut < six["epochs"], (
    "The cut must come between two epochs: 0 < cut < epochs."
)
undisturbed = new_vae(0.005, batch_normalization=False)
recorder = Snapshots(x_test[:500])
run = undisturbed.fit(x_all[:3000], callbacks=[recorder], **six)
steps = int(undisturbed.optimizer.iterations)
print("trained epochs", run.epoch, "| steps", steps, "| ", end="")
print("snapshots of epochs", recorder.recording.epochs)


# %% [markdown]
# Now the same with a backup, and the plug pulled before epoch 3. The snapshots are kept in a file, too.


# %%
def safely(backup):
    """Callbacks of a run that can be resumed; both keep what they need in `backup`."""
    # Two checkpoints: one is whole even if the power fails while the other is saved.
    state = keras.callbacks.BackupAndRestore(backup / "state", double_checkpoint=True)
    return [state, Snapshots(x_test[:500], path=backup / "snapshots.npz")]


# %%
interrupted = new_vae(0.005, batch_normalization=False)
backup = Path(tempfile.mkdtemp())
try:
    interrupted.fit(x_all[:3000], callbacks=[*safely(backup), power_cut], **six)
except PowerCut:
    print("power cut after", int(interrupted.optimizer.iterations), "steps")
print("left behind:", *sorted(path.name for path in backup.rglob("*.*")))

# %% [markdown]
# Then, as after a power cut, everything is new: a new model, new callbacks, the same call of `fit`. (A finished run
# removes its backup. We will need it again, so we resume from a copy.)


# %%
def copy_of(folder):
    """The same files in a new folder."""
    return Path(shutil.copytree(folder, tempfile.mkdtemp(), dirs_exist_ok=True))


resumed, callbacks = new_vae(0.005, batch_normalization=False), safely(copy_of(backup))
run = resumed.fit(x_all[:3000], callbacks=callbacks, **six)
steps = int(resumed.optimizer.iterations)
print("trained epochs", run.epoch, "| steps", steps, "| ", end="")
print("snapshots of epochs", callbacks[1].recording.epochs)

# %% [markdown]
# It trained epochs 3, 4 and 5 only (the new history does not know the others), but the optimizer has counted all 72
# steps, and the snapshots are complete. Is it, in the end, the same model?


# %%
def largest_difference(vae, other):
    """Between the weights of two models, and between what their optimizers remember."""
    ours = vae.weights + vae.optimizer.variables
    pairs = zip(ours, other.weights + other.optimizer.variables, strict=True)
    return max(float(keras.ops.max(keras.ops.abs(a - b))) for a, b in pairs)


# %% tags=["nbval-ignore-output"]
print("largest difference of a weight or of Adam's memory: ", end="")
print(f"{largest_difference(undisturbed, resumed):.2g}")
how = {"batch_size": 1000, "verbose": 0, "return_dict": True}
losses = [vae.evaluate(x_val, **how)["loss"] for vae in (undisturbed, resumed)]
print(f"validation loss: undisturbed {losses[0]:.2f}, resumed {losses[1]:.2f} nats")

# %% jupyter={"source_hidden": true}
assert largest_difference(undisturbed, resumed) > 1e-3, reminder
assert abs(losses[0] - losses[1]) < 5, reminder

# %% [markdown]
# The losses are alike, but the models are not the same. What was missing from the backup? It held the weights and the
# optimizer's memory. But training a VAE also needs *random numbers*, the ε of every draw, and Keras backs up no
# random generator: the resumed run began its ε from the seed again, where the undisturbed one had used up 36 batches'
# worth. (With shuffling the order of the pictures would be a second such cause.)
#
# This can be tested. The generator counts its calls, one for each step. Set the counter of a third model to the step at which
# the power failed, resume from the backup, and nothing should be different any more.

# %% tags=["nbval-ignore-output"]
exact = new_vae(0.005, batch_normalization=False)
state = exact.encoder.sampling.seed_generator.state
seed, _ = keras.ops.convert_to_numpy(state)
state.assign([seed, int(interrupted.optimizer.iterations)])
_ = exact.fit(x_all[:3000], callbacks=safely(copy_of(backup)), **six)
print("largest difference", largest_difference(undisturbed, exact))

# %% jupyter={"source_hidden": true}
before = largest_difference(undisturbed, resumed)
assert largest_difference(undisturbed, exact) < 1e-4 * before, reminder

# %% [markdown]
# So nothing else was missing. In practice the lost generator does no harm: any other random numbers would do as well. But callbacks that have a memory of
# their own, `EarlyStopping` for example, begin with an empty one in a resumed run. That can matter: a resumed `ModelCheckpoint(save_best_only=True)` has forgotten its best, and overwrites a better file
# in its first epoch, unless you pass the old best as `initial_value_threshold`.

# %% [markdown]
# ## Watching
#
# Now the real thing: the whole network with the course's learning rate, on 20 000 digits, and three callbacks to watch
# it.
#
# - `LiveView`, from the course: after every epoch it draws reconstructions and the map of digits, each time in the
#   place of the last picture. Run the cell in JupyterLab and look.
# - `Snapshots`, which you know already: all ten thousand test digits this time. (It looks at the test set, and nothing
#   is decided by what it sees.)
# - `TensorBoard`, from Keras: it writes every figure of every epoch to a log folder. Each run gets a fresh one, under
#   `runs`, named by the time.
#
# And a fourth, for a question that comes up with the maps and the curves. Outside of training, batch normalisation works with **running averages** of mean and variance. After each step the new average is $0.99$ times
# the old one plus $0.01$ times the value of this batch; the $0.99$ is called **momentum**. So the averages reach back some hundred steps, more than an epoch of 80, to weights that have
# changed since, and in the first epochs also to the values that they start with, mean 0 and variance 1.
#
# What would the validation loss be if the averages belonged to the weights as they are now? To see this we keep a **twin**, a second VAE, which takes over the weights
# after every epoch. We pass twenty batches through it in training mode, which renews its running averages but changes no trained weight. With a momentum of 0.8
# they forget the old values almost entirely ($0.8^{20} \approx 0.01$). Then the twin is evaluated like the model itself. It gets snapshots of its own, too.


# %%
class AveragesUpToDate(keras.callbacks.Callback):
    """After every epoch, loss and KL on `x_val` of a twin with averages up to date."""

    def __init__(self, x, x_val, twin):
        super().__init__()
        self.x, self.x_val, self.twin, self.history = x, x_val, twin, []
        self.snapshots = Snapshots(x_test)
        self.snapshots.set_model(twin)
        for layer in (*twin.encoder.hidden.layers, *twin.decoder.to_logits.layers):
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = 0.8  # Keras's is 0.99

    def on_epoch_end(self, epoch, logs=None):
        self.twin.set_weights(self.model.get_weights())
        for batch in np.array_split(self.x, 20):
            self.twin(batch, training=True)
        how = {"batch_size": 1000, "verbose": 0, "return_dict": True}
        self.history.append(self.twin.evaluate(self.x_val, **how))
        self.snapshots.on_epoch_end(epoch)


# %% [markdown]
# Everything in this cell is new at each run, so you can run it again.

# %% alt="Left: ten test digits and beside each what the decoder draws from its code. Right: the map of digits, 15 by 15, after the last epoch, zeros at the top left, fives at the bottom left, ones and nines at the right. The title gives epoch 8, loss about 152, val_loss about 154 nats." tags=["nbval-ignore-output"]
epochs, batch_size = 8, 250
steps = epochs * 20_000 // batch_size
up_to_date = AveragesUpToDate(x_all[:5000], x_val, twin=new_vae(0.01))
vae = new_vae(warmup_cosine(steps, warmup=min(200, steps // 3)))
log_dir = Path("runs", time.strftime("%Y-%m-%d_%H.%M.%S"))
board, snapshots = keras.callbacks.TensorBoard(log_dir), Snapshots(x_test)
callbacks = [board, snapshots, LiveView(), up_to_date]
options = {"epochs": epochs, "batch_size": batch_size, "validation_data": x_val}
run = vae.fit(x_all[:20_000], callbacks=callbacks, verbose=0, **options)
history = run.history

# %%
plane = "The maps and codes below need a plane: latent_dim must be 2."
assert vae.encoder.latent_dim == 2, plane
assert history["val_loss"][-1] < 165, reminder
assert abs(history["val_loss"][-1] - history["loss"][-1]) < 10, reminder
assert history["kl"][-1] > history["kl"][0] + 0.6, reminder
np.testing.assert_array_equal(snapshots.recording.epochs, np.arange(epochs + 1))

# %% [markdown]
# The last picture has stayed on the page. The earlier ones are in the recordings. Here are the maps after 1, 2, 5
# and 8 epochs (every other row and column): at the top with the running averages, as `LiveView` showed them, and below
# with the twin's averages, which are up to date.

# %% alt="Two rows of digit maps after 1, 2, 5 and 8 epochs. With running averages the maps of epochs 1 and 2 are blurred and nearly alike everywhere; with averages up to date they already show different digits in different places. At epoch 8 both rows look alike."
chosen = sorted({0, 1, min(2, epochs), epochs // 2 + 1, epochs})
fig, axes = plt.subplots(
    2, len(chosen) - 1, figsize=(8, 4.3), layout="constrained", squeeze=False
)
drawn = snapshots.recording.manifolds[1:], up_to_date.snapshots.recording.manifolds
for row, maps in zip(axes, drawn, strict=True):
    n = maps.shape[1] // 28
    for ax, epoch in zip(row, chosen[1:], strict=True):
        digits = maps[epoch - 1].reshape(n, 28, n, 28)[::2, :, ::2]
        side = 28 * digits.shape[0]
        ax.imshow(digits.reshape(side, side), cmap="gray_r", vmin=0, vmax=255)
        ax.set(title=f"epoch {epoch}", xticks=[], yticks=[])
axes[0, 0].set_ylabel("running averages")
axes[1, 0].set_ylabel("averages up to date")
plt.show()

# %% tags=["nbval-ignore-output"]
first = [maps[0].reshape(n, 28, n, 28) / 255 for maps in drawn]
vary = [float(digits.std(axis=(0, 2)).mean()) for digits in first]
print("how much a pixel varies over the map of epoch 1, standard deviation:", end=" ")
print(f"{vary[0]:.3f} with running averages, {vary[1]:.3f} with averages up to date")

# %% jupyter={"source_hidden": true}
assert vary[1] > 1.3 * vary[0], reminder

# %% [markdown]
# In the upper row the first maps are nearly the same everywhere, as if the model had begun with what all digits share.
# But that comes from the running averages: with averages up to date, the same weights already draw different digits in
# different places after one epoch. So do not read an order of learning from the upper row. In the lower row the digits
# become clearer, and more kinds of them find a place.
#
# Let us measure it with the method of notebook 03, which names each test digit by a vote of its ten nearest neighbours in
# the plane. How many of each kind are named correctly, after each of these epochs?


# %% alt="Table of percentages, one row for each digit, one column for each of epochs 0, 1, 2, 5 and 8: the 0 and the 1 are at 80 percent or more from epoch 1; most others rise slowly; 5 and 9 end near 35, 4, 7 and 8 near 50."
def named_correctly(z_mean):
    """Share of each digit that its ten nearest neighbours name correctly: (10,)."""
    _, neighbours = spatial.KDTree(z_mean).query(z_mean, k=11)
    labels = y_test[: len(z_mean)]
    hits = stats.mode(labels[neighbours[:, 1:]], axis=1).mode == labels
    return np.bincount(labels, weights=hits) / np.bincount(labels)


codes, twins_codes = (
    each.recording.z_mean for each in (snapshots, up_to_date.snapshots)
)
shares = pd.DataFrame({epoch: named_correctly(codes[epoch]) for epoch in chosen})
fig, ax = plt.subplots(figsize=(6.5, 4.6), layout="constrained")
how = {"annot": True, "fmt": ".0f", "cmap": "Blues", "cbar_kws": {"label": "%"}}
sns.heatmap(100 * shares, vmin=0, vmax=100, ax=ax, **how)
ax.set(xlabel="epoch", ylabel="digit", title="named correctly by its neighbours")
ax.tick_params(axis="y", rotation=0)
plt.show()

# %% tags=["nbval-ignore-output"]
listed = [f"epoch {epoch}: {share:.0%}" for epoch, share in shares.mean().items()]
print("mean over the ten digits:", ", ".join(listed))
print("at least 75 % after one epoch:", list(shares.index[shares[1] >= 0.75]))
difference = named_correctly(twins_codes[0]) - shares[1]
print("by the twin's codes, after one epoch:", end=" ")
print(
    f"{100 * difference.min():+.0f} to {100 * difference.max():+.0f} percentage points"
)

# %% jupyter={"source_hidden": true}
assert shares[0].mean() > 0.12, reminder
assert shares[1][:2].min() > 0.65 > 0.1 + shares[1][2:].max(), reminder
by_twin = named_correctly(twins_codes[0])
assert by_twin[:2].min() > by_twin[2:].max(), reminder
assert shares[epochs].mean() > shares[1].mean() + 0.05, reminder

# %% [markdown]
# Epoch 0 is above the 10 % of guessing because of the 0 and above all the 1, which even an untrained network keeps
# together; for most other digits it is little better than guessing, or worse. In this run the 0 and the 1 are found at
# once. The 2 and the 6 catch up later. After one epoch the 4 and the 7 lie between these two, but they gain only a few points more, and the 5 and the 9 end lowest. In notebook 03, with nearly three times as many digits and more than twice as many steps,
# the 3, 4, 5, 7, 8 and 9 all got further, though the 5 and the 9 only to about 40 %. (The running averages matter less here: by the twin's codes, the
# shares after one epoch differ by several points, but the 0 and the 1 are again the first.)

# %% [markdown]
# ## TensorBoard
#
# The log folder can be looked at with TensorBoard, a program that shows curves in the browser, compares runs, and keeps
# up with a run that is still going. In JupyterLab two lines open it right here. (In a terminal, from the course's
# folder: `.venv/bin/tensorboard --logdir notebooks/runs`.)

# %% tags=["nbval-skip", "skip-execution"]
# %load_ext tensorboard
# %tensorboard --logdir runs

# %% [markdown]
# (On a page that is not running, such as GitHub's, there is nothing to see above.) Three things to know. TensorBoard
# counts epochs from 0. It smooths the curves: the pale lines are the true ones, and under *Settings* the smoothing can
# be turned off. And it runs on in the background until you stop it or shut the computer down.
#
# The log files can be read without TensorBoard's pages, by its own reader:

# %%
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray


def read_log(path):
    """The scalars of a log folder, a table with columns epoch, quantity and value."""
    log = EventAccumulator(str(path), size_guidance={"tensors": 0}).Reload()
    rows = []
    for tag in [tag for tag in log.Tags()["tensors"] if tag.startswith("epoch_")]:
        for event in log.Tensors(tag):
            value = float(make_ndarray(event.tensor_proto))
            rows.append((event.step + 1, tag.removeprefix("epoch_"), value))
    return pd.DataFrame(rows, columns=["epoch", "quantity", "value"])


folders = {"training": log_dir / "train", "validation": log_dir / "validation"}
tables = {kind: read_log(folder) for kind, folder in folders.items()}
logged = pd.concat(tables, names=["data"]).reset_index("data")
print(logged.groupby(["quantity", "data"]).size().to_string())

# %% [markdown]
# They hold what the history holds:

# %%
for (quantity, kind), rows in logged.groupby(["quantity", "data"]):
    key = quantity if kind == "training" else f"val_{quantity}"
    if key in history:
        np.testing.assert_allclose(rows["value"], history[key], rtol=1e-6)
        print(key, "is as in the history")

# %% [markdown]
# And here are the curves, the same that TensorBoard shows. (The first point of the training loss, and of its
# reconstruction, lies above the panel's upper edge.) The learning rate is that at the *end* of an epoch. An epoch has 80 steps here,
# so the climb over the first 200 takes two and a half of them: the peak, 0.02, lies between the second point and the
# third.

# %% alt="Four panels against epochs 1 to 8: loss, reconstruction, KL, learning rate. From epoch 2 the validation curves lie above the training curves, far above at first, within three nats at the end; validation with averages up to date stays close to training. The rate peaks at epoch 3."
twin = pd.DataFrame(up_to_date.history)
twin = twin.assign(epoch=twin.index + 1, data="validation, averages up to date")
twin = twin.melt(["epoch", "data"], var_name="quantity")
order = ["loss", "reconstruction", "kl", "learning_rate"]
shown = pd.concat([logged[logged["quantity"].isin(order)], twin], ignore_index=True)
panels = {"col": "quantity", "col_order": order, "col_wrap": 2, "height": 2.7}
panels |= {"aspect": 1.8, "facet_kws": {"sharey": False}}
lines = {"hue": "data", "style": "data", "kind": "line", "markers": True}
grid = sns.relplot(shown, x="epoch", y="value", **panels, **lines)
grid.set_titles("{col_name}").set_ylabels("nats per picture")
grid.axes[3].set_ylabel("")
for ax in grid.axes[:2]:
    ax.set_ylim(140, 215)
sns.move_legend(grid, "upper center", bbox_to_anchor=(0.4, 0), ncol=3, title=None)
plt.show()

# %% tags=["nbval-ignore-output"]
lag = pd.DataFrame({key: history[f"val_{key}"] for key in ("loss", "kl")})
lag -= pd.DataFrame(up_to_date.history)[["loss", "kl"]]
print("what the running averages cost, epoch by epoch, in nats")
print("loss", lag["loss"].round(1).to_list(), " KL", lag["kl"].round(1).to_list())

# %% jupyter={"source_hidden": true}
assert lag["loss"][:3].max() > 10, reminder
assert lag["kl"][:3].max() > 0.7, reminder
assert abs(lag["loss"].iloc[-1]) < 4, reminder
to_twin = pd.DataFrame(up_to_date.history)["loss"] - history["loss"]
assert to_twin[1:].max() < 6 < 10 < lag["loss"][1:3].max(), reminder
assert abs(lag["kl"].iloc[-1]) < 0.5, reminder

# %% [markdown]
# Read them like this. Reconstruction is nearly all of the loss, and it falls by far more than the KL rises. (A training figure is an average over its epoch, a validation figure is taken at its end.
# That is why the first training loss is so high: it includes the very first batches.) At the end the validation loss is a few nats above the training loss. Even that need not be overfitting:
# the validation digits are a little harder, since the average picture alone costs more on them:

# %%
for name, digits in {"training": x_all[:20_000], "validation": x_val}.items():
    theirs = digits.mean(axis=0, dtype="float64")
    cost = -(special.xlogy(theirs, mean) + special.xlog1py(1 - theirs, -mean)).sum()
    print(f"average picture, {name} digits: {cost:.1f} nats")

# %% [markdown]
#
# But early on, training and validation lie far apart, and this is what the twin is for. The third line is the
# validation loss of the same weights for the same pictures, only with averages that are up to date, and the gap is
# almost gone. So this early gap is not overfitting: in the first epochs the running averages fit the present weights badly. As the learning rate falls,
# the weights slow down, and the averages catch up. The same goes for the hump of the validation KL, which the twin does
# not have, and for the blurred maps of the first epochs. Do not trust the model's own validation curve while the learning rate is high: after five of the eight epochs it still lies seven nats above the twin's. At the end, with a rate near 0, the two agree to about a nat. (A cost below 0 may be noise of the twin's averages, which rest on some ten batches.)

# %% [markdown]
# ## Which one when
#
# | you would like to | callback |
# |---|---|
# | do anything at any moment, in one line | `LambdaCallback` |
# | do something that has a memory | a class of your own, from `keras.callbacks.Callback` |
# | keep the best weights | `ModelCheckpoint(path, save_best_only=True)` |
# | stop when it no longer gets better | `EarlyStopping(patience=…)`; `restore_best_weights=True` goes back to the best |
# | change the learning rate, by epoch or by result | `LearningRateScheduler`, `ReduceLROnPlateau` |
# | change it after every batch | no callback needed: a schedule, given to the optimizer |
# | survive a power cut | `BackupAndRestore` |
# | see curves, compare runs | `TensorBoard`; `CSVLogger` for a plain table |
# | stop when the loss is no longer a number | `TerminateOnNaN` (the course's `VAE` has it built in, and raises an error) |
# | see what it can draw by now; keep it for later | the course's `LiveView`; `Snapshots` |
#
# What will you do with the snapshots? Set them in motion: [notebook 05](05_making_gifs.ipynb).
#
# ## What to take with you
#
# - Callbacks are called at fixed moments, in the order of the list; validation comes before the end of its epoch.
# - What the logs hold within an epoch is an average since its beginning.
# - The validation loss of our VAE jittered: a little from the codes that it draws, more from the steps. With such jitter, choose a `patience` of several epochs.
# - With batch normalisation the validation loss can be far too high early in training, because the running averages lag behind.
# - A backup holds weights and optimizer, not random generators, and not the memory of other callbacks.
# - In the first batches the KL shot up and fell back. Without batch normalisation the VAE was learning the average picture meanwhile. Averages over an epoch hide such things.

# %% [markdown]
# ## Exercises
#
# In the first cell of an exercise replace `...` with your answer and run it; the cell below checks it, and if it is not
# right yet, tries to tell you why. A solution is folded away under each: click on the bar with the three dots to see
# it.

# %%
from course.exercises.watching import check_rate, check_stop_below

# %% [markdown]
# **1.** Write a callback that stops training as soon as the validation loss is below a target. (A model has an
# attribute `stop_training`, which Keras looks at after every batch and every epoch. Replace the whole line `return ...  # your answer` with
# your own lines: a callback returns nothing.)


# %%
class StopBelow(keras.callbacks.Callback):
    """Stops training after the first epoch whose validation loss is below `target`.

    In nats per picture.
    """

    def __init__(self, target):
        super().__init__()
        self.target = target

    def on_epoch_end(self, epoch, logs=None):
        """Called after each epoch; logs["loss"], logs["val_loss"] are that epoch's."""
        return ...  # your answer


# %%
check_stop_below(StopBelow)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
class StopBelowSolution(keras.callbacks.Callback):
    """Stops training after the first epoch whose validation loss is below `target`.

    In nats per picture.
    """

    def __init__(self, target):
        super().__init__()
        self.target = target

    def on_epoch_end(self, epoch, logs=None):
        """Called after each epoch; logs["loss"], logs["val_loss"] are that epoch's."""
        if logs["val_loss"] < self.target:
            self.model.stop_training = True


# %% [markdown]
# **2.** A learning rate like that of notebook 03, as a function: it rises linearly from 0 to `peak` at step `warmup`, then
# falls to 0 at step `steps` along half a cosine wave (angle 0 to π), shifted and scaled. (The course's own schedule begins at 0.0001, not 0. Use `math.cos` and `math.pi`, or
# NumPy's.)


# %%
def rate(step, steps, peak, warmup):
    """The learning rate at one step, 0 ≤ step ≤ steps; 0 < warmup < steps."""
    return ...  # your answer


# %%
check_rate(rate)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def rate_solution(step, steps, peak, warmup):
    """The learning rate at one step, 0 ≤ step ≤ steps; 0 < warmup < steps."""
    if step < warmup:
        return peak * step / warmup
    share = (step - warmup) / (steps - warmup)
    return peak * (1 + np.cos(np.pi * share)) / 2


# %% [markdown]
# ## Sources
#
# The article: M. Surtsukov, *Autoencoders in Keras, part 3: variational autoencoders* (in Russian), 2017, from
# [msurtsukov.github.io/AE3](https://msurtsukov.github.io/AE3) · Keras: [callbacks](https://keras.io/api/callbacks/) ·
# TensorBoard: [tensorflow.org/tensorboard](https://www.tensorflow.org/tensorboard)
#
# **Next:** [5 · Making GIFs](05_making_gifs.ipynb)
