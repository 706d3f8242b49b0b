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
# # 6 · How good is it?
#
# The ELBO is a *lower* bound of $\log P(X)$. How far below is it? For most models this is hard to say, because $P(X)$
# is an integral over all codes. Our codes have only two dimensions, though, and an integral over a plane can be
# computed. So in this notebook we compute $\log P(X)$ itself, for real digits, and compare everything with it: the
# ELBO, tighter bounds, the encoder, and the shape of its clouds. On the way you learn how to notice, without
# the exact answer, that a bound is not to be trusted. At the end you see how $\log P(X)$ changes in a long training.
#
# You need notebooks [02a](02a_deriving_the_elbo.ipynb) and [02b](02b_raising_the_bound.ipynb) for the ELBO and
# [notebook 03](03_vae_in_keras.ipynb) for the model. What the numbers mean under other likelihoods, and which choices
# matter, is the subject of [notebook 07](07_what_the_numbers_depend_on.ipynb).

# %% [markdown]
# ## Getting ready

# %% tags=["machine", "nbval-ignore-output"]
from vaelib.runtime import set_up

print("Running on:", set_up(seed=6))

# %%
import json
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
from scipy import special, stats

from course.display import folded, show_source
from vaelib.data import load_mnist
from vaelib.latent import encode
from vaelib.models import VAE, Decoder, Encoder
from vaelib.training.schedules import warmup_cosine

sns.set_theme(context="notebook", style="ticks", palette="colorblind")
set_matplotlib_formats("retina")

# %%
from course.experiments import ImportanceWeightedVAE
from vaelib.evaluation.bounds import dataset_elbo, iwae_bound, log_importance_weights
from vaelib.evaluation.likelihoods import paired_log_likelihood, pairwise_log_likelihood
from vaelib.evaluation.posteriors import fit_posteriors
from vaelib.evaluation.quadrature import elbo_quadrature, log_likelihood_quadrature

# %% [markdown]
# Of `vaelib.evaluation` you know `fit_posteriors` from notebook 02b. The rest of it is new, and so are `encode` and `ImportanceWeightedVAE`. Some experiments take too long for a notebook.
# They are run by `make bench`, which leaves its numbers in `benchmarks/results`.

# %%
RESULTS = Path("../benchmarks/results")
blue, orange, green, _, purple = sns.color_palette("colorblind")[:5]
(x_all, _), (x_test, _) = load_mnist()
x_train = x_all[:55_000]

# %% [markdown]
# The model is that of notebook 03, trained again, for four epochs instead of seven. The grids below
# need a plane of codes, so `latent_dim` stays 2.

# %%
epochs, batch_size = 4, 250
vae = VAE(Encoder(), Decoder())
learning_rate = warmup_cosine(steps=epochs * len(x_train) // batch_size)
vae.compile(optimizer=keras.optimizers.Adam(learning_rate), steps_per_execution=20)
vae.fit(x_train, epochs=epochs, batch_size=batch_size, verbose=0)
z_mean, z_log_var = encode(vae.encoder, x_test)
assert z_mean.shape[1] == 2, "The grids below need a plane of codes: latent_dim=2."
log_p_x_given_z = paired_log_likelihood(vae.decoder)

# %% [markdown]
# ## The ELBO, and two marks beside it
#
# `encode` gives each picture's cloud, `log_p_x_given_z` the log-likelihood of pictures under codes, and `dataset_elbo`
# puts them together: one code drawn from each cloud, the KL exact. Everything in this notebook is in nats per picture.
# (`sem` is the *standard error of the mean*: the standard deviation over pictures, divided by $\sqrt n$.)

# %% tags=["nbval-ignore-output"]
elbos = dataset_elbo(log_p_x_given_z, x_test, z_mean, z_log_var)
print(
    f"ELBO of the test set {elbos.mean():.2f} ± {stats.sem(elbos):.2f}, over pictures"
)
again = [
    dataset_elbo(log_p_x_given_z, x_test, z_mean, z_log_var, seed=s).mean()
    for s in range(1, 5)
]
of_draws = np.std([elbos.mean(), *again], ddof=1)
print(f"± {of_draws:.3f} over five sets of draws")

# %% jupyter={"source_hidden": true}
expected = "after four epochs the ELBO is near −147 (and lower with fewer epochs)"
page = "this holds for the page's settings; on another machine a little may differ"
assert -152 < elbos.mean() < -140, expected
assert 5 * of_draws < stats.sem(elbos), "other draws should matter less"

# %% [markdown]
# So there are two kinds of chance. The mean over ten thousand digits typically misses the mean over all possible digits by about the
# first number, and another set of draws of $z$ for the same digits changes it by about the second, which is far less. To compare two models, use the
# same digits: then the first kind mostly drops out. And if you compare two *recipes*, there is a third kind, the seed of the training. Notebook 03's recipe with another seed
# differs by about a nat, on the same digits ([ten seeds](../benchmarks/results/limits.md)). So train each recipe with several seeds. This notebook looks at one trained model.
#
# Is an ELBO of about −147 good? Two marks make a scale: a decoder that ignores its code and always draws the average picture,
# and a perfect one, $p = x$, which pays only the entropy of the grey pixels ([notebook
# 07](07_what_the_numbers_depend_on.ipynb) says why).


# %%
def bernoulli_cost(x, p):
    """Binary cross-entropy in nats per picture; 0 · log 0 counts as 0."""
    log_p = special.xlogy(x, p) + special.xlog1py(1 - x, -p)
    return -log_p.sum(dtype="float64") / len(x)


average_picture = bernoulli_cost(x_test, x_test.mean(axis=0))
floor = bernoulli_cost(x_test, x_test)
print(f"the average picture {average_picture:.2f}, the floor {floor:.2f}")

# %% [markdown]
# The average picture's ELBO is minus the first number, −205.65, with a KL of 0. And no model with Bernoulli pixels, however large, can get above
# −45.53. Ours has gained a little more than a third of the way.
#
# ## $\log P(X)$, computed
#
# $$\log P(x) = \log \int P(x|z)\, \mathcal N(z; 0, I)\, dz$$
#
# Lay a fine square grid over the plane, from −6 to 6 each way, compute the integrand at every point, add up, and
# multiply by the area of a square. That is all. We do the sum with logarithms: the integrand is of the order of $e^{-140}$, which float32 can't hold,
# and for larger pictures float64 would underflow, too. This is how the integrand looks for one digit:

# %%
log_p_of_all = pairwise_log_likelihood(vae.decoder)


def log_joint(x, center, half_width, n=161):
    """log P(x|z) + log P(z) on n × n codes about `center`; and the square's axes."""
    axes = [np.linspace(c - half_width, c + half_width, n) for c in center]
    z = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    joint = log_p_of_all(x, z) + stats.norm.logpdf(z).sum(axis=1)
    return joint.reshape(len(x), n, n), axes


def draw_posterior(ax, x, center, half_width, power=1):
    """The posterior of one picture, x of shape (1, 28, 28, 1), its peak black."""
    joint, (across, up) = log_joint(x, center, half_width)
    posterior = np.exp(joint[0] - joint.max()) ** power
    ax.pcolormesh(across, up, posterior, cmap="Greys", rasterized=True)
    ax.set(aspect="equal", xlabel="$z_1$", ylabel="$z_2$")


# %% [markdown]
# A helper draws normal distributions as ellipses, at one and at two standard deviations. It takes the matrix that turns
# a standard normal into this one; for the encoder's clouds, which have no slant, that is just
# $\operatorname{diag}(\sigma)$.


# %%
def draw_cloud(ax, mean, scale, color, label=None):
    """The normal distribution of mean + scale @ ε, ε ~ N(0, I), as two ellipses."""
    angle = np.linspace(0, 2 * np.pi, 200)
    ellipse = scale @ np.stack([np.cos(angle), np.sin(angle)])
    for deviations, name in [(1, label), (2, None)]:
        x, y = mean[:, None] + deviations * ellipse
        ax.plot(x, y, color=color, linewidth=1.5, label=name)


def upright(log_var):
    """The matrix for a cloud without slant, from the logarithms of its variances."""
    return np.diag(np.exp(log_var / 2))


# %% alt="A seven, and where its integrand lives: in the plane of codes, 8 by 8, a single small dark spot. Enlarged, the spot is a slanted ellipse, and the encoder's cloud lies on it, upright."
fig, axes = plt.subplots(
    1, 3, figsize=(11, 3.8), layout="constrained", width_ratios=[0.6, 1, 1]
)
axes[0].imshow(x_test[0, ..., 0], cmap="gray_r")
axes[0].set(title="$x$", xticks=[], yticks=[])
draw_posterior(axes[1], x_test[:1], (0, 0), 4)
axes[1].set_title("the plane, ±4")
draw_posterior(axes[2], x_test[:1], z_mean[0], 6 * np.exp(z_log_var[0].max() / 2))
draw_cloud(axes[2], z_mean[0], upright(z_log_var[0]), orange, "$Q(Z|x)$")
axes[2].set_title("where it is not zero")
axes[2].legend()
plt.show()

# %% [markdown]
# Nearly all of the plane contributes nothing: the whole integral comes from the small dark spot in the middle panel.
# The right panel enlarges it, and shows that the encoder's cloud lies on it. So the grid must be fine enough for
# spots like this one. How fine? The sum itself can tell: halve the step until nothing changes. To help with this,
# `log_likelihood_quadrature` returns, besides $\log P(x)$, how much it would change with twice the step, digit by digit and without its sign. (So the mean of these changes is larger than the difference of the means in two rows.) We use it as the `error` of the finer
# grid, which is cautious: really it is the error of the coarser one. We halve the step for the first 200 digits of the test set:

# %%
n = 200
x, m, v = x_test[:n], z_mean[:n], z_log_var[:n]
show_source(log_likelihood_quadrature)

# %% tags=["nbval-ignore-output"]
for step in (0.24, 0.12, 0.06, 0.03):
    exact, error = log_likelihood_quadrature(log_p_of_all, x, step)
    print(f"step {step:<5}: log P(x) {exact.mean():.3f}; ", end="")
    print(f"twice the step: {error.mean():.3f} off, at most {error.max():.2f}")
elbo_of_x = elbo_quadrature(log_p_x_given_z, x, m, v)
print(f"ELBO {elbo_of_x.mean():.3f}")

# %% jupyter={"source_hidden": true}
assert error.mean() < 0.05, "the grid is too coarse for this model: take a smaller step"
assert (elbo_of_x <= exact + error + 1e-6).all(), "an ELBO above log P(x)"

# %% [markdown]
# So here it is, on average to a hundredth of a nat: how probable the model finds these digits. (The method is tested on the model
# that notebook 02a solves exactly: there it is right within $10^{-6}$.) The last line is the ELBO of the same digits,
# this time without chance: `elbo_quadrature` averages over a cloud by **Gauss–Hermite quadrature**, a weighted mean
# over 20 × 20 well-chosen codes that is exact for polynomials up to degree 39. This ELBO is below the truth for every
# single digit, as it must be. It is also well above the ELBO of the whole test set, because the first 200 digits happen
# to be easier. Do they also have a smaller gap? Here are 400 others, chosen at random:

# %% tags=["nbval-ignore-output"]
rest = np.arange(n, len(x_test))
some = np.random.default_rng(0).choice(rest, min(400, len(rest)), replace=False)
others, _ = log_likelihood_quadrature(log_p_of_all, x_test[some], 0.06)
clouds = z_mean[some], z_log_var[some]
missed = others - elbo_quadrature(log_p_x_given_z, x_test[some], *clouds)
gap_of_x = exact - elbo_of_x
for name, gap in {f"first {n}": gap_of_x, f"{len(some)} others": missed}.items():
    print(f"{name}: log P(x) − ELBO {gap.mean():.2f} ± {stats.sem(gap):.2f} nats")

# %% jupyter={"source_hidden": true}
assert (missed > -0.2).all(), "an ELBO above log P(x)"
noise = np.hypot(stats.sem(gap_of_x), stats.sem(missed))
assert abs(missed.mean() - gap_of_x.mean()) < 3 * noise, "more than chance, after all"

# %% [markdown]
# A few nats, then. The 400 others miss a little more, but not by more than chance would explain. What follows is measured on the first 200.
#
# ## Bounds that tighten
#
# Where no quadrature is possible one draws codes $z_1 \dots z_k$ from the cloud, and gives each a weight:
#
# $$w_i = \frac{P(x|z_i)\,P(z_i)}{Q(z_i|x)}, \qquad \mathbb E[w_i] = \int Q\,\frac{P(x|z)P(z)}{Q}\,dz = P(x).$$
#
# The distribution that the codes are drawn from, here $Q$, is called the **proposal**. The mean of the weights
# estimates $P(x)$ without bias. Its *logarithm* is too low on average (Jensen), which gives another lower bound, the
# importance-weighted one [6], for each $k$:
#
# $$\text{ELBO} = \text{IWAE}_1 \;\le\; \text{IWAE}_k = \mathbb E\Bigl[\log \frac1k \sum_{i=1}^k w_i\Bigr] \;\le\; \text{IWAE}_{k'} \;\le\; \log P(x)
# \qquad \text{for } k \le k'.$$
#
# For $k \to \infty$ the bound reaches $\log P(x)$, because $Q$ is nowhere 0. How fast is another matter.

# %% [markdown]
# `log_importance_weights` draws the codes and returns $\log w_i$; `iwae_bound` takes the logarithm of the mean weight in each group of
# $k$, and averages over the groups. (You write it yourself in exercise 1.) We draw 5000 weights for each of our 200 digits, a million codes in all: 5000 groups for $k = 1$, a single one for $k = 5000$.

# %%
log_w = log_importance_weights(log_p_x_given_z, x, m, v, k=5000)
ks = [1, 10, 100, 1000, 5000]  # they divide 5000; the text speaks of 1, 100 and 5000
bounds = {k: iwae_bound(log_w, k) for k in ks}
gaps = {k: exact - bound for k, bound in bounds.items()}

# %% alt="Left: the importance-weighted bound rises with k from the ELBO towards log P(x), and stops a little below it. Right, digit by digit: with 5000 codes the gap is gone for most digits, while a few keep several nats."
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
means, errors = [bounds[k].mean() for k in ks], [stats.sem(gaps[k]) for k in ks]
left.errorbar(ks, means, errors, fmt="o-", capsize=4, label="IWAE$_k$")
left.axhline(exact.mean(), color="black", label="$\\log P(x)$, by quadrature")
left.axhline(elbo_of_x.mean(), color=orange, linestyle="--", label="ELBO")
left.set(xscale="log", xlabel="$k$", ylabel="nats per picture")
left.set_title("mean of 200 digits")
left.legend(loc="center right")
for k, color in zip([1, 100, 5000], [orange, blue, green], strict=True):
    right.plot(np.sort(gaps[k])[::-1], color=color, label=f"$k$ = {k}")
right.axhline(0, color="black", linewidth=1)
right.set_yscale("symlog", linthresh=0.1)
right.set(xlabel="digits, the worst first", ylabel="$\\log P(x)$ − estimate, nats")
right.set(title="digit by digit", yticks=[-1, -0.1, 0, 0.1, 1, 10])
right.set_yticklabels(["−1", "−0.1", "0", "0.1", "1", "10"])
right.legend()
sns.despine()
plt.show()

# %% [markdown]
# (Error bars: the standard error of the distance to the black line. On the right each curve is sorted by itself. The scale on the right is linear between −0.1 and
# 0.1 and logarithmic beyond. With $k = 5000$ there is one group, so one estimate, and that may also come out above $\log P(x)$: only its expectation is a bound.)
# The same in numbers:

# %% tags=["nbval-ignore-output"]
for k in ks:
    print(f"IWAE-{k:<5} {bounds[k].mean():.2f}, ", end="")
    print(f"missing {gaps[k].mean():.2f} ± {stats.sem(gaps[k]):.2f}, ", end="")
    print(f"within a tenth of a nat {np.mean(np.abs(gaps[k]) < 0.1):.0%} of the digits")
of_the_worst = np.sort(gaps[5000])[-5:].sum() / gaps[5000].sum()
print(f"the worst five digits have {of_the_worst:.0%} of what IWAE-5000 misses")

# %% jupyter={"source_hidden": true}
noise = 4 * stats.sem(bounds[1] - elbo_of_x)
assert abs(bounds[1].mean() - elbo_of_x.mean()) < noise, "IWAE-1 should be the ELBO"
assert bounds[5000].mean() < exact.mean() + error.mean(), "a bound above log P(x)"
assert 0.5 < np.mean(np.abs(gaps[100]) < 0.1) < 0.75, page
assert of_the_worst > 0.4, page
assert gaps[5000].mean() > 0.15 > np.median(gaps[5000]), "some should stay behind"

# %% [markdown]
# The bounds rise with $k$ towards the exact value, as promised. With a hundred codes about six digits in ten are within a tenth of a nat. But the
# *average* is still short of the line at 5000, and fifty times as many codes only halve what is missing. The
# right panel shows why: a handful of digits still miss several nats with 5000 codes, and the worst five account for half of all that is missing.
#
# ## A cloud in the wrong place
#
# Here is the worst of them.

# %%
worst = int(np.argmax(gaps[5000]))
joint, (across, up) = log_joint(x[[worst]], (0, 0), 4.5, n=181)
row, column = np.unravel_index(joint[0].argmax(), joint[0].shape)
peak = np.array([[across[column], up[row]]])
codes = np.concatenate([m[[worst]], peak]).astype("float32")
drawn = keras.ops.convert_to_numpy(vae.decoder(codes))
away = (peak[0] - m[worst]) / np.exp(v[worst] / 2)
print(
    f"from the cloud's center to the peak: {np.linalg.norm(peak[0] - m[worst]):.2f}, ",
    end="",
)
print(f"or {np.linalg.norm(away):.0f} of the cloud's standard deviations")

# %% alt="A digit; the plane of codes around the encoder's small cloud and the posterior's small dark spot, which lie many widths of either apart; the spot enlarged; and what is decoded at the two places: at the cloud's another digit, at the spot's one much like the original."
fig, axes = plt.subplots(
    1, 5, figsize=(13, 3.1), layout="constrained", width_ratios=[3, 5, 5, 3, 3]
)
mark = {"markersize": 12, "markeredgewidth": 3, "fillstyle": "none"}
middle = (m[worst] + peak[0]) / 2
for ax, center, half_width in [(axes[1], middle, 0.8), (axes[2], peak[0], 0.3)]:
    draw_posterior(ax, x[[worst]], center, half_width)
    ax.set(xlim=center[0] + np.array([-1, 1]) * half_width)
    ax.set(ylim=center[1] + np.array([-1, 1]) * half_width)
draw_cloud(axes[1], m[worst], upright(v[worst]), orange, "cloud $Q(Z|x)$")
axes[1].plot(*peak[0], "o", color=blue, label="peak of $P(Z|x)$", **mark)
axes[1].legend(fontsize="small")
axes[2].set_title("the peak, enlarged")
pictures = [x[worst], *drawn]
titles = ["$x$", "decoded at the cloud", "decoded at the peak"]
for ax, picture, title in zip(axes[[0, 3, 4]], pictures, titles, strict=True):
    ax.imshow(picture[..., 0], cmap="gray_r", vmin=0, vmax=1)
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize="medium")
plt.show()

# %% [markdown]
# The encoder has put its cloud in one place, and the decoder would explain this picture much better by a code from
# another. The two are not far apart in the plane, but many widths of the cloud: no draw comes near. So all 5000 codes come from the wrong place, and more of them would hardly find the other. **An
# importance-weighted bound is only as good as the place where it looks.**
#
# ### When to distrust a bound
#
# Would we have noticed without the exact answer? Often the weights show it. Two numbers are in use:
#
# - the **effective sample size** of notebook 02a, $1 / \sum_i \bar w_i^2$, where $\bar w_i$ is draw $i$'s share of the
#   sum. If a few lucky codes carry nearly all of the weight, it is small.
# - **Pareto $\hat k$** [14]: fit a generalised Pareto distribution to the largest weights. Its shape, traditionally called $k$ too (it has nothing to do with our number of codes), says how heavy
#   their tail is: only moments below order $1/\hat k$ exist, so beyond ½ the variance is infinite, and above 0.7 the
#   estimate is not to be trusted at any practical number of draws.
#
# We let the first warn when fewer than a twentieth of the draws count, 250 of 5000, and the second above 0.7.


# %%
def pareto_k(log_w):
    """The shape of the tail: a generalised Pareto for the 3√n largest of n weights."""
    tail = int(3 * np.sqrt(len(log_w)))
    largest = np.sort(np.exp(log_w - log_w.max()))[-tail - 1 :]
    return stats.genpareto.fit(largest[1:] - largest[0], floc=0)[0]


shares = special.softmax(log_w, axis=1)
effective = 1 / np.square(shares).sum(axis=1)
k_hat = np.array([pareto_k(row) for row in log_w])

# %% [markdown]
# Because we know the true gap here, we can test the two as warnings. Call a digit *bad* if its IWAE-5000 is more than
# 0.1 nats off, too low or too high.

# %% tags=["nbval-ignore-output"]
off = np.abs(gaps[5000])
bad = off > 0.1
warnings = {"effective size < 250": effective < 250, "Pareto k̂ > 0.7": k_hat > 0.7}
print(f"{bad.sum()} of {n} digits are bad")
for name, warned in warnings.items():
    print(f"{name:20} warns of {warned.sum()}, ", end="")
    print(f"{(warned & bad).sum()} bad ones among them")
unwarned = bad & ~np.any(list(warnings.values()), axis=0)
print(
    f"bad without any warning: {unwarned.sum()}, off by {off[unwarned].round(2)} nats"
)
for name, number in {"effective size": effective, "Pareto k̂": k_hat}.items():
    rank = stats.spearmanr(number, off).statistic
    print(f"{name:20} rank correlation with the size of the error {rank:.2f}")

# %% jupyter={"source_hidden": true}
for warned in warnings.values():
    assert (warned & bad).sum() > 0.6 * bad.sum(), "the warning misses too many"
    assert bad[warned].mean() > 2 * bad[~warned].mean(), "the warning says nothing"
    assert 0.1 < (warned & ~bad).sum() / warned.sum() < 0.4, page
assert stats.spearmanr(effective, off).statistic < -0.5, page
assert stats.spearmanr(k_hat, off).statistic > 0.3, page
assert unwarned.sum() < 0.3 * bad.sum(), f"few bad digits without a warning: {page}"

# %% alt="Error of IWAE-5000 against effective sample size, both logarithmic, a dot per digit. The smaller the effective size, the larger the error tends to be. Most dots with a Pareto k above 0.7 are at the left; their errors range from less than a hundredth of a nat to about fifteen."
fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
for heavy, color, label in [(False, blue, "k̂ ≤ 0.7"), (True, orange, "k̂ > 0.7")]:
    chosen = (k_hat > 0.7) == heavy
    ax.plot(effective[chosen], off[chosen], ".", color=color, markersize=9, label=label)
ax.axvline(250, color="0.5", linestyle="--", linewidth=1)
ax.axhline(0.1, color="0.5", linestyle="--", linewidth=1)
ax.set(xscale="log", yscale="log", xlabel="effective sample size of 5000 draws")
ax.set_ylabel("|$\\log P(x)$ − IWAE-5000|, nats")
ax.legend()
sns.despine()
plt.show()

# %% [markdown]
# Both are useful, and neither is a guarantee. Most bad digits (above the horizontal line at 0.1) have an effective size below 250 (left of the vertical line). But about one warning in
# four is a false alarm, and a bad digit may come without any. The worst case for either number would be a second peak that no
# draw has come near: then the weights look even, and nothing warns.
#
# The remedy is to look elsewhere, too; it is called **defensive importance sampling**. Take half of the codes from the cloud and half from the prior, and weight them
# by the mixture of the two, $w = P(x|z)\,P(z) / [\tfrac12 Q(z|x) + \tfrac12 P(z)]$. The mean is still $P(x)$, and no weight can exceed $2P(x|z)$. We do this for the digits with a warning from their effective
# sample size. (It works because our codes have two dimensions: of 2500 draws from the prior a few fall on a spot like those above. In twenty dimensions none would, and one would
# need a better proposal.)

# %% tags=["nbval-ignore-output"]
suspect = warnings["effective size < 250"]
mended = bounds[5000].copy()
log_w_mixed = log_importance_weights(
    log_p_x_given_z, x[suspect], m[suspect], v[suspect], k=5000, prior_weight=0.5
)
mended[suspect] = iwae_bound(log_w_mixed)
print(f"missing on average: before {gaps[5000].mean():.3f}, ", end="")
print(f"after {(exact - mended).mean():.3f} nats")
single = np.abs(exact - mended)[suspect]
print(
    f"a single suspect is off by {single.mean():.2f} nats, in either direction, ",
    end="",
)
print(
    f"on average (before by {off[suspect].mean():.2f}), at most by {single.max():.2f}"
)

# %% jupyter={"source_hidden": true}
assert 0 < suspect.sum() < n / 2, page
assert abs((exact - mended).mean()) < 0.1 < gaps[5000].mean(), page
assert single.mean() < off[suspect].mean() / 2, page

# %% [markdown]
# On average hardly anything is missing any more. To choose the digits to look at again we used only the weights, not the
# exact answer. For a single digit the noise of 5000 draws remains.
#
# ## Where the gap comes from
#
# Notebook 02a showed what the ELBO misses: $\log P(x) - \text{ELBO} = \operatorname{KL}[Q(Z|x)\,\|\,P(Z|x)]$. For one
# digit, our first, the seven, we can see it. Normalise the integrand over a window that holds the cloud and the posterior, and it is the posterior $P(Z|x)$; then
# compute the KL point by point. This uses neither the ELBO nor the quadrature over the plane.

# %% tags=["nbval-ignore-output"]
center, half_width = m[0], 12 * np.exp(v[0].max() / 2)
joint, (across, up) = log_joint(x[:1], center, half_width)
z = np.stack(np.meshgrid(across, up), axis=-1)
log_q = stats.norm.logpdf(z, m[0], np.exp(v[0] / 2)).sum(axis=-1)
area = (across[1] - across[0]) * (up[1] - up[0])
log_posterior = joint[0] - special.logsumexp(joint[0]) - np.log(area)
kl_to_posterior = (np.exp(log_q) * (log_q - log_posterior)).sum() * area
print(f"KL[Q ‖ posterior] {kl_to_posterior:.4f}, ", end="")
print(f"log P(x) − ELBO {exact[0] - elbo_of_x[0]:.4f} nats")

# %% jupyter={"source_hidden": true}
assert abs(kl_to_posterior - gap_of_x[0]) < 0.02 + error[0], "the gap is not this KL"

# %% [markdown]
# Notebook 02b split this gap in two [9]:
#
# - the **approximation gap**: the posterior is not a normal distribution with independent coordinates, so even the best
#   such distribution differs from it;
# - the **amortisation gap**: the encoder does not find the best one. It has to serve all pictures with one set of
#   weights, whereas a search could find the best cloud for each picture.
#
# `fit_posteriors` does search: it adjusts the mean and log-variance of each picture's cloud to raise its ELBO, while
# the decoder stays as it is. We let it start twice, from the encoder's cloud and from the peak of the posterior on a
# coarse grid (there with a small round cloud of deviation 0.08), and keep the best of the two results and the encoder's own cloud. The search takes 45 steps, with 4 × 4 codes for each average.

# %%
axis = np.arange(-4.5, 4.51, 0.06)
coarse = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
joint = log_p_of_all(x, coarse) + stats.norm.logpdf(coarse).sum(axis=1)
starts = [(m, v), (coarse[joint.argmax(axis=1)], np.full_like(v, 2 * np.log(0.08)))]
how = {"steps": 45, "nodes": 4}
found = [fit_posteriors(vae.decoder.logits, x, *start, **how) for start in starts]
candidates = [elbo_quadrature(log_p_x_given_z, x, *clouds) for clouds in found]
candidates = np.stack([elbo_of_x, *candidates])
choice = candidates.argmax(axis=0), np.arange(n)
best_mean, best_log_var = (
    np.stack(each)[choice] for each in zip((m, v), *found, strict=True)
)

# %% tags=["nbval-ignore-output"]
highest = candidates.max(axis=0)
approximation, amortisation = exact - highest, highest - elbo_of_x
parts = {"approximation": approximation, "amortisation": amortisation}
table = pd.DataFrame(index=["mean", "± (over digits)", "median"])
for name, part in (parts | {"together": gap_of_x}).items():
    table[name] = [part.mean(), stats.sem(part), np.median(part)]
print(table.T.round(3).to_string())
moved = elbo_quadrature(log_p_x_given_z, x, best_mean, v) - elbo_of_x
factors = np.log(np.geomspace(0.3, 5, 12))  # of a standard deviation
scaled = [elbo_quadrature(log_p_x_given_z, x, m, v + 2 * f, nodes=8) for f in factors]
resized = np.maximum(elbo_of_x, np.max(scaled, axis=0)) - elbo_of_x
print(f"gained by the best means alone {moved.mean():.2f} nats, ", end="")
print(f"by scaling the clouds where they are {resized.mean():.2f}")

# %% jupyter={"source_hidden": true}
assert (approximation > -error - 1e-6).all(), "an ELBO above log P(x)"
assert approximation.mean() < amortisation.mean() / 5, page
assert moved.mean() > 0.8 * amortisation.mean() > 3 * resized.mean(), page

# %% [markdown]
# Most of the gap is the encoder's doing, and nearly all of that is a matter of where the clouds lie, not of how wide
# they are. That the cloud has to be an upright normal distribution costs little, a tenth of a nat: with a decoder as smooth as ours a
# posterior is usually one small spot, and small spots look normal.
#
# ### A cloud with a slant
#
# Usually the spot is also slanted, and our clouds cannot follow: their coordinates are independent. How much would a
# **full covariance** gain? There is a neat way to find out. Turn the axes. The prior $\mathcal N(0, I)$ looks the same
# from all sides, so in turned axes everything stays as it was, and a cloud that is upright there is slanted in the
# plane. First we compute the covariance of each posterior on the coarse grid, as weighted sums over its points (`center`, `moments`). To leave out other peaks we multiply the posterior
# by a round window about the best mean, of standard deviation 0.2. The eigenvectors of the covariance are the directions in which the spot is longest and shortest: in these axes a normal spot has no slant, and we fit as before. In the code, the columns of `turn[i]` are the two eigenvectors, so `turn[i] @ u` leads from the turned axes to the plane.

# %%
from_best = np.square(coarse - best_mean[:, None]).sum(axis=2)
share = special.softmax(joint - from_best / (2 * 0.2**2), axis=1)  # this peak only
center = share @ coarse
moments = np.einsum("np,pi,pj->nij", share, coarse, coarse)
turn = np.linalg.eigh(moments - center[:, :, None] * center[:, None]).eigenvectors


def turned(u):
    """Codes from each picture's own axes to the plane, n · nodes of them."""
    u = keras.ops.reshape(u, (n, -1, 2))
    back = keras.ops.cast(turn.swapaxes(1, 2), u.dtype)
    return keras.ops.reshape(keras.ops.matmul(u, back), (-1, 2))


# %% [markdown]
# The best upright clouds are the start, seen in the new axes. For an ELBO the codes are turned back into the plane. To be fair, the upright
# clouds get the same number of extra steps.

# %%
start_mean = np.einsum("nij,ni->nj", turn, best_mean)
start_log_var = np.log(np.einsum("nij,ni->nj", turn**2, np.exp(best_log_var)))
u_mean, u_log_var = fit_posteriors(
    lambda u: vae.decoder.logits(turned(u)), x, start_mean, start_log_var, **how
)


def slanted_elbo(i):
    """The ELBO of picture i with the cloud that was fitted in its own axes."""

    def log_likelihood(x_i, u):
        return log_p_x_given_z(x_i, u @ turn[i].T)

    return elbo_quadrature(log_likelihood, x[[i]], u_mean[[i]], u_log_var[[i]])[0]


# %% tags=["nbval-ignore-output"]
slanted = np.maximum(highest, [slanted_elbo(i) for i in range(n)])
longer = fit_posteriors(vae.decoder.logits, x, best_mean, best_log_var, **how)
longer = np.maximum(highest, elbo_quadrature(log_p_x_given_z, x, *longer))
kinds = {"upright": highest, "upright, longer": longer, "slanted": slanted}
for name, best in kinds.items():
    left = exact - best
    print(f"{name:15} {left.mean():.3f} ± {stats.sem(left):.3f} nats ", end="")
    print(f"missing, median {np.median(left):.3f}")

# %% jupyter={"source_hidden": true}
assert (slanted <= exact + error + 1e-6).all(), "an ELBO above log P(x)"
assert (exact - slanted).mean() < 0.5 * (exact - longer).mean(), page

# %% [markdown]
# The longer search alone gains hardly anything. So more than half of the approximation gap is slant. What remains is mostly what no single normal can follow, such as a bent tail or a
# second peak. (A little may be our search, which may stop short of the best.)
#
# ### An encoder trained for the tighter bound
#
# The ELBO has a bias of its own: it punishes $Q$ for any probability that it puts where the posterior
# is low, so it prefers a cloud that is too narrow to one that is as much too wide.
#
# With many draws it is better for a proposal to be too wide. If the posterior is normal, the weights then
# have an upper limit and a finite variance (exercise 2), and more draws help quickly. (Our posteriors are normal only near their peaks, and far out the weights have no limit; but no practical number of draws gets there. A proposal that is far too wide is bad as well: hardly any of its draws hits the posterior.) Training for $\text{IWAE}_k$ rewards wider clouds [6]. In code it is the VAE with $k$ codes for
# each picture:

# %%
show_source(ImportanceWeightedVAE)

# %% [markdown]
# To compare like with like, we keep the decoder as it is, and with it all the posteriors. We continue training only the encoder, with one
# code and with ten:


# %%
def continued(k):
    """A copy of our encoder, trained further with k codes for each of 10 000 digits."""
    encoder = Encoder()
    encoder.set_weights(vae.encoder.get_weights())
    vae.decoder.trainable = False
    model = ImportanceWeightedVAE(encoder, vae.decoder, k=k)
    model.compile(optimizer=keras.optimizers.Adam(warmup_cosine(100, 0.001, 0)))
    model.fit(x_train[:10_000], epochs=1, batch_size=100, verbose=0)
    return encode(encoder, x)


clouds_of = {"original": (m, v), "1 code": continued(1), "10 codes": continued(10)}

# %% tags=["nbval-ignore-output"]
missing = {}
for name, clouds in clouds_of.items():
    log_w = log_importance_weights(log_p_x_given_z, x, *clouds, k=1000)
    gap = exact - elbo_quadrature(log_p_x_given_z, x, *clouds)
    missing[name] = gap.mean(), (exact - iwae_bound(log_w)).mean()
    print(f"{name:8} missing in the ELBO {missing[name][0]:.2f}, ", end="")
    print(f"in IWAE-1000 {missing[name][1]:.3f} nats; ", end="")
    print(f"width of a cloud {np.median(np.exp(clouds[1] / 2)):.3f} (median)")

# %% jupyter={"source_hidden": true}
assert missing["10 codes"][0] > missing["1 code"][0], "the ELBO should get worse"
assert missing["10 codes"][1] < missing["1 code"][1] / 2.5, "a far better bound"
_, before, after = (np.median(np.exp(log_var / 2)) for _, log_var in clouds_of.values())
assert 1.5 < after / before < 1.9, page

# %% [markdown]
# In this run the clouds become 1.7 times as wide with ten codes as with one. As an approximation of the posterior, judged by the ELBO, they are clearly
# worse. As proposals they are better: what IWAE-1000 misses with the ten-code encoder is about a quarter of what it misses with the one-code encoder. So a better bound does
# not mean a better $Q$. Here are four digits with their posteriors in black, and four clouds for each: the original encoder's, the one trained further with ten codes, and the best upright and slanted ones.

# %%
chosen = {"the median": np.argsort(gap_of_x)[n // 2]}
chosen |= {"worst encoding": amortisation.argmax()}
chosen |= {"most slanted": (slanted - highest).argmax()}
chosen |= {"least normal": (exact - slanted).argmax()}
wide = clouds_of["10 codes"]

# %% alt="Four digits above their posteriors, with four clouds each. In the first all lie on one spot. In the second and the fourth the posterior has two spots, and the best clouds lie on one of them. In the third the spot is a narrow slanted line, which only the slanted cloud fits."
fig, axes = plt.subplots(
    2, 4, figsize=(12.5, 5.9), layout="constrained", height_ratios=[1, 2]
)
for (title, i), (top, bottom) in zip(chosen.items(), axes.T, strict=True):
    top.imshow(x[i, ..., 0], cmap="gray_r")
    top.set(title=title, xticks=[], yticks=[])
    wide_mean, wide_log_var = (each[i] for each in wide)
    likely = coarse[joint[i] > joint[i].max() - np.log(50)]  # all of the posterior
    seen = np.vstack([likely, m[i], best_mean[i], wide_mean])
    half_width = np.ptp(seen, axis=0).max() / 2 + np.exp(wide_log_var.max() / 2)
    center = (seen.max(axis=0) + seen.min(axis=0)) / 2
    draw_posterior(bottom, x[[i]], center, half_width, power=0.5)
    draw_cloud(bottom, m[i], upright(v[i]), orange, "encoder")
    draw_cloud(bottom, wide_mean, upright(wide_log_var), purple, "IWAE encoder")
    draw_cloud(bottom, best_mean[i], upright(best_log_var[i]), blue, "best upright")
    slant = turn[i] @ u_mean[i], turn[i] @ upright(u_log_var[i])
    draw_cloud(bottom, *slant, green, "best slanted")
handles, names = axes[1, 0].get_legend_handles_labels()
fig.legend(handles, names, loc="outside lower center", ncols=4)
plt.show()

# %% jupyter={"source_hidden": true}
i = chosen["least normal"]
near = np.linalg.norm(coarse - best_mean[i], axis=1) < 0.5
assert special.softmax(joint[i])[near].sum() < 0.7, page
i = chosen["worst encoding"]
assert np.linalg.norm(m[i] - best_mean[i]) > 1, page

# %% [markdown]
# (The windows differ in size: look at the axes. The grey is the square root of the density, so that faint spots show.) For the median digit all clouds lie on the posterior, the encoder's a little to one side. The
# second digit, the one with the largest amortisation gap, has most of its posterior at the left and a faint second spot at the right. The encoder's cloud lies near the lesser spot and misses both; the wider cloud reaches the edge of the lesser spot, but not the main one. In the third panel only the slanted cloud fits. In the fourth the
# posterior has two spots, far apart. The best normal distribution settles on one of them, since to cover both it would have to put much of its probability on the empty space between. The encoder's clouds lie there. ("Most slanted" is the digit that gains most from a slant, "least normal" the one for which even the slanted cloud misses most.)
#
# If *whole models* are trained this way, the decoder
# changes as well, and the posteriors with it. `benchmarks/objectives.py` did that with the networks of notebook 03, four epochs and three seeds (`left by 1000` is the gap of IWAE-1000):

# %%
trained = pd.DataFrame(json.loads((RESULTS / "objectives.json").read_text())["rows"])
trained["gap"] = trained.log_p - trained.elbo
trained["left by 1000"] = trained.log_p - trained.iwae_1000
columns = ["k", "seed", "log_p", "elbo", "gap", "left by 1000", "deviation"]
print(trained[columns].sort_values(["k", "seed"]).round(3).to_string(index=False))

# %% jupyter={"source_hidden": true}
one, ten = (trained[trained.k == k].set_index("seed") for k in (1, 10))
assert (ten.gap > one.gap).all(), "for every seed"
assert (ten.deviation > 3 * one.deviation).all()
fallen = (one.elbo - ten.elbo).round()
assert sorted(fallen)[::2] == [19, 68], "other seeds fall otherwise"
better = ten.log_p - one.log_p
assert better.min() < 0 < better.max(), "the seeds do not agree on the better model"

# %% [markdown]
# (500 test digits; `deviation` is the median width of a cloud.) With every seed the clouds become more than three times as
# wide, the ELBO falls by 19 to 68 nats, and the gap that 1000 codes leave nearly closes. And the *models*? Three
# seeds, which differ by more than a nat, do not show which is the better one. (Burda et al. [6], with more latent units and longer trainings, found that more codes gave better models.)
#
# ## A long training: what overfits?
#
# With $\log P(x)$ at hand one more question can be answered. In a long training the ELBO of the training digits keeps
# rising, and at some point that of new digits begins to fall: overfitting. But *what* overfits, the decoder, which is
# the model, or the encoder? The ELBO cannot tell. `benchmarks/overfitting.py` trains another version of the model (layers of the same sizes, with GELU and without batch normalisation) for
# 100 epochs with three seeds, and computes $\log P(x)$ of 500 training digits and of 500 new ones on the way. (Each is one run, whose learning rate falls to 0 at its end: the point
# at 60 is not a training of 60 epochs. The step of the grid is 0.03. Twice the step would change the mean by less than 0.1 nats up to epoch 20, and by less than 0.3 after that.)

# %%
long = pd.DataFrame(json.loads((RESULTS / "overfitting.json").read_text())["rows"])
at = long.groupby("epoch")
print(at.mean()[["train_log_p", "train_elbo", "test_log_p", "test_elbo"]].round(2))

# %% alt="Over 100 epochs: log P(x) of training and of new digits rises to the end. The ELBO of training digits rises, too; among the measured epochs that of new digits is highest at epoch 60, and lower at epoch 100."
fig, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
for kind, color in [("train", orange), ("test", blue)]:
    for what, style, name in [("log_p", "-", "log P(x)"), ("elbo", "--", "ELBO")]:
        column = at[f"{kind}_{what}"]
        label = f"{name}, {'training' if kind == 'train' else 'new'} digits"
        ax.plot(column.mean(), style, color=color, label=label)
        lowest, highest_of = column.min(), column.max()
        ax.fill_between(lowest.index, lowest, highest_of, color=color, alpha=0.25)
ax.set(xscale="log", xlabel="epochs", ylabel="nats per picture")
ax.set_xticks(at.size().index, at.size().index.astype(str))
ax.minorticks_off()
ax.legend(fontsize="small")
sns.despine()
plt.show()

# %% [markdown]
# (Bands: from the lowest seed to the highest.) Here are the changes from epoch 60 to epoch 100, and the gaps at both:

# %%
before, after = (long[long.epoch == epoch].set_index("seed") for epoch in (60, 100))
for name, what in {"log P(x)": "test_log_p", "ELBO": "test_elbo"}.items():
    rise = after[what] - before[what]
    print(f"{name:8} of new digits changes by {rise.mean():+.2f} nats ", end="")
    print(f"(seeds: {rise.min():+.2f} to {rise.max():+.2f})")
gaps_of = {}
for kind in ("train", "test"):
    gaps_of[kind] = [
        run[f"{kind}_log_p"] - run[f"{kind}_elbo"] for run in (before, after)
    ]
    then, now = (gap.mean() for gap in gaps_of[kind])
    print(f"log P(x) − ELBO, {kind} digits: {then:.2f}, then {now:.2f} nats")

# %% jupyter={"source_hidden": true}
errors = long[["train_error", "test_error"]]
assert errors[long.epoch <= 20].max().max() < 0.1 < errors[long.epoch >= 60].min().min()
assert errors.max().max() < 0.3
assert (after.test_log_p > before.test_log_p).all(), "for every seed"
assert (after.test_elbo < before.test_elbo).all(), "for every seed"
assert (gaps_of["test"][1] > gaps_of["test"][0]).all()
assert (gaps_of["train"][1] < gaps_of["train"][0]).all()

# %% [markdown]
# The ELBO of new digits falls, and yet the model still gets better: $\log P(x)$ of new digits rises with every seed. What
# grows is the gap: on training digits it shrinks to two nats, on new ones it grows to eleven. A gap depends on both halves, since the decoder shapes the posteriors, and we did not take this one apart (`fit_posteriors` could). An *encoder* that fits only its training
# digits is the likely cause, because most of the gap of our own model was amortisation. A falling ELBO on new digits is a reason to look at the encoder before
# you blame the model. (The decoder favours the training digits, too: from the first epoch to the hundredth it gains 27 nats on them and
# 24 on new ones. But the distance between the two solid lines is not all overfitting. Part of it was there after the
# first epoch already, probably because the two sets of 500 are not equally hard.)
#
# ## What to take with you
#
# - The ELBO of a test set is uncertain for three reasons: the seed of the training, the choice of the pictures, and the draws of $z$. Compare models on the same pictures, and recipes over several seeds.
# - In two dimensions $\log P(X)$ can be computed. Importance-weighted bounds climb towards it, but at any affordable $k$ only as far as the draws of the
#   proposal reach.
# - The weights warn: a small effective sample size or a large Pareto $\hat k$ is a reason to check a bound.
#   Their silence proves nothing.
# - The gap is $\operatorname{KL}[Q\,\|\,P(Z|X)]$. In our model most of it is amortisation: clouds in the wrong place.
#   Of the rest, most is slant.
# - Judged by the ELBO, a cloud that is too narrow is better than one that is as much too wide. For a proposal of many draws it is the other way round.
# - When the ELBO of new digits falls, the encoder may be overfitting while the model still improves.

# %% [markdown]
# ## Exercises
#
# In the first cell of an exercise replace `...` with your answer and run it; the cell below checks it, and if it is not
# right yet, tries to tell you why. A solution is folded away under each: click on the bar with the three dots to see
# it.

# %%
from course.exercises.evaluation import check_iwae, check_share_that_counts

# %% [markdown]
# **1.** The importance-weighted bound from log-weights: put every `k` neighbours in one group, take the logarithm of
# the mean of each group's weights, and average over the groups.


# %%
def iwae(log_w, k):
    """IWAE_k of each picture in nats, shape (n,), from log-weights of shape (n, draws).

    k divides draws.
    """
    return ...  # your answer


# %%
check_iwae(iwae)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def iwae_solution(log_w, k):
    """IWAE_k of each picture in nats, shape (n,), from log-weights of shape (n, draws).

    k divides draws.
    """
    groups = log_w.reshape(len(log_w), -1, k)
    return (special.logsumexp(groups, axis=2) - np.log(k)).mean(axis=1)


# %% [markdown]
# **2.** *With pencil and paper.* What share of the draws counts, if the proposal has the wrong width? Let the posterior
# be $\mathcal N(0, 1)$, in one dimension, and $Q = \mathcal N(0, s^2)$. For many draws the effective sample size is a
# fixed share of their number, $(\mathbb E_Q[w])^2 / \mathbb E_Q[w^2]$. Derive this share as a function of $s$. The
# check compares your formula with numerical integrals.
#
# <details>
# <summary>Hint 1: which integrals</summary>
#
# With $w = p/q$ (a constant factor $P(X)$ cancels), $\mathbb E_Q[w] = \int p\,dz = 1$ and
# $\mathbb E_Q[w^2] = \int p^2/q\,dz$.
#
# </details>
#
# <details>
# <summary>Hint 2: the exponent</summary>
#
# $\dfrac{p^2}{q} = \dfrac{s}{\sqrt{2\pi}} \exp\Bigl(-\dfrac{z^2}{2}\Bigl(2 - \dfrac{1}{s^2}\Bigr)\Bigr)$. When does the
# integral of this converge?
#
# </details>
#
# <details>
# <summary>Hint 3: the integral</summary>
#
# $\int e^{-a z^2/2}\,dz = \sqrt{2\pi/a}$ for $a > 0$, here with $a = 2 - 1/s^2$. So
# $\mathbb E_Q[w^2] = s/\sqrt{2 - 1/s^2} = s^2/\sqrt{2s^2 - 1}$ for $s^2 > \tfrac12$. For narrower proposals it is
# infinite, and the share is 0.
#
# </details>


# %%
def share_that_counts(s):
    """The effective sample size as a share of the draws, 0 ≤ share ≤ 1.

    The posterior is N(0, 1) and the proposal N(0, s²); s is one number above 0.
    """
    return ...  # your answer


# %%
check_share_that_counts(share_that_counts)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def share_that_counts_solution(s):
    """The effective sample size as a share of the draws, 0 ≤ share ≤ 1.

    The posterior is N(0, 1) and the proposal N(0, s²); s is one number above 0.
    """
    return np.sqrt(2 * s**2 - 1) / s**2 if s**2 > 0.5 else 0.0


# %% [markdown]
# **3.** *Predict, then look.* A posterior is standard normal in two dimensions, and $\log P(X) = 0$. One encoder makes
# its clouds half as wide as they should be, another twice as wide. The narrow one has the better ELBO. From which $k$ on does the wide one have the better IWAE-$k$? And
# in twenty dimensions?

# %% jupyter={"source_hidden": true} tags=["solution", "hide-cell"]
# Solution. In two dimensions from k = 3 on; in twenty, where hardly any wide draw hits,
# only from somewhere between 25 and 30 on. The narrow one hardly ever draws from the
# posterior's outskirts, and when it does, the weight is enormous (exercise 2: its
# variance is infinite), so that more codes help it slowly.
with folded():
    rng = np.random.default_rng(6)
    for dimensions, ks in {
        2: (1, 2, 3, 4, 10, 1000),
        20: (1, 10, 25, 30, 100, 1000),
    }.items():
        for name, deviation in {"half": 0.5, "twice": 2.0}.items():
            z = rng.normal(0, deviation, size=(120_000, dimensions))
            log_w = (stats.norm.logpdf(z) - stats.norm.logpdf(z, 0, deviation)).sum(
                axis=1
            )
            ladder = {k: iwae_solution(log_w[None], k)[0] for k in ks}
            listed = [f"k = {k}: {bound:.2f}" for k, bound in ladder.items()]
            print(f"{dimensions:2} dimensions, {name:5} as wide: {', '.join(listed)}")

# %% [markdown]
# ## Sources
#
# [6] Y. Burda, R. Grosse, R. Salakhutdinov, *Importance Weighted Autoencoders*,
# [arXiv:1509.00519](https://arxiv.org/abs/1509.00519): the bounds · [9] C. Cremer, X. Li, D. Duvenaud, *Inference
# Suboptimality in Variational Autoencoders*, [arXiv:1801.03558](https://arxiv.org/abs/1801.03558): approximation and
# amortisation gap · [14] A. Vehtari, D. Simpson, A. Gelman, Y. Yao, J. Gabry, *Pareto Smoothed Importance Sampling*,
# [arXiv:1507.02646](https://arxiv.org/abs/1507.02646): $\hat k$, and where 0.7 comes from · T. Hesterberg, *Weighted Average Importance Sampling and
# Defensive Mixture Distributions*, Technometrics 37, 1995
#
# **Next:** [7 · What the numbers depend on](07_what_the_numbers_depend_on.ipynb)
