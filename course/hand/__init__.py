"""Q in the hand: a figure in the page whose normal Q the reader moves, with the ELBO as bars.

Everything is in the HTML: it works in JupyterLab, on a web page and in a file, without a network.
Its models are as small as possible: Z and X are one number each, and a decoder is a polynomial.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any

import numpy as np
from IPython.display import HTML
from numpy.polynomial import Polynomial
from scipy import integrate, optimize, special, stats

from vaelib.linear_gaussian import normal_kl

START = (0.0, 1.0)  # Q is the prior at first
MEANS, DEVIATIONS = (-3.0, 3.0), (0.2, 1.6)  # as far as Q can be moved
LOWEST = -7.0  # nats: where the bars' axis ends
GRID = np.linspace(-16, 16, 3201)  # wide enough for every Q, fine enough for the narrowest


@dataclass(frozen=True)
class OneNumberModel:
    """Z ~ N(0, 1) and X = f(Z) + noise, all of them one number; X has been observed.

    `decoder` is f, and `noise` the standard deviation of the noise. See `MODELS`.
    """

    formula: str
    decoder: Polynomial
    x: float = 2.5
    noise: float = 0.8

    @property
    def log_likelihood(self) -> Polynomial:
        """log P(X|Z) as a function of Z: a polynomial, too."""
        constant = np.log(self.noise) + np.log(2 * np.pi) / 2
        return -0.5 * ((self.x - self.decoder) / self.noise) ** 2 - constant

    @cached_property
    def log_evidence(self) -> float:
        """log P(X) in nats, by the trapezoid rule."""
        joint = self.log_likelihood(GRID) + stats.norm.logpdf(GRID)
        return float(special.logsumexp(joint) + np.log(GRID[1] - GRID[0]))

    def log_posterior(self, z: Any) -> Any:
        """log P(Z|X), by Bayes' rule."""
        return self.log_likelihood(z) + stats.norm.logpdf(z) - self.log_evidence

    def terms(self, mean: float, deviation: float) -> dict[str, float]:
        """What the bars show for Q = N(mean, deviation²), in nats.

        >>> MODELS["one hump"].terms(0.0, 1.0)["KL to prior"]  # Q is the prior
        0.0
        """
        q = stats.norm(mean, deviation)
        reconstruction = integrate.trapezoid(q.pdf(GRID) * self.log_likelihood(GRID), GRID)
        distance = q.logpdf(GRID) - self.log_posterior(GRID)
        normal = stats.multivariate_normal
        kl = normal_kl(normal(mean, deviation**2), normal(0, 1))
        return {
            "reconstruction": float(reconstruction),
            "KL to prior": kl,
            "ELBO": float(reconstruction - kl),
            "gap": float(integrate.trapezoid(q.pdf(GRID) * distance, GRID)),
        }

    @cached_property
    def best(self) -> list[tuple[float, float]]:
        """Mean and deviation of the normal Q with the highest ELBO; of two, if they are equals."""

        def minus_elbo(q: np.ndarray) -> float:
            return -self.terms(q[0], np.exp(q[1]))["ELBO"]

        found = set()
        for start in (-1.5, 1.5):
            q = optimize.minimize(minus_elbo, [start, -1.0], options={"gtol": 1e-8}).x
            found.add((round(float(q[0]), 4), round(float(np.exp(q[1])), 4)))
        return sorted(found)


MODELS = {
    "one hump": OneNumberModel("f(z) = z", Polynomial([0, 1])),
    "two humps": OneNumberModel("f(z) = z²", Polynomial([0, 0, 1])),
}


def q_in_the_hand() -> HTML:
    """The figure, for the last line of a notebook cell.

    One or two humps of the posterior, a normal Q to drag by its top and its shoulders, and four
    bars: reconstruction − KL = ELBO, and ELBO + gap = log P(X). Its HTML is always the same.
    """
    config: dict[str, Any] = {"models": [_for_the_page(name) for name in MODELS], "start": START}
    config |= {"means": MEANS, "deviations": DEVIATIONS, "lowest": LOWEST}
    config["page"] = f"<style>{_asset('hand.css')}</style>{_asset('page.html')}"
    text = json.dumps(config, ensure_ascii=False).replace("<", "\\u003c")
    still = base64.b64encode(_still("one hump").encode()).decode()
    parts = {"id": hashlib.sha256((still + text).encode()).hexdigest()[:12], "still": still}
    parts |= {"script": _asset("hand.js"), "data": text, "says": _in_words("one hump")}
    return HTML(_asset("fragment.html").format(**parts).rstrip("\n"))


def _for_the_page(name: str) -> dict[str, Any]:
    """A model as the script needs it; rounded, so that every machine writes the same."""
    model = MODELS[name]
    return {
        "name": name,
        "formula": model.formula,
        "coefficients": [round(float(each), 9) for each in model.log_likelihood.coef],
        "logEvidence": round(model.log_evidence, 9),
        "best": model.best,
    }


def _in_words(name: str) -> str:
    """What the bars show at the start."""
    found = {term: f"{value:.2f}".replace("-", "−") for term, value in _start(name).items()}
    return (
        "Here Q is the prior, N(0, 1). In nats: reconstruction − KL = {reconstruction} − "
        "{KL to prior} = {ELBO}, the ELBO; and ELBO + gap = {ELBO} + {gap} = {log P(X)} = log P(X)."
    ).format(**found)


def _start(name: str) -> dict[str, float]:
    # + 0.0 makes a zero of −0.0
    terms = {term: round(value, 6) + 0.0 for term, value in MODELS[name].terms(*START).items()}
    return terms | {"log P(X)": round(MODELS[name].log_evidence, 6)}


def _still(name: str) -> str:
    """A picture for where no script may run: the densities and the bars at the start."""
    z = np.linspace(-3.2, 3.2, 129)
    curves = {"posterior": np.exp(MODELS[name].log_posterior(z)), "q": stats.norm.pdf(z, *START)}
    across, up = 20 + (z + 3.2) * 50, {key: 210 - 240 * curve for key, curve in curves.items()}
    paths = {
        key: "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(across, height, strict=True))
        for key, height in up.items()
    }
    terms = {term: round(30 - 25 * value, 1) for term, value in _start(name).items()}
    return _asset("still.svg").format(
        **paths,
        reconstruction=round(terms["reconstruction"] - 30, 1),
        elbo=round(terms["ELBO"] - 30, 1),
        bottom=terms["ELBO"],
        evidence=terms["log P(X)"],
        above=terms["log P(X)"] - 6,
        gap=round(terms["ELBO"] - terms["log P(X)"], 1),
    )


def _asset(name: str) -> str:
    return (resources.files(__name__) / name).read_text(encoding="utf-8")
