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
# # 2 · Deriving the ELBO
#
# A variational autoencoder (VAE) is trained to raise one number, the **evidence lower bound** (ELBO). In this notebook you
# derive it one step at a time. Every step is checked on a model so simple that all its answers are known exactly, and near the end a
# small VAE, trained here, reaches the exact answer. By then you will have met each piece of the loss that
# [notebook 03](03_vae_in_keras.ipynb) trains with, and put it together yourself.
#
# Allow about 75 minutes for reading and half a minute for running: this is the longest chapter on theory in the course. A good place to pause is before
# [*A gradient through a draw*](#A-gradient-through-a-draw): the derivation is complete there, and training begins.
#
# You need Python with NumPy, a first course in probability (densities, expectations, the normal distribution, Bayes' rule)
# and the matrix algebra that goes with it (inverse, determinant, trace). It helps to have read [notebook
# 01](01_mapping_distributions.ipynb). TensorFlow comes in only in the second half, where gradients are taken.
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

from course.diagrams import draw_generator, draw_trick
from vaelib.data import load_mnist
from vaelib.linear_gaussian import LinearGaussian, normal_kl

sns.set_theme(context="notebook", style="ticks", palette="colorblind")
set_matplotlib_formats("retina")
BLUE, ORANGE, GREEN, RED = sns.color_palette()[:4]
normal = stats.multivariate_normal

# %% [markdown]
# Three small helpers do the checking. `same` compares two ways to get one number and stops the notebook if they
# disagree.


# %%
def same(name, one, other, within=1e-9):
    """Print two results that must agree; stop if they do not."""
    error = np.abs(np.asarray(one) - np.asarray(other)).max()
    assert error < within, f"{name}: the two results differ by {error}"
    shown = f"{one:.6f} = {other:.6f}, " if np.ndim(one) == np.ndim(other) == 0 else ""
    print(f"{name}: {shown}error below {within:g}")


# %% [markdown]
# `estimate` averages random draws and says how far the average is from the exact value, in units of its own standard
# error. A correct formula gives distances like −1.3 or 0.4, and a wrong one soon gives 20.


# %%
def estimate(name, values, exact):
    """Print the mean of random values beside what it must be; stop if it is far off."""
    mean, error = np.mean(values), np.std(values) / np.sqrt(len(values))
    distance = (mean - exact) / error
    assert abs(distance) < 4.5, f"{name}: {distance:.1f} standard errors off"
    print(f"{name}: {mean:.4g} ± {error:.1g}, exactly {exact:.4g} ", end="")
    print(f"({distance:+.1f} standard errors)")


# %% [markdown]
# `follows` asks whether draws follow a claimed distribution, by the *Kolmogorov–Smirnov test*: it takes the largest gap
# between the draws' distribution function and the claimed one. The p-value is the probability of a gap at least that large if
# the claim is true. Any p that isn't tiny is fine; 1e-10 would refute the claim.


# %%
def follows(name, draws, claimed):
    """Print the p-value of one-dimensional draws; stop if the claim is refuted."""
    p_value = stats.kstest(draws, claimed.cdf).pvalue
    assert p_value > 1e-6, f"{name}: the claim is refuted, p = {p_value:.1g}"
    print(f"{name}: Kolmogorov-Smirnov p = {p_value:.2f}")


# %% [markdown]
# ## How a picture comes about
#
# Think of how somebody writes a digit. First there are hidden factors: which digit, how thick the pen, how much it slants.
# Call them $Z$, the **latent variables**. Then the hand moves, and a picture $X$ appears. Nobody draws the same digit twice, so
# the same $Z$ can give many pictures. This story has two parts, and each is a probability distribution:
#
# - the **prior** $P(Z)$ says how common a combination of hidden factors is;
# - the **likelihood** $P(X \mid Z)$ says which pictures these factors can give.
#
# A model that tells such a story is a **generative model**: to get a new picture, draw $Z$ from the prior, then $X$ from the
# likelihood. The story also says how likely a given picture is as a digit at all. This third distribution, $P(X)$, is called the **evidence**.
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
# The noise we choose decides which pictures count as similar. There is more on this [below](#The-noise-is-the-metric).
#
# In a VAE $f$ is a neural network. Here it is a matrix, $f(Z) = WZ + b$, with two latent variables and three "pixels". The two steps
# of (2), a hundred thousand times:

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
assert model.latent_dim == 2, (
    "keep two latent variables: we shall integrate over a plane"
)
log_p_x = model.evidence.logpdf(x)
print("log P(X) =", log_p_x.round(4), "nats")

# %% [markdown]
# (Logarithms are natural, so their unit is the **nat**. One nat is $1/\ln 2 = 1.44$ bits.)
#
# Now the checks. First formula (2) by hand: the logarithm of this normal density is a constant minus a scaled squared
# distance. SciPy's density must agree, and so must the library's.

# %%
z = np.array([0.4, -1.0])
distance = np.square(x - weights @ z - bias).sum()
by_hand = -distance / (2 * sigma**2) - len(x) / 2 * np.log(2 * np.pi * sigma**2)
scipys = normal(weights @ z + bias, sigma**2 * np.eye(len(x))).logpdf(x)
same("(2) log P(X|Z)", by_hand, scipys, within=1e-12)
same("    and vaelib's", model.log_likelihood(x, z[None])[0], scipys, within=1e-12)

# %% [markdown]
# Next formula (1): SciPy integrates numerically over the plane of $Z$, without using the matrix formulas.


# %%
def joint(z):
    """P(X|Z) P(Z) at codes of shape (n, 2), for our X."""
    return np.exp(model.log_likelihood(x, z)) * model.prior.pdf(z)


integral = integrate.cubature(joint, [-9, -9], [9, 9], rtol=1e-12, atol=1e-13).estimate
same("(1) log P(X)", np.log(integral), log_p_x)

# %% [markdown]
# Finally, the pictures drawn in two steps must follow this closed form. If they do, their squared distances from the mean, in
# units of the covariance, follow a chi-squared distribution with as many degrees of freedom as there are pixels.

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
# Now, how do we get $P(X)$ for one picture when the integral (1) has no formula? Why not take (1) at its word? Draw many $Z$ from the prior, and average:
#
# $$P(X) \approx \frac1N \sum_{i=1}^{N} P(X \mid Z_i), \qquad Z_i \sim P(Z).$$
#
# Nothing is wrong with this estimate. On our small model it works. (The average is taken through logarithms, by `logsumexp`,
# because the densities of larger models are too small for floating-point numbers.)


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
# did any work. It is the **effective sample size** $1 / \sum w_i^2$, where $w_i$ is the share of draw $i$ in the sum: with $N$ equal shares it is
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
# (These are averages over five seeds.) With 32 latent variables ten thousand draws miss by hundreds of nats, and a single draw does nearly all the
# work: the one that happened to be least wrong. The reason is plain: *for one picture, nearly all* $Z$ *give*
# $P(X \mid Z) \approx 0$. Somebody who fills pages with random strokes will write a given seven in the end, but not soon.
#
# ### A poor metric makes it worse
#
# Why must a code be so exact? Because (2) measures similarity by the squared distance between pixels, which is a poor metric for pictures. Doersch [1]
# has a telling example. Take a seven. Cut a piece of 5 × 5 pixels out of it, and nobody would write it so. Or move the whole
# seven right and down by half a pixel or by one, and hardly anybody would notice.

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


# %%
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
# The squared distance finds the moved sevens *worse* than the broken one. The seven isn't special: here are the first thousand test
# digits, and the share of them for which the moved picture is farther away.

# %%
cut = np.square([broken(digit) - digit for digit in first_1000]).sum(axis=(1, 2))
for by in (0.5, 1):
    shifted = ndimage.shift(first_1000, (0, by, by), order=1)
    away = np.square(shifted - first_1000).sum(axis=(1, 2))
    print(f"moved by {by} pixel: squared distance {away.mean():.1f}, ", end="")
    print(f"piece cut out: {cut.mean():.1f}; ", end="")
    print(f"moved is farther in {(away > cut).mean():.1%} of the digits")
    assert (away > cut).mean() > 0.5, "the moved digits are nearer than the cut ones"

# %% [markdown]
# So suppose we choose $\sigma$ small enough for a decoder that draws the broken seven to be ruled out, say at a cost of 20
# nats. In (2) the cost of an error is $\lVert X - f(Z) \rVert^2 / 2\sigma^2$.

# %%
errors = {name: np.square(v - seven).sum() for name, v in versions.items()}
variance = errors["a piece cut out"] / (2 * 20)
print(f"σ = {np.sqrt(variance):.2f}")
for name, error in errors.items():
    print(f"{name:16}: {error / (2 * variance):5.1f} nats")

# %% [markdown]
# A decoder that draws a perfect seven one pixel away from ours is then ruled out even more firmly. A code counts only if it puts every
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
# the exact answer. For the linear-Gaussian model the posterior is normal, and known [2]:
#
# $$P(Z \mid X) = N\bigl(M^{-1}W^{\mathsf T}(X - b),\; \sigma^2 M^{-1}\bigr), \qquad M = W^{\mathsf T}W + \sigma^2 I.$$


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
# a standard deviation, and its variance is multiplied by a factor, here 1.5.


# %%
def nearly(posterior, factor):
    """A normal distribution a little off, in every direction."""
    moved_by = 0.3 * np.linalg.cholesky(posterior.cov).sum(axis=1)
    return normal(posterior.mean + moved_by, factor * posterior.cov)


# %%
log_w = log_weights(model, x, nearly(model.posterior(x), 1.5), 100_000, rng)
estimate("(3) P(X)", np.exp(log_w), np.exp(log_p_x))

# %% [markdown]
# Here are the growing models again, with only a hundred draws each: first from a $Q$ that is too wide (variance × 1.5), then from one that is too
# narrow (× 0.3).

# %%
rows = []
for latent_dim in [2, 4, 8, 16, 32]:
    large, its_x = grown(latent_dim)
    posterior, exact = large.posterior(its_x), large.evidence.logpdf(its_x)
    for name, factor in {"too wide": 1.5, "too narrow": 0.3}.items():
        q = nearly(posterior, factor)
        for seed in range(20):
            log_w = log_weights(large, its_x, q, 100, np.random.default_rng(seed))
            rows.append((latent_dim, name, log_mean(log_w) - exact, effective(log_w)))
columns = ["latent", "Q", "error", "effective, of 100"]
q_draws = pd.DataFrame(rows, columns=columns)
shown = {"error": ["mean", "std"], "effective, of 100": "mean"}
q_draws.groupby(["Q", "latent"]).agg(shown).round(1).unstack("Q")

# %% [markdown]
# (The errors, in nats, are the mean and the standard deviation over twenty seeds.) A hundred draws from the wide $Q$ are off by about half a nat, even with 32
# latent variables. The narrow $Q$ is off by several nats there, on the low side: it hardly ever draws the codes
# at the posterior's edge, which then carry large weights. Too narrow is worse than too wide, and we'll see that the $Q$ of a VAE errs on the narrow
# side. Still, both are far better than the prior, whose ten thousand draws are off by hundreds of nats:

# %%
exact = prior_draws["exact log P(X)"]
wide, narrow = (q_draws[q_draws["Q"] == name] for name in ("too wide", "too narrow"))
lines = {
    "N = 100 from the prior": (prior_draws, prior_draws["N = 100"] - exact, RED),
    "N = 10 000 from the prior": (
        prior_draws,
        prior_draws["N = 10 000"] - exact,
        ORANGE,
    ),
    "N = 100 from Q, too narrow": (narrow, narrow["error"], GREEN),
    "N = 100 from Q, too wide": (wide, wide["error"], BLUE),
}

# %%
fig, ax = plt.subplots(figsize=(7.2, 3.9), layout="constrained")
for (label, (table, miss, color)), marker in zip(lines.items(), "osD^", strict=True):
    how = {"errorbar": ("pi", 80), "marker": marker, "color": color, "label": label}
    sns.lineplot(x=table["latent"], y=miss, ax=ax, **how)
ax.set_xscale("log", base=2)
ax.set_xticks([2, 4, 8, 16, 32], [2, 4, 8, 16, 32])
ax.set_xlabel("latent variables (with 12 pixels for each)")
ax.set_ylabel("estimate − log P(X), nats")
ax.set_yscale("symlog", linthresh=1)
ax.set_yticks([1, 0, -1, -10, -100, -1000], ["1", "0", "−1", "−10", "−100", "−1000"])
ax.legend(loc="lower left", fontsize="small")
plt.show()

# %%
at_32 = q_draws[q_draws["latent"] == 32].groupby("Q")["error"].mean()
from_prior = (prior_draws["N = 10 000"] - exact)[prior_draws["latent"] == 32]
assert abs(at_32["too wide"]) < 1, "the wide Q is off by more than a nat"
assert at_32["too narrow"] < -2, "the narrow Q is not on the low side"
assert from_prior.max() < -100, "the prior's draws do better than the text says"

# %% [markdown]
# (The bands hold the middle 80 % of the seeds. The vertical axis is linear between −1 and 1, and logarithmic outside.)
#
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
# $$\mathrm{KL}[N(\mu_Q, \Sigma_Q) \Vert N(\mu_P, \Sigma_P)] = \tfrac12 \Bigl(\operatorname{tr}(\Sigma_P^{-1}\Sigma_Q)
# + (\mu_P - \mu_Q)^{\mathsf T}\Sigma_P^{-1}(\mu_P - \mu_Q) - k - \log\frac{\det\Sigma_Q}{\det\Sigma_P}\Bigr) \tag{5}$$
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
# And in five dimensions by random draws:


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
# This is the fact that everything below rests on, so here is its proof. A function is *convex* if its graph never goes below any of its
# tangents. **Jensen's inequality** says what a convex function $\varphi$ does to averages:
#
# $$\mathbb E\bigl[\varphi(V)\bigr] \;\ge\; \varphi\bigl(\mathbb E[V]\bigr).$$
#
# (Take the tangent at $\mathbb E[V]$. It lies below the graph, and the average of the tangent's values is its value at the average.) The function $-\log$ is
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
# A thousand random pairs, in one to six dimensions, agree; so does one distribution compared with itself. And
# where $Q$ covers only half of $P$ (uniform on [0, 1] and on [0, 2]), the last integral is ½, and the divergence is $-\log ½$.

# %%
sizes = rng.integers(1, 7, size=1000)
pairs = [(random_normal(k, rng), random_normal(k, rng)) for k in sizes]
smallest = min(normal_kl(q, p) for q, p in pairs)
assert smallest > 0, f"a divergence of {smallest} nats"
print(f"smallest of 1000: {smallest:.4f} nats")
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

# %%
fig, axes = plt.subplots(1, 2, figsize=(8.6, 3.1), sharey=True, layout="constrained")
for ax, direction, color in zip(axes, fits, [BLUE, ORANGE], strict=True):
    ax.fill_between(grid, p_grid, color="0.85", label="$P$")
    found = dict(zip([" from 1", " from −2"], fits[direction], strict=True))
    for (where, fit), style in zip(found.items(), ["-", "--"], strict=True):
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
    integral = integrate.cubature(
        lambda z: q.pdf(z) * function(z), [-6, -6], [6, 6], rtol=1e-12, atol=1e-12
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
# In general the posterior is unknown. **Bayes' rule** expresses it by what we have:
#
# $$\log P(Z|X) = \log P(X|Z) + \log P(Z) - \log P(X) \tag{7}$$
#
# It holds at every single $Z$; the check takes a thousand of them.

# %%
some_z = q.rvs(1000, random_state=rng)
by_bayes = log_likelihood(some_z) + log_prior(some_z) - log_p_x
same("(7) Bayes' rule", posterior.logpdf(some_z), by_bayes)

# %% [markdown]
# **Substitute** (7) in (6), minding the signs:
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
# **Regroup**: the average of $\log Q(Z|X) - \log P(Z)$ over $Q$ is, by (4), a second divergence, the one of $Q$ from the prior.
#
# $$\mathrm{KL}\bigl[Q(Z|X) \Vert P(Z|X)\bigr]
# = \mathrm{KL}\bigl[Q(Z|X) \Vert P(Z)\bigr] - \mathbb E_{Z\sim Q}\bigl[\log P(X|Z)\bigr] + \log P(X) \tag{10}$$
#
# (If you follow the article [6] in parallel: at this point it writes $\mathrm{KL}[Q(Z|X) \Vert \log P(Z)]$. The second argument of a divergence is a
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
# three hundred of them, with random means and covariances. For normal $Q$ all terms have closed
# forms, so no integration is needed (`model.elbo` is the right side):

# %%
many_q = [random_normal(2, rng) for _ in range(300)]
left_sides = np.array([log_p_x - normal_kl(q, posterior) for q in many_q])
right_sides = np.array([model.elbo(x, q) for q in many_q])
same("(11) for 300 distributions Q", left_sides, right_sides)

# %% [markdown]
# A VAE computes expectations by random draws from $Q$. Each term of (11) is the average of what the draws say:

# %%
draws = q.rvs(100_000, random_state=rng)
left_side = log_p_x - (q.logpdf(draws) - posterior.logpdf(draws))
reconstruction, log_ratio = log_likelihood(draws), q.logpdf(draws) - log_prior(draws)
exact = model.expected_log_likelihood(x, q)
estimate("log P(X) − KL[Q‖P(Z|X)]", left_side, model.elbo(x, q))
estimate("E[log P(X|Z)]          ", reconstruction, exact)
estimate("KL[Q‖P(Z)]             ", log_ratio, normal_kl(q, model.prior))

# %% [markdown]
# The expectation has to be over $Q$. A common slip is to draw $Z$ from the prior. Here this slip would change the result by

# %%
from_prior = log_likelihood(model.prior.rvs(100_000, random_state=rng)).mean()
print(f"{from_prior - model.expected_log_likelihood(x, q):.1f} nats")

# %% [markdown]
# ## The bound
#
# Read (11) from both sides.
#
# - **Left**: what we want, $\log P(X)$, minus an error that is never negative, and 0 only when $Q$ is the posterior.
# - **Right**: two terms that we can compute, and that gradient descent can raise. The first asks whether codes from $Q$ decode to $X$. It is the
#   *reconstruction* term. The second keeps every picture's distribution of codes near the prior.
#
# Since the error is not negative, the right side is a lower bound of the logarithm of the evidence:
#
# $$\log P(X) \;\ge\; \mathrm{ELBO} = \mathbb E_{Z\sim Q}\bigl[\log P(X|Z)\bigr]
# - \mathrm{KL}\bigl[Q(Z|X) \Vert P(Z)\bigr] \tag{12}$$
#
# The two are equal exactly when $Q(Z|X) = P(Z|X)$.

# %%
assert (right_sides < log_p_x).all(), "a bound lies above log P(X)"
print("300 random Q, all below log P(X)")
print(f"the closest falls short by {log_p_x - right_sides.max():.3f} nats")
same("(12) at Q = the posterior", model.elbo(x, posterior), log_p_x)

# %% [markdown]
# ### The same bound in one line
#
# There is a shorter way from (3) to (12). The logarithm is concave (its negative is convex), so Jensen's inequality turns around, and the logarithm of an
# average is at least the average of the logarithms:
#
# $$\log P(X) = \log \mathbb E_{Z\sim Q}[w] \;\ge\; \mathbb E_{Z\sim Q}[\log w]
# = \mathbb E_{Z\sim Q}\bigl[\log P(X|Z) + \log P(Z) - \log Q(Z|X)\bigr] = \mathrm{ELBO} \tag{12a}$$
#
# The long way tells what the gap is. The short way tells how to make it smaller without changing $Q$: average a few weights *before* the
# logarithm is taken. The average $\bar w_K$ of $K$ weights also has the expectation $P(X)$, so $\mathbb E[\log \bar w_K] \le \log P(X)$ as well. But $\bar w_K$ varies less than a single
# $w$, and Jensen's inequality loses less. This is the **importance-weighted bound** [7], with which [notebook 06](06_how_good_is_it.ipynb) measures our VAE. Here it is for
# the deliberately wrong $Q$ of (11):

# %%
log_w = log_weights(model, x, q, 100_000, rng)
estimate("(12a) K = 1  ", log_w, model.elbo(x, q))
tighter = {k: log_mean(log_w.reshape(-1, k)).mean() for k in (1, 5, 50)}
for k, value in tighter.items():
    print(f"gap with K = {k:2}: {log_p_x - value:5.2f} nats")
assert tighter[1] < tighter[5] < tighter[50], "more weights did not tighten the bound"
assert tighter[50] < log_p_x, "the bound lies above log P(X)"

# %% [markdown]
# ### Two ways to raise it
#
# How does a bound become a training objective? Put the parameters in. In a VAE both distributions are networks: an **encoder** $Q(Z|X;\theta_1)$ and
# a **decoder** $P(X|Z;\theta_2)$, with weights $\theta_1$ and $\theta_2$. The identity (11) then reads
#
# $$\log P(X;\theta_2) - \mathrm{KL}\bigl[Q(Z|X;\theta_1) \Vert P(Z|X;\theta_2)\bigr]
# = \mathbb E_{Z\sim Q(Z|X;\theta_1)}\bigl[\log P(X|Z;\theta_2)\bigr] - \mathrm{KL}\bigl[Q(Z|X;\theta_1) \Vert P(Z)\bigr]. \tag{11a}$$
#
# The prior has no weights. The evidence and the posterior are both the decoder's, although neither can be computed from it in practice. And what is raised is
# the sum over the data set, as in (1a): $\sum_i \mathrm{ELBO}(X_i; \theta_1, \theta_2)$.
#
# **Changing $\theta_1$** moves $Q$ only. $\log P(X;\theta_2)$ stays, so whatever the bound gains, the gap loses. In the next figure the mean and the covariance of $Q$ move from our first guess to those of the posterior;
# the mean then goes on a little. The blue line is the right side of (11), the black line is $\log P(X)$, and the filled gap is the divergence, computed on its own.

# %%
shares = np.linspace(0, 1.25, 51)
on_the_way = [
    normal(q.mean + t * (posterior.mean - q.mean), q.cov + s * (posterior.cov - q.cov))
    for t, s in zip(shares, shares.clip(max=1), strict=True)
]
bounds = np.array([model.elbo(x, each) for each in on_the_way])
gaps = np.array([normal_kl(each, posterior) for each in on_the_way])
same("gap = KL[Q‖P(Z|X)]", log_p_x - bounds, gaps)

# %%
fig, ax = plt.subplots(figsize=(7.6, 3.8), layout="constrained")
ax.axhline(log_p_x, color="black", label=r"$\log P(X)$")
ax.plot(shares, bounds, color=BLUE, linewidth=2, label="ELBO")
label = r"KL$[Q\,\Vert\,P(Z|X)]$"
ax.fill_between(shares, bounds, bounds + gaps, color=BLUE, alpha=0.2, label=label)
ax.set(xlim=(0, 1.25), ylabel="nats")
ax.set_xlabel("way of $Q$ from the first guess (0) to the posterior (1)")
ax.legend(loc="lower right")
plt.show()

# %% [markdown]
# **Changing $\theta_2$** moves both terms on the left of (11a). If the bound rises, then $\log P(X)$ has grown, or the gap has shrunk, or both. And where the gap is 0 it can't shrink, so the likelihood must grow. To see it, let $\theta_2$ be one number, the scale of the matrix: $f(Z) = \theta_2 W Z + b$. The data set
# is twenty pictures drawn at $\theta_2 = 1$. We start at $\theta_2 = 0.25$ and repeat two steps. First set each picture's $Q$ to its posterior at the present $\theta_2$, so that
# the bound touches the curve there. Then keep the $Q$ and go to the top of the bound.


# %%
def scaled(theta):
    """Our model with its matrix scaled."""
    return LinearGaussian(theta * weights, bias, sigma)


def average_bound(theta, all_q):
    """The ELBO at θ₂, averaged over the data set, each picture with its own Q."""
    present = scaled(theta)
    return np.mean([present.elbo(x, q) for x, q in zip(data, all_q, strict=True)])


def top(all_q):
    """The θ₂ at which this bound is highest."""
    precise = {"xatol": 1e-9}
    upside_down = optimize.minimize_scalar(
        lambda theta: -average_bound(theta, all_q), bounds=(0.05, 2), options=precise
    )
    return upside_down.x


# %%
data, theta = pictures[:20], 0.25
touching = []
for _ in range(4):
    all_q = [scaled(theta).posterior(picture) for picture in data]
    touching.append((theta, all_q))
    exact = scaled(theta).evidence.logpdf(data).mean()
    same(f"θ₂ = {theta:.3f}: touches", average_bound(theta, all_q), exact)
    theta = top(all_q)

# %%
thetas = np.linspace(0.15, 1.25, 36)
goal = np.array([scaled(t).evidence.logpdf(data).mean() for t in thetas])
curves = [[average_bound(t, all_q) for t in thetas] for _, all_q in touching[:3]]
assert np.max(np.array(curves) - goal) < 1e-9, "a bound lies above log P"
at_touches = [average_bound(t, all_q) for t, all_q in touching]
assert np.all(np.diff(at_touches) > 0), "a step lowered the likelihood"

# %% [markdown]
# In the figure, a filled dot marks where a bound touches, a ring marks its top, and a dotted line leads from there to where the next bound touches.

# %%
fig, ax = plt.subplots(figsize=(7.2, 4), layout="constrained")
ax.plot(thetas, goal, color="black", linewidth=2, label=r"$\log P(X;\theta_2)$")
for i, (curve, style) in enumerate(zip(curves, ["-", "--", "-."], strict=True)):
    color = [BLUE, ORANGE, GREEN][i]
    ax.plot(thetas, curve, style, color=color, label=f"bound {i + 1}")
    ax.plot(touching[i][0], at_touches[i], "o", color=color)
    after, height = touching[i + 1][0], max(curve)
    ax.plot(after, height, "o", color=color, markerfacecolor="white")
    ax.plot([after, after], [height, at_touches[i + 1]], ":", color="black")
ax.set(xlim=(0.15, 1.25), ylim=(goal.max() - 1.6, goal.max() + 0.15))
ax.set(xlabel=r"$\theta_2$, scale of the matrix", ylabel="nats per picture")
ax.legend(loc="lower left", bbox_to_anchor=(0.3, 0))
plt.show()

# %% [markdown]
# Each bound touches $\log P(X;\theta_2)$ at its dot and lies below it everywhere else. So when we climb a bound to its top, the black curve is at least as high where
# we arrive: raising the bound has raised the likelihood. There a new $Q$ makes the bound touch again. These alternating steps are called *expectation maximisation* (EM). A VAE
# doesn't alternate: it moves $\theta_1$ and $\theta_2$ at once, by gradients. But its two ways to raise the bound are the same.
#
# **What if $Q$ can't become the posterior?** Then the bound never touches. If $Q$ is *rich enough*, meaning that at a best decoder some weights $\theta_1$ make it the posterior of every picture, the largest ELBO
# is the largest likelihood:
#
# $$\max_{\theta_1, \theta_2} \sum_i \mathrm{ELBO}(X_i; \theta_1, \theta_2) = \max_{\theta_2} \sum_i \log P(X_i; \theta_2).$$
#
# Otherwise a gap remains. Training then also prefers decoders whose posteriors $Q$ can imitate, even at some cost in likelihood. Which $Q$ does a VAE use?
#
# ## An encoder with two outputs
#
# The usual choice is a normal distribution with a *diagonal* covariance: its coordinates are independent. For each picture the encoder returns two
# vectors, the means $\mu(X)$ and the variances (in practice their logarithms). (These $\sigma_i$ have nothing to do with the noise $\sigma$ of (2).)
#
# $$Q(Z|X) = N\bigl(\mu(X), \Sigma(X)\bigr), \qquad \Sigma \text{ diagonal, with variances } \sigma_1^2, \dots, \sigma_k^2 \tag{13}$$
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
# Every coordinate pays for itself: for a mean away from 0, for a variance above 1, and, by the logarithm, for one below.

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
# Theory agrees. Only two terms of (5), with the posterior in the place of $P$, contain the variances: $\tfrac12\sum_i (\Lambda_{ii}\sigma_i^2 - \log\sigma_i^2)$, where $\Lambda$ is the
# inverse of the posterior's covariance. The derivative is 0 at $\sigma_i^2 = 1/\Lambda_{ii}$. If the coordinates are correlated, these variances
# are smaller than the posterior's own: this is the narrow side that we announced.

# %%
by_theory = 1 / np.diag(np.linalg.inv(posterior.cov))
same("variances, by theory", best_variances, by_theory, within=1e-4)
own = np.diag(posterior.cov)
assert (best_variances < own).all(), "the best diagonal Q is not the narrower one"
print("variances of the best diagonal Q, of the posterior's own:", end=" ")
print((best_variances / own).round(3))

# %% [markdown]
# ## Many small clouds make one large one
#
# Each picture gets a normal distribution of its own, away from 0 and narrow. Let us call it the picture's *cloud*. Yet codes for *new* pictures will be drawn from
# $N(0, I)$. How do the two go together? If the clouds are the posteriors, and the pictures follow the model, then their average is the prior:
#
# $$\int P(Z \mid X)\, P(X)\, dX = \int P(X, Z)\, dX = P(Z) \tag{15}$$
#
# The average of all clouds is called the **aggregated posterior**. So the clouds of all pictures together are $N(0, I)$, and no single one is.
#
# For the linear-Gaussian model this can be computed. The
# covariance of an average of distributions is the average of their covariances, plus the covariance of their means:

# %%
gain = posterior.cov @ weights.T / sigma**2  # posterior mean = gain (X − b)
total = posterior.cov + gain @ model.evidence.cov @ gain.T
same("(15) covariance of the averaged posterior and I", total, np.eye(2), within=1e-12)

# %%
centers = (pictures - bias) @ gain.T
same("     centres by `posterior`", centers[0], posterior.mean, within=1e-12)
z = centers + normal(cov=posterior.cov).rvs(len(centers), random_state=rng)
for i in range(2):
    follows(f"     coordinate {i + 1} against N(0, 1)", z[:, i], stats.norm)

# %% [markdown]
# To see it, we draw forty of the clouds, and average more and more of them.


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


# %%
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
    right.plot(grid, density, color=color, label=f"average of {n}")
right.plot(grid, stats.norm.pdf(grid), "--", color="black", label="$N(0, 1)$")
right.set(xlabel="$z_1$", ylabel="density", ylim=(0, 0.62))
right.set_title("their average along $z_1$")
right.legend()
plt.show()

# %% [markdown]
# (A blue ellipse holds 50 % of its cloud. The black circles hold 50 % of the prior, solid, and 95 %, dashed.) In this model all clouds have the same shape. In a VAE each has its own.
#
# Real digits don't follow the model, and then the clouds need not add up. `LinearGaussian.fit` finds the maximum-likelihood
# linear-Gaussian model of ten thousand digits with two latent variables, in closed form. Its aggregated posterior has the *covariance*
# of the prior, exactly. But its shape is another:

# %%
digits = x_train[:10_000].reshape(-1, 784).astype("float64")
fitted = LinearGaussian.fit(digits, latent_dim=2)
cloud = fitted.posterior(digits[0]).cov
z = (digits - fitted.bias) @ fitted.weights @ cloud / fitted.sigma**2
same("covariance and I", np.cov(z.T, bias=True) + cloud, np.eye(2))
z += normal(cov=cloud).rvs(len(z), random_state=rng)
for i in range(2):
    gap, p_value = stats.kstest(z[:, i], "norm")
    print(f"coordinate {i + 1}: largest gap to N(0, 1) {gap:.3f}, p = {p_value:.1g}")
    assert p_value < 1e-6, "this coordinate could well be normal"

# %% [markdown]
# Mean and variance are right, but the distribution is not normal. Keep this test in mind: we'll ask it of every VAE.

# %% [markdown]
# ## A gradient through a draw
#
# To raise the ELBO by gradient descent we need its gradient with respect to the encoder's outputs $\mu$ and $\sigma$. The KL (14) is a formula, so its gradient is no problem. But
# the reconstruction term is an expectation over $Q$, and a VAE estimates it by draws from $Q$. What is the derivative of an average of draws?
#
# Let us look at it as a function of one number. We take the first coordinate of $\mu$, keep everything else, and estimate $\mathbb E_Q[\log P(X|Z)]$ from twenty draws, in three
# ways.
#
# 1. *Frozen draws*: draw the $z$ once, at one value of $\mu$, and keep them. This is what an automatic differentiator sees when a random generator hands it finished numbers.
# 2. *New draws* for every value of $\mu$.
# 3. *Frozen noise*: draw $\varepsilon \sim N(0, I)$ once, and for every $\mu$ compute
#
# $$z = \mu + \Sigma^{1/2} \varepsilon, \qquad \varepsilon \sim N(0, I). \tag{16}$$
#
# This is the **reparametrisation trick** [3, 4]. ($\Sigma^{1/2}$ holds the standard deviations. The article calls $\Sigma$ itself a standard deviation;
# here it is always a covariance.) It doesn't change the distribution of $z$:

# %%
mu, deviation = np.array([0.3, -0.2]), np.array([0.6, 0.5])
epsilon = rng.normal(size=(100_000, 2))
for i in range(2):
    claimed = stats.norm(mu[i], deviation[i])
    draws = mu[i] + deviation[i] * epsilon[:, i]
    follows(f"(16) coordinate {i + 1}", draws, claimed)

# %% [markdown]
# Now the three ways, each as a curve over $\mu_1$, beside the exact expectation:


# %%
def average(first, epsilon):
    """The mean of log P(X|z) over z = μ + σε, with first coordinate of μ as given."""
    return log_likelihood(np.array([first, mu[1]]) + deviation * epsilon).mean()


noise = rng.normal(size=(20, 2))
firsts = np.linspace(-0.7, 1.3, 81)
frozen_draws = [average(mu[0], noise) for _ in firsts]
new_draws = [average(first, rng.normal(size=(20, 2))) for first in firsts]
frozen_noise = [average(first, noise) for first in firsts]
cov = np.diag(deviation**2)
exact_curve = [
    model.expected_log_likelihood(x, normal([first, mu[1]], cov)) for first in firsts
]

# %%
fig, ax = plt.subplots(figsize=(7.2, 3.9), layout="constrained")
ax.plot(firsts, exact_curve, color="black", linewidth=2, label="exact expectation")
ax.plot(firsts, new_draws, color="0.6", linewidth=1, label="2. new draws")
ax.plot(firsts, frozen_draws, "--", color=RED, linewidth=2, label="1. frozen draws")
ax.plot(firsts, frozen_noise, color=BLUE, linewidth=2, label="3. frozen noise")
ax.axvline(mu[0], color="0.8", linewidth=1, zorder=0)
ax.set(xlabel=r"$\mu_1$ (the line marks where the draws were frozen)", ylabel="nats")
ax.legend(loc="lower right", fontsize="small")
plt.show()

# %% [markdown]
# The frozen draws know nothing of $\mu$ any more, so their curve is flat, and its derivative is 0: wrong. The new draws scatter around the exact curve, but two neighbours
# on the grey line differ by chance, and the closer they are the less their difference says about the slope. With frozen noise each $z$ moves along with $\mu$, and the blue curve is smooth. It
# isn't the black one, because twenty draws are few. But its slope is an honest estimate of the black one's, as we shall prove now.
#
# ### Two ways to the gradient
#
# Let $f(Z)$ stand for $\log P(X|Z)$, and let $Q$ be the diagonal normal (13). **The trick** changes the variable of integration. Then the distribution under
# the expectation, that of $\varepsilon$, does not depend on $\mu$ and $\sigma$. So the derivative may go inside, where the chain rule does the rest (products of vectors are taken coordinate by coordinate):
#
# $$\mathbb E_{Z\sim Q}[f(Z)] = \mathbb E_{\varepsilon}\bigl[f(\mu + \sigma\varepsilon)\bigr]
# \;\Longrightarrow\;
# \nabla_\mu\, \mathbb E_Q[f] = \mathbb E_\varepsilon\bigl[\nabla f(\mu + \sigma\varepsilon)\bigr],
# \quad
# \nabla_\sigma\, \mathbb E_Q[f] = \mathbb E_\varepsilon\bigl[\varepsilon\, \nabla f(\mu + \sigma\varepsilon)\bigr]. \tag{16a}$$
#
# **The score function** is the other way. It leaves the draw as it is and differentiates the density. By the rule for logarithms, $\nabla \log Q = \nabla Q / Q$, so $\nabla Q = Q\, \nabla\log Q$, and
#
# $$\nabla\, \mathbb E_{Z \sim Q}[f(Z)] = \int f(Z)\, \nabla Q(Z)\, dZ = \int f(Z)\, Q(Z)\, \nabla \log Q(Z)\, dZ
# = \mathbb E_{Z \sim Q}\bigl[f(Z)\, \nabla \log Q(Z)\bigr]. \tag{17}$$
#
# For the normal $Q$, with $Z = \mu + \sigma\varepsilon$, its two factors are $\nabla_\mu \log Q = \varepsilon/\sigma$ and $\nabla_\sigma \log Q = (\varepsilon^2 - 1)/\sigma$. This way doesn't need the derivative of $f$
# at all. It weights the gradient of $\log Q$ with the resulting log-likelihood.
#
# TensorFlow takes the gradients from here on, so it has to be started.

# %% tags=["machine", "nbval-ignore-output"]
from vaelib.runtime import set_up

print("Running on:", set_up(seed=0))

# %% [markdown]
# Both estimates are compared with the exact gradients of our model, $\nabla_\mu\, \mathbb E_Q[f] = W^{\mathsf T}(X - W\mu - b) / \sigma_X^2$ and
# $\nabla_{\sigma_i} \mathbb E_Q[f] = -\sigma_i\, (W^{\mathsf T}W)_{ii} / \sigma_X^2$, where $\sigma_X$ is the noise of (2). The score function is also given a **baseline**: from
# each value of $f$ the average of the *other* draws' values is subtracted. This takes out what all draws have in common, and leaves the expectation
# unchanged, since $\mathbb E_Q[\nabla \log Q] = \int \nabla Q = \nabla 1 = 0$. (If the draw's own value were part of the average $\bar f$, the expectation would shrink: $f_i - \bar f$ is $(n-1)/n$ times the difference from the average of the others.)

# %%
import keras
import tensorflow as tf


def log_likelihoods(z, model, x):
    """log P(X|Z) for codes (n, latent_dim), in TensorFlow."""
    difference = x - tf.matmul(z, model.weights.T) - model.bias
    constant = model.data_dim / 2 * np.log(2 * np.pi * model.sigma**2)
    squared = tf.reduce_sum(tf.square(difference), axis=1)
    return -squared / (2 * model.sigma**2) - constant


# %%
def three_gradients(model, x, mean, deviation, n, rng):
    """For μ and σ side by side: the trick, the score, the score with a baseline."""
    epsilon = rng.normal(size=(n, len(mean)))
    # Each draw gets a copy of μ and σ, to have a gradient of its own.
    own = [tf.Variable(np.tile(each, (n, 1))) for each in (mean, deviation)]
    with tf.GradientTape() as tape:
        values = log_likelihoods(own[0] + own[1] * epsilon, model, x)
    by_trick = np.hstack([each.numpy() for each in tape.gradient(values, own)])
    score = np.hstack([epsilon / deviation, (epsilon**2 - 1) / deviation])
    f = values.numpy()[:, None]
    others = (f.sum() - f) / (n - 1)
    return by_trick, f * score, (f - others) * score


# %%
exact_mu = weights.T @ (x - weights @ mu - bias) / sigma**2
exact_deviation = -deviation * np.diag(weights.T @ weights) / sigma**2
exact = np.concatenate([exact_mu, exact_deviation])
names = "(16a) the trick", "(17) the score ", "     + baseline"
all_three = three_gradients(model, x, mu, deviation, 100_000, rng)
for name, draws in zip(names, all_three, strict=True):
    for i, parameter in enumerate(["μ₁", "μ₂", "σ₁", "σ₂"]):
        estimate(f"{name}, {parameter}", draws[:, i], exact[i])

# %% [markdown]
# All are right, for $\mu$ and for $\sigma$. And the slopes of the three curves in the figure above, at the vertical line? (The new draws are compared at a distance of 0.001. The slope of the blue curve must be the average of (16a) over its own twenty draws.)

# %%
step = 0.001
slopes = {"1. frozen draws": 0.0}
apart = [average(mu[0] + s, rng.normal(size=(20, 2))) for s in (-step / 2, step / 2)]
slopes["2. new draws"] = (apart[1] - apart[0]) / step
with_noise = [average(mu[0] + s, noise) for s in (-step / 2, step / 2)]
slopes["3. frozen noise"] = with_slope = (with_noise[1] - with_noise[0]) / step
for name, slope in slopes.items():
    print(f"{name:15}: {slope:8.2f}")
print(f"exact          : {exact[0]:8.2f}")
z = mu + deviation * noise
of_each = (x - z @ weights.T - bias) @ weights / sigma**2
same("3. and (16a), its twenty draws", with_slope, of_each[:, 0].mean(), within=1e-6)

# %% [markdown]
# Automatic differentiation does the same. TensorFlow's own normal generator applies the trick inside, so it hands over gradients. But not every distribution can be
# written as a smooth function of fixed noise. A *discrete* draw can't: for $Z$ = 1 with probability $p$ and 0 otherwise, the noise is uniform and $z$ jumps from 0 to 1 as $p$ passes it. The
# expectation $\mathbb E[(Z - 0.3)^2]= 0.09 + 0.4\,p$ has the derivative 0.4. TensorFlow finds none; the score function (17) gets it right.

# %%
p = tf.Variable(0.6, dtype="float64")
uniform = rng.random(100_000)
with tf.GradientTape(persistent=True) as tape:
    inside = tf.reduce_mean(tf.random.normal([4], mean=p, dtype="float64"))
    z = tf.cast(uniform < p, "float64")
    loss = tf.reduce_mean((z - 0.3) ** 2)
print("tf.random.normal, d mean(z) / dp:", tape.gradient(inside, p).numpy())
print("a discrete draw, d loss / dp:    ", tape.gradient(loss, p))
z = z.numpy()
score = np.where(z == 1, 1 / 0.6, -1 / 0.4)
estimate("by the score (17)               ", (z - 0.3) ** 2 * score, 0.4)

# %% [markdown]
# Here is the trick as a drawing of the whole VAE. Forward, both sides compute the same; only on the right can the gradient (blue, dashed) pass from the decoder to the encoder.

# %%
draw_trick()
plt.show()

# %% [markdown]
# ### Right, and less noisy
#
# Both ways are right, but look at the ± behind them. A VAE usually takes *one* draw for each picture, so what counts is the variance of a single one. The table shows how it grows with the model, where $Q$ is the best
# diagonal distribution (20 000 draws; the variances are summed over all coordinates of $\mu$ and $\sigma$).

# %%
rows = []
for latent_dim in [1, 2, 4, 8, 16, 32]:
    large, its_x = grown(latent_dim)
    best = large.posterior(its_x)
    width = np.diag(np.linalg.inv(np.atleast_2d(best.cov))) ** -0.5
    arguments = large, its_x, best.mean, width, 20_000, np.random.default_rng(6)
    each = [draws.var(axis=0).sum() for draws in three_gradients(*arguments)]
    rows.append((latent_dim, *each, each[1] / each[0], each[2] / each[0]))
columns = ["latent", "trick", "score function", "with a baseline"]
columns += ["score : trick", "with baseline : trick"]
variances = pd.DataFrame(rows, columns=columns).set_index("latent")
variances.map(lambda value: f"{value:,.0f}")

# %%
fig, ax = plt.subplots(figsize=(7.2, 3.6), layout="constrained")
styles = {"score function": "s-", "with a baseline": "D--", "trick": "o-"}
for column, style in styles.items():
    color = BLUE if column == "trick" else ORANGE
    ax.plot(variances.index, variances[column], style, color=color, label=column)
ax.set_xscale("log", base=2)
ax.set_yscale("log")
ax.set_xticks(variances.index, variances.index)
ax.set(xlabel="latent variables", ylabel="variance of one draw")
ax.legend()
plt.show()

# %%
for column in ("score : trick", "with baseline : trick"):
    growth = variances[column].loc[[2, 8, 32]].to_numpy()
    assert (np.diff(growth) > 0).all(), f"{column} does not grow with the dimension"

# %% [markdown]
# With a baseline or without, the score function's variance grows faster than the trick's, so their ratio grows with the
# dimension. The score function knows only *how good* a code was. The trick also knows *in which direction* it
# would have been better. That is why a VAE can train with one draw for each picture.
#
# ## A VAE that reaches the exact answer
#
# Now we have all we need to train one. Its decoder is linear, $f(z) = Wz + b$, so the exact likelihood is known, and we can see how close the ELBO comes to it. The data: a
# thousand points with eight "pixels", drawn from a linear-Gaussian model. `LinearGaussian.fit` computes the largest average $\log P(X)$ that any such model can reach on them. This is our goal.

# %%
truth = LinearGaussian(np.random.default_rng(8).normal(size=(8, 2)), np.zeros(8), 0.5)
_, observed = truth.sample(1000, np.random.default_rng(9))
fit = LinearGaussian.fit(observed, latent_dim=2)
goal = fit.evidence.logpdf(observed).mean()
print(f"the largest average log P(X): {goal:.4f} nats")

# %% [markdown]
# The encoder is linear, too: $\mu(X) = AX + c$, and one vector of standard deviations for all $X$. Its weights are $\theta_1$; those of the decoder, $\theta_2$, include the noise $\sigma$, which is learned as well.
# We start from small random numbers.


# %%
def start(seed, data_dim=8, latent_dim=2):
    """The weights of encoder (A, c, log s) and decoder (W, b, log σ)."""
    small = np.random.default_rng(seed).normal(
        scale=0.1, size=(2, data_dim, latent_dim)
    )
    first = {"A": small[0], "c": np.zeros(latent_dim), "log s": np.zeros(latent_dim)}
    first |= {"W": small[1].T, "b": np.zeros(data_dim), "log σ": 0.0}
    return {name: tf.Variable(value, dtype="float64") for name, value in first.items()}


# %% [markdown]
# The objective is the ELBO (12). Its reconstruction term is estimated by one draw per point, made by the trick (16), and its KL is (14). The
# argument `pass_on` will show in a moment what happens when the gradient cannot pass through $z$.


# %%
def one_draw_elbo(t, x, epsilon, pass_on):
    """The ELBO of each point, from one draw: nats, shape (n,)."""
    mean, deviation = x @ t["A"] + t["c"], tf.exp(t["log s"])
    z = pass_on(mean + deviation * epsilon)
    squared = tf.reduce_sum(tf.square(x - z @ t["W"] - t["b"]), axis=1)
    log_normalizer = x.shape[1] * (t["log σ"] + np.log(2 * np.pi) / 2)
    log_p = -squared / (2 * tf.exp(2 * t["log σ"])) - log_normalizer
    spread = tf.square(deviation) - 1 - 2 * t["log s"]
    return log_p - tf.reduce_sum(tf.square(mean) + spread, axis=1) / 2


# %% [markdown]
# Training repeats one step: draw new noise, take the gradient of minus the average ELBO, and let the optimiser (*Adam*, whose step size goes from 0.1 to 0) change all weights, the encoder's and the
# decoder's, at once.


# %%
def train(seed, steps=1500, pass_on=tf.identity):
    """Train from a seed: the weights, and the estimated ELBO at each step."""
    t, x, rng = start(seed), tf.constant(observed), np.random.default_rng(seed)
    weights, rate = list(t.values()), keras.optimizers.schedules.CosineDecay(0.1, steps)
    adam = keras.optimizers.Adam(rate)
    adam.build(weights)

    @tf.function
    def step(epsilon):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(one_draw_elbo(t, x, epsilon, pass_on))
        adam.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return -loss

    noise = rng.normal(size=(steps, len(observed), t["c"].shape[0]))
    return t, np.array([step(epsilon) for epsilon in noise])


# %% [markdown]
# Four runs: three seeds with the trick, and one in which the gradient through $z$ is blocked (`tf.stop_gradient`), as on the left of the drawing.

# %%
runs = {f"seed {seed}": train(seed) for seed in range(3)}
runs["no gradient through z"] = train(0, pass_on=tf.stop_gradient)

# %% [markdown]
# What has each run reached? The ELBO of a linear encoder and decoder has a closed form, since $\mathbb E_Q \lVert X - Wz - b \rVert^2 = \lVert X - W\mu - b \rVert^2 + \sum_i \sigma_i^2 \lVert W_i \rVert^2$, with the columns $W_i$ of $W$. So we can compute it exactly, without any draw,
# and beside it the exact $\log P(X)$ of the decoder.


# %%
def reached(t):
    """Average ELBO and log P(X), both exact, and the decoder as a LinearGaussian."""
    t = {name: value.numpy() for name, value in t.items()}
    trained = LinearGaussian(t["W"].T, t["b"], np.exp(t["log σ"]))
    means, variances = observed @ t["A"] + t["c"], np.exp(2 * t["log s"])
    # E‖X − Wz − b‖² under Q: that of the mean, and what the variances add.
    squared = np.square(observed - means @ t["W"] - t["b"]).sum(axis=1)
    squared += (variances[:, None] * t["W"] ** 2).sum()
    normalizer = observed.shape[1] / 2 * np.log(2 * np.pi * trained.sigma**2)
    log_p = -squared / (2 * trained.sigma**2) - normalizer
    kl = (means**2 + variances - 1 - np.log(variances)).sum(axis=1) / 2
    first = trained.elbo(observed[0], normal(means[0], np.diag(variances)))
    assert abs((log_p - kl)[0] - first) < 1e-9, "not the ELBO of LinearGaussian"
    return (log_p - kl).mean(), trained.evidence.logpdf(observed).mean(), trained


# %% [markdown]
# The results, in nats per point:

# %%
results = {name: reached(t) for name, (t, _) in runs.items()}
for name, (bound, log_p, _) in results.items():
    print(f"{name:21}: ELBO {bound:7.3f}, {goal - bound:.4f} below the goal; ", end="")
    print(f"log P(X) of its decoder {log_p:7.3f}")

# %%
gaps = np.array([goal - results[name][0] for name in results if "seed" in name])
print(f"gap over {len(gaps)} seeds: {gaps.mean():.4f} nats on average, ", end="")
print(f"standard deviation {gaps.std(ddof=1):.5f}")
assert (gaps > 0).all(), "an ELBO above the largest likelihood: it is no bound"
assert (gaps < 0.005).all(), f"training fell short by {gaps.max():.3f} nats"
blocked = results["no gradient through z"][0]
variance = observed.var(axis=0).mean()
isotropic = normal(observed.mean(axis=0), variance * np.eye(observed.shape[1]))
same("blocked: as without codes", [blocked], [isotropic.logpdf(observed).mean()], 0.01)

# %%
fig, ax = plt.subplots(figsize=(7.2, 3.9), layout="constrained")
ax.axhline(goal, color="black", linewidth=1.5, label=r"largest $\log P(X)$, exact")
looks = [(BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), ("0.5", ":")]
for (name, (_, history)), (color, style) in zip(runs.items(), looks, strict=True):
    steps = np.arange(1, len(history) + 1)
    ax.plot(steps, history, style, color=color, linewidth=1.8, label=name)
ax.set_xscale("log")
ax.set(ylim=(goal - 10, goal + 0.5), xlabel="training step", ylabel="nats per point")
ax.set_title("ELBO, estimated by one draw per point")
ax.legend(loc="center right", bbox_to_anchor=(1, 0.65), fontsize="small")
plt.show()

# %% [markdown]
# (The curves wobble because each step has new noise, and such an estimate may even come out above the line.) All three runs with the trick climb to the black line and end about a ten-thousandth of a nat below it. So the bound has kept its promise: we never computed $\log P(X)$ during training; we raised a bound, by
# noisy gradients, and arrived at the largest likelihood there is.
#
# The blocked run ends six nats lower. Its encoder gets its gradient from the KL alone, and the KL is smallest when every $Q$ equals the prior. Then the codes say nothing about $X$, and the decoder
# does best to ignore them: the run ends at the value of a model without codes. This is called **posterior collapse**.
#
# One question is left. A diagonal $Q$ can't match a posterior with correlated coordinates, as we saw. Why is there no gap here? Because a rotation of the codes changes $W$, but not $P(X)$, since $WW^{\mathsf T}$ stays
# the same. So there are many best decoders, and among them some whose columns are perpendicular. For these $M = W^{\mathsf T}W + \sigma^2 I$ is diagonal, and so is the posterior. The ELBO
# prefers such a decoder, and training found it (Lucas et al. [8] prove this for the linear VAE):


# %%
def angle(columns):
    """Between the two columns of W, in degrees."""
    first, second = (columns / np.linalg.norm(columns, axis=0)).T
    return np.degrees(np.arccos(first @ second))


print(f"of the model that made the data: {angle(truth.weights):3.0f}°")
for name in ("seed 0", "seed 1", "seed 2"):
    trained = results[name][2]
    print(
        f"{name}, as it began: {angle(start(int(name[-1]))['W'].numpy().T):3.0f}°, ",
        end="",
    )
    print(f"trained: {angle(trained.weights):3.0f}°")
    assert abs(angle(trained.weights) - 90) < 2, "its columns are not perpendicular"
    same("    covariance of X", trained.evidence.cov, fit.evidence.cov, within=0.15)

# %% [markdown]
# Here $Q$ is rich enough. In notebook 03 the decoder bends, so its posteriors aren't normal, and a gap will remain. [Notebook 06](06_how_good_is_it.ipynb) measures it.
#
# ## The noise is the metric
#
# One choice is left from (2): the noise. For normal noise the reconstruction term is, by its formula,
#
# $$\log N\bigl(X \mid f(Z), \sigma^2 I\bigr) = -\frac{1}{2\sigma^2}\lVert X - f(Z) \rVert^2
# - \frac{D}{2}\log(2\pi\sigma^2), \tag{18}$$
#
# with $D$ the number of pixels. So *squared error is a Gaussian likelihood*, up to a constant and a factor. And the factor matters: $\sigma^2$ sets
# the exchange rate between reconstruction and KL. Some programs set this rate directly. They write squared error + $\beta \cdot$ KL, with a weight called $\beta$. Multiply minus the ELBO by $2\sigma^2$, and you see that this is the same knob: $\beta = 2\sigma^2$.
#
# Pixels that are black or white suit another noise. Each is one
# (ink) with probability $p$ and zero otherwise, a *Bernoulli* variable, with $p = f(Z)$ from the decoder:
#
# $$\log P(X \mid Z) = \sum_{j=1}^{D} x_j \log p_j + (1 - x_j) \log (1 - p_j). \tag{19}$$
#
# This is minus the *binary cross-entropy*, summed over pixels. Let us see both on digits, with the functions that the course's VAE uses. In
# place of a decoder's output we take the average picture, clipped to lie between 0.01 and 0.99. Its probabilities go in as **logits**, $\log\frac{p}{1-p}$.

# %%
from vaelib.elbo import (
    bernoulli_log_likelihood,
    continuous_bernoulli_log_likelihood,
    continuous_bernoulli_log_normalizer,
    elbo,
    gaussian_log_likelihood,
)

some_digits = x_test[:100].reshape(100, -1).astype("float64")
average_picture = x_train.reshape(len(x_train), -1).mean(axis=0).astype("float64")
guess = np.tile(average_picture.clip(0.01, 0.99), (100, 1))
logits = special.logit(guess)

# %%
width = 0.3
by_scipy = stats.norm.logpdf(some_digits, guess, width).sum(axis=1)
ours = gaussian_log_likelihood(some_digits, guess, np.log(width**2)).numpy()
same("(18) by SciPy", ours, by_scipy)
squared_error = np.square(some_digits - guess).sum(axis=1)
constant = -784 / 2 * np.log(2 * np.pi * width**2)
by_error = -squared_error / (2 * width**2) + constant
same("     from the squared error", by_error, by_scipy)

# %%
black_white = (some_digits > 0.5).astype("float64")
by_scipy = stats.bernoulli.logpmf(black_white, guess).sum(axis=1)
same("(19) by SciPy", bernoulli_log_likelihood(black_white, logits).numpy(), by_scipy)
# Keras takes the mean over pixels.
cross_entropy = keras.losses.binary_crossentropy(black_white, guess).numpy()
same("     from Keras's cross-entropy", -784 * cross_entropy, by_scipy, within=1e-3)

# %% [markdown]
# (Keras keeps probabilities a ten-millionth away from 0 and 1, hence the wider tolerance in the last line.) Mind the factor 784: Keras averages over pixels. A loss
# that adds this *average* to a KL gives the reconstruction 784 times too little weight.
#
# ### Grey pixels
#
# MNIST's pixels are grey, from 0 to 1. Formula (19) accepts them, and VAEs are often trained so; but then it is not a probability density any more. A density on
# the interval $[0, 1]$ must integrate to 1. This one doesn't:

# %%
lambdas = np.array([0.01, 0.1, 0.3, 0.5, 0.9])


def bernoulli_formula(pixel, probability):
    """exp of one term of (19)."""
    return probability**pixel * (1 - probability) ** (1 - pixel)


areas = [integrate.quad(bernoulli_formula, 0, 1, args=(value,))[0] for value in lambdas]
print("λ:        ", lambdas)
print("integral: ", np.round(areas, 4))

# %% [markdown]
# The repair is to divide by the integral, that is, to multiply by its inverse $C(\lambda)$. The result is the *continuous Bernoulli* distribution [5]:
#
# $$p(x \mid \lambda) = C(\lambda)\,\lambda^{x}(1-\lambda)^{1-x}, \qquad
# C(\lambda) = \frac{2\,\mathrm{artanh}(1 - 2\lambda)}{1 - 2\lambda}, \quad C(\tfrac12) = 2. \tag{20}$$

# %%
log_constant = continuous_bernoulli_log_normalizer(special.logit(lambdas)).numpy()
same("(20) log C and minus the log of the integral", log_constant, -np.log(areas))
for value, constant in zip(lambdas, log_constant, strict=True):
    moment, _ = integrate.quad(lambda x, v=value: x * bernoulli_formula(x, v), 0, 1)
    print(f"λ = {value:.2f}: log C = {constant:.4f} nats, ", end="")
    print(f"mean of the distribution {np.exp(constant) * moment:.4f}")

# %%
lam, pixel = np.linspace(0.002, 0.998, 250), np.linspace(0, 1, 201)
fig, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.4), layout="constrained")
left.plot(lam, continuous_bernoulli_log_normalizer(special.logit(lam)), color="black")
left.set(xlabel=r"$\lambda$", ylabel=r"$\log C(\lambda)$, nats")
left.set(xlim=(0, 1), ylim=(0, None))
left.axhline(np.log(2), color="0.6", linestyle="--", linewidth=1)
left.text(0.5, np.log(2) - 0.05, r"$\log 2$", ha="center", va="top")
looks = {0.02: (BLUE, "-"), 0.2: (ORANGE, "--"), 0.5: (GREEN, ":"), 0.9: (RED, "-.")}
for value, (color, style) in looks.items():
    log_c = continuous_bernoulli_log_normalizer(special.logit(value)).numpy()
    density = np.exp(log_c) * bernoulli_formula(pixel, value)
    right.plot(pixel, density, style, color=color, label=rf"$\lambda$ = {value}")
right.set(xlabel="grey value $x$", ylabel="density", xlim=(0, 1), ylim=(0, None))
right.legend()
plt.show()

# %% [markdown]
# What does the constant change? First, the meaning of the decoder's output. Under (19) the best $p$ is the mean grey value. Under
# (20) $\lambda$ is not the mean (except at ½), as the printed means show; shown as a picture, its contrast would be too strong.
#
# Second, the values. Without the constant they can't be compared with those of a density. Under (19) even a *perfect* reconstruction of a grey pixel costs something: at $p = x$ it costs the entropy of a
# Bernoulli variable. For our hundred digits this is

# %%
perfect = special.logit(some_digits.clip(1e-12, 1 - 1e-12))
floor = -bernoulli_log_likelihood(some_digits, perfect).numpy()
by_entropy = stats.bernoulli.entropy(some_digits).sum(axis=1)
name = "cost of a perfect reconstruction, and SciPy's entropy"
same(name, floor, by_entropy, within=1e-6)
print(f"on average {floor.mean():.1f} nats per image")

# %% [markdown]
# And how much does the constant add? It is the sum of $\log C$ over the pixels, so it depends on the decoder's output, and strongly on how close its probabilities are to 0 and 1. Most pixels of
# the average picture are nearly white. The further we let them go, the more the constant adds:

# %%
for least in (1e-2, 1e-3, 1e-6):
    clipped = average_picture.clip(least, 1 - least)
    at_clip = np.tile(special.logit(clipped), (100, 1))
    added = continuous_bernoulli_log_likelihood(some_digits, at_clip).numpy()
    added -= bernoulli_log_likelihood(some_digits, at_clip).numpy()
    log_constants = continuous_bernoulli_log_normalizer(at_clip).numpy().sum(axis=1)
    same("what (20) adds to (19), and the sum of log C", added, log_constants)
    share = np.mean(average_picture < least)
    print(f"  at least {least:g} ({share:.0%} of pixels clipped): {added[0]:.0f} nats")

# %% [markdown]
# The course trains with (19), as the article does. It can be read as an objective for black-and-white
# pictures: make each grey pixel ink with a probability equal to its grey value, and the *log*-likelihood of the resulting
# black-and-white picture is, on average, (19). Its values are *comparable with one another*, not with densities.
#
# ## The decoder alone
#
# A trained VAE is a generative model in its decoder alone. To make new objects, draw $z$ from the prior and decode it; the encoder isn't needed. That encoder and decoder together also make an autoencoder is a bonus.
#
# Here is the drawing, with a simple generator of digits: a linear-Gaussian model of the threes with twelve latent variables.

# %%
threes = x_train[y_train == 3][:2000].reshape(-1, 784)
generator = LinearGaussian.fit(threes, latent_dim=12)
codes = np.random.default_rng(4).normal(size=(4, 12))
decoded = codes @ generator.weights.T + generator.bias
draw_generator(decoded.clip(0, 1).reshape(-1, 28, 28), codes=codes)
plt.show()

# %% [markdown]
# (The dots show the first two of the twelve coordinates.) These are threes, if smoky ones: a linear decoder can only add and subtract. A network will do better.
#
# ## The loss of notebook 03, from its pieces
#
# Now everything is here. For one picture the loss is minus the ELBO (12), with its expectation estimated by one draw:
# encode (13), draw by the trick (16), decode to probabilities, then add minus (19) and (14).
#
# $$\mathrm{loss}(X) = -\log P(X \mid z) + \mathrm{KL}\bigl[N(\mu(X), \Sigma(X)) \Vert N(0, I)\bigr],
# \qquad z = \mu(X) + \Sigma(X)^{1/2}\varepsilon \tag{21}$$
#
# We let the VAE of notebook 03, untrained, compute it for a hundred digits. Then we recompute it ourselves, with SciPy and formula (5).

# %%
from vaelib.models import VAE, Decoder, Encoder

vae = VAE(Encoder(latent_dim=2, seed=1), Decoder(latent_dim=2))
vae.compile()
batch = x_test[:100]
outputs = {name: values.numpy() for name, values in vae(batch).items()}
its_loss = float(vae.compute_loss(batch, y_pred=outputs, training=False))

# %%
logits, z_mean, z_log_var = (
    outputs[name].astype("float64") for name in ("logits", "z_mean", "z_log_var")
)
p, digits = special.expit(logits), some_digits.reshape(batch.shape)
log_p = special.xlogy(digits, p) + special.xlog1py(1 - digits, -p)
prior = normal(np.zeros(z_mean.shape[1]))
clouds = zip(z_mean, np.exp(z_log_var), strict=True)
kl = [normal_kl(normal(m, np.diag(v)), prior) for m, v in clouds]
by_scipy = log_p.sum(axis=(1, 2, 3)) - kl

# %%
ours = elbo(batch.astype("float64"), outputs["logits"], z_mean, z_log_var).numpy()
same("(21) `elbo` and SciPy", ours, by_scipy, within=1e-6)
relative = np.array([its_loss / -ours.mean()])
same("     relative to the loss of notebook 03", relative, 1, within=1e-5)

# %% [markdown]
# Notebook 03's code calls $-\log P(X|z)$ the `reconstruction` loss. So there `loss = reconstruction + kl`, averaged
# over the batch, in nats per image. Averaging over the batch makes the step size
# independent of the batch size. *Summing* over pixels and latent variables is what makes it a bound (for grey pixels, in the sense of the section on them).
#
# ## What to take with you
#
# - $\log P(X) - \mathrm{KL}[Q \Vert P(Z|X)] = \mathbb E_Q[\log P(X|Z)] - \mathrm{KL}[Q \Vert P(Z)]$ holds for any $Q$ (11). The right side is the ELBO. Since
#   the KL is not negative, it is a lower bound (12), and it is equal to $\log P(X)$ only at the posterior.
# - The direct estimate of $P(X)$ fails because almost all codes drawn from the prior have nothing to do with the picture. $Q$ draws where it matters.
# - Raising the ELBO over a data set, with $\theta_1$ and $\theta_2$ at once, raises the likelihood or closes the gap (11a). With a rich enough $Q$ it reaches the largest likelihood.
# - A diagonal normal $Q$ makes the KL a simple sum (14). The clouds of all pictures together should make the prior (15).
# - The reparametrisation trick (16) lets gradients through, with little noise.
# - The reconstruction term is a likelihood. To choose the loss is to choose the noise: squared error (18), cross-entropy (19).

# %% [markdown]
# ## Exercises
#
# In the first cell of an exercise replace `...` by your answer and run it. The cell below checks it, and if it is not
# right yet, tries to tell you why. A solution is folded away under each: click on the bar with the three dots to see it.
#
# Your function is called with NumPy arrays of float64, and may use NumPy, SciPy or `keras.ops`. As in Keras code, `z_mean`
# is $\mu$ and `z_log_var` is $\log \sigma^2$, the logarithm of the *variance*.

# %%
from course.exercises.derivation import (
    check_bernoulli,
    check_best_sigma,
    check_draw,
    check_kl_to_prior,
)

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
# **2.** Compute the log-likelihood (19) of pictures from the logits of the decoder. It should also be right where a logit is 800.
# (With $p = 1/(1 + e^{-a})$: what is $\log p$, as a function of $a$? NumPy has `np.logaddexp(a, b)`, which is
# $\log(e^a + e^b)$ without overflow.)


# %%
def bernoulli(x, logits):
    """log P(X|Z) in nats of pixels x from 0 to 1.

    Both of shape (batch, pixels), the result (batch,).
    """
    return ...  # your answer


# %%
check_bernoulli(bernoulli)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def bernoulli_solution(x, logits):
    """log P(X|Z) in nats of pixels x from 0 to 1.

    Both of shape (batch, pixels), the result (batch,).
    """
    # log p = −log(1 + e^−a) and log(1 − p) = −a + log p, so that
    # x log p + (1 − x) log(1 − p) = x a − log(1 + e^a)
    return (x * logits - np.logaddexp(0, logits)).sum(axis=1)


# %% [markdown]
# **3.** Apply the trick (16): make a draw from each cloud, out of noise that was drawn before.


# %%
def draw(z_mean, z_log_var, epsilon):
    """Codes from N(z_mean, diag(exp(z_log_var))), made of standard normal noise.

    All of shape (batch, latent_dim).
    """
    return ...  # your answer


# %%
check_draw(draw)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def draw_solution(z_mean, z_log_var, epsilon):
    """Codes from N(z_mean, diag(exp(z_log_var))), made of standard normal noise.

    All of shape (batch, latent_dim).
    """
    return z_mean + np.exp(z_log_var / 2) * epsilon


# %% [markdown]
# **4.** *With pencil and paper.* The noise $\sigma$ of (18) can be learned, as our linear VAE did. Or it can be computed. Suppose that encoder and decoder are fixed, and you know for each
# picture the squared error $e_i = \lVert X_i - f(z_i) \rVert^2$, summed over its $D$ pixels. Derive the $\sigma$ for which the average of (18) over the pictures is largest, and write it as a function. The check compares your
# formula with an optimiser's answer.
#
# <details>
# <summary>Hint 1: where to begin</summary>
#
# Write $v = \sigma^2$. Average (18) over the pictures, and see which numbers of the data are left. (Only the mean $\bar e$ of the $e_i$, and $D$.)
#
# </details>
#
# <details>
# <summary>Hint 2: the function to maximise</summary>
#
# It is $-\dfrac{\bar e}{2v} - \dfrac D2 \log v$, plus a constant. Take the derivative with respect to $v$.
#
# </details>
#
# <details>
# <summary>Hint 3: the derivative</summary>
#
# $\dfrac{\bar e}{2v^2} - \dfrac{D}{2v} = 0$. Multiply by $2v^2$ and solve for $v$. It is positive to the left of the solution and negative to the right, so this is the
# maximum. The question was for $\sigma = \sqrt v$.
#
# </details>


# %%
def best_sigma(squared_error, pixels):
    """The σ that makes the average of (18) largest: one number.

    `squared_error` has one number for each picture, shape (batch,), summed over its
    pixels; `pixels` is their number D.
    """
    return ...  # your answer


# %%
check_best_sigma(best_sigma)


# %% jupyter={"source_hidden": true} tags=["solution", "hide-input"]
# Solution
def best_sigma_solution(squared_error, pixels):
    """The σ that makes the average of (18) largest: one number.

    `squared_error` has one number for each picture, shape (batch,), summed over its
    pixels; `pixels` is their number D.
    """
    return np.sqrt(squared_error.mean() / pixels)


# %% [markdown]
# **5.** *Predict, then look.* Halve the noise $\sigma$ of the linear-Gaussian model at the top, and let $Q$ be its exact
# posterior, for pictures drawn from the changed model. Do the clouds get smaller or larger? And does the average KL that the
# codes cost go up or down? Why? (Try it in a cell of your own, with `LinearGaussian(weights, bias, 0.25)`, its
# `sample` and `posterior`, and `normal_kl`; the solution has one.)

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "hide-cell"]
# Solution. With less noise a picture says more precisely which code it came from, so
# the clouds shrink. A smaller cloud costs more, since its code carries more
# information. The KL rises by a little less than log 2 = 0.69 nats for each of the two
# latent variables. (β = 2σ² is the same knob: it is divided by 4.)
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
# [1] C. Doersch, *Tutorial on Variational Autoencoders*, [arXiv:1606.05908](https://arxiv.org/abs/1606.05908) (the derivation; figure 3, the poor metric; figure 4, the trick) ·
# [2] M. Tipping, C. Bishop, *Probabilistic Principal Component Analysis*, J. R. Stat. Soc. B 61, 1999 ·
# [3] D. Kingma, M. Welling, *Auto-Encoding Variational Bayes*, [arXiv:1312.6114](https://arxiv.org/abs/1312.6114) ·
# [4] D. Rezende, S. Mohamed, D. Wierstra, *Stochastic Backpropagation*, [arXiv:1401.4082](https://arxiv.org/abs/1401.4082) ·
# [5] G. Loaiza-Ganem, J. Cunningham, *The continuous Bernoulli*, [arXiv:1907.06845](https://arxiv.org/abs/1907.06845) ·
# [6] the article that this course follows: M. Surtsukov, *Autoencoders in Keras, part 3: variational autoencoders* (in Russian), 2017, from
# [msurtsukov.github.io/AE3](https://msurtsukov.github.io/AE3) ·
# [7] Y. Burda, R. Grosse, R. Salakhutdinov, *Importance Weighted Autoencoders*, [arXiv:1509.00519](https://arxiv.org/abs/1509.00519) ·
# [8] J. Lucas, G. Tucker, R. Grosse, M. Norouzi, *Don't Blame the ELBO! A Linear VAE Perspective on Posterior Collapse*, [arXiv:1911.02469](https://arxiv.org/abs/1911.02469) ·
# Data: Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST database of handwritten digits*, CC BY-SA 3.0.
