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
# # 2a · Deriving the ELBO
#
# A variational autoencoder (VAE) is trained to raise one number, the **evidence lower bound** (ELBO). In this notebook you
# derive it one step at a time. Every step is checked on a model so simple that all its answers are known exactly.
# [Notebook 02b](02b_raising_the_bound.ipynb) then raises the bound and trains a small VAE with it.
#
# Allow about an hour for reading, without the exercises, and half a minute for running. A good place for a break is
# before [*A distance between distributions*](#A-distance-between-distributions).
#
# You need Python with NumPy, a first course in probability (densities, expectations, the normal distribution, Bayes' rule)
# and the matrix algebra that goes with it (inverse, determinant, trace). It helps to have read [notebook
# 01](01_mapping_distributions.ipynb).
#
# The formulas are numbered, and the later notebooks refer to them.

# %%
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.patches import Ellipse
from matplotlib_inline.backend_inline import set_matplotlib_formats
from scipy import integrate, ndimage, optimize, special, stats

from course.agreement import estimate, follows, same
from course.diagrams import draw_bound
from vaelib.data import load_mnist
from vaelib.linear_gaussian import LinearGaussian, normal_kl

sns.set_theme(context="notebook", style="ticks", palette="colorblind")
set_matplotlib_formats("retina")
BLUE, ORANGE, GREEN, RED = sns.color_palette()[:4]
normal = stats.multivariate_normal

# %% [markdown]
# This is where we are going. For a picture $X$ and a model, $\log P(X)$ is a fixed number, but in general there is no practical way to compute it. The
# ELBO can be computed, or at least estimated by a few random draws. Between the two there is a gap, which depends on a distribution $Q$ of our choice:

# %% alt="Three columns, each up to a common line, log P(X). In each the lower part is the ELBO and the upper part the gap, a KL. From the left, a poor Q, to the right, where Q is the posterior, the ELBO grows until no gap is left."
draw_bound()
plt.show()

# %% [markdown]
# By the end of this notebook you will have a formula for every term in this figure.
#
# ## How a picture comes about
#
# Think of how somebody writes a digit. First there are hidden factors: which digit, how thick the pen, how much it slants.
# Call them $Z$, the **latent variables**. Then the hand moves, and a picture $X$ appears. Nobody draws a digit exactly the same way twice, so
# the same $Z$ can give many pictures. This story has two parts, and each is a probability distribution:
#
# - the **prior** $P(Z)$ says how common a combination of hidden factors is;
# - the **likelihood** $P(X \mid Z)$ says which pictures these factors can give.
#
# A model that tells such a story is a **generative model**: to get a new picture, draw $Z$ from the prior, then $X$ from the
# likelihood. The story also says how probable a given picture is, whatever the factors behind it. This third distribution, $P(X)$, is called the **evidence**.
# To compute it, go through all the factors that could have produced the picture:
#
# $$P(X) = \int P(X \mid Z)\, P(Z)\, dZ \tag{1}$$
#
# (Capital $P$ stands for probability densities here, as in Doersch's tutorial [1], which this derivation follows.)
#
# For real digits all of these are unknown. We need a model in which they can be learned. But first, we need one in which they
# are known.
#
# ### A generating function and noise
#
# Notebook 01 showed that a function can turn normal variables into very different shapes. So let $Z$ be standard normal, and let a
# function $f(Z)$ draw the picture. A value of $Z$ is also called a **code**, and computing $f(Z)$ is called **decoding** it.
# What $f$ draws can't match a given $X$ in every pixel, so we allow for a difference: a picture is $f(Z)$ plus normal noise of
# *standard deviation* $\sigma$.
#
# $$Z \sim N(0, I), \quad X = f(Z) + \varepsilon, \quad \varepsilon \sim N(0, \sigma^2 I),
# \quad\text{so that}\quad P(X \mid Z) = N\bigl(X \mid f(Z), \sigma^2 I\bigr) \tag{2}$$
#
# The noise we choose decides which pictures count as similar. There is more on this
# [below](#A-poor-metric-makes-it-worse), and in [notebook 02b](02b_raising_the_bound.ipynb#The-noise-is-the-metric).
#
# In a VAE $f$ is a neural network, called the **decoder**. Here it is a matrix, $f(Z) = WZ + b$, with two latent variables and three "pixels". Here are the two steps
# of (2), done a hundred thousand times:

# %%
weights = np.array([[1.0, 0.3], [-0.5, 0.8], [0.6, 0.6]])
bias, sigma = np.array([0.5, -0.2, 0.1]), 0.5
rng = np.random.default_rng(0)
codes = rng.normal(size=(100_000, 2))
noise = sigma * rng.normal(size=(len(codes), len(weights)))
pictures = codes @ weights.T + bias + noise
x = pictures[0]
print("one picture: X =", x.round(3))

# %% [markdown]
# ### A model whose answers are known
#
# When $f$ is a matrix, $X$ is a sum of normal variables, so it is normal itself. Its mean is $b$, and its covariance is that of $WZ$
# plus that of the noise. This **linear-Gaussian model** [2] has a closed form for the integral (1):
#
# $$P(X) = N(b,\; WW^{\mathsf T} + \sigma^2 I).$$
#
# `vaelib.linear_gaussian.LinearGaussian` holds the formulas of this model. Our picture has this evidence:

# %%
model = LinearGaussian(weights, bias, sigma)
assert model.latent_dim == 2, "we shall integrate over a plane: keep two columns"
log_p_x = model.evidence.logpdf(x)
print("log P(X) =", log_p_x.round(4), "nats")

# %% [markdown]
# (Logarithms are natural, so their unit is the **nat**. One nat is $1/\ln 2 = 1.44$ bits.)
#
# Now we check both formulas, beginning with (2). The logarithm of this normal density is a constant minus a scaled squared
# distance. We compute it by hand, and compare it with SciPy's density and with the library's. The function `same` compares two ways to
# get one number, and stops the notebook if they disagree.

# %%
z = np.array([0.4, -1.0])
distance = np.square(x - weights @ z - bias).sum()
by_hand = -distance / (2 * sigma**2) - len(x) / 2 * np.log(2 * np.pi * sigma**2)
scipys = normal(weights @ z + bias, sigma**2 * np.eye(len(x))).logpdf(x)
same("(2) log P(X|Z)", by_hand, scipys, within=1e-12)
same("    and vaelib's", model.log_likelihood(x, z[None])[0], scipys, within=1e-12)

# %% [markdown]
# For formula (1), SciPy integrates numerically over the plane of $Z$, without using the matrix formulas.


# %%
def joint(z):
    """P(X|Z) P(Z) at codes of shape (n, 2), for our X."""
    return np.exp(model.log_likelihood(x, z)) * model.prior.pdf(z)


integral = integrate.cubature(joint, [-9, -9], [9, 9], rtol=1e-12, atol=1e-13).estimate
same("(1) log P(X)", np.log(integral), log_p_x)

# %% [markdown]
# Finally, the pictures drawn in two steps must follow $N(b, WW^{\mathsf T} + \sigma^2 I)$. If they do, their squared distances from the mean, in
# units of the covariance, follow a chi-squared distribution with as many degrees of freedom as there are pixels.
#
# The function `follows` asks whether draws follow a claimed distribution, by the *Kolmogorov–Smirnov test*: it takes the largest gap
# between the draws' distribution function and the claimed one. The p-value is the probability of a gap at least that large if
# the claim is true. Any p that isn't tiny is fine; 1e-10 would refute the claim. The function stops the notebook below one in a million.

# %%
centred = pictures - bias
squared = (centred * np.linalg.solve(model.evidence.cov, centred.T).T).sum(axis=1)
follows("(1) pictures drawn by (2)", squared, stats.chi2(len(x)))

# %% [markdown]
# ## What to raise, and why not directly
#
# Training means choosing $f$. Let $\theta$ stand for its parameters (here $W$, $b$ and $\sigma$; in a VAE the weights of a network), and
# write $P(X; \theta)$ for the evidence that the model gives to $X$ when it has these parameters. **Maximum likelihood** says: choose the $\theta$
# that makes the pictures we have as probable as possible. For a data set of $n$ independent pictures their probabilities multiply.
#
# A product of many small numbers is awkward, so we take its logarithm. The logarithm is increasing, so the
# best $\theta$ stays the same, and the product becomes a sum:
#
# $$\log \prod_{i=1}^{n} P(X_i; \theta) = \sum_{i=1}^{n} \log P(X_i; \theta) \quad\longrightarrow\quad \max_\theta \tag{1a}$$
#
# This is why $\log P(X)$, and not $P(X)$, is what the rest of the notebook is about. The sum has two more advantages. Its
# average over a batch of randomly chosen pictures estimates the average over all of them without bias, which is what gradient descent needs. And
# it can be stored in a computer:

# %%
log_evidence = model.evidence.logpdf(pictures[:1000])
print("product of 1000 densities:  ", np.exp(log_evidence).prod())
print(f"sum of their 1000 logarithms: {log_evidence.sum():.0f} nats")

# %% [markdown]
# Now, how do we get $P(X)$ for one picture when the integral (1) has no formula? We could draw many $Z$ from the prior, and average:
#
# $$P(X) \approx \frac1N \sum_{i=1}^{N} P(X \mid Z_i), \qquad Z_i \sim P(Z).$$
#
# Nothing is wrong with this estimate. On our small model it works. (The average is taken through logarithms, by `logsumexp`,
# because the densities of larger models are too small for floating-point numbers.) The function `estimate` averages random draws and says
# how far the average is from the exact value, in units of its own standard error. A correct formula gives distances like −1.3 or 0.4, and a
# wrong one soon gives 20. Beyond 4.5 the function stops the notebook.


# %%
def log_mean(log_values):
    """log of the mean of exp(log_values), along the last axis."""
    return special.logsumexp(log_values, axis=-1) - np.log(np.shape(log_values)[-1])


def naive(model, x, n, rng):
    """The logarithms of P(X|Z), for codes drawn from the prior."""
    return model.log_likelihood(x, rng.normal(size=(n, model.latent_dim)))


# %%
estimate("P(X) from the prior", np.exp(naive(model, x, 100_000, rng)), np.exp(log_p_x))

# %% [markdown]
# Now let the model grow, with twelve pixels for each latent variable: 2 and 24, then 4 and 48, up to 32 and 384. (The digits have
# 784 pixels.) The evidence is still known exactly, so we can watch the estimate fail. The table's last column says how many of the draws
# did any work. It is the **effective sample size** $1 / \sum_i \bar w_i^2$, where $\bar w_i$ is the share of draw $i$ in the sum: with $N$ equal shares it is
# $N$, and when one draw has everything it is 1.


# %%
def grown(latent_dim):
    """A random linear-Gaussian model, and a picture from it."""
    rng = np.random.default_rng(latent_dim)
    weights = rng.normal(size=(12 * latent_dim, latent_dim)) / np.sqrt(latent_dim)
    model = LinearGaussian(weights, np.zeros(len(weights)), sigma=0.5)
    return model, model.sample(1, rng)[1][0]


# %%
def effective(log_values):
    """The effective sample size: how many draws share the sum."""
    return np.exp(-special.logsumexp(2 * special.log_softmax(log_values)))


# %%
rows = []
for latent_dim in [2, 4, 8, 16, 32]:
    large, its_x = grown(latent_dim)
    exact = large.evidence.logpdf(its_x)
    for seed in range(5):
        log_p = naive(large, its_x, 10_000, np.random.default_rng(seed))
        results = log_mean(log_p[:100]), log_mean(log_p), effective(log_p)
        rows.append((latent_dim, 12 * latent_dim, exact, *results))
columns = ["latent", "pixels", "exact log P(X)", "N = 100", "N = 10 000"]
columns += ["effective, of 10 000"]
prior_draws = pd.DataFrame(rows, columns=columns)
prior_draws.groupby("latent").mean().round(1)

# %% [markdown]
# (These are averages over five sets of draws; each size has one model and one picture.) With 32 latent variables ten thousand
# draws miss by hundreds of nats, and a single draw does nearly all the work: the one that happened to be least wrong. The reason is
# plain: *for one picture, nearly all* $Z$ *give a* $P(X \mid Z)$ *that is negligible beside* $P(X)$. Somebody who fills pages with random strokes will write a
# given seven in the end, but not soon.
#
# That also explains why the estimates are too *low*. The average of $P(X \mid Z_i)$ is right in expectation, but nearly all of its
# expectation comes from rare, lucky draws. As long as none has turned up, the average is far too small, and its logarithm says so.
#
# ### A poor metric makes it worse
#
# In the models above a code must be exact because there are many pixels with little noise: together they determine the code closely. For real pictures there is a second reason. Formula (2) measures similarity by the squared distance between pixels, which is a poor metric for pictures. Doersch
# has a telling example ([1], figure 3). Here is one of the same kind. Take a seven and cut a piece of 5 × 5 pixels out of it: the result is not a digit
# that anybody would write. Now move the whole seven right and down instead, by half a pixel or by one: you will hardly notice, except that half a pixel blurs it a little.

# %%
(x_train, y_train), (x_test, _) = load_mnist()
first_1000 = x_test[:1000, :, :, 0].astype("float64")


def broken(picture, size=5):
    """With a square erased around the middle one of its inked pixels."""
    inked = np.argwhere(picture > 0.5)
    row, column = inked[len(inked) // 2] - size // 2
    result = picture.copy()
    result[row : row + size, column : column + size] = 0
    return result


def moved(picture, by):
    """Moved right and down; between two pixels the ink is shared."""
    return ndimage.shift(picture, by, order=1)


# %% alt="A seven four times: as it is; with a piece of its stroke cut out; moved by half a pixel; moved by one. The moved ones look like the original, but their squared distances are larger than that of the broken one."
seven = first_1000[0]
versions = {"the picture $X$": seven, "a piece cut out": broken(seven)}
versions |= {"moved by ½ pixel": moved(seven, 0.5), "moved by 1 pixel": moved(seven, 1)}
fig, axes = plt.subplots(1, 4, figsize=(9.6, 3.1), layout="constrained")
for ax, (title, version) in zip(axes, versions.items(), strict=True):
    ax.imshow(version, cmap="gray_r", vmin=0, vmax=1)
    ax.set_title(f"{title}\nsquared distance {np.square(version - seven).sum():.1f}")
    ax.set(xticks=[], yticks=[])
plt.show()

# %% [markdown]
# By the squared distance, the moved sevens are *worse* than the broken one. Is the seven special? We repeat this with the first thousand test
# digits, and count those for which the moved picture is farther away.

# %%
cut = np.square([broken(digit) - digit for digit in first_1000]).sum(axis=(1, 2))
for by in (0.5, 1):
    shifted = ndimage.shift(first_1000, (0, by, by), order=1)
    away = np.square(shifted - first_1000).sum(axis=(1, 2))
    print(f"moved by {by} pixel: squared distance {away.mean():.1f}, ", end="")
    print(f"piece cut out: {cut.mean():.1f}; ", end="")
    print(f"moved is farther in {(away > cut).mean():.1%} of the digits")
    low, high = (0.6, 0.72) if by == 0.5 else (1, 1)
    assert low <= (away > cut).mean() <= high, "not two of three, or not all"

# %% [markdown]
# Moved by one pixel, every digit is farther away than its cut copy; moved by half a pixel, two out of three are.
#
# Now suppose we choose $\sigma$ so small that it rules out a code that decodes to the broken seven, say at a cost of 20 nats. In (2) the cost of an error is $\lVert X - f(Z) \rVert^2 / 2\sigma^2$.

# %%
errors = {name: np.square(v - seven).sum() for name, v in versions.items()}
variance = errors["a piece cut out"] / (2 * 20)
print(f"σ = {np.sqrt(variance):.2f}")
for name, error in errors.items():
    print(f"{name:16}: {error / (2 * variance):5.1f} nats")

# %% [markdown]
# A code that decodes to a perfect seven one pixel away from ours is then ruled out even more firmly. A code counts only if it puts every
# stroke in its place to within a fraction of a pixel, and few codes drawn from the prior do. A better metric would
# help, but it is hard to write one down. The other way is to look for good codes.
#
# ### Draw where it matters
#
# So draw only those $Z$ that could have led to this $X$. Let $Q(Z)$ be a distribution that prefers them. To make up for the
# preference, each draw gets a weight, the **importance weight** $w$:
#
# $$P(X) = \int \frac{P(X \mid Z)\,P(Z)}{Q(Z)}\,Q(Z)\,dZ
# = \mathbb E_{Z\sim Q}[w], \qquad w = \frac{P(X \mid Z)\,P(Z)}{Q(Z)}. \tag{3}$$
#
# This needs $Q(Z) > 0$ wherever $P(X|Z)\,P(Z) > 0$. Otherwise there are codes that are never drawn, and their part of the integral is lost. (A normal $Q$ is positive everywhere.)
#
# Which $Q$ is the best? The fourth distribution of the story, the **posterior** $P(Z \mid X)$. It says which factors this picture can have come from.
# **Bayes' rule** gives it: $P(Z|X) = P(X|Z)\,P(Z) / P(X)$. Put it in place of $Q$ in (3), and $w = P(X)$, whatever the draw: a single draw gives
# the exact answer. There is a catch: to compute this $Q(Z)$ we need $P(X)$, the very number we are after. In a small model we have it. For the linear-Gaussian model the posterior is normal [2]:
#
# $$P(Z \mid X) = N\bigl(M^{-1}W^{\mathsf T}(X - b),\; \sigma^2 M^{-1}\bigr), \qquad M = W^{\mathsf T}W + \sigma^2 I.$$
#
# <details>
# <summary>Why? Three lines.</summary>
#
# As a function of $Z$, $\log P(X|Z) + \log P(Z)$ is $-\tfrac1{2\sigma^2} \lVert X - b - WZ \rVert^2 - \tfrac12 Z^{\mathsf T} Z$ plus a constant.
#
# Multiplied out, this is $-\tfrac1{2\sigma^2}\bigl(Z^{\mathsf T} M Z - 2 Z^{\mathsf T} W^{\mathsf T} (X - b)\bigr)$ plus a constant, with the $M$ above.
#
# The logarithm of $N(Z | m, \Sigma)$ is $-\tfrac12 (Z^{\mathsf T}\Sigma^{-1}Z - 2 Z^{\mathsf T}\Sigma^{-1}m)$ plus a constant. So $\Sigma^{-1} = M/\sigma^2$ and $\Sigma^{-1} m = W^{\mathsf T}(X-b)/\sigma^2$.
#
# </details>


# %%
def log_weights(model, x, q, n, rng):
    """The logarithms of the importance weights of codes drawn from Q."""
    z = q.rvs(n, random_state=rng).reshape(n, -1)
    return model.log_likelihood(x, z) + model.prior.logpdf(z) - q.logpdf(z)


# %%
log_w = log_weights(model, x, model.posterior(x), 1000, rng)
same("each weight, if Q = P(Z|X)", np.exp(log_w), np.exp(log_p_x), within=1e-12)

# %% [markdown]
# In a VAE we won't have the posterior, only something near it. So our next $Q$ is deliberately wrong. Its mean is moved by 30 % of
# a standard deviation in each of as many independent directions as there are latent variables, and its variance is multiplied by a factor, here 1.5.


# %%
def nearly(posterior, factor):
    """A normal distribution a little off, in every direction."""
    moved_by = 0.3 * np.linalg.cholesky(posterior.cov).sum(axis=1)
    return normal(posterior.mean + moved_by, factor * posterior.cov)


# %%
log_w = log_weights(model, x, nearly(model.posterior(x), 1.5), 100_000, rng)
estimate("(3) P(X)", np.exp(log_w), np.exp(log_p_x))

# %% [markdown]
# Here are the growing models again. Their $Q$ has a variance that is 3.3 times too large, or 3.3 times too small.

# %%
rows = []
for latent_dim in [2, 4, 8, 16, 32]:
    large, its_x = grown(latent_dim)
    posterior, exact = large.posterior(its_x), large.evidence.logpdf(its_x)
    for name, factor in {"too wide": 10 / 3, "too narrow": 3 / 10}.items():
        q = nearly(posterior, factor)
        for seed in range(10):
            draws_of = np.random.default_rng(seed)
            log_w = log_weights(large, its_x, q, 10_000, draws_of)
            errors = log_mean(log_w[:100]) - exact, log_mean(log_w) - exact
            rows.append((latent_dim, name, *errors))
q_draws = pd.DataFrame(rows, columns=["latent", "Q", "N = 100", "N = 10 000"])
q_draws.groupby(["Q", "latent"]).agg(["mean", "std"]).round(2)

# %% [markdown]
# (The errors, in nats, are the mean and the standard deviation over ten sets of draws.) With 32 latent variables a hundred draws from
# either $Q$ are off by several nats, again on the low side. With ten thousand draws there is a difference: those from the wide $Q$ are typically off by
# about a nat, while those from the narrow $Q$ are still off by about three. The narrow $Q$ hardly ever draws a code as far from the mean as most of the posterior's codes are in 32 dimensions, and when it does, that code carries an enormous
# weight. (An exercise of notebook 06 shows that for a $Q$ with less than half of the posterior's variance the weights have an infinite
# variance.) So here, with many draws, too wide is better than too narrow. We'll see that a diagonal
# $Q$, such as a VAE's, errs on the narrow side when the posterior is correlated. Still, both are far better than the prior, whose ten thousand draws are off by hundreds of nats. (Bands and bars hold the middle 80 % of the seeds. The vertical axis is linear between −1 and 1, and logarithmic outside.)

# %%
exact = prior_draws["exact log P(X)"]
sources = {"the prior": prior_draws.drop(columns="exact log P(X)").copy()}
sources["the prior"][["N = 100", "N = 10 000"]] -= exact.to_numpy()[:, None]
sources |= {f"Q, {name}": table for name, table in q_draws.groupby("Q")}
colors = dict(zip(sources, [RED, GREEN, BLUE], strict=True))

# %% alt="Error of the estimate of log P(X) in nats against the number of latent variables, 2 to 32. Draws from the prior fall to hundreds of nats below, even ten thousand. Draws from Q stay within a few nats; at 32, ten thousand from the wide Q are on average 0.6 nats below, from the narrow Q three."
fig, ax = plt.subplots(figsize=(9.4, 4), layout="constrained")
for name, table in sources.items():
    for n, style in {"N = 100": "--", "N = 10 000": "-"}.items():
        how = {"errorbar": ("pi", 80), "linestyle": style, "color": colors[name]}
        how |= {"marker": "o", "label": f"{n} from {name}", "legend": False}
        how["err_style"] = "bars" if n == "N = 100" else "band"
        sns.lineplot(x=table["latent"], y=table[n], ax=ax, **how)
ax.set_xscale("log", base=2)
ticks = prior_draws["latent"].unique()
ax.set_xticks(ticks, ticks)
ax.set_xlabel("latent variables (with 12 pixels for each)")
ax.set_ylabel("estimate − log P(X), nats")
ax.set_yscale("symlog", linthresh=1)
ax.set_yticks([1, 0, -1, -10, -100, -1000], ["1", "0", "−1", "−10", "−100", "−1000"])
ax.set_ylim(-1500, 2)
fig.legend(loc="outside right center", fontsize="small")
plt.show()

# %% jupyter={"source_hidden": true}
largest = prior_draws["latent"].max()
assert largest == 32, "the text speaks of 32 latent variables: end both lists with 32"
at_32 = q_draws[q_draws["latent"] == largest].set_index("Q")
few, many = at_32["N = 100"].groupby("Q"), at_32["N = 10 000"].groupby("Q")
assert (few.mean() < -2).all(), "a hundred draws are better than the text says"
gained = many.mean() - few.mean()
assert gained["too wide"] > 2 * gained["too narrow"], "more draws should help the wide"
assert many.mean()["too narrow"] < -2, "the narrow Q is better than the text says"
assert many.median()["too wide"] > -1.5, "the wide Q is worse than the text says"
from_prior = sources["the prior"][prior_draws["latent"] == largest]
assert from_prior["N = 10 000"].max() < -100, "the prior is better than the text says"
assert from_prior["effective, of 10 000"].max() < 2, "one draw should do all the work"

# %% [markdown]
# So we want a $Q$ for every picture, near its posterior: an **encoder**. But what does *near* mean?
#
# ## A distance between distributions
#
# The **Kullback–Leibler divergence** of $Q$ from $P$ is an average over draws from $Q$. Each draw contributes the logarithm of a ratio: how many times more
# probable it is under $Q$ than under $P$.
#
# $$\mathrm{KL}[Q \,\Vert\, P] = \mathbb E_{Z \sim Q}\bigl[\log Q(Z) - \log P(Z)\bigr] \tag{4}$$
#
# It is measured in nats. Between two normal distributions of dimension $k$ it has a closed form:
#
# $$\begin{aligned}\mathrm{KL}[N(\mu_Q, \Sigma_Q) \Vert N(\mu_P, \Sigma_P)] = \tfrac12 \Bigl(&\operatorname{tr}(\Sigma_P^{-1}\Sigma_Q)
# + (\mu_P - \mu_Q)^{\mathsf T}\Sigma_P^{-1}(\mu_P - \mu_Q) \cr
# &- k - \log\frac{\det\Sigma_Q}{\det\Sigma_P}\Bigr)\end{aligned} \tag{5}$$
#
# <details>
# <summary>Why? Four lines, for those who like matrices.</summary>
#
# The logarithm of a normal density is $\log N(Z | \mu, \Sigma) = -\tfrac12 \bigl( (Z-\mu)^{\mathsf T}\Sigma^{-1}(Z-\mu) + \log\det\Sigma + k\log 2\pi \bigr)$.
#
# For $Z \sim Q$ we have $\mathbb E\,(Z-\mu_P)(Z-\mu_P)^{\mathsf T} = \Sigma_Q + (\mu_Q-\mu_P)(\mu_Q-\mu_P)^{\mathsf T}$.
#
# Since $v^{\mathsf T} A v = \operatorname{tr}(A v v^{\mathsf T})$, the quadratic term of $P$ averages to $\operatorname{tr}(\Sigma_P^{-1}\Sigma_Q) + (\mu_Q-\mu_P)^{\mathsf T}\Sigma_P^{-1}(\mu_Q-\mu_P)$, and that of $Q$, by the same rule with $\mu_P = \mu_Q$ and $\Sigma_P = \Sigma_Q$, to $k$.
#
# Half the difference of the two, plus half the difference of the logarithms of the determinants, is (5).
#
# </details>
#
# The library has this formula as `normal_kl`. The checks compare it with the definition (4), first by numerical integration on the line.


# %%
def kl_on_the_line(q, p):
    """Definition (4) by integration, over twelve standard deviations of Q each way."""
    low, high = q.mean() - 12 * q.std(), q.mean() + 12 * q.std()
    return integrate.quad(
        lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), low, high, epsabs=1e-12
    )[0]


integral = kl_on_the_line(stats.norm(0.7, 0.6), stats.norm(-0.2, 1.3))
same("(5) on the line", normal_kl(normal(0.7, 0.6**2), normal(-0.2, 1.3**2)), integral)

# %% [markdown]
# Then in the plane, for two normal distributions with correlated coordinates:

# %%
q = normal([0.3, -0.2], [[0.40, 0.15], [0.15, 0.30]])
p = normal([-0.5, 0.5], [[1.0, -0.4], [-0.4, 0.8]])


def integrand(z):
    """Of definition (4) in the plane."""
    return q.pdf(z) * (q.logpdf(z) - p.logpdf(z))


result = integrate.cubature(integrand, [-6, -6], [6, 6], rtol=1e-11, atol=1e-11)
same("(5) in the plane", normal_kl(q, p), result.estimate)

# %% [markdown]
# And in five dimensions, by random draws:


# %%
def random_normal(k, rng):
    """A normal distribution with any mean and covariance."""
    factor = rng.normal(size=(k, k)) / np.sqrt(k)
    return normal(rng.normal(size=k), factor @ factor.T + 0.1 * np.eye(k))


q, p = random_normal(5, rng), random_normal(5, rng)
draws = q.rvs(100_000, random_state=rng)
estimate("(5) in five dimensions", q.logpdf(draws) - p.logpdf(draws), normal_kl(q, p))

# %% [markdown]
# ### It is never negative
#
# This is the fact that everything below rests on, so here is its proof. A smooth function is *convex* if its graph never goes below any of
# its tangents. **Jensen's inequality** says what a convex function $\varphi$ does to averages:
#
# $$\mathbb E\bigl[\varphi(V)\bigr] \;\ge\; \varphi\bigl(\mathbb E[V]\bigr).$$
#
# (Take the tangent at $\mathbb E[V]$. It is nowhere above the graph, and the average of the tangent's values is its value at the average.) The function $-\log$ is
# convex. With $V = P(Z)/Q(Z)$ and $Z \sim Q$,
#
# $$\mathrm{KL}[Q \Vert P] = \mathbb E_Q\Bigl[-\log \frac{P}{Q}\Bigr] \;\ge\; -\log \mathbb E_Q\Bigl[\frac PQ\Bigr]
# = -\log \int_{Q > 0} P(Z)\, dZ \;\ge\; -\log 1 = 0.$$
#
# The second inequality is there because $P$ may have mass where $Q$ has none. That mass is missing from the integral, which is
# then smaller than 1.
#
# *When is it 0?* Use the tangent of $\log$ at 1, $\log v \le v - 1$, which touches the curve at $v = 1$ only. It gives
# $\mathrm{KL}[Q \Vert P] \ge \mathbb E_Q[1 - \frac PQ] \ge 0$. The first of these is an equality only if $\frac PQ = 1$ (almost) everywhere that
# $Q > 0$. Then $P$ has all its mass there, too, and the two distributions are the same. So **KL is 0 only if** $Q = P$.
#
# We try a thousand random pairs, in one to six dimensions, and one distribution compared with itself. And
# where $Q$ covers only half of $P$ (uniform on [0, 1] and on [0, 2]), the last integral is ½. There $P/Q$ is ½ at every draw, so Jensen's inequality is an equality, and the divergence must be $-\log ½ = \log 2$.

# %%
sizes = rng.integers(1, 7, size=1000)
pairs = [(random_normal(k, rng), random_normal(k, rng)) for k in sizes]
smallest = min(normal_kl(q, p) for q, p in pairs)
assert smallest > 0, f"a divergence of {smallest} nats"
print(f"smallest of {len(pairs)}: {smallest:.4f} nats")
same("of itself", normal_kl(q, q), 0, within=1e-12)
u = rng.uniform(size=1000)
log_ratio = stats.uniform(0, 1).logpdf(u) - stats.uniform(0, 2).logpdf(u)
same("half covered, and log 2", log_ratio.mean(), np.log(2))

# %% [markdown]
# ### It has a direction
#
# Strictly speaking, the divergence is not a distance: $\mathrm{KL}[Q \Vert P]$ and $\mathrm{KL}[P \Vert Q]$ differ. This is clearest where $Q$
# can't be right. Let $P$ have two humps, with 35 % and 65 % of the mass, and let $Q$ be a normal distribution, which has one hump. We fit $Q$ in both directions, by an
# optimiser that starts once on each side.

# %%
grid = np.linspace(-8, 8, 4001)
p_grid = 0.35 * stats.norm.pdf(grid, -2.5, 0.6) + 0.65 * stats.norm.pdf(grid, 2, 0.8)


def kl_on_grid(parameters, direction):
    """Definition (4) for a mean and the logarithm of a standard deviation."""
    log_q = stats.norm.logpdf(grid, parameters[0], np.exp(parameters[1]))
    if direction == "Q ‖ P":
        return integrate.trapezoid(np.exp(log_q) * (log_q - np.log(p_grid)), grid)
    return integrate.trapezoid(p_grid * (np.log(p_grid) - log_q), grid)


# %%
fits = {"Q ‖ P": [], "P ‖ Q": []}
for direction, found in fits.items():
    for start in (1.0, -2.0):
        best = optimize.minimize(kl_on_grid, [start, 0.0], args=(direction,))
        mean, deviation = best.x[0], np.exp(best.x[1])
        found.append((mean, deviation))
        print(f"KL[{direction}] from {start:4}: {best.fun:.3f} nats at ", end="")
        print(f"mean {mean:5.2f}, standard deviation {deviation:.2f}")

# %% alt="A density with two humps, in both panels. Left, smallest KL of Q from P: Q sits on one hump, which one depends on the start. Right, smallest KL of P from Q: one broad Q covers both humps and the empty middle."
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.1), sharey=True, layout="constrained")
for ax, direction, color in zip(axes, fits, [BLUE, ORANGE], strict=True):
    ax.fill_between(grid, p_grid, color="0.85", label="$P$")
    found = dict(zip([" from 1", " from −2"], fits[direction], strict=True))
    if direction == "P ‖ Q":  # the two are the same
        found = {" anywhere": fits[direction][0]}
    for (where, fit), style in zip(found.items(), ["-", "--"], strict=False):
        label = "$Q$, started" + where
        ax.plot(grid, stats.norm.pdf(grid, *fit), style, color=color, label=label)
    ax.set(xlim=(-6, 6), ylim=(0, 1.1), xlabel="$z$", title=f"smallest KL[{direction}]")
    ax.legend(loc="upper left", fontsize="small")
axes[0].set_ylabel("density")
plt.show()

# %% [markdown]
# On the left $Q$ is punished for putting weight where $P$ has little. So it takes one hump and leaves the other alone (*mode seeking*). Which
# one depends on the start: the solid $Q$ has the smaller divergence, about $-\log 0.65 = 0.43$ nats, and the dashed one, at about $-\log 0.35 = 1.05$
# nats, is only a local minimum.
#
# On the right $Q$ is punished for putting little weight where $P$ has some. So it covers both humps, and the empty middle as well (*mean seeking*; the best
# mean and variance are those of $P$), whatever the start. A VAE's encoder is fitted in the direction on the left.

# %%
deep, shallow = (kl_on_grid((m, np.log(s)), "Q ‖ P") for m, s in fits["Q ‖ P"])
same("humps, and − log of their shares", [deep, shallow], -np.log([0.65, 0.35]), 0.02)
center = integrate.trapezoid(grid * p_grid, grid)
spread = np.sqrt(integrate.trapezoid((grid - center) ** 2 * p_grid, grid))
for fit in fits["P ‖ Q"]:
    same("mean and deviation of P", fit, [center, spread], within=1e-3)

# %% [markdown]
# ## The derivation
#
# Take any distribution $Q(Z \mid X)$, one for each picture. For the checks, we take one for our $X$ that has
# nothing to do with the posterior. Expectations over it are computed by numerical integration, straight from their definition, so that
# no closed form is compared with itself.

# %%
q = normal([0.3, -0.2], [[0.40, 0.15], [0.15, 0.30]])
posterior = model.posterior(x)
log_prior = model.prior.logpdf


def log_likelihood(z):
    """log P(X|Z) for our X."""
    return model.log_likelihood(x, z)


# %%
def expectation(function):
    """E_{Z∼Q}[function(Z)] by integration over the plane."""
    half, exact = 9 * np.sqrt(np.diag(q.cov)), {"rtol": 1e-12, "atol": 1e-12}
    integral = integrate.cubature(
        lambda z: q.pdf(z) * function(z), q.mean - half, q.mean + half, **exact
    )
    return integral.estimate


# %% [markdown]
# **Begin** with the question: how far is $Q$ from the posterior? By definition (4),
#
# $$\mathrm{KL}\bigl[Q(Z|X) \,\Vert\, P(Z|X)\bigr] = \mathbb E_{Z\sim Q}\bigl[\log Q(Z|X) - \log P(Z|X)\bigr]. \tag{6}$$

# %%
kl_to_posterior = normal_kl(q, posterior)
by_definition = expectation(lambda z: q.logpdf(z) - posterior.logpdf(z))
same("(6) the definition", kl_to_posterior, by_definition)

# %% [markdown]
# In general the posterior is unknown. **Bayes' rule** expresses it by the likelihood and the prior, which we can compute, and the evidence, which
# is the number we are after:
#
# $$\log P(Z|X) = \log P(X|Z) + \log P(Z) - \log P(X) \tag{7}$$
#
# It holds at every single $Z$; the check takes a thousand of them.

# %%
some_z = q.rvs(1000, random_state=rng)
by_bayes = log_likelihood(some_z) + log_prior(some_z) - log_p_x
same("(7) Bayes' rule", posterior.logpdf(some_z), by_bayes)

# %% [markdown]
# **Substitute** (7) in (6), and mind the signs:
#
# $$\mathrm{KL}\bigl[Q(Z|X) \Vert P(Z|X)\bigr]
# = \mathbb E_{Z\sim Q}\bigl[\log Q(Z|X) - \log P(X|Z) - \log P(Z) + \log P(X)\bigr] \tag{8}$$

# %%
substituted = expectation(
    lambda z: q.logpdf(z) - log_likelihood(z) - log_prior(z) + log_p_x
)
same("(8) substituted", kl_to_posterior, substituted)

# %% [markdown]
# $\log P(X)$ does not depend on $Z$, so it can be **taken out** of the expectation:
#
# $$\mathrm{KL}\bigl[Q(Z|X) \Vert P(Z|X)\bigr]
# = \mathbb E_{Z\sim Q}\bigl[\log Q(Z|X) - \log P(X|Z) - \log P(Z)\bigr] + \log P(X) \tag{9}$$

# %%
remaining = expectation(lambda z: q.logpdf(z) - log_likelihood(z) - log_prior(z))
same("(9) log P(X) taken out", kl_to_posterior, remaining + log_p_x)

# %% [markdown]
# **Regroup**: the average of $\log Q(Z|X) - \log P(Z)$ over $Q$ is, by (4), a second divergence: that of $Q$ from the prior.
#
# $$\mathrm{KL}\bigl[Q(Z|X) \Vert P(Z|X)\bigr]
# = \mathrm{KL}\bigl[Q(Z|X) \Vert P(Z)\bigr] - \mathbb E_{Z\sim Q}\bigl[\log P(X|Z)\bigr] + \log P(X) \tag{10}$$
#
# (If you follow the article [3] in parallel: at this point it writes $\mathrm{KL}[Q(Z|X) \Vert \log P(Z)]$. The second argument of a divergence is a
# distribution, so that $\log$ is a slip of the pen; the logarithm is inside the definition already.)

# %%
regrouped = normal_kl(q, model.prior) - expectation(log_likelihood) + log_p_x
same("(10) regrouped", kl_to_posterior, regrouped)

# %% [markdown]
# **Sort**, so that what we want is on the left, and what we can compute is on the right:
#
# $$\boxed{\;\log P(X) - \mathrm{KL}\bigl[Q(Z|X) \Vert P(Z|X)\bigr]
# = \mathbb E_{Z\sim Q}\bigl[\log P(X|Z)\bigr] - \mathrm{KL}\bigl[Q(Z|X) \Vert P(Z)\bigr]\;} \tag{11}$$

# %%
right_side = expectation(log_likelihood) - normal_kl(q, model.prior)
same("(11) sorted", log_p_x - kl_to_posterior, right_side)

# %% [markdown]
# No step used anything but the rules of probability: (11) holds for *any* model, and for any $Q$ whose terms are finite. Here are
# three hundred such $Q$, with random means and covariances. In our linear model all terms have closed
# forms when $Q$ is normal, so no integration is needed (`model.elbo` is the right side):

# %%
many_q = [random_normal(2, rng) for _ in range(300)]
left_sides = np.array([log_p_x - normal_kl(q, posterior) for q in many_q])
right_sides = np.array([model.elbo(x, q) for q in many_q])
same(f"(11) for {len(many_q)} distributions Q", left_sides, right_sides)

# %% [markdown]
# A VAE estimates the reconstruction by random draws from $Q$, because with a network there is no closed form. Here both sides of (11) are estimated in this way, the right side as its two terms:

# %%
draws = q.rvs(100_000, random_state=rng)
left_side = log_p_x - (q.logpdf(draws) - posterior.logpdf(draws))
reconstruction, log_ratio = log_likelihood(draws), q.logpdf(draws) - log_prior(draws)
exact = model.expected_log_likelihood(x, q)
estimate("log P(X) − KL[Q‖P(Z|X)]", left_side, model.elbo(x, q))
estimate("E[log P(X|Z)]          ", reconstruction, exact)
estimate("KL[Q‖P(Z)]             ", log_ratio, normal_kl(q, model.prior))

# %% [markdown]
# The expectation has to be over $Q$. A common slip is to draw $Z$ from the prior. How much would this slip change the result here?

# %%
from_prior = log_likelihood(model.prior.rvs(100_000, random_state=rng)).mean()
change = from_prior - model.expected_log_likelihood(x, q)
print(f"the slip changes it by {change:.1f} nats")

# %% [markdown]
# What (11) says about *moving* $Q$ is worth a moment. The first term on the left, $\log P(X)$, does not contain $Q$
# at all. So when $Q$ moves, the divergence from the posterior and the right side must change by equal amounts, in opposite directions: each nat that the
# right side gains is a nat by which $Q$ has come nearer to the posterior.

# %% [markdown]
# ### Move Q yourself
#
# To fit everything into one figure, $Z$ and $X$ are a single number each. The prior is $N(0, 1)$ as before, the noise
# has a standard deviation of 0.8, and $X = 2.5$ has been observed. There are two decoders to choose from. With $f(z) = z$ the posterior is normal. With
# $f(z) = z^2$ the codes $z$ and $-z$ decode to the same $X$, so the posterior has two humps.
#
# On the left, drag the orange $Q$. On the right are the terms of (11) in nats. The first two bars are its right side: the *reconstruction*
# $\mathbb E_Q[\log P(X|Z)]$, minus the KL from the prior, is the ELBO. The gap, $\mathrm{KL}[Q \Vert P(Z|X)]$, is computed on its own, from definition (6), with the posterior that
# you see. However you move $Q$, the gap reaches from the ELBO exactly up to $\log P(X)$, and this line stays where it is.
#
# Make a guess first, then try:
#
# 1. *One hump.* Put $Q$ on the posterior, with its mean at 1.5, and make it as wide as you can, then as narrow as you can. Which term gets worse in each case?
# 2. *One hump.* How small can the gap get?
# 3. *Two humps.* Which hump does the best $Q$ choose, and what gap remains?
# 4. *Two humps.* Is it better to stay in the middle and be wide enough for both?

# %%
from course.hand import MODELS, q_in_the_hand

q_in_the_hand()

# %% [markdown]
# <details>
# <summary>What happens, and why</summary>
#
# 1. When $Q$ is too wide, many of its codes decode to something else, and the reconstruction gets worse: it falls from −1.7 to −3.5 nats. When $Q$ is too narrow, the reconstruction is
#    even better than at the best $Q$ (−1.5), but the KL from the prior rises from 1.3 to 2.3. The best width is where one more step costs as much as it gains.
# 2. It can vanish. The posterior is normal here, so $Q$ can be equal to it, and the ELBO is then $\log P(X)$.
# 3. Either. The humps are mirror images, and both $Q$ have the same ELBO; the button takes the one that is closer. A gap of 0.74 nats remains. Most of it is $\log 2 = 0.69$:
#    $Q$ has all its mass on one hump, where the posterior has only half. The rest is there because a hump is not exactly normal.
# 4. No. With its mean at 0 the best $Q$ has a gap of 1.55 nats, because it puts much of its mass between the humps, where the posterior has little. Yet a small step
#    to either side makes the gap larger, not smaller. The middle is a local optimum, and an optimiser can get stuck there.
#
# An encoder with a normal $Q$ is in the same position. Where the posterior isn't normal, even the best $Q$ leaves a gap.
#
# </details>
#
# Here are the same bars in Python, for the $Q$ of each question:

# %%
one, two = MODELS["one hump"], MODELS["two humps"]
tried = {
    "one hump, wide": one.terms(1.5, 1.6),
    "one hump, narrow": one.terms(1.5, 0.2),
    "one hump, best": one.terms(*one.best[0]),
    "two humps, best on the left": two.terms(*two.best[0]),
    "two humps, best on the right": two.terms(*two.best[1]),
}
width = optimize.minimize_scalar(lambda s: two.terms(0, s)["gap"], (0.5, 1, 2)).x
tried |= {
    "two humps, best in the middle": two.terms(0, width),
    "two humps, a step to the left": two.terms(-0.3, width),
    "two humps, a step to the right": two.terms(0.3, width),
}
bars = pd.DataFrame(tried).T
bars.round(2)

# %%
wide, narrow, best, left, right, middle, *aside = bars.to_dict("records")
told = {"reconstruction": [-3.48, -1.51, -1.74], "KL to prior": [1.43, 2.25, 1.33]}
for term, values in told.items():
    same(f"one hump: {term}, as told above", bars[term][:3], values, within=0.01)
same("one hump: ELBO of the best Q and log P(X)", best["ELBO"], one.log_evidence, 1e-6)
same("two humps: ELBO on the left and on the right", left["ELBO"], right["ELBO"])
assert 0 < left["gap"] - np.log(2) < 0.05, "the gap of one hump is not about log 2"
assert 2 * left["gap"] < middle["gap"], "the middle is better than told"
assert all(middle["gap"] < step["gap"] for step in aside), "a step aside is better"

# %% [markdown]
# ## The bound
#
# Look at the two sides of (11).
#
# - **Left**: what we want, $\log P(X)$, minus an error that is never negative, and 0 only when $Q$ is the posterior.
# - **Right**: two terms that we can compute or estimate. Training raises their difference, by gradient descent on minus the ELBO. The first asks whether codes from $Q$ decode to $X$. It is the
#   *reconstruction* term. The second keeps every picture's distribution of codes near the prior.
#
# Since the error is not negative, the right side is a lower bound on the logarithm of the evidence:
#
# $$\log P(X) \;\ge\; \mathrm{ELBO} = \mathbb E_{Z\sim Q}\bigl[\log P(X|Z)\bigr]
# - \mathrm{KL}\bigl[Q(Z|X) \Vert P(Z)\bigr] \tag{12}$$
#
# The two are equal exactly when $Q(Z|X) = P(Z|X)$. With the model fixed, raising the ELBO can only close the gap. Training changes $\theta$ as well, and
# then it can raise $\log P(X)$ itself; [notebook 02b](02b_raising_the_bound.ipynb) takes the two apart. We compare the 300 distributions $Q$ from above, and the posterior itself.

# %%
assert (right_sides < log_p_x).all(), "a bound lies above log P(X)"
print(f"{len(many_q)} random Q, all below log P(X)")
print(f"the closest falls short by {log_p_x - right_sides.max():.3f} nats")
same("(12) at Q = the posterior", model.elbo(x, posterior), log_p_x)

# %% [markdown]
# ## An encoder with two outputs
#
# Which $Q$ does a VAE use? The usual choice is a normal distribution with a *diagonal* covariance: its coordinates are independent. For each picture the encoder returns two
# vectors, the means $\mu(X)$ and the variances (in practice their logarithms).
#
# $$Q(Z|X) = N\bigl(\mu(X), \Sigma(X)\bigr), \qquad \Sigma \text{ diagonal, with variances } \sigma_1^2, \dots, \sigma_k^2 \tag{13}$$
#
# (These $\sigma_i$ have nothing to do with the noise $\sigma$ of (2).)
#
# Its divergence from the prior takes two lines. For one coordinate, $\log Q(z) = -\tfrac12\bigl(\tfrac{(z-\mu)^2}{\sigma^2} + \log \sigma^2 + \log 2\pi\bigr)$ and
# $\log P(z) = -\tfrac12(z^2 + \log 2\pi)$. Under $Q$ we have $\mathbb E(z-\mu)^2 = \sigma^2$ and $\mathbb E z^2 = \mu^2 + \sigma^2$. So
#
# $$\mathbb E_Q\bigl[\log Q(z) - \log P(z)\bigr] = -\tfrac12\bigl(1 + \log\sigma^2\bigr) + \tfrac12\bigl(\mu^2 + \sigma^2\bigr),$$
#
# and for independent coordinates the densities multiply, so the divergences add up:
#
# $$\mathrm{KL}\bigl[N(\mu, \Sigma) \Vert N(0, I)\bigr]
# = \tfrac12 \sum_{i=1}^{k} \bigl(\sigma_i^2 + \mu_i^2 - 1 - \log \sigma_i^2\bigr)
# = \tfrac12\bigl(\operatorname{tr}\Sigma + \mu^{\mathsf T}\mu - k - \log\det\Sigma\bigr) \tag{14}$$
#
# (The last form, with the trace and the determinant, holds for any $\Sigma$.) Each coordinate adds a cost of its own: for a mean away from 0, for a variance above 1, and, through the logarithm, for a variance below 1.

# %%
mean, variance = np.array([0.8, -1.5, 0.1]), np.array([0.3, 0.05, 0.9])
by_formula = 0.5 * (variance + mean**2 - 1 - np.log(variance)).sum()
by_integration = sum(
    kl_on_the_line(stats.norm(m, np.sqrt(v)), stats.norm())
    for m, v in zip(mean, variance, strict=True)
)
same("(14) by integration, coordinate by coordinate", by_formula, by_integration)

# %%
cloud, prior = normal(mean, np.diag(variance)), normal(np.zeros(3), np.eye(3))
same("     by formula (5)", by_formula, normal_kl(cloud, prior))
draws = cloud.rvs(100_000, random_state=rng)
log_ratio = cloud.logpdf(draws) - prior.logpdf(draws)
estimate("(14) by Monte Carlo", log_ratio, by_formula)

# %% [markdown]
# What does the diagonal cost? In our model the posterior's coordinates are correlated, so no diagonal $Q$ can reach it. We let an optimiser find the best one;
# all it knows is that the ELBO should rise.


# %%
def minus_elbo(parameters):
    """For two means and two logarithms of variances."""
    return -model.elbo(x, normal(parameters[:2], np.diag(np.exp(parameters[2:]))))


found = optimize.minimize(minus_elbo, np.zeros(4), tol=1e-10)
best_variances = np.exp(found.x[2:])
correlation = posterior.cov[0, 1] / np.sqrt(np.diag(posterior.cov).prod())
print("correlation in the posterior:", correlation.round(3))
print(f"the best diagonal Q falls short by {log_p_x + found.fun:.4f} nats")

# %% [markdown]
# Theory predicts these variances. Only two terms of (5), with the posterior in place of $P$, contain the variances: $\tfrac12\sum_i (\Lambda_{ii}\sigma_i^2 - \log\sigma_i^2)$, where $\Lambda$ is the
# inverse of the posterior's covariance. The derivative is 0 at $\sigma_i^2 = 1/\Lambda_{ii}$. If the coordinates are correlated, these variances
# are smaller than the posterior's own, because $1/\Lambda_{ii}$ is the variance of $Z_i$ when the other coordinates are known, and knowing them can only make it smaller: this is what we meant by the narrow side. (Here it is only about 3 %.)

# %%
by_theory = 1 / np.diag(np.linalg.inv(posterior.cov))
same("variances, by theory", best_variances, by_theory, within=1e-4)
own = np.diag(posterior.cov)
assert (best_variances < own).all(), "the best diagonal Q is not the narrower one"
print("variances of the best diagonal Q, as a share of the posterior's:", end=" ")
print((best_variances / own).round(3))

# %% [markdown]
# ## Many small clouds make one large one
#
# Each picture gets a normal distribution of its own, around its own mean and narrower than the prior. Let us call it the picture's *cloud*. Yet codes for *new* pictures will be drawn from
# $N(0, I)$. How do the two go together? Mix the clouds: draw a picture at random, then a code from its cloud. If the clouds are the posteriors, and the pictures follow
# the model, then this **mixture** of all clouds is the prior:
#
# $$\int P(Z \mid X)\, P(X)\, dX = \int P(X, Z)\, dX = P(Z) \tag{15}$$
#
# The mixture of all clouds is called the **aggregated posterior**. So the clouds of all pictures together are $N(0, I)$, although
# here no single one is.
#
# For the linear-Gaussian model this can be computed. The covariance of a mixture is the average of the covariances, plus the covariance of
# the means. (This is the *law of total covariance*: take $\mathbb E\,ZZ^{\mathsf T} = \mathbb E[\Sigma_X + \mu_X\mu_X^{\mathsf T}]$, and subtract the product of the means, $\mathbb E Z\,\mathbb E Z^{\mathsf T}$ with $\mathbb E Z = \mathbb E\mu_X$.)

# %%
gain = posterior.cov @ weights.T / sigma**2  # posterior mean = gain (X − b)
total = posterior.cov + gain @ model.evidence.cov @ gain.T
same("(15) covariance of the mixture and I", total, np.eye(2), within=1e-12)

# %%
centers = (pictures - bias) @ gain.T
same("     centre by `posterior`", gain @ (x - bias), posterior.mean, within=1e-12)
z = centers + normal(cov=posterior.cov).rvs(len(centers), random_state=rng)
for i in range(2):
    follows(f"     coordinate {i + 1} against N(0, 1)", z[:, i], stats.norm)

# %% [markdown]
# To see it, we draw forty of the clouds, and mix more and more of them.


# %%
def average_density(centers, grid):
    """The mean of the clouds' densities of coordinate 1."""
    deviation = np.sqrt(posterior.cov[0, 0])
    return stats.norm.pdf(grid[:, None], centers[:, 0], deviation).mean(axis=1)


def draw_cloud(ax, center, cov, share, **how):
    """The ellipse that holds a share of a normal distribution."""
    values, vectors = np.linalg.eigh(cov)
    angle = np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
    height, width = 2 * np.sqrt(values * stats.chi2(2).ppf(share))
    ax.add_patch(Ellipse(center, width, height, angle=angle, **how))


# %% alt="Left: forty small ellipses scattered over the prior's circles. Right: the density of mixtures of 6, 40 and 5000 clouds along the first coordinate; the last lies on the standard normal curve."
fig, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.9), layout="constrained")
how = {"fill": False, "edgecolor": BLUE, "linewidth": 0.8}
for center in centers[:40]:
    draw_cloud(left, center, posterior.cov, 0.5, **how)
for share, style in {0.5: "-", 0.95: "--"}.items():
    how = {"fill": False, "edgecolor": "black", "linestyle": style, "linewidth": 1.5}
    draw_cloud(left, (0, 0), np.eye(2), share, **how)
left.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal")
left.set(xlabel="$z_1$", ylabel="$z_2$", title="40 clouds, and the prior")
grid = np.linspace(-4, 4, 301)
for n, color in [(6, "0.75"), (40, "0.45"), (5000, BLUE)]:
    density = average_density(centers[:n], grid)
    width = 4 if n == 5000 else 1.5
    right.plot(grid, density, color=color, lw=width, label=f"mixture of {n}")
right.plot(grid, stats.norm.pdf(grid), "--", color="black", label="$N(0, 1)$")
right.set(xlabel="$z_1$", ylabel="density", ylim=(0, 0.8))
right.set_title("their mixture along $z_1$")
right.legend()
plt.show()

# %% [markdown]
# (A blue ellipse holds 50 % of its cloud. The black circles hold 50 % of the prior, solid, and 95 %, dashed.) In this model all clouds have the same shape. In a VAE each has its own.
#
# Real digits don't follow the model, and then the clouds need not add up. `LinearGaussian.fit` finds the maximum-likelihood
# linear-Gaussian model of ten thousand digits with two latent variables, in closed form. Its aggregated posterior has the *covariance*
# of the prior, exactly. But its shape is different:

# %%
digits = x_train[:10_000].reshape(-1, 784).astype("float64")
fitted = LinearGaussian.fit(digits, latent_dim=2)
cloud = fitted.posterior(digits[0]).cov
z = (digits - fitted.bias) @ fitted.weights @ cloud / fitted.sigma**2
same("mean and 0", z.mean(axis=0), 0)
same("covariance and I", np.cov(z.T, bias=True) + cloud, np.eye(len(cloud)))
z += normal(cov=cloud).rvs(len(z), random_state=rng)
for i in range(fitted.latent_dim):
    gap, p_value = stats.kstest(z[:, i], "norm")
    print(f"coordinate {i + 1}: largest gap to N(0, 1) {gap:.3f}, p = {p_value:.1g}")
    assert p_value < 1e-6, "this coordinate could well be normal"

# %% [markdown]
# Mean and variance are right, but the distribution is not normal. Notebooks 03 and 05 put the same question to a VAE's codes, and 05 shows why
# the gap says more than the p-value.
#
# ## What to take with you
#
# - $\log P(X) - \mathrm{KL}[Q \Vert P(Z|X)] = \mathbb E_Q[\log P(X|Z)] - \mathrm{KL}[Q \Vert P(Z)]$ holds for any $Q$ (11). The right side is the ELBO. Since
#   the KL is not negative, it is a lower bound (12), and it is equal to $\log P(X)$ only at the posterior.
# - The direct estimate of $P(X)$ fails because almost all codes drawn from the prior have nothing to do with the picture. $Q$ draws where it matters. In
#   our experiment more draws helped a $Q$ that was too wide much sooner than one that was too narrow.
# - KL has a direction. In the direction that a VAE uses, the *best* normal $Q$ sits on one of two humps that are far apart.
# - A diagonal normal $Q$ makes the KL a simple sum (14). The price is that it can't represent correlations.
# - The aggregated posterior, the mixture of all clouds, is the prior if the clouds are the posteriors and the pictures follow the model (15).
#
# Everything is ready for training except a way to raise the bound. [Notebook 02b](02b_raising_the_bound.ipynb) shows it.

# %% [markdown]
# ## Exercises
#
# In the first cell of an exercise, replace `...` with your answer and run it. The cell below checks your answer and, if it is not
# right yet, tries to tell you why. A solution is folded away under each: click on the bar with the three dots to see it.
#
# Your function is called with NumPy arrays of float64, and may use NumPy, SciPy or `keras.ops`. As in Keras code, `z_mean`
# is $\mu$ and `z_log_var` is $\log \sigma^2$, the logarithm of the *variance*.

# %%
from course.display import folded
from course.exercises.derivation import check_best_cloud, check_kl_to_prior

# %% [markdown]
# **1.** Compute the KL of the encoder's clouds from the prior, (13) and (14), in nats for each picture.


# %%
def kl_to_prior(z_mean, z_log_var):
    """KL[N(z_mean, diag(exp(z_log_var))) ‖ N(0, I)] in nats.

    Both of shape (batch, latent_dim), the result (batch,).
    """
    return ...  # your answer


# %%
check_kl_to_prior(kl_to_prior)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def kl_to_prior_solution(z_mean, z_log_var):
    """KL[N(z_mean, diag(exp(z_log_var))) ‖ N(0, I)] in nats.

    Both of shape (batch, latent_dim), the result (batch,).
    """
    return 0.5 * (np.exp(z_log_var) + z_mean**2 - 1 - z_log_var).sum(axis=1)


# %% [markdown]
# **2.** *With pencil and paper.* Take the smallest model there is: one latent variable, one pixel, and $f(Z) = aZ$ with a number $a$. So
# $P(Z) = N(0, 1)$ and $P(X|Z) = N(aZ, \sigma^2)$. Let $Q = N(m, v)$. Which mean $m$ and which variance $v$ make the ELBO (12) largest? Use only (12), and no formula for
# a posterior. The check compares your formula with an optimiser's answer.
#
# <details>
# <summary>Hint 1: where to begin</summary>
#
# Write the two terms of (12) as functions of $m$ and $v$. For the reconstruction you need $\mathbb E_Q (X - aZ)^2 = (X - am)^2 + a^2 v$; the KL is (14) with $k = 1$.
#
# </details>
#
# <details>
# <summary>Hint 2: the function to maximise</summary>
#
# It is $-\dfrac{(X - am)^2 + a^2 v}{2\sigma^2} - \dfrac12 (v + m^2 - \log v)$, plus a constant. No term contains both $m$ and $v$, so you can maximise over each by itself.
#
# </details>
#
# <details>
# <summary>Hint 3: the derivatives</summary>
#
# $\dfrac{a (X - am)}{\sigma^2} - m = 0$ and $-\dfrac{a^2}{2\sigma^2} - \dfrac12 + \dfrac1{2v} = 0$. Solve the first for $m$ and the second for $v$.
#
# </details>


# %%
def best_cloud(x, a, sigma):
    """The mean and the variance of the normal Q with the largest ELBO.

    `x` has shape (batch,), `a` and `sigma` are numbers. The result has shape
    (batch, 2): the mean, then the variance, which is the same for every x: repeat it,
    for instance with `np.full_like`.
    """
    return ...  # your answer


# %%
check_best_cloud(best_cloud)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def best_cloud_solution(x, a, sigma):
    """The mean and the variance of the normal Q with the largest ELBO.

    `x` has shape (batch,), `a` and `sigma` are numbers. The result has shape
    (batch, 2): the mean, then the variance, which is the same for every x: repeat it,
    for instance with `np.full_like`.
    """
    # It is the posterior of the text for one latent variable: M = a² + σ².
    total = a**2 + sigma**2
    return np.stack([a * x / total, np.full_like(x, sigma**2 / total)], axis=1)


# %% [markdown]
# **3.** *Predict, then look.* Halve the noise $\sigma$ of the linear-Gaussian model at the top, and let $Q$ be its exact
# posterior, for pictures drawn from the changed model. Do the clouds get smaller or larger? And does the average KL from
# the prior go up or down? Why? (Try it in a cell of your own, with `LinearGaussian(weights, bias, 0.25)`, its
# `sample` and `posterior`, and `normal_kl`; the solution has one.)

# %% jupyter={"source_hidden": true} tags=["solution", "hide-cell"]
# Solution. With less noise a picture says more precisely which code it came from, so
# the clouds shrink, here by a little less than half in each direction. A smaller cloud
# costs more, since its code carries more information. By (15), tr Σ + μᵀμ − k averages
# to 0 over the pictures. What remains of (5) is −½ log det Σ, minus the logarithm of
# the cloud's size: it rises by a little less than log 2 = 0.69 nats for each of the two
# latent variables.
with folded():
    for noise_level in (0.5, 0.25):
        halved = LinearGaussian(weights, bias, noise_level)
        _, seen = halved.sample(500, np.random.default_rng(4))
        costs = [normal_kl(halved.posterior(picture), halved.prior) for picture in seen]
        size = np.sqrt(np.diag(halved.posterior(seen[0]).cov)).round(2)
        print(f"σ = {noise_level}: deviations of the cloud {size}, ", end="")
        print(f"average KL {np.mean(costs):.2f} nats")

# %% [markdown]
# ## Sources
#
# [1] C. Doersch, *Tutorial on Variational Autoencoders*, [arXiv:1606.05908](https://arxiv.org/abs/1606.05908) (the derivation; figure 3, the poor metric) ·
# [2] M. Tipping, C. Bishop, *Probabilistic Principal Component Analysis*, J. R. Stat. Soc. B 61, 1999 ·
# [3] the article that this course follows: M. Surtsukov, *Autoencoders in Keras, part 3: variational autoencoders* (in Russian), 2017, from
# [msurtsukov.github.io/AE3](https://msurtsukov.github.io/AE3) ·
# Data: Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST database of handwritten digits*, CC BY-SA 3.0.
#
# **Next:** [2b · Raising the bound](02b_raising_the_bound.ipynb)
