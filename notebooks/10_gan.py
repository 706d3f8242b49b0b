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
# # 10 · Generative adversarial networks
#
# The digits of a VAE are soft. Its likelihood wants every pixel to be right on average, and the average of many sharp strokes is a blurred one. A **generative
# adversarial network** (GAN) has no likelihood at all. It consists of two networks. The **generator** turns random codes into pictures. The
# **discriminator** tries to tell these pictures from real ones, and the generator is trained to fool it.
#
# First we work out where such a game should lead, and check it where everything can be computed: on a line. Then we watch it fail, on a ring of
# eight clouds, and find out what helps. Then come the digits, with labels as in [notebook 09](09_conditional_vae.ipynb).
#
# The story follows the fifth part of the 2017 series, *Autoencoders in Keras*. You need notebook 09 for the labels, and for the judge.

# %% [markdown]
# ## Getting ready

# %% tags=["machine", "nbval-ignore-output"]
from vaelib.runtime import set_up

print("Running on:", set_up(seed=10))

# %%
import json
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
from PIL import Image
from scipy import integrate, special, stats

from course import games
from course.display import folded, save_films, show_gif, show_source
from course.judging import Judge, frechet_distance

# %%
from vaelib.data import load_mnist
from vaelib.latent import decode_grid, quantile_grid
from vaelib.models import ConditionalGAN
from vaelib.models.gan import Discriminator, frozen
from vaelib.training.modes import CountModes
from vaelib.visual.explorer import latent_explorer
from vaelib.visual.live import LiveView
from vaelib.visual.plots import plot_digits

sns.set_theme(context="notebook", style="ticks", palette="colorblind")
set_matplotlib_formats("retina")
RESULTS = Path("../benchmarks/results")  # measurements that come with the course
measured = json.loads((RESULTS / "gan.json").read_text(encoding="utf-8"))

# %% [markdown]
# ## Two players
#
# The discriminator gives each picture a **score** $s(x)$, the logit of its belief that the picture is real: $D(x) = \sigma(s(x))$. It is trained as any
# classifier is, by the logarithm of the probability that it gives to the right answer. Let $p$ be the density of real pictures and $p_g$ that of generated ones, and let both kinds be equally
# frequent. Then the discriminator wants to raise
#
# $$V(D) = \mathbb E_{x \sim p} \log D(x) + \mathbb E_{x \sim p_g} \log\,(1 - D(x)).$$
#
# Which $D$ is best, if the generator stays as it is? Both expectations are integrals, so $V(D) = \int \bigl(p \log D + p_g \log (1 - D)\bigr)\,dx$. We may choose $D(x)$ for every $x$ separately, and
# $a \log D + b \log (1 - D)$ is largest where its derivative is zero, at $D = a / (a + b)$. So
#
# $$D^*(x) = \frac{p(x)}{p(x) + p_g(x)}, \qquad s^*(x) = \log p(x) - \log p_g(x).$$
#
# This is Bayes' rule: the probability that $x$ is real, if half of all pictures are. Insert $D^*$ into $V$, and add and subtract $\log 2$ twice. What remains is
#
# $$V(D^*) = 2 \operatorname{JS}(p, p_g) - \log 4,$$
#
# where JS is the **Jensen–Shannon divergence**: the mean of the two KL divergences, of $p$ and of $p_g$, from their average $\tfrac12 (p + p_g)$. It is zero only if $p_g = p$. Then $D^* = \tfrac12$ everywhere, and
# $V = -\log 4$ [25].
#
# So the generator should *lower* what the discriminator *raises*. If the discriminator were always at its best, the generator would lower a divergence, which is smallest only where its pictures are
# distributed like the real ones.
#
# ## On a line
#
# Is a trained discriminator anywhere near its best? Let us see it where both densities are known. The real numbers come from a mixture of two normal distributions, the generated ones
# from a single one. The discriminator, two layers of 32 units, sees only samples, 100,000 of each ([how](../course/games.py)).

# %%
real, made = games.samples(100_000, np.random.default_rng(0))
line = games.trained_scores(real, made)
x = np.linspace(-12, 12, 24_001)
p, p_g = games.real_density(x), games.made_density(x)
score = line.predict(x[:, None], batch_size=8000, verbose=0)[:, 0].astype("float64")
trained, best = special.expit(score), p / (p + p_g)

# %% alt="Two panels over one axis. Left, a density with two peaks and a single wide one. Right, the best discriminator, a curve with two humps, and the trained one, dashed, right on top of it."
fig, axes = plt.subplots(1, 2, figsize=(10.5, 3.4), layout="constrained")
axes[0].plot(x, p, label="real, $p$")
axes[0].plot(x, p_g, label="generated, $p_g$")
axes[0].set(title="densities", xlabel="x", xlim=(-5, 5))
axes[1].plot(x, best, linewidth=4, color="0.75", label="best, $D^*$")
axes[1].plot(x, trained, "--", color="C3", label="trained, $D$")
axes[1].set(title="the belief that x is real", xlabel="x", xlim=(-5, 5), ylim=(0, 1))
for ax in axes:
    ax.legend()
sns.despine()
plt.show()

# %% [markdown]
# How far apart are the two, and what is the value of each?

# %% tags=["nbval-ignore-output"]
away = np.abs(trained - best)[np.abs(x) <= 5].max()
average = (p + p_g) / 2
js = integrate.trapezoid(special.rel_entr(p, average), x) / 2
js += integrate.trapezoid(special.rel_entr(p_g, average), x) / 2
print(f"largest distance from the best: {away:.3f}")
print(f"V(D) {games.value(score, x):.4f}, ", end="")
print(f"2 JS − log 4 = {2 * js - np.log(4):.4f}")

# %% jupyter={"source_hidden": true}
assert away < 0.06
assert games.value(score, x) < 2 * js - np.log(4) < games.value(score, x) + 0.002

# %% [markdown]
# The two curves are hard to tell apart (with three other seeds the largest distance was between 0.012 and 0.020). The value of the trained discriminator lies just below the best one, as it must: **any** discriminator gives a lower bound on
# $2 \operatorname{JS} - \log 4$, just as any encoder gives one on $\log P(X)$. But beware: a VAE *raises* its lower bound, and here the generator *lowers* one. A poor discriminator can make a bad generator look good.
#
# That was the easy part: two densities that overlap, and a generator that holds still.
#
# ## Which way for the generator?
#
# The generator gets its gradient through the discriminator: it changes its pictures in the direction in which their scores rise. How hard each picture is pushed depends on the loss. Three are common:
#
# | objective | the discriminator pays | the generator pays |
# |---|---|---|
# | saturating | $-\log D(x) - \log(1 - D(x_g))$ | $\log (1 - D(x_g))$ |
# | non-saturating | the same | $-\log D(x_g)$ |
# | hinge [26] | $\max(0, 1 - s(x)) + \max(0, 1 + s(x_g))$ | $-s(x_g)$ |
#
# With the hinge objective the score is no longer a logit. The discriminator is satisfied once real pictures score above 1 and generated ones below −1; if it can tell nothing apart and scores everything 0, it pays 2.
#
# The first objective is the formula above, to the letter; with the best discriminator, its gradient is that of $2 \operatorname{JS}$. The other two have the same equilibrium, $p_g = p$, but other gradients on the way. The first paper on GANs [25] already recommends the second, because its gradients are much stronger early in training. Let us compare it with the first. Let the real numbers be distributed as
# $\mathcal N(0, 1)$ and the generated ones as $\mathcal N(\mu, 1)$: the generator has a single parameter, and should lower it to 0. The best score is $s^*(x) = \tfrac12\mu^2 - \mu x$, with slope $-\mu$. For a fixed
# discriminator, the derivatives of the two losses with respect to $\mu$ are therefore
#
# $$\mathbb E_{x \sim p_g}\bigl[\mu\, D^*(x)\bigr] \quad\text{(saturating)}, \qquad \mathbb E_{x \sim p_g}\bigl[\mu\,(1 - D^*(x))\bigr] \quad\text{(non-saturating)}.$$
#
# Both are positive, so a step of gradient descent lowers $\mu$, as it should. Now watch their sizes.

# %%
starts = np.linspace(0, 6, 61)
generated = stats.norm.pdf(x, starts[:, None])  # a density for each μ
belief = stats.norm.pdf(x) / (stats.norm.pdf(x) + generated)
belief = integrate.trapezoid(generated * belief, x)  # its mean, for each μ
saturating, other = starts * belief, starts * (1 - belief)
print(f"μ = 6: saturating {saturating[-1]:.3f}, non-saturating {other[-1]:.3f}")

# %% alt="Two curves over the distance from 0 to 6. The saturating gradient rises to about a half, near 2, and falls back towards zero; the non-saturating one grows steadily."
fig, ax = plt.subplots(figsize=(6.5, 3.2), layout="constrained")
ax.plot(starts, saturating, label="saturating")
ax.plot(starts, other, label="non-saturating")
ax.set(xlabel="how far the generator is off, μ", ylabel="derivative of the loss")
ax.legend()
sns.despine()
plt.show()

# %% jupyter={"source_hidden": true}
for start, *found in (
    (2.0, saturating[20], other[20]),
    (4.0, saturating[40], other[40]),
):
    score = start**2 / 2 - start * x  # of the best discriminator, which stays as it is
    losses = special.log_expit(-score), -special.log_expit(score)
    for loss, slope in zip(losses, found, strict=True):
        near = [stats.norm.pdf(x, start + step) for step in (-1e-4, 1e-4)]
        low, high = (integrate.trapezoid(each * loss, x) for each in near)
        assert np.isclose((high - low) / 2e-4, slope, rtol=1e-3)
assert saturating[-1] < 0.02 < 5.9 < other[-1]

# %% [markdown]
# At $\mu = 6$ hardly any generated number could be taken for a real one. The discriminator is sure of itself, $D^* \approx 0$, and the gradient of the saturating loss is nearly gone, exactly where the generator has furthest to go. That is what **saturating** means. The non-saturating loss pulls hardest there.
#
# How far does the generator get in 200 steps? That depends on the optimizer, too:


# %%
def after(optimizer, slopes):
    """Where μ is after 200 steps from 6."""
    mu = keras.Variable(6.0)
    for _ in range(200):
        slope = np.interp(float(mu.numpy()), starts, slopes)
        optimizer.apply([keras.ops.cast(slope, "float32")], [mu])
    return float(mu.numpy())


for kind in (keras.optimizers.SGD, keras.optimizers.Adam):
    print(
        f"{kind.__name__:4}: saturating {after(kind(0.02), saturating):.2f}", end=", "
    )
    print(f"non-saturating {after(kind(0.02), other):.2f}")

# %% jupyter={"source_hidden": true}
adam = keras.optimizers.Adam
assert after(adam(0.02), saturating) < 1 < after(adam(0.02), other)

# %% [markdown]
# Plain gradient descent (SGD) does what the figure promises. Adam divides every gradient by the size that the earlier ones had. So a small gradient need not mean a small step, and here the order is even reversed: the saturating gradient grows on the way, so its steps get longer, while the other one shrinks, and its steps get shorter. Keep this in mind for the digits.
#
# ## A game in the plane
#
# Now let both learn. The real points lie on a ring of eight small clouds, and here is the whole game. (`OBJECTIVES` has the formulas of the table, in terms of scores, and `stateless_call` runs a model with weights that we hand to it.)

# %%
show_source(frozen, games.PlaneGAN.call, games.PlaneGAN.compute_loss)

# %% [markdown]
# Each step scores three things: real points (`real`); generated points with the gradient to the generator cut off, for the discriminator (`made`); and the same points scored by a discriminator that is **frozen**, so that the gradient passes through it to
# the generator but doesn't change it (`wanted`). So the sum of both losses (here of the non-saturating objective) can be lowered by a single optimizer, and each network follows only its own part.
#
# We count the **modes** that the generator draws: a cloud counts if at least 2 % of 2000 new points lie within four standard deviations of its centre. `CountModes` does so after every epoch, of 500 steps here, and stops a run after `patience` counts in a row below `least`.

# %%
points = games.ring(500 * 128, np.random.default_rng(0))


def play(beta_1, least=None, **options):
    """What a GAN draws after each epoch, and how many modes that is."""
    keras.utils.set_random_seed(0)
    gan, seen = games.PlaneGAN(**options), []

    def count(gan):
        seen.append(gan.points())
        return games.modes(seen[-1])

    adam = keras.optimizers.Adam(0.001, beta_1=beta_1)
    gan.compile(adam, steps_per_execution=50)
    how = {"batch_size": 128, "epochs": 6, "verbose": 0}
    fitted = gan.fit(points, callbacks=[CountModes(count, least, patience=4)], **how)
    return seen, fitted.history["modes"]


# %% [markdown]
# Adam doesn't step along the latest gradient but along a running average: $\beta_1$ times the old average plus $1 - \beta_1$ times the new gradient. This is **momentum**. We play first with the default, $\beta_1 = 0.9$; then without it, $\beta_1 = 0$.

# %% tags=["nbval-ignore-output"]
usual, modes_usual = play(beta_1=0.9, least=4)
calm, modes_calm = play(beta_1=0.0)
print("modes, with momentum:   ", *modes_usual)
print("modes, without momentum:", *modes_calm)

# %% jupyter={"source_hidden": true}
assert modes_calm[-1] == 8
assert max(modes_usual) < 8

# %% alt="Four scatter plots. Real: eight small round clouds on a circle. With momentum, after 1000 and 2000 steps: a blot, a streak or a wedge of points, which misses most circles. Without momentum: an octagon, with clumps of points at the eight circles and thin lines between them."
fig, axes = plt.subplots(1, 4, figsize=(11, 3), sharey=True, layout="constrained")
shown = {"real": points[:2000], "momentum, step 1000": usual[1]}
shown |= {"momentum, step 2000": usual[3], "no momentum, step 3000": calm[-1]}
for ax, (title, some) in zip(axes, shown.items(), strict=True):
    ax.scatter(*games.CENTRES.T, s=120, facecolors="none", edgecolors="0.7")
    ax.scatter(*some.T, s=2)
    ax.set(aspect="equal", xlim=(-2.6, 2.6), ylim=(-2.6, 2.6))
    ax.set_title(title, fontsize=11)
sns.despine()
plt.show()

# %% [markdown]
# With momentum the generator draws a blot, a streak or a wedge that misses most of the clouds, or all of them (some of the points may lie outside the frame). Two things go wrong. It leaves out modes, which is called **mode collapse**. And it doesn't settle: as soon as the discriminator has learned to reject points there, the generator moves elsewhere, and so on. Nothing in its loss asks for variety: with the discriminator as it is at the moment, the loss is a mean over single points, and each of them
# is best off where the score is highest.
#
# Without momentum all eight clouds are found. They are not well drawn, though: the points crowd into small clumps, and lie along the lines between them. (A continuous generator cannot jump from one cloud to the next, so some points must lie in between, as in notebook 09.) Our count doesn't see this. And that is one run. Here are three seeds each, and two other cures, both with the usual momentum: a discriminator with four times as many units in each layer, and one that is shown two points at a
# time [27], so that it can see when they are too much alike.

# %% alt="Four panels, each with three lines: modes found, from 0 to 8, over 4000 steps. Adam as usual: all three lines stay at 2 or below. No momentum: all at 8 within 1000 steps. The wide discriminator and two points at once: all reach 8 by step 3000."
fig, axes = plt.subplots(1, 4, figsize=(11, 2.7), sharey=True, layout="constrained")
for ax, (title, runs) in zip(axes, measured["ring"].items(), strict=True):
    ax.plot(500 * np.arange(1, 9), np.transpose(runs), alpha=0.8)
    ax.set(xlabel="steps", ylim=(-0.3, 8.5))
    ax.set_title(title.replace(" four times", "\nfour times"), fontsize=11)
axes[0].set_ylabel("modes found")
sns.despine()
plt.show()

# %% jupyter={"source_hidden": true}
ends = {name: [run[-1] for run in runs] for name, runs in measured["ring"].items()}
assert max(ends.pop("Adam as usual")) <= 2
assert min(min(runs) for runs in ends.values()) == 8

# %% [markdown]
# All three help, in all three runs. Why does it help to drop momentum? A likely reason is that in a game yesterday's gradient points to where the opponent was yesterday, so both run in circles, ever wider [28]. For digits we use $\beta_1 = 0.5$, as in DCGAN [32].
#
# ## Digits
#
# The generator is a decoder as in notebook 09: a code and a one-hot label go in, and a picture comes out. It has two transposed convolutions, and the discriminator has two convolutions.

# %%
show_source(games.generator, games.discriminator)

# %% [markdown]
# How is the discriminator told the label? It must reject a flawless 3 if a 7 was asked for. (All real pictures that it sees with the label 7 are sevens, so a 3 gives itself away.) Let $\varphi(x)$ be the 3136 features that its convolutions compute from a picture. The score is
#
# $$s(x, y) = w \cdot \varphi(x) + b + v_y \cdot \varphi(x),$$
#
# where the weights $w$ serve all labels, and each label $y$ also has weights $v_y$ of its own. This is a **projection discriminator** [29].

# %%
show_source(Discriminator.call)

# %%
(x_all, y_all), (x_test, y_test) = load_mnist()
x_train, y_train = x_all[:55_000], y_all[:55_000]
latent_dim = 8
gan = ConditionalGAN(
    games.generator(latent_dim), games.discriminator(), objective="hinge"
)
generator_weights = gan.generator.count_params()
print(f"generator {generator_weights:,} weights, ", end="")
print(f"discriminator {gan.discriminator.count_params():,}")

# %% [markdown]
# We train with the hinge objective, for 1700 steps of 32 digits, nearly once through the training set, and look at the model after every hundred: how far are 1000 new digits from the real ones?
# The **Fréchet distance** compares two sets of pictures by the judge's 64 features: take the means $\mu$ and covariances $\Sigma$ of the two sets, and measure how far apart the normal distributions with these moments are: $|\mu_a - \mu_b|^2 + \operatorname{tr}(\Sigma_a + \Sigma_b - 2 (\Sigma_a \Sigma_b)^{1/2})$ [30]. It depends on the features, and on how many pictures there are. So we also need
# its **floor**: the same for 1000 real digits, 100 of each kind. (Strictly, the formula is the square of a distance; by custom it is used as it is.)

# %%
judge = Judge.load()
features, asked = judge.features(x_test), np.arange(1000) % 10
rng = np.random.default_rng(0)
kinds = [np.flatnonzero(y_train == digit) for digit in range(10)]
hundred_each = np.concatenate([rng.choice(kind, 100, replace=False) for kind in kinds])
floor = frechet_distance(judge.features(x_train[hundred_each]), features)
print(f"1000 digits of the training set: {floor:.1f} from the test set")

# %% [markdown]
# We also count labels, as the modes of digits: a label counts if the judge recognises it in at least half of the pictures drawn for it.


# %%
def labels_drawn(gan):
    """How many of the ten labels the judge sees where they are asked for."""
    right = judge.labels(gan.generate(asked, seed=0)) == asked
    return np.sum(right.reshape(-1, 10).mean(axis=0) >= 0.5)


# %% [markdown]
# And we draw small maps, for a film. The code has eight numbers, too many for a map. So we take the plane of the first two, with 0 for the other six.


# %%
some, grid = [0, 1, 2, 4, 8, 17], quantile_grid(4)
distance, maps = [], []


def plane(digit):
    """The generator for one digit, on the plane of its first two numbers."""
    decoder = gan.decoder.given(digit)
    return lambda z: decoder(np.pad(z, ((0, 0), (0, latent_dim - 2))))


# %% [markdown]
# `look` will be called after every hundred steps.


# %%
def keep_maps():
    """A small map of each digit, for the film."""
    maps.append([decode_grid(plane(digit), grid) for digit in range(10)])


def look(epoch, logs=None):
    """Keep the distance from real digits, and now and then the maps."""
    new = judge.features(gan.generate(asked, seed=0))
    distance.append(frechet_distance(new, features))
    if epoch + 1 in some:
        keep_maps()


# %% [markdown]
# `LiveView` comes from [notebook 04](04_watching_it_learn.ipynb). A GAN has no reconstructions, so it shows new pictures, always from the same codes.

# %% alt="Ten new threes in a row, with the losses of the last hundred steps above them." tags=["nbval-ignore-output"]
keep_maps()  # before training
rounds, steps = 17, 100
rate = keras.optimizers.schedules.CosineDecay(0.002, rounds * steps, alpha=0.05)
gan.compile(keras.optimizers.Adam(rate, beta_1=0.5), steps_per_execution=20)
watching = keras.callbacks.LambdaCallback(on_epoch_end=look)
callbacks = [CountModes(labels_drawn, least=5), watching, LiveView(every=5, label=3)]
how = {"batch_size": 32, "steps_per_epoch": steps, "epochs": rounds, "verbose": 0}
history = gan.fit(x_train, y_train, callbacks=callbacks, **how).history

# %% tags=["nbval-ignore-output"]
assert history["modes"][-1] == 10
asked_for = np.arange(10_000) % 10
new = gan.generate(asked_for, seed=1)
named = judge.labels(new)
print(f"labels drawn, after each hundred steps: {history['modes']}")
print(f"new digits named as asked: {np.mean(named == asked_for):.1%}")
off = frechet_distance(judge.features(new), features)
print(f"Fréchet distance of 10,000: {off:.1f}")

# %% jupyter={"source_hidden": true}
assert np.mean(named == asked_for) > 0.9
assert off < 12

# %% [markdown]
# Twelve new digits for each label:

# %% alt="A grid of handwritten digits: each row has twelve new pictures of one digit, from 0 to 9, in different hands, sharp and black, many of them with a broken or blotched stroke."
plot_digits(
    *gan.generate(np.repeat(np.arange(10), 12), seed=2).reshape(10, 12, 28, 28, 1)
)
plt.show()

# %% [markdown]
# Sharp strokes, as if from a pen. Compare the grid of notebook 09: its digits were softer, and better formed. Many strokes are broken or blotched here, and some digits are hard to read, although nearly all are named as asked. This model has seen nearly every digit of the training set once, and no more; longer runs follow below.
#
# ## What the losses tell
#
# During the training of a VAE one number falls, and tells how good the model is. What do the two losses of a GAN tell?

# %% alt="Two panels over 1700 steps. Left, the two losses: after 800 steps both are nearly level, below the line at 2. Right, the distance of new digits, on a logarithmic axis, which falls from hundreds to below ten, towards a dashed line, the floor."
fig, axes = plt.subplots(1, 2, figsize=(10.5, 3.3), layout="constrained")
at = steps * np.arange(1, rounds + 1)
for side in ("discriminator", "generator"):
    axes[0].plot(at, history[side], label=side)
axes[0].axhline(
    2, linestyle=":", color="0.5", label="discriminator, if all scores are 0"
)
axes[0].set(xlabel="steps", title="losses", ylim=(0, 3.2))
axes[0].legend(loc="upper right", fontsize=10)
axes[1].semilogy(at, distance)
axes[1].axhline(floor, linestyle="--", color="0.5", label="floor")
axes[1].set(xlabel="steps", title="Fréchet distance of 1000 new digits")
axes[1].legend()
sns.despine()
plt.show()

# %% jupyter={"source_hidden": true}
for side in ("discriminator", "generator"):
    assert np.ptp(history[side][-10:]) < 0.25
assert distance[-1] < 0.75 * distance[-10]

# %% [markdown]
# From step 800 on the losses change little, and yet the distance goes on falling, with setbacks.
#
# Why is that so, if the value of the game is a divergence? That formula holds for the *best* discriminator. Ours is always behind, so its loss tells as much about itself as about the generator. If both get better, neither loss need change. A loss may even mislead. In the longer non-saturating runs of the next table
# the pictures are better. Yet their discriminator's loss (not in the table) is *lower*, 1.21 to 1.25 instead of 1.30 to 1.32, as if the generator had become worse. A discriminator's loss that stays near zero is a sign of trouble: it has won, and the
# generator is left behind. Apart from that you have to look at the pictures, or measure them.
#
# And how do the three objectives compare? Here they are at equal seconds on two cores, in batches of 64, with three seeds each ([measured](../benchmarks/results/gan.md)), and a fourth, WGAN-GP [31]: it uses the scores as they are, and adds a penalty that keeps the gradient of the score with respect to the picture near length 1.
# *Variety* is the variance of the features within a label, as a share of that of real digits. (More than 1 is not better: misshapen digits are varied, too.)

# %%
rows = []
for row in measured["digits"]:
    runs = pd.DataFrame(row["runs"])
    spread = {
        "named as asked": [f"{value:.1%}" for value in runs["asked"]],
        "Fréchet distance": [f"{value:.1f}" for value in runs["frechet"]],
        "variety": [f"{value:.2f}" for value in runs["variety"]],
        "steps": [f"{value:,}" for value in runs["steps"]],
    }
    rate = "falling" if row["falls"] else "constant"
    kind = {"seconds": row["seconds"], "objective": row["name"], "rate": rate}
    rows.append(kind | {name: " ".join(each) for name, each in spread.items()})
pd.DataFrame(rows).set_index(["seconds", "objective", "rate"])

# %% jupyter={"source_hidden": true}
runs_of = {
    (row["seconds"], row["objective"], row["falls"]): pd.DataFrame(row["runs"])
    for row in measured["digits"]
}
names = ("hinge", "non_saturating", "saturating")
fast = {name: runs_of[60, name, True]["frechet"] for name in names}
constant = runs_of[60, "hinge", False], runs_of[150, "non_saturating", False]
short, long = runs_of[60, names[1], True], runs_of[150, names[1], True]
assert min(constant[0]["frechet"]) > fast["hinge"].max()
assert min(constant[1]["frechet"]) > long["frechet"].max()

# %% jupyter={"source_hidden": true}
assert fast["saturating"].max() < min(fast["hinge"].min(), fast["non_saturating"].min())
assert long["discriminator"].between(1.205, 1.255).all()
assert short["discriminator"].between(1.295, 1.325).all()
assert long["frechet"].max() < short["frechet"].min()
saturated = runs_of[60, names[2], True]
assert (1 - np.exp(saturated["generator"])).between(0.46, 0.48).all()
assert np.exp(-short["generator"]).between(0.46, 0.48).all()

# %% [markdown]
# In both comparisons (hinge at 60 seconds, non-saturating at 150) a rate that falls in the second half gives a smaller Fréchet distance than a constant one, while the share named as asked hardly changes. And the *saturating* objective, which the
# gradients on the line made look hopeless, has the smallest distance after 60 seconds (we didn't run it for 150). On the line the trouble came from $D \approx 0$. At the end of these runs the discriminator is far from so sure: the generator's cost is that of a $D(x_g)$ between 0.46 and 0.48, where both gradients have nearly the same size. (Early in training it may be surer, and there Adam may help.) Why the saturating objective is even ahead, we don't know.
# WGAN-GP comes last here, with distances from 10 to 34. Each of its steps takes half as long again, because its penalty needs a gradient of its own, and it
# is usually given several steps of the discriminator for each of the generator, which we didn't do. For comparison: 10,000 real digits, as many as were drawn for this table, have a Fréchet distance of 0.5 (the 1000 above had 1.1), and [notebook 11](11_vae_gan.ipynb) compares GANs with VAEs at equal seconds.
#
# ## A plane for each digit
#
# Here are the planes of the first two numbers, as in notebook 09. They pass through the middle of the code space.

# %% alt="Ten small maps of digits, one for each digit from 0 to 9. Within a map all are the same digit, in sharp strokes, whose slant, width or shape changes smoothly across the map."
grid = quantile_grid(5)
fig, axes = plt.subplots(2, 5, figsize=(9.5, 4.1), layout="constrained")
for digit, ax in enumerate(axes.flat):
    picture = decode_grid(plane(digit), grid)
    ax.imshow(picture, cmap="gray_r", interpolation="nearest")
    ax.set(xticks=[], yticks=[], title=str(digit))
fig.supxlabel("$z_1$ grows to the right, $z_2$ upwards", fontsize=11)
plt.show()

# %% [markdown]
# And this is how they came about:

# %% tags=["nbval-ignore-output"]
Path("runs").mkdir(exist_ok=True)
films = (255 * np.swapaxes(maps, 0, 1)).astype("uint8")  # (digits, frames, ...)
titles = [f"step {steps * n}" for n in some]
save_films("runs/gan.gif", films, list("0123456789"), titles, colours=4)
show_gif("runs/gan.gif", "Ten maps of digits: grey noise, then blots, then strokes.")

# %% jupyter={"source_hidden": true}
with Image.open("runs/gan.gif") as gif:
    assert gif.n_frames == len(some)

# %% [markdown]
# Move the pointer over a plane, and choose the digit:

# %% tags=["nbval-ignore-output"]
explorer = latent_explorer({digit: plane(digit) for digit in range(10)}, limit=2.5, n=8)
explorer.save("runs/gan.html", title="A plane of a GAN's codes")
explorer

# %% jupyter={"source_hidden": true}
codes = np.random.default_rng(1).uniform(-2, 2, (50, 2)).astype("float32")
by_page, by_generator = explorer.picture(codes, 7), np.asarray(plane(7)(codes))[..., 0]
assert np.abs(by_page - by_generator).mean() < 0.03

# %% [markdown]
# ## What is missing
#
# A GAN draws, and that is all. It has no encoder: the code of a given digit would have to be searched for, step by step, before its style could be carried over. It has no likelihood: $\log P(X)$ of a test digit is neither computed nor bounded. And a
# missing kind of digit costs the generator little as long as the discriminator doesn't notice. The losses need not show it. Only a comparison with real digits does.
#
# ## Slips that you may meet
#
# The article writes both gradients with the wrong sign. Another slip is a loss of the discriminator that also sends gradients into the generator. (In our code these gradients are zero, and a
# [test](../tests/vaelib/models/test_gan.py) checks it.) And if the label goes into a picture as ten planes, of which one is all 1, a careless `reshape` turns the plane of ones into a band, which is nearly the same in all ten planes:

# %%
label = np.eye(10)[3]
right = np.broadcast_to(label, (28, 28, 10))
wrong = np.repeat(label, 28 * 28).reshape(28, 28, 10)
for name, planes in {"right": right, "wrong": wrong}.items():
    print(f"{name}: plane 3 has {planes[..., 3].sum():3.0f} ones", end=", ")
    print("by row:", *planes[..., 3].sum(axis=1).astype(int))

# %% [markdown]
# ## What to take with you
#
# - For a fixed generator the best discriminator is $p / (p + p_g)$, and the value of the game is $2 \operatorname{JS} - \log 4$. A trained discriminator gives a lower bound.
# - The saturating loss has almost no gradient where the generator is worst. The non-saturating one pulls hardest there. With Adam, or while the discriminator is unsure, this matters less.
# - A GAN can lose modes, and its losses need not show it. Count them.
# - No momentum, a stronger discriminator, and showing it two points at once helped on the ring.
# - The losses of a GAN compare two networks with each other. How good the pictures are has to be measured by something else.

# %% [markdown]
# ## Exercises
#
# In the first cell of an exercise replace `...` with your answer and run it; the cell below checks it, and if it is not
# right yet, tries to tell you why. A solution is folded away under each: click on the bar with the three dots to see
# it.

# %%
from course.exercises.gan import check_best, check_paid

# %% [markdown]
# **1.** What does the best discriminator believe if real pictures are *not* half of all? Let their share be `share`.


# %%
def best_belief(p, p_g, share):
    """P(real | x), (n,), from the densities p and p_g at x, (n,), and the share."""
    return ...  # your answer


# %%
check_best(best_belief)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def best_belief_solution(p, p_g, share):
    """P(real | x), (n,), from the densities p and p_g at x, (n,), and the share."""
    return share * p / (share * p + (1 - share) * p_g)


# %% [markdown]
# **2.** Compute what the generator pays under the non-saturating loss, $-\log D(x_g)$, averaged over a batch, from the *scores*. Mind that a score can be −1000.


# %%
def paid(scores):
    """The mean of −log σ(score), a number, from scores of generated pictures, (n,)."""
    return ...  # your answer


# %%
check_paid(paid)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def paid_solution(scores):
    """The mean of −log σ(score), a number, from scores of generated pictures, (n,)."""
    return np.mean(np.logaddexp(0, -scores))


# %% [markdown]
# **3.** *Predict, then look.* In notebook 09 you decoded labels between a three and an eight: one turned smoothly into the other, with grey in the middle. What will the GAN's generator draw for labels in between, which its discriminator never saw? Start from here:

# %%
share = np.linspace(0, 1, 9)[:, None]
labels = ((1 - share) * np.eye(10)[3] + share * np.eye(10)[8]).astype("float32")
code = np.zeros((9, latent_dim), "float32")
between = np.asarray(gan.decoder((code, labels)))

# %% jupyter={"source_hidden": true} tags=["nbval-ignore-output", "solution", "hide-cell"]
# Solution. The generator is continuous, too, so nothing jumps, and a loop that must
# close does so through grey. But its other strokes stay as black as at the ends: on
# average over 100 codes there is hardly more grey half-way, and about as much as at
# the rims of the strokes of real digits.
alt = "Nine pictures in a row: a three turns into an eight."
with folded(alt):
    plot_digits(between)
    plt.show()
    print("named:", *judge.labels(between))
    many = np.random.default_rng(0).normal(size=(100, latent_dim)).astype("float32")
    for each in labels[[0, 4, 8]]:
        drawn = np.asarray(gan.decoder((many, np.tile(each, (100, 1)))))
        grey = np.mean(drawn[drawn > 0.1] < 0.9)
        print(f"share of eight {each[8]:.1f}: {grey:.0%} of the inked pixels are grey")
    print(f"real digits: {np.mean(x_test[x_test > 0.1] < 0.9):.0%}")

# %% jupyter={"source_hidden": true} tags=["solution", "hide-cell"]
assert judge.labels(between)[[0, -1]].tolist() == [3, 8]

# %% [markdown]
# ## Sources
#
# The article: M. Surtsukov, *Autoencoders in Keras, part 5: GAN* (in Russian), 2017, from [msurtsukov.github.io](https://msurtsukov.github.io) · [25] I. Goodfellow et al., *Generative
# Adversarial Networks*, [arXiv:1406.2661](https://arxiv.org/abs/1406.2661) · [26] J. H. Lim, J. C. Ye, *Geometric GAN*, [arXiv:1705.02894](https://arxiv.org/abs/1705.02894) · [27] Z. Lin, A. Khetan, G. Fanti, S. Oh, *PacGAN: The power of two samples in generative
# adversarial networks*, [arXiv:1712.04086](https://arxiv.org/abs/1712.04086) · [28] G. Gidel et al., *Negative Momentum for Improved Game Dynamics*, [arXiv:1807.04740](https://arxiv.org/abs/1807.04740) · [29] T. Miyato, M. Koyama, *cGANs with Projection
# Discriminator*, [arXiv:1802.05637](https://arxiv.org/abs/1802.05637) · [30] M. Heusel et al., *GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium*, [arXiv:1706.08500](https://arxiv.org/abs/1706.08500) · [31] I. Gulrajani et al., *Improved
# Training of Wasserstein GANs*, [arXiv:1704.00028](https://arxiv.org/abs/1704.00028) · [32] A. Radford, L. Metz, S. Chintala, *Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks*, [arXiv:1511.06434](https://arxiv.org/abs/1511.06434) · Data: Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST database of handwritten
# digits*, CC BY-SA 3.0.
#
# **Next:** [notebook 11](11_vae_gan.ipynb), an encoder for the GAN, or a discriminator for the VAE.
