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
# # 3 · The variational autoencoder in Keras
#
# In this notebook you build a variational autoencoder (VAE), train it on 55 000 handwritten digits in about 20 seconds
# on two processor cores, and then use it: to redraw digits from two numbers each, to walk through the plane of the
# digits it knows, and to invent new ones.
#
# You need Python, a first course in probability (what a normal distribution, an expectation and a logarithm are), and to
# have seen a small network trained in Keras once: dense layers, batches, epochs.
# The bound that we train with, the *ELBO*, is stated where it is needed and derived, every line checked, in notebooks
# [02a](02a_deriving_the_elbo.ipynb) and [02b](02b_raising_the_bound.ipynb), whose formulas are quoted here as (02.1)
# to (02.21). Why it takes a distribution to
# generate anything is the subject of [notebook 01](01_mapping_distributions.ipynb). None of them is needed to follow the code.
#
# The story follows the third part of a 2017 article series, *Autoencoders in Keras*. If you come from there, the
# [table at the end](#2017-to-Keras-3) says what has changed since.

# %% [markdown]
# ## Getting ready
#
# The first cell starts Keras, takes a GPU if the machine has one, and seeds every random number, so that two
# runs from a fresh start, on one machine, give the same digits. It also says which of Keras's backends it runs on. What
# is stored on these pages comes from TensorFlow. (On JAX and PyTorch the recipe
# [reaches about the same ELBO](../benchmarks/results/backends.md).)

# %% tags=["machine", "nbval-ignore-output"]
from vaelib.runtime import set_up

print("Running on:", set_up(seed=3))

# %%
import itertools
import json
import tempfile
from pathlib import Path

import keras
import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
from scipy import integrate, spatial, special, stats

from course.display import folded, show_source
from vaelib.data import load_mnist
from vaelib.elbo import bernoulli_log_likelihood, elbo, gaussian_kl
from vaelib.latent import decode_grid, quantile_grid
from vaelib.models import VAE, Decoder, Encoder, Sampling
from vaelib.training.schedules import warmup_cosine
from vaelib.visual.plots import plot_digits, plot_latent, plot_manifold

# %%
sns.set_theme(context="notebook", style="ticks")
set_matplotlib_formats("retina")

# %% [markdown]
# ## The data
#
# The data are MNIST: 70 000 pictures of handwritten digits, 28 by 28 pixels each, collected in the 1990s. They come with
# the course, so nothing is downloaded.

# %%
(x_all, y_all), (x_test, y_test) = load_mnist()

arrays = {"x_all": x_all, "y_all": y_all, "x_test": x_test, "y_test": y_test}
for name, array in arrays.items():
    values = f"from {array.min()} to {array.max()}"
    print(f"{name:7} {array.dtype!s:8} {array.shape}  {values}")

# %% [markdown]
# A pixel is 0 where the paper is empty and 1 where it is full of ink. The labels, `y`, say which digit was meant. A VAE
# learns **without** them: we use them only afterwards, to colour pictures and to look at the results digit by digit.
#
# We set the last 5 000 training pictures aside to *validate* on while we train. The test set stays closed until
# training is over; otherwise we would tune our choices to it, and it could no longer tell us how we do on new digits. (It is not
# quite as closed as it should be: the comparisons that this page quotes were scored on the same test set, in other runs. Only the learning rate was chosen on the validation set.)

# %% alt="Two rows of twelve handwritten digits, dark on light, each in its own hand, thick or thin, upright or slanted."
x_train, x_val = x_all[:55_000], x_all[55_000:]

plot_digits(x_train[:12], x_train[12:24])
plt.show()

# %% [markdown]
# Look at the edges of the strokes: they are grey. How many pixels are neither exactly 0 nor exactly 1?

# %%
print(f"empty {np.mean(x_train == 0):.1%}, full {np.mean(x_train == 1):.1%}, ", end="")
print(f"in between {np.mean((x_train > 0) & (x_train < 1)):.1%}")

# %% jupyter={"source_hidden": true}
assert np.mean(x_val[(x_val > 0) & (x_val < 1)] > 0.97) > 1 / 3

# %% [markdown]
# Nearly a fifth. (More than a third of these look black: in MNIST most of the ink is stored just below full.) Keep them in mind: they come back when we choose a loss.
#
# ### What are we after?
#
# An ordinary autoencoder squeezes a picture through a few numbers, its *code* $z$, and learns to restore the picture
# from them. It gets good at that, but nothing in its training fixes how the codes are distributed, so we do not know
# beforehand where to draw the code of a *new* picture. (We will [come back to that](#What-the-KL-buys).)
#
# A VAE is an autoencoder that is told beforehand what the distribution of the codes should be: the standard normal one,
# $P(Z) = \mathcal N(0, I)$, the *prior*. Training pulls the codes towards it. Then inventing is easy: draw $z \sim \mathcal N(0, I)$
# and decode it.
#
# In the language of probability, with $X$ for a picture and $Z$ for its code: the *decoder* describes $P(X|Z)$, the
# pictures that a given code can mean. The *encoder* goes the other way. The **posterior** $P(Z|X)$ says which codes
# could have led to a given picture. It is hard to compute, so the encoder learns an approximation of it, $Q(Z|X)$.
#
# A VAE has three parts, and we take them one by one: the **encoder**, a **sampling** step and the **decoder**.
#
# ```
# picture  ── encoder ──►  z_mean, z_log_var  ── sampling ──►  z  ── decoder ──►  picture
# 28×28×1                     2          2                     2                  28×28×1
# ```

# %% [markdown]
# ## The encoder: from a picture to a distribution
#
# If every picture were sent to a single point of its own, the loss would ask for good drawings at 55 000 points and for nothing in the
# gaps between them. So the encoder sends each picture $X$ to a small cloud instead, a normal distribution
#
# $$Q(Z|X) = \mathcal N\bigl(\mu(X),\ \operatorname{diag} \sigma^2(X)\bigr).$$
#
# Here *diag* says that the coordinates are independent, each with a variance of its own; the prior's $I$ says that they
# are independent with variance 1. The decoder has to cope with any point of the cloud. Clouds of neighbouring pictures
# overlap, and the gaps close.
#
# A network computes the cloud's mean and its size. It ends in **two** layers of `latent_dim` numbers each:
#
# - `z_mean` is $\mu$: any real number will do.
# - `z_log_var` is $\log \sigma^2$, the *logarithm of the variance*. A dense layer can output any real number, but a
#   variance must be positive. A logarithm may be any real number, and it stays moderate where the variance is very
#   small or very large. (Mind the difference from here on: the variance is $e^{\texttt{z\_log\_var}}$, the standard deviation
#   $e^{\texttt{z\_log\_var}/2}$.)
#
# Before these two layers the picture passes through two others, of 256 and 128 units. Here is the course's code. The
# cell fetches it from the package `vaelib`, where it is tested.

# %%
show_source(Encoder.__init__, Encoder.to_features, Encoder.hidden_layers, Encoder.call)

# %% [markdown]
# (`super().__init__` checks the sizes and keeps them; the last line of `__init__` runs a placeholder for a picture through,
# which creates the weights.)
#
# `BatchNormalization` keeps the numbers inside the network in a comfortable range. At the high learning rate used below, it raises
# the [ELBO](#The-loss:-minus-the-ELBO) (higher is better) from −147.6 to −145.8 nats, on average over three seeds ([measured](../benchmarks/results/recipes.md)). `Dropout` blanks some units at random while training. The
# course has it because the article used it, but switched off by default: see the table at the end.
#
# The code is also called the **latent**, that is hidden, variable, and its space the **latent space**. `latent_dim` is its number of dimensions.
# We choose two. That is very few, so expect blur; the reason is that two dimensions can be drawn.
# (With more of them the page runs as far as the map of digits.)

# %%
latent_dim = 2
encoder = Encoder(latent_dim)
encoder.summary()

# %% [markdown]
# `None` stands for the batch size: any will do. (The 768 parameters that are not trained are the running means and
# variances of batch normalisation, 2 · (256 + 128).) We put three pictures in and get three clouds, with one sample
# from each.

# %%
names = ["z_mean", "z_log_var", "z"]
for name, output in zip(names, encoder(x_train[:3]), strict=True):
    print(f"{name:10} {tuple(output.shape)}")

# %% [markdown]
# ## Sampling: a draw that gradients can pass
#
# From its cloud we draw a code, $z \sim \mathcal N(\mu, \operatorname{diag} \sigma^2)$, and decode it. But training works by gradients, and
# what would be the derivative of a draw with respect to $\mu$? The way out is the **reparametrisation trick** (02.16) [5]: draw
# $\varepsilon$ from $\mathcal N(0, I)$, which depends on neither $\mu$ nor $\sigma$, and compute
#
# $$z = \mu + \sigma \varepsilon, \qquad \varepsilon \sim \mathcal N(0, I),$$
#
# coordinate by coordinate. The distribution of $z$ is the same as before, but now $z$ is a smooth function of $\mu$ and
# $\sigma$, and the randomness enters through an input that needs no gradient.

# %%
show_source(Sampling.call)

# %% [markdown]
# Check it on a cloud that we know: mean 1 and standard deviation ½, thus a variance of ¼ and a log-variance of
# $\log ¼ = -1.39$.

# %%
n = 200_000
cloud = np.full((n, 1), 1.0, "float32"), np.full((n, 1), np.log(0.25), "float32")
z = keras.ops.convert_to_numpy(Sampling(seed=1)(cloud))
print(f"mean {np.mean(z):.2f}, standard deviation {np.std(z):.2f}")

# %% [markdown]
# ## The decoder: from a code to a picture
#
# The decoder goes the opposite way, through layers of 128 and 256 units (with *leaky* ReLU this time, as in the article: a small slope where ReLU is 0), to 784 numbers,
# one for each pixel. What do these numbers mean? The probability that the pixel is ink. So the last step is a sigmoid,
# which takes any real number to the interval from 0 to 1. The number before the sigmoid is called a *logit*; the decoder
# hands it out too, for the loss: once $p$ is rounded to 1, $\log (1 - p)$ is lost, but it can still be computed from the
# logit. (`likelihood` is a small layer that says what the logits mean. Unless you choose another one, it is `Bernoulli`, and
# its call is the sigmoid.)

# %%
decoder = Decoder(latent_dim)
show_source(Decoder.__init__, Decoder.to_pixels, Decoder.logits, Decoder.call)

# %% [markdown]
# Before training it draws no digits, only undecided greys:

# %%
untrained = decoder(np.eye(3, latent_dim, dtype="float32"))
grey = bool(keras.ops.all(keras.ops.abs(untrained - 0.5) < 0.3))
print(tuple(untrained.shape), "all between 0.2 and 0.8:", grey)

# %% [markdown]
# ## The loss: minus the ELBO
#
# We would like to make the pictures of our data as *probable* as possible under the model, that is, to raise
# $\log P(X)$. The probability is an integral over all codes, $P(X) = \int P(X|Z)\,P(Z)\,dZ$ (02.1). With two latent
# dimensions it can still be added up on a grid of codes, as [notebook 06](06_how_good_is_it.ipynb) does, but far too
# slowly for training. In more than a few dimensions it is out of reach: for one picture almost all codes
# [contribute nothing](02a_deriving_the_elbo.ipynb#What-to-raise,-and-why-not-directly).
# But there is a lower bound for it, true for any $Q$, the **e**vidence **l**ower **bo**und (02.12) [1, 5]:
#
# $$\log P(X) \;\ge\; \underbrace{\mathbb E_{Z \sim Q(Z|X)}\bigl[\log P(X|Z)\bigr]}_{\text{reconstruction}}
# \;-\; \underbrace{\operatorname{KL}\bigl[Q(Z|X)\,\|\,\mathcal N(0, I)\bigr]}_{\text{price of the code}}
# \;=\; \text{ELBO}.$$
#
# ($\operatorname{KL}$ is the Kullback–Leibler divergence. It measures how far one distribution is from another: 0 if they
# are equal, positive otherwise.) The first term says that a code drawn from the picture's cloud should decode to the
# picture; the second, that the cloud should not be far from the prior. They pull in opposite directions. Tiny clouds far
# apart would reconstruct best; the KL makes them spread, overlap and gather round the origin, which is what we wanted.
#
# Gradient descent goes down, so the **loss is minus the ELBO**: the *reconstruction* loss, which is minus the first term,
# plus the KL. It is measured in *nats*, the unit of information that goes with the natural logarithm: 1 nat is
# $1/\ln 2 = 1.44$ bits.
#
# ### The price of the code
#
# For a diagonal normal distribution the KL has a closed form, a sum over the latent dimensions (02.14) [5]:
#
# $$\operatorname{KL} = \tfrac12 \sum_j \bigl(\sigma_j^2 + \mu_j^2 - 1 - \log \sigma_j^2\bigr).$$

# %%
show_source(gaussian_kl)

# %% [markdown]
# A formula is easily mistyped, so we check it against the definition, $\int q(z) \log \frac{q(z)}{p(z)}\,dz$, worked out
# by SciPy without using the closed form ($q$ and $p$ are the densities of $Q$ and of the prior). In the code
# above, `expm1(a)` is $e^a - 1$.

# %%
mean, log_var = 1.5, -2.0
q, p = stats.norm(mean, np.exp(log_var / 2)), stats.norm()
integral, _ = integrate.quad(
    lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), -10, 10, points=[mean]
)
formula = gaussian_kl(np.array([[mean]]), np.array([[log_var]]))
print(f"integral {integral:.6f}, formula {formula[0]:.6f} nats")

# %% [markdown]
# ### Reconstruction
#
# In $P(X|Z)$ each pixel is ink or not by the toss of a coin of its own, a *Bernoulli* variable, independently of the other pixels once the code is given. The decoder's output $p_i$ is its
# chance of ink. Independent probabilities multiply, so the log-probability of a picture with pixels $x_i$ is a sum,
#
# $$\log P(X|Z) = \sum_i x_i \log p_i + (1 - x_i) \log (1 - p_i),$$
#
# which is minus the *binary cross-entropy*, summed (02.19). Check it against SciPy's Bernoulli distribution, on a digit
# in black and white:

# %%
black_white = (x_train[:1] > 0.5).astype("float64")
logits = np.random.default_rng(0).normal(scale=3, size=black_white.shape)
ours = bernoulli_log_likelihood(black_white, logits)
scipys = stats.bernoulli.logpmf(black_white, special.expit(logits)).sum()
print(f"ours {ours[0]:.3f}, SciPy's {scipys:.3f} nats")

# %% [markdown]
# Nearly a fifth of our pixels are neither 0 nor 1, and a coin does not fall in between. The article uses the formula all the same, and so do we.
# It is then no longer the log-probability of the grey picture. (It is the average log-probability of black-and-white pictures
# in which each pixel is ink with a chance equal to its grey value. The continuous Bernoulli distribution [7] is the exact
# remedy.) One thing follows at once: even a perfect decoder, $p_i = x_i$, pays for the greys. What it pays is a floor that
# no reconstruction can get under. The mark to beat is a decoder that ignores its code and always draws the average
# picture.


# %%
def cross_entropy(x, p):
    """Binary cross-entropy in nats per picture; 0 · log 0 counts as 0."""
    log_p = special.xlogy(x, p) + special.xlogy(1 - x, 1 - p)
    return -log_p.sum(axis=(1, 2, 3)).mean()


def scale_marks(x):
    """Nats per picture: a perfect decoder, and one that draws the average picture."""
    x = x.astype("float64")
    return cross_entropy(x, x), cross_entropy(x, x.mean(axis=0, keepdims=True))


floor, average_picture = scale_marks(x_val)
print(f"validation set: floor {floor:.2f}, ", end="")
print(f"average picture {average_picture:.2f} nats per picture")

# %% [markdown]
# Our loss should come out well below the second number, and it can never go below the first.
#
# ### Sum, not mean
#
# Both terms are **sums**: over pixels, over latent dimensions. We average only over the pictures of a batch. This is
# easily mixed up. If you average over the 784 pixels and over the two latent dimensions, as the first version of a
# tutorial [4] did, you multiply the KL by a factor $\beta$ unintentionally: BCE / 784 + KL / 2 is, up to a common factor
# of 784, BCE + 392 · KL.

# %%
pixels = 784
print("mean over pixels and over latent dimensions: beta =", pixels / latent_dim)
print("mean over latent dimensions only:            beta =", 1 / latent_dim)

# %% [markdown]
# With $\beta = 392$ a code costs 392 times what it should. Is any code worth that? We will do the arithmetic when we
# know what ours costs and saves.
#
# A common factor for **both** terms is another matter. The article divides its whole loss by $2 \cdot 784$. That changes
# the number printed, but hardly the training: Adam divides each gradient by the typical size of the gradients so far, so a
# constant factor cancels, except for the tiny ε that keeps Adam from dividing by 0. Here are five steps of Adam with the same
# gradients, once as they are and once divided:


# %%
def adam_path(factor):
    """Where five steps of Adam lead from 1, the gradients multiplied by `factor`."""
    w, adam = keras.Variable(1.0), keras.optimizers.Adam(0.1)
    for gradient in [2.0, -1.0, 0.5, 3.0, 1.0]:
        adam.apply([keras.ops.convert_to_tensor(gradient * factor)], [w])
    return float(w)


print(f"as they are {adam_path(1):.4f}, divided by 1568 {adam_path(1 / 1568):.4f}")

# %% [markdown]
# ## The whole: encode, sample, decode
#
# `VAE` joins the two halves. Calling it runs a picture through encoder, sampling and decoder; `compute_loss` is where
# Keras asks for the loss, in training and in validation alike. `compute_loss` also keeps the two terms apart, in two trackers, so
# that we can watch them. (`y_pred` is what `call` returned.)
#
# The first term of the ELBO is an expectation over all codes of the cloud. We put **one** draw in its place: that is right
# on average, and over the hundreds of pictures of a batch the noise evens out [5].

# %%
vae = VAE(encoder, decoder)
show_source(VAE.call, VAE.compute_loss)

# %% [markdown]
# (`log_likelihood` is the Bernoulli formula that we checked above, `checked_target` returns the pictures, and `self.beta` is 1 here. `self.losses` and `replicas()` matter only with regularisers or on
# several devices.)
#
# ## Training
#
# The optimiser is Adam. Its learning rate climbs to 0.02 over the first 200 steps and then falls along a cosine to zero, so
# that the weights can settle. What are these choices worth? The article found that RMSprop does as well as Adam. A
# benchmark, `benchmarks/optimizers.py`, trains our model with both, in seven epochs. It first chose the peak of each by
# the validation set, with one seed, from six between 0.0005 and 0.02: 0.01 for RMSprop, and 0.02 for Adam. (That is the
# largest of the six, so an even larger one might do better.) Here are the ELBOs of the test set with five other seeds,
# mean and standard deviation, in nats.

# %%
results = Path("../benchmarks/results/optimizers.json")
assert results.is_file(), f"No {results}: open this notebook in the course's folder."
rows = json.loads(results.read_text(encoding="utf-8"))["rows"]
for row in rows:
    name = f"{row['optimizer']}, {row['rate']:g}, {row['schedule']}"
    print(f"{name:30} {row['mean']:.1f} ± {row['deviation']:.1f}")

# %% [markdown]
# Each seed starts both optimisers from the same weights, so we can also compare Adam with the better RMSprop seed by seed:

# %%
assert [row["optimizer"] for row in rows[:2]] == ["Adam", "RMSprop"]
adam, rmsprop = (np.array(row["elbo"]) for row in rows[:2])
behind = adam - rmsprop
assert behind.min() > 0, "RMSprop is not behind with every seed"
print(f"RMSprop is {behind.mean():.1f} ± {behind.std(ddof=1):.1f} nats lower")
lost = adam - next(row["elbo"] for row in rows if row["schedule"] == "cosine")
print(f"without the warm-up, Adam is {lost.min():.0f} to {lost.max():.0f} nats lower")

# %% [markdown]
# So RMSprop does nearly as well here; it ends one or two nats lower with each of the seeds. The warm-up matters more: without
# it, Adam ends 2 to 26 nats lower, depending on the seed. With the article's constant rate, seven
# epochs end 29 nats lower. Now our choice:

# %%
epochs, batch_size = 7, 250
steps = epochs * len(x_train) // batch_size
learning_rate = warmup_cosine(steps, peak=0.02, warmup=min(200, steps // 3))
vae.compile(optimizer=keras.optimizers.Adam(learning_rate), steps_per_execution=20)

# %% [markdown]
# (`steps_per_execution=20` hands TensorFlow twenty batches at a time, so that it need not come back to Python after each
# one. That saves [a quarter of an epoch's time](../benchmarks/results/backends.md), and the weights are the same, bit for bit.)
#
# Now train. In place of Keras's progress bar, a small callback prints one line per epoch.


# %% tags=["nbval-ignore-output"]
def tell(epoch, logs):
    """One line for each epoch."""
    losses = f"loss {logs['loss']:.1f}, validation {logs['val_loss']:.1f} nats"
    print(f"epoch {epoch + 1} of {epochs}: {losses}", flush=True)


assert vae.optimizer.iterations == 0, (
    "vae is trained already: run the page again from the cell that sets latent_dim"
)
options = {"epochs": epochs, "batch_size": batch_size, "verbose": 0}
callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=tell)]
run = vae.fit(x_train, validation_data=x_val, callbacks=callbacks, **options)
history = run.history

# %%
reminder = """This is not as the text says. The text describes the page's own settings
(digits, seeds, 7 epochs in batches of 250, 2 latent dimensions, trained once). If you
changed some, go on at the next cell."""
assert history["val_loss"][-1] < min(150, history["val_loss"][0] - 5), reminder
assert history["kl"][-1] > history["kl"][0], reminder

# %% [markdown]
# (Cells with `assert` hold the text to what was computed, and print nothing as long as both agree.)
#
# Here are the two terms apart. The training figures are averages *over* an epoch, during which the model improves; the
# validation figures are taken at its end. So the training loss of the first epoch lies beyond the top of the figure.

# %% alt="Three panels against the epoch, 1 to 7, training and validation: the loss falls, to about 147 nats; the reconstruction loss, almost all of it, falls alike; the KL rises in training from below 5 to about 5.9 nats, where the validation KL ends too."
fig, axes = plt.subplots(1, 3, figsize=(9, 2.8), layout="constrained")
for ax, term in zip(axes, ["loss", "reconstruction", "kl"], strict=True):
    for kind, prefix, style in [("training", "", "o--"), ("validation", "val_", "o-")]:
        ax.plot(range(1, epochs + 1), history[prefix + term], style, label=kind)
    title = "KL" if term == "kl" else term
    ax.set(title=title, xlabel="epoch", xticks=range(1, epochs + 1))
    ax.set_ylim(top=1.03 * max(history["val_" + term]))
axes[0].set_ylabel("nats per picture")
axes[0].legend()
sns.despine()
plt.show()

# %% [markdown]
# The loss falls, and the KL does not fall to 0: the training average rises by about a nat, and the validation KL, which starts too high, settles at the
# same level. That is as it should be. A KL that sinks towards 0 would be **posterior collapse**, the
# sign of a decoder that has given up on the code. (In the first epochs the validation loss may lie above the training loss, although it is taken later. One reason, which
# [notebook 04](04_watching_it_learn.ipynb) takes apart, is that batch normalisation works with running averages outside
# of training, and these lag behind while the weights move fast.)
#
# ## How good is it? The test set
#
# Only now do we open the test set. First its floor and its mark to beat, then our model.

# %%
floor, average_picture = scale_marks(x_test)
print(f"test set: floor {floor:.2f}, ", end="")
print(f"average picture {average_picture:.2f} nats per picture")

# %% tags=["nbval-ignore-output"]
test = vae.evaluate(x_test, batch_size=500, verbose=0, return_dict=True)
print(f"ELBO {-test['loss']:.2f} nats per picture = ", end="")
print(f"−{test['reconstruction']:.2f} (reconstruction) − {test['kl']:.2f} (KL)")

# %% jupyter={"source_hidden": true}
assert -test["loss"] >= -150, reminder
gap = test["loss"] - test["reconstruction"] - test["kl"]
assert abs(gap) < 0.01, "the loss should be reconstruction + KL"
assert floor < test["reconstruction"] < average_picture - 50, reminder

# %% [markdown]
# What has the code bought? Compare what it saves, against the average picture, with its price, and with the price that
# the slip above, the mean over pixels and latent dimensions, would have asked:

# %% tags=["nbval-ignore-output"]
saved, price = average_picture - test["reconstruction"], test["kl"]
by_slip = price * pixels / latent_dim
print(f"saved {saved:.0f} nats for {price:.1f}; the slip would ask {by_slip:.0f}")

# %% jupyter={"source_hidden": true}
assert price < saved < by_slip, reminder

# %% [markdown]
# At 392 times the price, a code like ours would cost far more than it saves. A model trained like that has to find a much
# cheaper code, and if it finds none, it draws the same picture whatever it is shown.
#
# Back to ours. Here is the same ELBO step by step, without Keras's bookkeeping: encode, decode, apply the formulas. `elbo`
# gives one number for each picture, so we can ask which digit has the smallest loss.

# %% tags=["nbval-ignore-output"]
z_mean, z_log_var, z = vae.encoder.predict(x_test, batch_size=500, verbose=0)
bounds = elbo(x_test, vae.decoder.logits(z), z_mean, z_log_var)
bounds = keras.ops.convert_to_numpy(bounds)
by_digit = [bounds[y_test == digit].mean() for digit in range(10)]
print(f"mean {bounds.mean():.2f}")
listed = [f"{digit}: {bound:.0f}" for digit, bound in enumerate(by_digit)]
print("by digit: ", ", ".join(listed))

# %% jupyter={"source_hidden": true}
# Another draw of z, the same expectation.
assert abs(bounds.mean() + test["loss"]) < 0.5, "the two means should agree"
assert by_digit[1] > max(np.delete(by_digit, 1)) + 20, reminder
assert np.argmin([x_test[y_test == digit].mean() for digit in range(10)]) == 1

# %% [markdown]
# The 1 has the smallest loss by far. It also has the least ink of all digits, so there is least to get wrong, which may be the reason.
#
# ## Reconstructions
#
# The first ten digits of the test set, and below each what the decoder makes of its code. `vae.predict` decodes the *mean*
# of the cloud rather than a draw, so it gives the same answer every time.

# %% alt="Two rows of ten digits: originals above, redrawn from two numbers below. The lower ones are smooth; most are the same digit, a few have become a neighbour."
reconstructions = vae.predict(x_test[:500], batch_size=500, verbose=0)
labels = ["original", f"from {latent_dim} numbers"]
plot_digits(x_test[:10], reconstructions[:10], labels=labels)
plt.show()

# %% [markdown]
# Look for three things. The strokes are **smooth**: the writer's own touch is gone. Ordinary digits come back well. And
# where two numbers cannot hold the difference, a digit comes back as a *neighbour*: a 4 drawn as a 9, for instance (which
# ones varies from run to run).
#
# How much does it matter that the code is the right one? Pair each picture with the reconstruction of *another* picture:

# %% tags=["nbval-ignore-output"]
drawn = reconstructions.clip(1e-6, 1 - 1e-6)
own = cross_entropy(x_test[:500], drawn)
another = cross_entropy(x_test[:500], np.roll(drawn, 1, axis=0))
average = np.broadcast_to(x_test.mean(axis=0), drawn.shape).clip(1e-6, 1 - 1e-6)
without_code = cross_entropy(x_test[:500], average)
print(f"own code {own:.0f} nats, another picture's {another:.0f}, ", end="")
print(f"the average picture in place of any {without_code:.0f}")

# %% jupyter={"source_hidden": true}
assert own < without_code - 50, reminder
assert another > without_code, reminder

# %% [markdown]
# (The first number is not quite the reconstruction loss above, nor the last the mark: 500 pictures, mean codes in place of draws, and no probability
# nearer to 0 or 1 than a millionth, so that a single wrong pixel costs at most 14 nats.) A wrong
# code is worse than none: the decoder trusts it.
#
# ## The manifold: a map of the digits
#
# A decoder with two latent dimensions can be looked at as a whole. Take a grid of codes, decode each, and lay the
# pictures out. Which grid? The codes follow $\mathcal N(0, I)$, so they are dense near the origin and rare far out. A grid
# of equal *steps* would give rare codes as much room as common ones. We take equal steps of **probability** instead, by
# the quantile function $\Phi^{-1}$, the inverse of the normal distribution function:

# %% alt="The bell-shaped density of the standard normal distribution, cut between -1.64 and 1.64 into fourteen strips of equal area: narrow in the middle, wide at the sides."
n = 15
z_values = quantile_grid(n, 0.05, 0.95)
np.testing.assert_allclose(stats.norm.cdf(z_values), np.linspace(0.05, 0.95, n))

fig, ax = plt.subplots(figsize=(8, 2.6), layout="constrained")
line = np.linspace(-3.2, 3.2, 400)
ax.plot(line, stats.norm.pdf(line), color="black")
colors = sns.color_palette("colorblind")[::9]  # the first and the last
for i, (left, right) in enumerate(itertools.pairwise(z_values)):
    part = np.linspace(left, right, 30)
    ax.fill_between(part, stats.norm.pdf(part), color=colors[i % 2], alpha=0.7, lw=0)
ax.set(xticks=z_values[[0, n // 2, -1]].round(2), ylim=0)
ax.set_xticks(z_values, minor=True)
ax.set(xlabel="$z$", ylabel="density of the prior")
sns.despine()
plt.show()

# %% [markdown]
# The grid's lines are closest where the density is highest, and every strip between two of them has the same area:

# %%
print("areas:", np.unique(np.diff(stats.norm.cdf(z_values)).round(6)))
print(f"share of the plane's probability inside the grid: {(0.95 - 0.05) ** 2:.0%}")

# %% [markdown]
# All 225 codes go through the decoder in **one** call. (One `predict` for each code gives the same picture and takes more
# than a thousand times as long: [measured](../benchmarks/results/bench.md).) We check that the map is the right way up:
# the picture in its top left corner must belong to the smallest $z_1$ and the largest $z_2$.

# %%
assert latent_dim == 2, "Set latent_dim = 2 for a plane, or go on at 2017 → Keras 3"
manifold = decode_grid(vae.decoder, z_values)
top_left = np.array([[z_values[0], z_values[-1]]], "float32")
print("one picture of", manifold.shape, "pixels")
alone = keras.ops.convert_to_numpy(vae.decoder(top_left))[0, ..., 0]
np.testing.assert_allclose(manifold[:28, :28], alone, atol=1e-5)

# %% [markdown]
# Here is the map. Follow a row or a column from one kind of digit to the next.

# %% alt="A map of 15 by 15 drawn digits, z1 to the right and z2 upwards. Each kind of digit has a region of its own; from one region to the next the shapes change step by step, and on the borders they are blurred or two digits at once."
plot_manifold(vae.decoder, n=n)
plt.show()

# %% [markdown]
# Neighbours look alike, and every step changes the digit a little: a slant, a loop that closes, a 4 that turns into a 9.
# None of this was copied from the data: every picture was decoded from its place on the map. Between two digits there is
# often a place where the drawing is neither: the decoder is continuous, so it cannot jump from one kind to the next.

# %% [markdown]
# ## The plane under your pointer
#
# The map has room for 225 codes. Here is the plane with all of them. It moves by itself until you touch it: then the digit
# at the place of your pointer or your finger is drawn at once. Show the codes of the test digits, click on one of the
# large dots, and you see the original beside its reconstruction. Two clicks make a path, along which one digit turns
# into another, and the buttons go on tours. Things to look for: where does a 1 become a 7, and what does it look like
# half way? What is drawn where there are no dots? Where does a small step change much, and where nothing at all?
#
# (A stored map stands still in JupyterLab until you run its cell. If you trust this course, `make trust`, once, lets
# everything stored in it move.)

# %% picture="explorer.html" tags=["nbval-ignore-output"]
from vaelib.visual.explorer import latent_explorer

explorer = latent_explorer(vae.decoder, z_mean, y_test, x_test)
explorer

# %% jupyter={"source_hidden": true}
size = len(explorer.html.encode())
assert size <= 800_000, f"{size} bytes: a page to share should be smaller"

# %% [markdown]
# It needs no running notebook: the page holds the decoder's pictures at the nodes of a grid, and between them it blends
# the four nearest. How wrong is that? We compare it with the decoder at random places, in units of a pixel's full ink:

# %% tags=["nbval-ignore-output"]
places = np.random.default_rng(8).uniform(-3, 3, size=(3000, 2)).astype("float32")
decoded = keras.ops.convert_to_numpy(vae.decoder(places))[..., 0]
blend_error = np.abs(explorer.picture(places) - decoded)
print(f"{explorer}; error on average {blend_error.mean():.4f}, ", end="")
print(f"at most {blend_error.max():.2f}")

# %% jupyter={"source_hidden": true}
assert blend_error.mean() < 0.005, reminder

# %% [markdown]
# ## New digits
#
# This is what we came for. Draw codes from $\mathcal N(0, I)$ and decode them.

# %% alt="Three rows of twelve new digits, decoded from random codes. Most can be named at once; some are blurred, or two digits at once."
new = vae.generate(36, seed=5)  # a multiple of 3, for three rows
plot_digits(*np.split(new, 3))
plt.show()

# %% [markdown]
# Most are plain digits; some lie on a border and are two at once. Is every one of them really new? We look for the
# nearest of all 55 000 training pictures, by Euclidean distance over the 784 pixels. For comparison we do the same with
# training pictures that the model has redrawn from their own codes.


# %% tags=["nbval-ignore-output"]
def distance_to_training(x):
    """Euclidean distance of each picture to the nearest training picture."""
    rows, known = x.reshape(len(x), -1), x_train.reshape(len(x_train), -1)
    return spatial.distance.cdist(rows, known).min(axis=1)


distance_new = distance_to_training(new)
redrawn = vae.predict(x_train[: len(new)], verbose=0)
distance_redrawn = distance_to_training(redrawn)
print("distance to the nearest training picture: ", end="")
print(f"new {distance_new.mean():.1f}, redrawn {distance_redrawn.mean():.1f}; ", end="")
print(f"the smallest of the new ones {distance_new.min():.1f}")

# %% jupyter={"source_hidden": true}
assert distance_new.min() > 0.5, reminder
assert 0.7 < distance_new.mean() / distance_redrawn.mean() < 1.4, reminder

# %% [markdown]
# Pixel by pixel, none of these 36 is a copy. But the redrawn training digits, which are not new, are on average almost as
# far from their nearest training picture, because they are blurred. So this distance cannot tell a new digit from a blurred
# copy. [Further down](#What-is-blurred,-and-why) we find a better answer: what the decoder draws at a code is close to an
# average over the training pictures that share the place.
#
# ## The latent plane
#
# Where do the digits of the test set lie? The dots are the means of their clouds. The labels, which the model has never
# seen, only choose the colour.

# %% alt="Scatter plot of the test digits' codes, coloured by digit. 0, 1, 2 and 6 have regions of their own; 4, 7 and 9 lie mixed together, and so do 3, 5 and 8; a second, smaller region of 5 and 8 lies at the top."
fig, ax = plt.subplots(figsize=(6, 5.6), layout="constrained")
plot_latent(z_mean, y_test, ax=ax)
ax.collections[0].set_antialiased(False)  # hard edges make a smaller file
plt.show()

# %% [markdown]
# The model has found out by itself that there are kinds of digit. The 0, 1, 2 and 6 have regions of their own; 4, 7 and 9 share
# one, and so do 3, 5 and 8. (In our run the 5 and the 8 have a second, smaller region at the top.) Where regions overlap, the reconstructions mix. How much of the label do two numbers hold? Let each digit be named by a vote of its ten nearest
# neighbours in the plane, and see how often the name is right, and what it is most often when it is wrong.

# %% tags=["nbval-ignore-output"]
_, neighbours = spatial.KDTree(z_mean).query(z_mean, k=11)
votes = stats.mode(y_test[neighbours[:, 1:]], axis=1).mode
hits = votes == y_test
print(f"named correctly: {hits.mean():.0%} (guessing: 10%)")
for digit in range(10):
    mistaken = np.bincount(votes[(y_test == digit) & ~hits], minlength=10).argmax()
    share = hits[y_test == digit].mean()
    print(f"  {digit}: {share:4.0%}, otherwise mostly {mistaken}")

# %% jupyter={"source_hidden": true}
assert hits.mean() > 0.6, reminder
assert hits[y_test == 1].mean() > 0.9, reminder
assert min(hits[y_test == digit].mean() for digit in (0, 1, 2, 6)) > 0.75, reminder

# %% [markdown]
# And do the codes follow the prior, as they were told to? The mixture of all clouds, the **aggregated posterior**, should
# look like $\mathcal N(0, I)$: mean 0, standard deviation 1 in either direction, no correlation. One draw from each test
# picture's cloud gives a sample of it.

# %% tags=["nbval-ignore-output"]
print(f"means {z.mean(axis=0).round(2)}, ", end="")
print(f"standard deviations {z.std(axis=0).round(2)}, ", end="")
print(f"correlation {np.corrcoef(z.T)[0, 1]:.2f}")
print(f"of the clouds' centres alone: {z_mean.std(axis=0).round(2)}; ", end="")
print(f"of one cloud: {np.exp(z_log_var / 2).mean():.2f}")

# %% jupyter={"source_hidden": true}
assert np.abs(z.mean(axis=0)).max() < 0.3, reminder
assert 0.8 < z.std(axis=0).min() <= z.std(axis=0).max() < 1.25, reminder

# %% [markdown]
# The first three are close to the prior's. Nearly all of the spread is that of the centres: one cloud is only about 0.06 wide, on average. That does not make the mixture of all clouds normal, as the scatter plot
# shows: there are gaps between the regions. The average KL is made of two parts, what the codes tell about their
# pictures, and how far the mixture is from the prior [8]; training weighs both against the reconstruction.
#
# <a id="What-the-KL-buys"></a>
# ## What the KL buys
#
# What would we have without it? Here are the same two networks as a plain autoencoder. A picture goes to a point instead of a
# cloud, nothing is sampled, and the loss is the reconstruction alone. (A mean over pixels does no harm here: there is no
# second term.) It is trained as the VAE was: the same digits, learning rates, batches and epochs.

# %% tags=["nbval-ignore-output"]
to_code, from_code = Encoder(latent_dim), Decoder(latent_dim)
plain = keras.Sequential([to_code.hidden, to_code.z_mean, from_code])
learning_rate = warmup_cosine(steps, peak=0.02, warmup=min(200, steps // 3))
optimizer = keras.optimizers.Adam(learning_rate)
plain.compile(optimizer=optimizer, loss="binary_crossentropy")
plain.fit(x_train, x_train, **options)
plain_codes = to_code.predict(x_test, batch_size=500, verbose=0)[0]
print("standard deviations of the plain codes", plain_codes.std(axis=0).round(1))

# %% jupyter={"source_hidden": true}
assert plain_codes.std(axis=0).max() > 3, reminder

# %% [markdown]
# The left panel shows the plain codes of the test set. The small black ring would hold 95 % of $\mathcal N(0, I)$. The
# middle panel shows 36 draws from $\mathcal N(0, I)$, decoded. The right panel uses what we know only afterwards: it shows 36 draws from the
# normal distribution with the mean and the covariance of the plain *training* codes.

# %%
known = to_code.predict(x_train, batch_size=500, verbose=0)[0]
normals = {"prior": (np.zeros(latent_dim), np.eye(latent_dim))}
normals["fitted normal"] = known.mean(axis=0), np.cov(known.T)
drawn_from, rng = {}, np.random.default_rng(0)
for name, (mean, covariance) in normals.items():
    draws = rng.multivariate_normal(mean, covariance, size=36).astype("float32")
    drawn_from[name] = keras.ops.convert_to_numpy(from_code(draws))

# %% alt="Left: codes of the plain autoencoder, spread over tens of units; a small black ring marks where the prior draws from. Middle: 36 decoded draws from the prior, nearly all of the same few shapes. Right: draws from a normal fitted to the codes: many kinds of digit."
layout = {"layout": "constrained", "width_ratios": [1.4, 1, 1]}
fig, (left, *panels) = plt.subplots(1, 3, figsize=(11, 3.9), **layout)
plot_latent(plain_codes, y_test, ax=left)
left.collections[0].set_antialiased(False)
for text in list(left.texts):  # they would hide the ring
    text.remove()
ring = {"fill": False, "color": "black", "linewidth": 2, "zorder": 5}
left.add_patch(plt.Circle((0, 0), stats.rayleigh.ppf(0.95), **ring))
for ax, (name, pictures) in zip(panels, drawn_from.items(), strict=True):
    plot_digits(*np.split(pictures, 6), ax=ax)
    ax.set_title(f"drawn from the {name}", fontsize="medium")
plt.show()

# %% [markdown]
# The plain autoencoder sorts the digits too. But it has put them wherever it liked, over a far larger area (see the
# standard deviations above), and the prior covers a small spot of it. So draws from the prior show the same few shapes over and
# over. Once we know where the codes are, the draws look about as good as the VAE's, to the eye and in this one run. The mean distance between two new pictures says how much they
# differ:


# %% tags=["nbval-ignore-output"]
def variety(pictures):
    """Mean Euclidean distance between two of the pictures."""
    return spatial.distance.pdist(pictures.reshape(len(pictures), -1)).mean()


varieties = {
    f"plain, {name}": variety(pictures) for name, pictures in drawn_from.items()
}
varieties |= {"VAE": variety(new), "real digits": variety(x_test[:36])}
print(", ".join(f"{name} {value:.1f}" for name, value in varieties.items()))

# %% jupyter={"source_hidden": true}
from_prior, from_fitted, from_vae, real = varieties.values()
assert from_prior < 0.8 * from_vae < 0.8 * real, reminder
assert from_fitted > 0.8 * from_vae, reminder

# %% [markdown]
# So with two numbers for a code, a normal distribution fitted *afterwards* gives about as much variety here. The few nats of KL, and
# the sampling that goes with it, buy a distribution that is fixed *beforehand*, so we need not look at the codes. And minus the loss is then a lower bound
# on $\log P(X)$ (for grey pixels, in the sense explained above), by which models can be compared. The plain autoencoder's loss says nothing about $P(X)$. (The VAE's digits
# differ less than real ones partly because they are blurred.)
#
# ## What is blurred, and why
#
# For a given code, which picture would be the best one to draw? The loss answers exactly. All training pictures
# contribute to the loss at $z$, each weighted by how densely its cloud covers this point, the density $q(z|x_n)$. The
# sum of weighted cross-entropies is smallest at the **weighted average of those pictures**:
#
# $$p^*(z) = \frac{\sum_n q(z|x_n)\, x_n}{\sum_n q(z|x_n)}.$$
#
# An average of many hands is blurred. Is that what our decoder has learned? We can work out the average without the decoder: the encoder gives the weights, the training pictures the rest. How many pictures
# does it consist of? With weights $w_n$ that sum to 1, the **effective number** is $1 / \sum_n w_n^2$: it is $n$ if $n$ weights are equal, and 1 if one
# picture has all the weight. The function below returns this number, too.


# %%
def average_of_neighbours(z, z_mean, z_log_var, pictures):
    """Averages of pictures with weights q(z|x), and effective numbers, for all z."""
    log_q = stats.norm.logpdf(z[:, None], z_mean, np.exp(z_log_var / 2)).sum(axis=-1)
    weights = special.softmax(log_q, axis=1).astype("float32")
    effective = 1 / np.square(weights).sum(axis=1)
    return np.tensordot(weights, pictures, axes=1), effective


codes = np.linspace([-1.5, -1.2], [1.5, 1.2], 12).astype("float32")
train_mean, train_log_var, _ = vae.encoder.predict(x_train, batch_size=1000, verbose=0)
averages, effective = average_of_neighbours(codes, train_mean, train_log_var, x_train)

# %% [markdown]
# Here are twelve points on a line across the plane. The top row is what the decoder draws, the middle row the weighted
# average of the training pictures, and the bottom row one picture really drawn from $P(X|Z)$, with a coin tossed for each
# pixel.

# %% alt="Three rows of twelve pictures. What the decoder draws and the weighted averages of training pictures look almost alike, blurred in the same places; the samples below are speckled, pixel by pixel, with the same shapes."
decoded = keras.ops.convert_to_numpy(vae.decoder(codes))
tossed = np.random.default_rng(0).random(decoded.shape) < decoded
plot_digits(decoded, averages, tossed, labels=["decoder", "average", "one sample"])
plt.show()

# %% tags=["nbval-ignore-output"]
correlation = np.corrcoef(decoded.ravel(), averages.ravel())[0, 1]
overall = np.broadcast_to(x_train.mean(axis=0), decoded.shape)
by_chance = np.corrcoef(decoded.ravel(), overall.ravel())[0, 1]
print(f"correlation of the decoder with these averages {correlation:.3f}, ", end="")
print(f"with the average of all {by_chance:.3f}")
print(f"effective number of pictures in an average: {effective.min():.0f} to ", end="")
print(f"{effective.max():.0f} along the line, median {np.median(effective):.0f}")
regions = np.exp(price)
print(f"places that the KL can tell apart: at most {regions:.0f}, ", end="")
print(f"so {len(x_train) / regions:.0f} or more training pictures to each, on average")

# %% jupyter={"source_hidden": true}
assert correlation > 0.9 > by_chance, reminder
assert 0.5 < np.median(effective) * regions / len(x_train) < 2, reminder

# %% [markdown]
# So the blur has two causes. **Two numbers, known only to within a cloud,** cannot tell 55 000 digits apart. A KL of
# $k$ nats is enough for at most $e^k$ equally likely places, so a place must serve a hundred digits or more, on average. The averages on our line
# consist of tens to a few hundred, which is of that order. And the **Bernoulli pixels are independent** given the code: the model has no way to say
# "the stroke is here *or* there, but not in both places", so it says "grey in both". A real sample, in the last row, is
# not a sharp digit but a noisy one. The *new digits* further up are pictures of these probabilities, not samples.
#
# More latent dimensions help against the first cause ([measured](../benchmarks/results/recipes.md) with 5 and 20, one
# seed each), a better $P(X|Z)$ against the second.

# %% [markdown]
# ## Keep it
#
# A trained model is saved with its architecture, weights and the optimiser's state in one file, and loaded without
# extra arguments, in this process or in another that has imported `vaelib.models` (the course's tests do that).

# %%
with tempfile.TemporaryDirectory() as folder:
    vae.save(Path(folder) / "vae.keras")
    again = keras.saving.load_model(Path(folder) / "vae.keras")

pairs = zip(vae.weights, again.weights, strict=True)
print("same weights:", all(np.array_equal(a, b) for a, b in pairs))
by_again = again.predict(x_test[:500], batch_size=500, verbose=0)
print("same digits: ", np.array_equal(reconstructions, by_again))

# %% [markdown]
# <a id="2017-to-Keras-3"></a>
# ## 2017 → Keras 3
#
# For readers who come from the article: what its recipe did, what happens with it today, and what the course does.
# First, let us try the old ways and see what Keras says.


# %%
def attempt(what, action):
    """Do it and print the first words of what happens."""
    try:
        outcome = f"works: {action()}"
    except Exception as error:
        outcome = f"{type(error).__name__}: {str(error).splitlines()[0][:78]}"
    print(f"{what}\n    {outcome}")


attempt(
    "keras.objectives.binary_crossentropy", lambda: keras.objectives.binary_crossentropy
)
attempt("keras.backend.random_normal", lambda: keras.backend.random_normal((500, 2)))

# %% [markdown]
# The article's sampling was a `Lambda` layer that drew its noise in the shape of one fixed batch, 500:

# %%
inputs = keras.Input((2,))
normal = keras.random.normal
draw = keras.layers.Lambda(lambda z: z + normal((500, 2)), output_shape=(2,))
frozen = keras.Model(inputs, draw(inputs))

attempt("500 codes", lambda: frozen(np.zeros((500, 2))).shape)
attempt("7 codes", lambda: frozen(np.zeros((7, 2))).shape)
attempt("1 code", lambda: frozen(np.zeros((1, 2))).shape)
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "frozen.keras"
    frozen.save(path)
    attempt("saved and loaded", lambda: keras.saving.load_model(path))

# %% [markdown]
# | 2017 | today | here, and why |
# |---|---|---|
# | `Input(batch_shape=(500, …))` | still accepted | `Input(shape)`: any batch size, so any picture can be encoded alone |
# | `Lambda` layer for the draw, its batch size frozen in | fails for other batches, except that 1 code silently becomes 500; a saved one is refused when loaded | a `Sampling` layer with its own `SeedGenerator`: any batch, repeatable, saved by name |
# | `keras.objectives`, `K.random_normal` | gone | `keras.ops`, `keras.random` |
# | loss (784 · BCE + KL) / 2 / 784 | still works: Adam all but cancels the factor 1568 | nats per picture: it can be compared, and it is a bound |
# | the text speaks of the L2 metric | the same contradiction: its code trains cross-entropy | Bernoulli, stated as such |
# | Adam 1e-4 for 1000 epochs | works, slowly: our [re-run](../benchmarks/results/bench.md) of the whole recipe, with dropout 0.3 and batches of 500, ends at an ELBO of −150.0 | 0.02 with warm-up and cosine for 7 epochs: [−146.0 ± 0.9](../benchmarks/results/limits.md) on the test set, ten seeds |
# | RMSprop does as well as Adam | nearly, in our recipe: 1.4 nats lower | Adam |
# | dropout 0.3 | in our recipe the ELBO of new digits is 10 nats lower ([three seeds each](../benchmarks/results/recipes.md)); and the training loss comes out higher than the test loss, because units are blanked only in training | off by default; `dropout_rate=0.3` brings it back |
# | test set as validation data | no longer an independent test | 5 000 training pictures set aside |
# | one `predict` for each of 225 digits | works, slowly | one call for all |
# | the grid's rows run downwards | the same | $z_2$ points up, as in a scatter plot |

# %% [markdown]
# How much do such choices matter? The folder `benchmarks` trains the same networks for the same seven epochs with some of
# them changed: [the table](../benchmarks/results/recipes.md). [Notebook 07](07_what_the_numbers_depend_on.ipynb) reads it with you, and
# shows a start for the decoder with which batch normalisation is no longer needed.

# %% [markdown]
# ## What to take with you
#
# - A VAE sends a picture to a *distribution* of codes, draws one by $z = \mu + \sigma\varepsilon$, and decodes it.
# - Its loss is minus the ELBO: reconstruction plus KL, both *summed*, in nats per picture. The ELBO is a lower bound for
#   $\log P(X)$; with grey pixels, for the average $\log P$ of their black-and-white versions.
# - The encoder's output is the *log*-variance: not the variance, and not the standard deviation.
# - With this loss the best picture for a code is the weighted average of the pictures whose clouds cover it, and our decoder comes close. That average is blurred.

# %% [markdown]
# ## Exercises
#
# In the first cell of an exercise replace `...` with your answer and run it; the cell below checks it, and if it is not
# right yet, tries to tell you why. A solution is folded away under each: click on the bar with the three dots to see it.
# Answers may use NumPy, SciPy or `keras.ops`.

# %%
from course.exercises.keras_vae import check_effective_beta, check_manifold_codes

# %% [markdown]
# **1.** The codes of the map: an $n \times n$ square as it is drawn, the top row first, $z_1$ growing to the right and
# $z_2$ upwards. On either axis they are the quantiles of the standard normal distribution at $n$ evenly spaced
# probabilities, 0.05 and 0.95 included.


# %%
def manifold_codes(n):
    """Codes of the map, shape (n, n, 2): row, column, and (z₁, z₂)."""
    return ...  # your answer


# %%
check_manifold_codes(manifold_codes)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def manifold_codes_solution(n):
    """Codes of the map, shape (n, n, 2): row, column, and (z₁, z₂)."""
    values = stats.norm.ppf(np.linspace(0.05, 0.95, n))
    return np.stack(np.meshgrid(values, values[::-1]), axis=-1)


# %% [markdown]
# **2.** You find a VAE in which the cross-entropy is averaged over the pixels, or the KL over the latent units, or both.
# Up to a factor in front of the whole, which Adam does not mind, its loss is that of this notebook with a weight β on the
# KL: reconstruction + β · KL, both summed. Which β?


# %%
def effective_beta(pixels, latent_dim, mean_over_pixels, mean_over_units):
    """β in reconstruction + β · KL, both summed, that a loss amounts to: one number.

    pixels, latent_dim: how many; mean_over_pixels, mean_over_units: True or False.
    """
    return ...  # your answer


# %%
check_effective_beta(effective_beta)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def effective_beta_solution(pixels, latent_dim, mean_over_pixels, mean_over_units):
    """β in reconstruction + β · KL, both summed, that a loss amounts to: one number.

    pixels, latent_dim: how many; mean_over_pixels, mean_over_units: True or False.
    """
    # Times `pixels`, the mean over pixels is a sum again, and the KL …
    beta = pixels if mean_over_pixels else 1
    return beta / latent_dim if mean_over_units else beta


# %% [markdown]
# **3.** *Predict, then look.* Give the model only *one* latent unit. What becomes of the plane of digits? Will the KL be
# about half of what it was? Will the ELBO still be above that of the average picture, −206? (Try it in a cell of your own.
# The solution trains for three epochs, the model above was trained for seven.)

# %% jupyter={"source_hidden": true} tags=["nbval-ignore-output", "solution", "hide-cell"]
# Solution. The plane becomes a line, on which the digits stand in a row, so that some
# kinds are no longer neighbours. In this run the KL is a little more than half of what
# it was: the line is used more finely than each axis of the plane. And yes, the ELBO is
# still far above that of the average picture.
alt = "Fifteen digits from a line of codes, changing step by step."
with folded(alt):
    line = VAE(Encoder(latent_dim=1), Decoder(latent_dim=1))
    learning_rate = warmup_cosine(steps=3 * len(x_train) // 250)
    line.compile(optimizer=keras.optimizers.Adam(learning_rate))
    line.fit(x_train, batch_size=250, epochs=3, verbose=0)
    logs = line.evaluate(x_test, batch_size=500, verbose=0, return_dict=True)
    print(f"one unit: ELBO {-logs['loss']:.1f}, KL {logs['kl']:.1f} nats per picture")
    row = stats.norm.ppf(np.linspace(0.02, 0.98, 15))[:, None].astype("float32")
    plot_digits(keras.ops.convert_to_numpy(line.decoder(row)))
    plt.show()

# %% jupyter={"source_hidden": true} tags=["solution", "hide-cell"]
assert 150 < logs["loss"] < average_picture, reminder
assert 0.9 * price / 2 < logs["kl"] < price, reminder

# %% [markdown]
# ## Sources
#
# The article: M. Surtsukov, *Autoencoders in Keras, part 3: variational autoencoders* (in Russian), 2017, from
# [msurtsukov.github.io/AE3](https://msurtsukov.github.io/AE3).
# [1] C. Doersch, *Tutorial on Variational Autoencoders*, [arXiv:1606.05908](https://arxiv.org/abs/1606.05908) ·
# [4] F. Chollet, *Building Autoencoders in Keras*, 2016, [blog.keras.io](https://blog.keras.io/building-autoencoders-in-keras.html) ·
# [5] D. P. Kingma, M. Welling, *Auto-Encoding Variational Bayes*, [arXiv:1312.6114](https://arxiv.org/abs/1312.6114) ·
# [7] G. Loaiza-Ganem, J. P. Cunningham, *The continuous Bernoulli*,
# [arXiv:1907.06845](https://arxiv.org/abs/1907.06845) ·
# [8] M. D. Hoffman, M. J. Johnson, *ELBO surgery*, NIPS workshop on advances in approximate Bayesian inference, 2016 ·
# Data: Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST database of handwritten digits*, CC BY-SA 3.0.
#
# **Next:** [4 · Watching it learn: callbacks](04_watching_it_learn.ipynb)
