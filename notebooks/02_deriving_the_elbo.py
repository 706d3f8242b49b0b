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
# A variational autoencoder is trained to raise one number, the *evidence lower bound* (ELBO). In this notebook you derive
# it, one step at a time, and every step is checked on a model so simple that all the answers are known exactly.
# By the end you will have met each piece of the loss that [notebook 03](03_vae_in_keras.ipynb) trains with, and
# put it together yourself.
#
# You need Python with NumPy, a first course in probability (densities, expectations, the normal distribution, Bayes' rule)
# and the matrix algebra that goes with it (inverse, determinant, trace). Having read [notebook
# 01](01_mapping_distributions.ipynb) helps. TensorFlow comes in only near the end, where gradients are taken.
#
# The formulas are numbered; the later notebooks refer to them.

# %%
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.patches import Ellipse
from matplotlib_inline.backend_inline import set_matplotlib_formats
from scipy import integrate, optimize, special, stats

from course.diagrams import draw_generator, draw_trick
from vaelib.data import load_mnist
from vaelib.linear_gaussian import LinearGaussian, normal_kl

sns.set_theme(context="notebook", style="ticks", palette="colorblind")
set_matplotlib_formats("retina")
BLUE, ORANGE, GREEN, RED = sns.color_palette()[:4]
normal = stats.multivariate_normal

# %% [markdown]
# Two small helpers will do the checking. `same` compares two ways to get one number and stops the notebook if they
# disagree. `estimate` averages random draws, and says how far the average is from the exact
# value, in units of its own standard error: a correct formula gives numbers like −1.3 or 0.4, a wrong one soon gives 20.


# %%
def same(name, one, other, within=1e-9):
    """Print two results that must agree; stop if they do not."""
    error = np.abs(np.asarray(one) - np.asarray(other)).max()
    assert error < within, f"{name}: off by {error}"
    shown = f"{one:.6f} = {other:.6f}, " if np.ndim(one) == np.ndim(other) == 0 else ""
    print(f"{name}: {shown}error below {within:g}")


# %%
def estimate(name, values, exact):
    """Print the mean of random values beside what it must be."""
    mean, error = np.mean(values), np.std(values) / np.sqrt(len(values))
    distance = (mean - exact) / error
    assert abs(distance) < 4.5, f"{name}: {distance:.1f} standard errors off"
    print(f"{name}: {mean:.4g} ± {error:.1g}, exactly {exact:.4g} ", end="")
    print(f"({distance:+.1f} standard errors)")


# %% [markdown]
# ## How a picture comes about
#
# Think of how somebody writes a digit. First there are hidden factors: which digit, how thick the pen, how much it slants.
# Call them $Z$, the *latent variables*. Then the hand moves, and a picture $X$ appears. Nobody draws the same digit twice: the
# same $Z$ can give many pictures. Four distributions describe this:
#
# | | | for digits |
# |---|---|---|
# | $P(Z)$ | the *prior* | how common a combination of hidden factors is |
# | $P(X \mid Z)$ | the *likelihood* | which pictures these factors can give |
# | $P(X)$ | the *evidence* | how likely this picture is as a digit at all |
# | $P(Z \mid X)$ | the *posterior* | which factors this picture can have come from |
#
# They belong together. To get the evidence of a picture, go through all the factors that could have produced it.
#
# $$P(X) = \int P(X \mid Z)\, P(Z)\, dZ \tag{1}$$
#
# (Capital $P$ stands for probability densities here, as in Doersch's tutorial [1], which this derivation follows.)
#
# For real digits all of them are unknown. So we need a model in which they can be learned, and first one in which they are known.
#
# ### A generating function and noise
#
# Notebook 01 showed that a function $f$ can turn normal variables into nearly anything. Let $Z$ be normal, and let $f(Z)$
# draw the picture. What $f$ draws can never match a given $X$ in all of its pixels, so we allow for a difference: a picture is $f(Z)$ plus normal noise of *standard deviation* $\sigma$. A value of $Z$ is also called a *code*, and
# computing $f(Z)$ is *decoding* it.
#
# $$Z \sim N(0, I), \quad X = f(Z) + \varepsilon, \quad \varepsilon \sim N(0, \sigma^2 I),
# \quad\text{so that}\quad P(X \mid Z) = N\bigl(X \mid f(Z), \sigma^2 I\bigr) \tag{2}$$
#
# Which noise we choose says which pictures count as similar; more of this [below](#The-noise-is-the-metric).
#
# ### A model whose answers are known
#
# In a VAE $f$ is a neural network, and (1) has no formula. But if $f$ is a matrix, $f(Z) = WZ + b$, everything is normal and
# everything has one. This is the *linear-Gaussian model*:
#
# $$P(X) = N(b,\; WW^{\mathsf T} + \sigma^2 I), \qquad
# P(Z \mid X) = N\bigl(M^{-1}W^{\mathsf T}(X - b),\; \sigma^2 M^{-1}\bigr), \qquad M = W^{\mathsf T}W + \sigma^2 I.$$
#
# `vaelib.linear_gaussian.LinearGaussian` has these formulas (Tipping and Bishop [2]), and its tests hold them against numerical integration.
# Here is a small one, with two latent variables and three "pixels", and one picture $X$ drawn from it.

# %%
weights, bias = [[1.0, 0.3], [-0.5, 0.8], [0.6, 0.6]], [0.5, -0.2, 0.1]
model = LinearGaussian(weights, bias, sigma=0.5)
rng = np.random.default_rng(0)
_, pictures = model.sample(100_000, rng)
x = pictures[0]
log_p_x = model.evidence.logpdf(x)
print("X =", x.round(3), " log P(X) =", log_p_x.round(4), "nats")

# %% [markdown]
# (Logarithms are natural, so their unit is the *nat*; one nat is $1/\ln 2 = 1.44$ bits.)
#
# Formula (2) by hand: the logarithm of this normal density is a constant minus a scaled squared distance. Compared with SciPy's:

# %%
z = np.array([0.4, -1.0])
distance = np.square(x - model.weights @ z - model.bias).sum()
by_hand = -distance / (2 * model.sigma**2) - 3 / 2 * np.log(2 * np.pi * model.sigma**2)
scipys = normal(model.weights @ z + model.bias, model.sigma**2 * np.eye(3)).logpdf(x)
same("(2) log P(X|Z)", by_hand, scipys, within=1e-12)
same("    and vaelib's", model.log_likelihood(x, z[None])[0], scipys, within=1e-12)

# %% [markdown]
# Formula (1): SciPy integrates over the plane of $Z$, knowing nothing of matrices; the closed form must agree. And pictures drawn in
# the two steps of (2) must follow that closed form: their squared distances from the mean, in units of the
# covariance, follow a chi-squared distribution with three degrees of freedom, if so. The *Kolmogorov–Smirnov test* takes the largest gap
# between the draws' distribution function and the claimed one; p is the probability of a gap at least that large if the claim is true.
# Any p that is not tiny is fine; 1e-10 would be a refutation.


# %%
def joint(z):
    """P(X|Z) P(Z) at codes of shape (n, 2), for our X."""
    return np.exp(model.log_likelihood(x, z)) * model.prior.pdf(z)


# %%
integral = integrate.cubature(joint, [-9, -9], [9, 9], rtol=1e-12, atol=1e-13).estimate
same("(1) log P(X)", np.log(integral), log_p_x)
centred = pictures - model.bias
squared = (centred * np.linalg.solve(model.evidence.cov, centred.T).T).sum(axis=1)
p_value = stats.kstest(squared, stats.chi2(3).cdf).pvalue
print(f"    100 000 draws, Kolmogorov-Smirnov test: p = {p_value:.2f}")

# %% [markdown]
# ## What to raise, and why not directly
#
# Training means: choose the parameters of $f$ so that the evidence $P(X)$ of the pictures we have is as high as possible
# (*maximum likelihood*). Why not take (1) at its word? Draw many $Z$ from the prior and average:
#
# $$P(X) \approx \frac1N \sum_{i=1}^{N} P(X \mid Z_i), \qquad Z_i \sim P(Z).$$
#
# Nothing is wrong with this formula; on our small model it works. The sum is taken through logarithms (`logsumexp`),
# because the densities of larger models are too small for floating-point numbers.


# %%
def log_mean(log_values):
    """log of the mean of exp(log_values)."""
    return special.logsumexp(log_values) - np.log(len(log_values))


def naive(model, x, n, rng):
    """The logarithms of P(X|Z), for codes drawn from the prior."""
    return model.log_likelihood(x, rng.normal(size=(n, model.latent_dim)))


# %%
estimate("P(X) from the prior", np.exp(naive(model, x, 100_000, rng)), np.exp(log_p_x))

# %% [markdown]
# Now let the model grow, with twelve pixels for each latent variable: 2 and 24, then 4 and 48, up to 32 and 384. (The digits have
# 784 pixels.) The evidence is still known exactly, so we can watch the estimate fail. The last column says how many of the draws
# did any work: the *effective sample size* $1 / \sum w_i^2$, where $w_i$ are the draws' shares in the sum.


# %%
def grown(latent_dim):
    """A random linear-Gaussian model, and a picture from it."""
    rng = np.random.default_rng(latent_dim)
    weights = rng.normal(size=(12 * latent_dim, latent_dim)) / np.sqrt(latent_dim)
    model = LinearGaussian(weights, np.zeros(len(weights)), sigma=0.5)
    return model, model.sample(1, rng)[1][0]


# %%
def effective(log_values):
    """How many draws share the sum."""
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
# (Averages of five tries.) With 32 latent variables ten thousand draws miss by hundreds of nats, and one draw does all the work: the one
# that happened to be least wrong. The reason is plain: *for one picture nearly all* $Z$ *give* $P(X \mid Z) \approx 0$. Somebody who fills pages with
# random strokes will write a given seven in the end, but not soon.
#
# ### Draw where it matters
#
# So draw only those $Z$ that could have led to this $X$. Let $Q(Z)$ be a distribution that prefers them. To make up for the
# preference, each draw is weighted:
#
# $$P(X) = \int \frac{P(X \mid Z)\,P(Z)}{Q(Z)}\,Q(Z)\,dZ
# = \mathbb E_{Z\sim Q}\left[\frac{P(X \mid Z)\,P(Z)}{Q(Z)}\right]. \tag{3}$$
#
# The best $Q$ would be the posterior $P(Z \mid X)$: then every draw gives exactly $P(X)$, as Bayes' rule says. Ours shall be
# wrong on purpose, its mean moved by 30 % of a standard deviation and its variance multiplied by 1.5.


# %%
def log_weights(model, x, q, n, rng):
    """The logarithms of P(X|Z) P(Z) / Q(Z), for codes drawn from Q."""
    z = q.rvs(n, random_state=rng).reshape(n, -1)
    return model.log_likelihood(x, z) + model.prior.logpdf(z) - q.logpdf(z)


# %%
def nearly(posterior):
    """A normal distribution a little off, in every direction."""
    moved = 0.3 * np.linalg.cholesky(posterior.cov).sum(axis=1)
    return normal(posterior.mean + moved, 1.5 * posterior.cov)


# %%
log_w = log_weights(model, x, nearly(model.posterior(x)), 100_000, rng)
estimate("(3) P(X)", np.exp(log_w), np.exp(log_p_x))
log_w = log_weights(model, x, model.posterior(x), 1000, rng)
name = "    each draw from the posterior"
same(name, np.exp(log_w), np.exp(log_p_x), within=1e-12)

# %% [markdown]
# And the growing models again, with a hundred draws each:

# %%
rows = []
for latent_dim in [2, 4, 8, 16, 32]:
    large, its_x = grown(latent_dim)
    q, exact = nearly(large.posterior(its_x)), large.evidence.logpdf(its_x)
    for seed in range(5):
        log_w = log_weights(large, its_x, q, 100, np.random.default_rng(seed))
        rows.append((latent_dim, log_mean(log_w) - exact, effective(log_w)))
columns = ["latent", "error, N = 100 from Q", "effective, of 100"]
q_draws = pd.DataFrame(rows, columns=columns)
shown = {"error, N = 100 from Q": ["min", "max"], "effective, of 100": "mean"}
q_draws.groupby("latent").agg(shown).round(2)

# %% [markdown]
# (The errors are the lowest and the highest of five tries.) A hundred draws from a $Q$ that is roughly right are off by a nat or less; with
# 32 latent variables ten thousand from the prior are off by hundreds. The picture of both:

# %%
exact = prior_draws["exact log P(X)"]
few, many = prior_draws["N = 100"] - exact, prior_draws["N = 10 000"] - exact
lines = {
    "N = 100 from the prior": (prior_draws, few, RED),
    "N = 10 000 from the prior": (prior_draws, many, ORANGE),
    "N = 100 from Q": (q_draws, q_draws["error, N = 100 from Q"], BLUE),
}

# %%
fig, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
for label, (table, miss, color) in lines.items():
    how = {"errorbar": ("pi", 100), "marker": "o", "color": color, "label": label}
    sns.lineplot(x=table["latent"], y=miss, ax=ax, **how)
ax.set_xscale("log", base=2)
ax.set_xticks([2, 4, 8, 16, 32], [2, 4, 8, 16, 32])
ax.set_xlabel("latent variables (with 12 pixels for each)")
ax.set_ylabel("estimate − log P(X), nats")
ax.set_yscale("symlog", linthresh=1)
plt.show()

# %% [markdown]
# (The bands go from the worst of five tries to the best. The vertical axis is linear between −1 and 1 and logarithmic outside.)
#
# So we want a $Q$ for every picture, near its posterior: an *encoder*. But how near is near?
#
# ## A distance between distributions
#
# The *Kullback–Leibler divergence* of $Q$ from $P$ is an average over draws from $Q$: of the logarithm of how many times more
# probable they are under $Q$ than under $P$.
#
# $$\mathrm{KL}[Q \,\Vert\, P] = \mathbb E_{Z \sim Q}\bigl[\log Q(Z) - \log P(Z)\bigr] \tag{4}$$
#
# It is measured in nats, it is never negative, and it is 0 only if the two are the same. Between two normal distributions of
# dimension $k$ it has a closed form, `normal_kl`:
#
# $$\mathrm{KL}[N(\mu_Q, \Sigma_Q) \Vert N(\mu_P, \Sigma_P)] = \tfrac12 \Bigl(\operatorname{tr}(\Sigma_P^{-1}\Sigma_Q)
# + (\mu_P - \mu_Q)^{\mathsf T}\Sigma_P^{-1}(\mu_P - \mu_Q) - k - \log\frac{\det\Sigma_Q}{\det\Sigma_P}\Bigr) \tag{5}$$
#
# Against the definition: by numerical integration on the line, by integration in the plane, and by Monte Carlo in five dimensions.


# %%
def kl_on_the_line(q, p):
    """Definition (4) by integration, over twelve standard deviations of Q each way."""
    low, high = q.mean() - 12 * q.std(), q.mean() + 12 * q.std()
    return integrate.quad(
        lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), low, high, epsabs=1e-12
    )[0]


integral = kl_on_the_line(stats.norm(0.7, 0.6), stats.norm(-0.2, 1.3))
same("(5) on the line", normal_kl(normal(0.7, 0.6**2), normal(-0.2, 1.3**2)), integral)

# %%
q = normal([0.3, -0.2], [[0.40, 0.15], [0.15, 0.30]])
p = normal([-0.5, 0.5], [[1.0, -0.4], [-0.4, 0.8]])


def integrand(z):
    """Of definition (4) in the plane."""
    return q.pdf(z) * (q.logpdf(z) - p.logpdf(z))


result = integrate.cubature(integrand, [-6, -6], [6, 6], rtol=1e-11, atol=1e-11)
same("(5) in the plane", normal_kl(q, p), result.estimate)


# %%
def random_normal(k, rng):
    """A normal distribution with any mean and covariance."""
    factor = rng.normal(size=(k, k)) / np.sqrt(k)
    return normal(rng.normal(size=k), factor @ factor.T + 0.1 * np.eye(k))


q, p = random_normal(5, rng), random_normal(5, rng)
draws = q.rvs(100_000, random_state=rng)
estimate("(5) in five dimensions", q.logpdf(draws) - p.logpdf(draws), normal_kl(q, p))

# %% [markdown]
# Never negative: here are a thousand random pairs, in one to six dimensions, and one compared with itself. (The proof
# is short: $-\log$ is convex, so by Jensen's inequality $\mathbb E_Q[-\log\frac PQ] \ge -\log \mathbb E_Q[\frac PQ] = -\log 1 = 0$.)

# %%
sizes = rng.integers(1, 7, size=1000)
pairs = [(random_normal(k, rng), random_normal(k, rng)) for k in sizes]
divergences = np.array([normal_kl(q, p) for q, p in pairs])
backwards = np.array([normal_kl(p, q) for q, p in pairs])
print(f"smallest of 1000: {divergences.min():.4f} nats")
same("of itself", normal_kl(q, q), 0, within=1e-12)

# %% [markdown]
# ### It has a direction
#
# A distance it is not, strictly: $\mathrm{KL}[Q \Vert P]$ and $\mathrm{KL}[P \Vert Q]$ differ. What that means shows best where $Q$
# cannot be right. Let $P$ have two humps and let $Q$ be a normal distribution, which has one. Fit $Q$ in both directions.

# %%
grid = np.linspace(-8, 8, 4001)
p_grid = 0.35 * stats.norm.pdf(grid, -2.5, 0.6) + 0.65 * stats.norm.pdf(grid, 2, 0.8)


def kl_on_grid(log_q, direction):
    """Definition (4) by the trapezoidal rule, in either direction."""
    if direction == "Q ‖ P":
        return integrate.trapezoid(np.exp(log_q) * (log_q - np.log(p_grid)), grid)
    return integrate.trapezoid(p_grid * (np.log(p_grid) - log_q), grid)


# %%
def objective(parameters, direction):
    """KL for a mean and the logarithm of a standard deviation."""
    log_q = stats.norm.logpdf(grid, parameters[0], np.exp(parameters[1]))
    return kl_on_grid(log_q, direction)


fits = {}
for direction in ["Q ‖ P", "P ‖ Q"]:
    best = optimize.minimize(objective, [1.0, 0.0], args=(direction,))
    mean, deviation = fits[direction] = best.x[0], np.exp(best.x[1])
    print(f"least KL[{direction}] = {best.fun:.3f} nats: ", end="")
    print(f"mean {mean:.2f}, standard deviation {deviation:.2f}")

# %%
fig, axes = plt.subplots(1, 2, figsize=(9.6, 3.4), sharey=True, layout="constrained")
for ax, direction, color in zip(axes, fits, [BLUE, ORANGE], strict=True):
    q_grid = stats.norm.pdf(grid, *fits[direction])
    ax.fill_between(grid, p_grid, color="0.85", label="$P$")
    ax.plot(grid, q_grid, color=color, linewidth=2, label="best normal $Q$")
    ax.set(xlim=(-6, 6), ylim=(0, 0.62), xlabel="$z$", title=f"least KL[{direction}]")
    ax.legend(loc="upper left", fontsize="small")
axes[0].set_ylabel("density")
plt.show()

# %% [markdown]
# On the left $Q$ is punished where it puts weight and $P$ has none: it takes one hump and leaves the other alone (*mode seeking*). On the right
# it is punished where $P$ has weight and $Q$ none: it covers both, and the empty middle too (*mean seeking*; the best mean and variance are
# those of $P$). A VAE's encoder is fitted by the left one.

# %% [markdown]
# ## The derivation
#
# Take any distribution $Q(Z \mid X)$, one for each picture. For the checks we take one for our $X$ that has
# nothing to do with the posterior, and a way to take expectations over it by numerical integration: straight from their definition, so that
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
#
# (The article that this course follows, listed under Sources, has $\log P(Z|X)$ as the second argument of the divergence; the logarithm belongs inside the expectation only.)

# %%
kl_to_posterior = normal_kl(q, posterior)
by_definition = expectation(lambda z: q.logpdf(z) - posterior.logpdf(z))
same("(6) the definition", kl_to_posterior, by_definition)

# %% [markdown]
# The posterior is unknown in general. **Bayes' rule** expresses it by what we have:
#
# $$\log P(Z|X) = \log P(X|Z) + \log P(Z) - \log P(X) \tag{7}$$
#
# It holds at every single $Z$; the check takes a thousand.

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
# **Regroup**: $\log Q(Z|X) - \log P(Z)$, averaged over $Q$, is by (4) a second divergence, that of $Q$ from the prior.
#
# $$\mathrm{KL}\bigl[Q(Z|X) \Vert P(Z|X)\bigr]
# = \mathrm{KL}\bigl[Q(Z|X) \Vert P(Z)\bigr] - \mathbb E_{Z\sim Q}\bigl[\log P(X|Z)\bigr] + \log P(X) \tag{10}$$

# %%
regrouped = normal_kl(q, model.prior) - expectation(log_likelihood) + log_p_x
same("(10) regrouped", kl_to_posterior, regrouped)

# %% [markdown]
# **Sort**, so that what we want stands on the left, and what we can compute on the right:
#
# $$\boxed{\;\log P(X) - \mathrm{KL}\bigl[Q(Z|X) \Vert P(Z|X)\bigr]
# = \mathbb E_{Z\sim Q}\bigl[\log P(X|Z)\bigr] - \mathrm{KL}\bigl[Q(Z|X) \Vert P(Z)\bigr]\;} \tag{11}$$

# %%
right_side = expectation(log_likelihood) - normal_kl(q, model.prior)
same("(11) sorted", log_p_x - kl_to_posterior, right_side)

# %% [markdown]
# No step used anything about $Q$ or $P$ but the rules of probability: (11) holds for *any* $Q$ and *any* model. Here are a thousand
# $Q$, with means and covariances drawn at random. For normal ones all terms have closed
# forms, so no integration is needed (`model.elbo` is the right side):

# %%
many_q = [random_normal(2, rng) for _ in range(1000)]
left_sides = np.array([log_p_x - normal_kl(q, posterior) for q in many_q])
right_sides = np.array([model.elbo(x, q) for q in many_q])
same("(11) for 1000 distributions Q", left_sides, right_sides)

# %% [markdown]
# And the way a VAE does it, by random draws from $Q$: each term comes out as the average of what the draws say.

# %%
draws = q.rvs(100_000, random_state=rng)
left_side = log_p_x - (q.logpdf(draws) - posterior.logpdf(draws))
reconstruction, log_ratio = log_likelihood(draws), q.logpdf(draws) - log_prior(draws)
exact = model.expected_log_likelihood(x, q)
estimate("log P(X) − KL[Q‖P(Z|X)]", left_side, model.elbo(x, q))
estimate("E[log P(X|Z)]          ", reconstruction, exact)
estimate("KL[Q‖P(Z)]             ", log_ratio, normal_kl(q, model.prior))

# %% [markdown]
# The expectation has to be over $Q$. A common slip is to draw $Z$ from the prior; here it would be off by

# %%
from_prior = log_likelihood(model.prior.rvs(100_000, random_state=rng)).mean()
print(f"{from_prior - model.expected_log_likelihood(x, q):.1f} nats")

# %% [markdown]
# ## The bound
#
# Read (11) from both sides.
#
# - **Left**: what we want, $\log P(X)$, minus an error that is never negative, and 0 when $Q$ is the posterior.
# - **Right**: two things that we can compute and that gradient descent can raise. The first asks: do codes from $Q$ decode to $X$? It is the
#   *reconstruction* term. The second keeps every picture's distribution of codes near the prior.
#
# Since the error is not negative, the right side is a lower bound of the evidence's logarithm:
#
# $$\log P(X) \;\ge\; \mathrm{ELBO} = \mathbb E_{Z\sim Q}\bigl[\log P(X|Z)\bigr]
# - \mathrm{KL}\bigl[Q(Z|X) \Vert P(Z)\bigr] \tag{12}$$
#
# The two are equal where $Q(Z|X) = P(Z|X)$.

# %%
print("1000 random Q, all below log P(X):", (right_sides < log_p_x).all())
print(f"the closest falls short by {log_p_x - right_sides.max():.3f} nats")
same("(12) at Q = the posterior", model.elbo(x, posterior), log_p_x)

# %% [markdown]
# In the picture $Q$ moves from the one above towards the posterior, and a little beyond. The blue line is the right side of (11), the black one $\log P(X)$,
# and the gap between them is filled by the divergence, computed by itself.

# %%
shares = np.linspace(0, 1.25, 51)
on_the_way = [
    normal((1 - t) * q.mean + t * posterior.mean, (1 - t) * q.cov + t * posterior.cov)
    for t in shares
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
# This is what makes (12) a training objective. Raise it by changing $Q$, and $Q$ moves towards the posterior, while $\log P(X)$ stays.
# Raise it by changing $f$, and either $\log P(X)$ grows or the gap shrinks. In a VAE both are
# networks, an *encoder* $Q(Z|X;\theta_1)$ and a *decoder* $P(X|Z;\theta_2)$ with weights $\theta_1$ and $\theta_2$, and both are changed at once.
#
# ## An encoder with two outputs
#
# Which $Q$? The usual choice is a normal distribution with a *diagonal* covariance: for each picture the encoder returns two
# vectors, the means $\mu(X)$ and the variances (in practice their logarithms), all coordinates being independent. (These $\sigma_i$ have nothing to do with the noise $\sigma$ of (2).)
#
# $$Q(Z|X) = N\bigl(\mu(X), \Sigma(X)\bigr), \qquad \Sigma \text{ diagonal, with variances } \sigma_1^2, \dots, \sigma_k^2 \tag{13}$$
#
# Its divergence from the prior is (5) with $\mu_P = 0$, $\Sigma_P = I$:
#
# $$\mathrm{KL}\bigl[N(\mu, \Sigma) \Vert N(0, I)\bigr]
# = \tfrac12\bigl(\operatorname{tr}\Sigma + \mu^{\mathsf T}\mu - k - \log\det\Sigma\bigr)
# = \tfrac12 \sum_{i=1}^{k} \bigl(\sigma_i^2 + \mu_i^2 - 1 - \log \sigma_i^2\bigr) \tag{14}$$
#
# Every coordinate pays for itself: for a mean away from 0, for a variance above 1, and, by the logarithm, for one below.

# %%
mean, variance = np.array([0.8, -1.5, 0.1]), np.array([0.3, 0.05, 0.9])
by_formula = 0.5 * (variance.sum() + mean @ mean - 3 - np.log(variance).sum())
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
# What does the diagonal cost? In our model the posterior's coordinates are correlated, so no diagonal $Q$ can reach it. The best one leaves
# a gap. An optimiser, told only to raise the ELBO, finds it; theory says that its variances must be one over the diagonal of the
# posterior's inverse covariance.


# %%
def minus_elbo(parameters):
    """For two means and two logarithms of variances."""
    return -model.elbo(x, normal(parameters[:2], np.diag(np.exp(parameters[2:]))))


# %%
found = optimize.minimize(minus_elbo, np.zeros(4), tol=1e-10)
by_theory = 1 / np.diag(np.linalg.inv(posterior.cov))
same("variances, by theory", np.exp(found.x[2:]), by_theory, within=1e-4)
correlation = posterior.cov[0, 1] / np.sqrt(np.diag(posterior.cov).prod())
print("correlation in the posterior:", correlation.round(3))
print(f"the best diagonal Q falls short by {log_p_x + found.fun:.4f} nats")

# %% [markdown]
# ## Many small clouds make one large one
#
# Each picture gets a normal distribution of its own, away from 0 and narrow. Yet codes for *new* pictures will be drawn from
# $N(0, I)$. How do the two go together? Average the clouds over all pictures, and the result must be the prior:
#
# $$\int P(Z \mid X)\, P(X)\, dX = P(Z) \tag{15}$$
#
# (a sum over all that can happen together with $Z$). So where $Q$ has become the posterior, and the model fits the data, the clouds
# of all pictures add up to $N(0, I)$: together, not each.
#
# For the linear-Gaussian model this can be computed. The
# covariance of an average of distributions is the average of their covariances plus the covariance of their means:

# %%
gain = posterior.cov @ model.weights.T / model.sigma**2  # posterior mean = gain (X − b)
total = posterior.cov + gain @ model.evidence.cov @ gain.T
same("(15) covariance of the averaged posterior and I", total, np.eye(2), within=1e-12)

# %%
centers = (pictures - model.bias) @ gain.T
same("     centres by `posterior`", centers[0], posterior.mean, within=1e-12)
z = centers + normal(cov=posterior.cov).rvs(len(centers), random_state=rng)
for i in range(2):
    p_value = stats.kstest(z[:, i], "norm").pvalue
    print(f"     coordinate {i + 1} against N(0, 1), ", end="")
    print(f"Kolmogorov-Smirnov: p = {p_value:.2f}")


# %% [markdown]
# To see it, we draw sixty of the clouds, and average more and more of them.


# %%
def average_density(centers, grid):
    """The mean of the clouds' densities of coordinate 1."""
    deviation = np.sqrt(posterior.cov[0, 0])
    return stats.norm.pdf(grid[:, None], centers[:, 0], deviation).mean(axis=1)


# %%
def draw_cloud(ax, center, cov, **how):
    """The ellipse of one standard deviation."""
    values, vectors = np.linalg.eigh(cov)
    angle = np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
    height, width = 2 * np.sqrt(values)
    ax.add_patch(Ellipse(center, width, height, angle=angle, **how))


# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.4), layout="constrained")
for center in centers[:60]:
    draw_cloud(left, center, posterior.cov, facecolor=BLUE, alpha=0.15, edgecolor=BLUE)
for radius in np.sqrt(-2 * np.log([0.5, 0.05])):
    how = {"fill": False, "color": "black", "linestyle": "--"}
    left.add_patch(plt.Circle((0, 0), radius, **how))
left.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal")
left.set(xlabel="$z_1$", ylabel="$z_2$", title="60 clouds")
grid = np.linspace(-4, 4, 301)
for n, color in [(6, "0.75"), (60, "0.45"), (5000, BLUE)]:
    density = average_density(centers[:n], grid)
    right.plot(grid, density, color=color, label=f"average of {n}")
right.plot(grid, stats.norm.pdf(grid), "--", color="black", label="$N(0, 1)$")
right.set(xlabel="$z_1$", ylabel="density", ylim=(0, 0.62))
right.set_title("their average along $z_1$")
right.legend()
plt.show()

# %% [markdown]
# (The dashed circles hold 50 % and 95 % of the prior.) In this model all clouds have the same shape; in a VAE each has its own.
#
# For real digits the model does not fit, and then the clouds need not add up. `LinearGaussian.fit` finds the best
# linear-Gaussian model of ten thousand digits with two latent variables, in closed form. Its averaged posterior has the *covariance*
# of the prior, exactly. But its shape is another:

# %%
(x_train, _), (x_test, _) = load_mnist()
digits = x_train[:10_000].reshape(-1, 784).astype("float64")
fitted = LinearGaussian.fit(digits, latent_dim=2)
cloud = fitted.posterior(digits[0]).cov
z = (digits - fitted.bias) @ fitted.weights @ cloud / fitted.sigma**2
same("covariance and I", np.cov(z.T, bias=True) + cloud, np.eye(2))
z += normal(cov=cloud).rvs(len(z), random_state=rng)
for i in range(2):
    gap, p_value = stats.kstest(z[:, i], "norm")
    print(f"coordinate {i + 1}: largest gap to N(0, 1) {gap:.3f}, p = {p_value:.1g}")

# %% [markdown]
# Mean and variance are right, the distribution is not. Keep this test in mind: we will ask it of every VAE.
#
# ## A gradient through a draw
#
# To raise the ELBO by gradient descent we need its gradient with respect to the encoder's outputs. But the expectation in (12) is
# estimated by a *draw* from $Q$, and a draw has no derivative: change $\mu$ a little, and
# the random generator gives some other number. The way out is to draw something that does not depend on $\mu$ and $\Sigma$:
#
# $$z = \mu + \Sigma^{1/2} \varepsilon, \qquad \varepsilon \sim N(0, I) \tag{16}$$
#
# This is the *reparametrisation trick* [3, 4]. ($\Sigma$ is the covariance; its root, for a diagonal one, the standard deviations. The article
# calls $\Sigma$ itself a standard deviation.) The distribution of $z$ is the same:

# %%
mean, variance = np.array([0.8, -1.5]), np.array([0.3, 0.05])
epsilon = rng.normal(size=(100_000, 2))
z = mean + np.sqrt(variance) * epsilon
for i in range(2):
    exact = stats.norm(mean[i], np.sqrt(variance[i]))
    p_value = stats.kstest(z[:, i], exact.cdf).pvalue
    print(f"(16) coordinate {i + 1}: Kolmogorov-Smirnov p = {p_value:.2f}")

# %% [markdown]
# But now $z$ is a differentiable function of $\mu$ and $\Sigma$, and the randomness comes from the side. In the drawing, forward is the
# same on both sides; only on the right can the gradient (blue, dashed) pass from the decoder to the encoder.

# %%
draw_trick()
plt.show()

# %% [markdown]
# TensorFlow takes the gradients, so here it has to be started. First the two graphs, in code. On the left NumPy draws $z$ from
# the values of $\mu$ and $\Sigma$, and TensorFlow finds no way back; on the right NumPy draws $\varepsilon$ only.

# %% tags=["machine", "nbval-ignore-output"]
from vaelib.runtime import set_up

print("Running on:", set_up(seed=0))

# %%
import keras
import tensorflow as tf

mean = tf.Variable([0.3, -0.2], dtype="float64")
deviation = tf.Variable([0.6, 0.5], dtype="float64")


def log_likelihoods(z, model, x):
    """log P(X|Z) but for its constant, for codes (n, latent_dim), in TensorFlow."""
    difference = x - tf.matmul(z, model.weights.T) - model.bias
    return -tf.reduce_sum(tf.square(difference), axis=1) / (2 * model.sigma**2)


# %%
with tf.GradientTape(persistent=True) as tape:
    without = log_likelihoods(rng.normal(mean, deviation, size=(1, 2)), model, x)
    with_trick = log_likelihoods(mean + deviation * rng.normal(size=(1, 2)), model, x)
print("without the trick:", tape.gradient(without, [mean, deviation]))
gradients = tape.gradient(with_trick, [mean, deviation])
print("with the trick:   ", [gradient is not None for gradient in gradients])

# %% [markdown]
# ### Right, and less noisy
#
# The exact gradient is known in our model: $\nabla_\mu\, \mathbb E_Q[\log P(X|Z)] = W^{\mathsf T}(X - W\mu - b) / \sigma^2$. And there is another way
# to estimate it without differentiating a draw, the *score function*: weigh the gradient of $\log Q$ with what came out,
#
# $$\nabla_\mu\, \mathbb E_{Z \sim Q}\bigl[\log P(X|Z)\bigr]
# = \mathbb E_{Z \sim Q}\bigl[\log P(X|Z)\; \nabla_\mu \log Q(Z)\bigr],
# \qquad \nabla_\mu \log Q(Z) = \Sigma^{-1}(Z - \mu). \tag{17}$$
#
# It needs no derivative of the decoder at all. Both are *unbiased*: the average over many draws is the exact gradient.


# %%
def three_gradients(model, x, mean, deviation, n, rng):
    """By the trick, by the score, with a baseline: n draws each, (n, latent_dim)."""
    epsilon = rng.normal(size=(n, len(mean)))
    # Each draw gets a copy of the mean, to have a gradient of its own.
    own_mean = tf.Variable(np.tile(mean, (n, 1)))
    with tf.GradientTape() as tape:
        values = log_likelihoods(own_mean + deviation * epsilon, model, x)
    constant = model.data_dim / 2 * np.log(2 * np.pi * model.sigma**2)
    score, values_there = epsilon / deviation, values.numpy()[:, None] - constant
    by_score = values_there * score, (values_there - values_there.mean()) * score
    return tape.gradient(values, own_mean).numpy(), *by_score


# %%
start, width = np.array([0.3, -0.2]), np.array([0.6, 0.5])
exact = model.weights.T @ (x - model.weights @ start - model.bias) / model.sigma**2
by_trick, by_score, _ = three_gradients(model, x, start, width, 100_000, rng)
for i in range(2):
    estimate(f"(16) the trick,       coordinate {i + 1}", by_trick[:, i], exact[i])
    estimate(f"(17) the score,       coordinate {i + 1}", by_score[:, i], exact[i])

# %% [markdown]
# Both right; but look at the ± behind them. Training takes *one* draw for each picture, so what counts is the variance of a single one. The table shows how it grows with the model, where $Q$ is the best
# diagonal distribution (20 000 draws; variances summed over coordinates). To be fair to the
# score function, it also gets a *baseline*: the average of $\log P(X|Z)$ is subtracted from each value, which changes no
# expectation and takes out what all draws have in common.

# %%
rows = []
for latent_dim in [1, 2, 4, 8, 16, 32]:
    large, its_x = grown(latent_dim)
    best = large.posterior(its_x)
    width = np.diag(np.linalg.inv(np.atleast_2d(best.cov))) ** -0.5
    arguments = large, its_x, best.mean, width, 20_000, np.random.default_rng(6)
    each = [gradients.var(axis=0).sum() for gradients in three_gradients(*arguments)]
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

# %% [markdown]
# With a baseline or without, the score function's variance grows faster than the trick's, so that their ratio grows with the
# dimension. It knows only *how good* a code was, the trick also knows *in which direction* it
# would have been better. That is why a VAE can train with one draw for each picture.
#
# ## The noise is the metric
#
# One choice is left from (2): the noise. For normal noise the reconstruction term is, by its formula,
#
# $$\log N\bigl(X \mid f(Z), \sigma^2 I\bigr) = -\frac{1}{2\sigma^2}\lVert X - f(Z) \rVert^2
# - \frac{D}{2}\log(2\pi\sigma^2), \tag{18}$$
#
# with $D$ the number of pixels. So *squared error is a Gaussian likelihood* up to a constant and a factor, and the factor matters: $\sigma^2$ sets
# the exchange rate between reconstruction and KL. Pixels that are black or white suit another noise: each is one
# (ink) with probability $p$ and zero otherwise, a *Bernoulli* variable, with $p = f(Z)$ from the decoder:
#
# $$\log P(X \mid Z) = \sum_{j=1}^{D} x_j \log p_j + (1 - x_j) \log (1 - p_j). \tag{19}$$
#
# That is minus the *binary cross-entropy*, summed over pixels. Let us see both, with the functions that the course's VAE uses, on digits. In
# place of a decoder's output we take the average picture; its probabilities go in as *logits*, $\log\frac{p}{1-p}$.

# %%
from vaelib.elbo import (
    bernoulli_log_likelihood,
    continuous_bernoulli_log_likelihood,
    continuous_bernoulli_log_normalizer,
    elbo,
    gaussian_log_likelihood,
)

some_digits = x_test[:100].reshape(100, -1).astype("float64")
average = x_train.reshape(len(x_train), -1).mean(axis=0).clip(0.01, 0.99)
guess = np.tile(average, (100, 1)).astype("float64")
logits = special.logit(guess)

# %%
sigma = 0.3
by_scipy = stats.norm.logpdf(some_digits, guess, sigma).sum(axis=1)
ours = gaussian_log_likelihood(some_digits, guess, np.log(sigma**2)).numpy()
same("(18) by SciPy", ours, by_scipy)
squared_error = np.square(some_digits - guess).sum(axis=1)
constant = -784 / 2 * np.log(2 * np.pi * sigma**2)
by_error = -squared_error / (2 * sigma**2) + constant
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
# that adds this *average* to a KL weighs reconstruction 784 times too lightly.
#
# ### Grey pixels
#
# MNIST's pixels are grey, from 0 to 1. Formula (19) accepts them, and everybody uses it so; but it is not a probability density any more. Over
# the interval $[0, 1]$ it must integrate to 1. It does not:

# %%
lambdas = np.array([0.01, 0.1, 0.3, 0.5, 0.9])


def bernoulli_formula(pixel, probability):
    """exp of one term of (19)."""
    return probability**pixel * (1 - probability) ** (1 - pixel)


areas = [integrate.quad(bernoulli_formula, 0, 1, args=(value,))[0] for value in lambdas]
print("λ:        ", lambdas)
print("integral: ", np.round(areas, 4))

# %% [markdown]
# The repair is to divide by the integral, that is to multiply by its inverse $C(\lambda)$. The result is the *continuous Bernoulli* distribution [5]:
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
fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.8), layout="constrained")
left.plot(lam, continuous_bernoulli_log_normalizer(special.logit(lam)), color="black")
left.set(xlabel=r"$\lambda$", ylabel=r"$\log C(\lambda)$, nats")
left.set(xlim=(0, 1), ylim=(0, None))
left.axhline(np.log(2), color="0.6", linestyle="--", linewidth=1)
left.text(0.5, np.log(2) - 0.05, r"$\log 2$", ha="center", va="top")
for value, color in [(0.02, BLUE), (0.2, ORANGE), (0.5, GREEN), (0.9, RED)]:
    log_c = continuous_bernoulli_log_normalizer(special.logit(value)).numpy()
    density = np.exp(log_c) * bernoulli_formula(pixel, value)
    right.plot(pixel, density, color=color, label=rf"$\lambda$ = {value}")
right.set(xlabel="grey value $x$", ylabel="density", xlim=(0, 1), ylim=(0, None))
right.legend()
plt.show()

# %% [markdown]
# What does the constant change? First, the meaning of the decoder's output: under (19) the best $p$ is the mean grey value; under
# (20) $\lambda$ is not the mean (except at ½), as the printed means show, and shown as a picture it would look too contrasty. Second,
# the values: without the constant they cannot be compared with those of a density. Under (19) even a *perfect* reconstruction of a grey pixel costs something: at $p = x$ it is the entropy of a
# Bernoulli variable. For our hundred digits:

# %%
perfect = special.logit(some_digits.clip(1e-12, 1 - 1e-12))
floor = -bernoulli_log_likelihood(some_digits, perfect).numpy()
by_entropy = stats.bernoulli.entropy(some_digits).sum(axis=1)
name = "cost of a perfect reconstruction, and SciPy's entropy"
same(name, floor, by_entropy, within=1e-6)
print(f"on average {floor.mean():.1f} nats per image")

# %%
by_20 = continuous_bernoulli_log_likelihood(some_digits, logits).numpy()
added = by_20 - bernoulli_log_likelihood(some_digits, logits).numpy()
log_constants = continuous_bernoulli_log_normalizer(logits).numpy().sum(axis=1)
same("what (20) adds to (19), and the sum of log C", added, log_constants)
print(f"at the average picture: {added[0]:.0f} nats per image")

# %% [markdown]
# The course trains with (19), as the article does and most papers do. It is an objective for black-and-white
# pictures in disguise: make each grey pixel ink with a probability equal to its grey value, and the *log*-likelihood of the resulting
# black-and-white picture is, on average, (19). Its values are *comparable with one another*, not with densities.
#
# ## The decoder alone
#
# Once trained, new objects need no encoder: draw $z$ from the prior, decode. That encoder and decoder together also make an autoencoder is a bonus.
# Here with the only generator of digits we have yet: a linear-Gaussian model of the threes with twelve latent variables.

# %%
threes = x_train[:20_000][load_mnist()[0][1][:20_000] == 3].reshape(-1, 784)
generator = LinearGaussian.fit(threes, latent_dim=12)
z = np.random.default_rng(1).normal(size=(4, 12))
decoded = z @ generator.weights.T + generator.bias
draw_generator(decoded.clip(0, 1).reshape(-1, 28, 28))
plt.show()

# %% [markdown]
# Threes, if smoky ones: a linear decoder can only add and subtract. A network will do better.
#
# ## The loss of notebook 03, from its pieces
#
# Everything is here now. For one picture the loss is minus the ELBO (12), its expectation estimated by one draw:
# encode (13), draw by the trick (16), decode to probabilities, then minus (19), plus (14).
#
# $$\mathrm{loss}(X) = -\log P(X \mid z) + \mathrm{KL}\bigl[N(\mu(X), \Sigma(X)) \Vert N(0, I)\bigr],
# \qquad z = \mu(X) + \Sigma(X)^{1/2}\varepsilon \tag{21}$$
#
# We let the VAE of notebook 03, untrained, compute it for a hundred digits, and again ourselves, with SciPy and formula (5).

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
prior, clouds = normal(np.zeros(2)), zip(z_mean, np.exp(z_log_var), strict=True)
kl = [normal_kl(normal(m, np.diag(v)), prior) for m, v in clouds]
by_scipy = log_p.sum(axis=(1, 2, 3)) - kl

# %%
ours = elbo(batch.astype("float64"), outputs["logits"], z_mean, z_log_var).numpy()
same("(21) `elbo` and SciPy", ours, by_scipy, within=1e-6)
relative = np.array([its_loss / -ours.mean()])
same("     relative to the loss of notebook 03", relative, 1, within=1e-5)

# %% [markdown]
# The code of notebook 03 calls $-\log P(X|z)$ the `reconstruction` loss, the sign turned; so there `loss = reconstruction + kl`, averaged
# over the batch, in nats per image. The averaging is
# what gradient descent needs to be independent of the batch size; the *sum* over pixels and latent variables is what makes it a bound (for grey pixels, in the sense of the section on them).
#
# ## What to take with you
#
# - $\log P(X) - \mathrm{KL}[Q \Vert P(Z|X)] = \mathbb E_Q[\log P(X|Z)] - \mathrm{KL}[Q \Vert P(Z)]$: true for any $Q$ (11). The right side is the ELBO, and since
#   the KL is not negative, a lower bound (12).
# - The direct estimate of $P(X)$ fails because almost all codes drawn from the prior have nothing to do with the picture. $Q$ draws where it matters.
# - A diagonal normal $Q$ makes the KL a simple sum (14); the clouds of all pictures together should make the prior (15).
# - The reparametrisation trick (16) lets gradients through, with little noise.
# - The reconstruction term is a likelihood; to choose the loss is to choose the noise: squared error (18), cross-entropy (19).

# %% [markdown]
# ## Exercises
#
# In the first cell of an exercise replace `...` by your answer and run it; the cell below checks it, and if it is not
# right yet, tries to tell you why. A solution is folded away under each: click on the bar with the three dots to see it.
#
# Your function is called with NumPy arrays of float64, and may use NumPy, SciPy or `keras.ops`. As in Keras code, `z_mean`
# is $\mu$ and `z_log_var` is $\log \sigma^2$, the logarithm of the *variance*.

# %%
from course.exercises.derivation import check_bernoulli, check_draw, check_kl_to_prior

# %% [markdown]
# **1.** The KL of the encoder's clouds from the prior, (13) and (14), in nats for each picture.


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
# **2.** The log-likelihood (19) of pictures, from the logits of the decoder. It should also be right where a logit is 800.
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
# **3.** The trick (16): a draw from each cloud, made of noise that was drawn before.


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
# **4.** *Predict, then look.* Halve the noise $\sigma$ of the linear-Gaussian model at the top, and let $Q$ be its exact
# posterior, for pictures drawn from the changed model. Do the clouds get smaller or larger? And the average KL that the
# codes cost: less or more? Why? (Try it in a cell of your own, with `LinearGaussian(model.weights, model.bias, 0.25)`, its
# `sample` and `posterior`, and `normal_kl`; the solution has one.)

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "hide-cell"]
# Solution. With less noise a picture says more precisely which code it came from: the
# clouds shrink. A smaller cloud costs more, since its code carries more information:
# the KL rises, by a little less than log 2 = 0.69 nats for each of the two latent
# variables. β and σ are one knob: squared error is divided by 2σ².
for sigma in (0.5, 0.25):
    halved = LinearGaussian(model.weights, model.bias, sigma)
    _, seen = halved.sample(2000, np.random.default_rng(4))
    costs = [normal_kl(halved.posterior(picture), halved.prior) for picture in seen]
    size = np.sqrt(np.diag(halved.posterior(seen[0]).cov)).round(2)
    print(f"σ = {sigma}: deviations of the cloud {size}, ", end="")
    print(f"average KL {np.mean(costs):.2f} nats")

# %% [markdown]
# ## Sources
#
# The article that this course follows: M. Surtsukov, *Autoencoders in Keras, part 3: variational autoencoders* (in Russian), 2017, from
# [msurtsukov.github.io/AE3](https://msurtsukov.github.io/AE3).
# [1] C. Doersch, *Tutorial on Variational Autoencoders*, [arXiv:1606.05908](https://arxiv.org/abs/1606.05908) (the derivation; figure 4, the trick) ·
# [2] M. Tipping, C. Bishop, *Probabilistic Principal Component Analysis*, J. R. Stat. Soc. B 61, 1999 ·
# [3] D. Kingma, M. Welling, *Auto-Encoding Variational Bayes*, [arXiv:1312.6114](https://arxiv.org/abs/1312.6114) ·
# [4] D. Rezende, S. Mohamed, D. Wierstra, *Stochastic Backpropagation*, [arXiv:1401.4082](https://arxiv.org/abs/1401.4082) ·
# [5] G. Loaiza-Ganem, J. Cunningham, *The continuous Bernoulli*, [arXiv:1907.06845](https://arxiv.org/abs/1907.06845) ·
# Data: Y. LeCun, C. Cortes, C. J. C. Burges, *The MNIST database of handwritten digits*, CC BY-SA 3.0.
