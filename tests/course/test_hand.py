"""Q in the hand without a browser: its numbers against the library's, and what the page holds."""

import base64
import json
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from scipy import stats

from course.hand import DEVIATIONS, MEANS, MODELS, START, q_in_the_hand
from vaelib.elbo import gaussian_kl, gaussian_log_likelihood
from vaelib.evaluation.quadrature import elbo_quadrature, log_likelihood_quadrature
from vaelib.linear_gaussian import LinearGaussian

each_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
SOME_Q = [START, (0.7, 0.35), (-1.39, 0.29), (2.1, 1.1), *zip(MEANS, DEVIATIONS, strict=True)]


def library_log_likelihood(model):
    """log P(X|Z) of `vaelib.elbo`, for one code each: shape (n,)."""

    def log_likelihood(x, z):
        mean = model.decoder(z[:, :1])
        return gaussian_log_likelihood(x, mean, 2 * np.log(model.noise)).numpy()

    return log_likelihood


@each_model
def test_the_terms_are_the_librarys(model):
    for mean, deviation in SOME_Q:
        terms = model.terms(mean, deviation)
        z_mean, z_log_var = np.array([[mean]]), np.array([[2 * np.log(deviation)]])
        kl = gaussian_kl(z_mean, z_log_var).numpy()[0]
        arguments = library_log_likelihood(model), np.array([[model.x]]), z_mean, z_log_var
        assert terms["KL to prior"] == pytest.approx(kl, abs=1e-9)
        assert terms["ELBO"] == pytest.approx(elbo_quadrature(*arguments)[0], abs=1e-9)
        assert terms["ELBO"] == pytest.approx(terms["reconstruction"] - kl, abs=1e-9)
        assert terms["ELBO"] + terms["gap"] == pytest.approx(model.log_evidence, abs=1e-9)
        assert terms["gap"] > 0


@each_model
def test_the_evidence_is_the_librarys(model):
    """In a plane of codes whose second coordinate does nothing."""
    each = library_log_likelihood(model)

    def pairwise(x, z):
        return each(np.repeat(x, len(z), axis=0), z)[None]

    (evidence,), _ = log_likelihood_quadrature(pairwise, [[model.x]], step=0.05, limit=8.0)
    assert model.log_evidence == pytest.approx(evidence, abs=1e-9)


def test_one_hump_is_the_solved_model():
    model = MODELS["one hump"]
    solved = LinearGaussian([[1.0]], [0.0], model.noise)
    posterior = solved.posterior([model.x])
    assert model.log_evidence == pytest.approx(solved.evidence.logpdf([model.x]), abs=1e-9)
    z = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(model.log_posterior(z), posterior.logpdf(z), atol=1e-9)
    assert model.best == [pytest.approx((posterior.mean[0], posterior.cov[0, 0] ** 0.5), abs=1e-4)]
    for mean, deviation in SOME_Q:
        q = stats.multivariate_normal(mean, deviation**2)
        elbo = solved.elbo([model.x], q)
        assert model.terms(mean, deviation)["ELBO"] == pytest.approx(elbo, abs=1e-9)


@each_model
def test_no_q_nearby_is_better_than_the_best(model):
    for mean, deviation in model.best:
        best = model.terms(mean, deviation)["ELBO"]
        for by in (-0.01, 0.01):
            assert model.terms(mean + by, deviation)["ELBO"] < best
            assert model.terms(mean, deviation + by)["ELBO"] < best
    everywhere = [
        model.terms(mean, deviation)["ELBO"]
        for mean in np.linspace(*MEANS, 41)
        for deviation in np.linspace(*DEVIATIONS, 29)
    ]
    assert max(everywhere) <= max(model.terms(*q)["ELBO"] for q in model.best)


def test_two_humps_are_mirrored_and_leave_a_gap():
    model = MODELS["two humps"]
    left, right = model.best
    assert left == (-right[0], right[1])
    assert 0.69 < model.terms(*right)["gap"] < 0.8


def test_the_page_is_small_always_the_same_and_needs_nothing_from_elsewhere():
    page = q_in_the_hand().data
    assert page == q_in_the_hand().data
    assert len(page.encode()) <= 40_000
    assert not re.search(r"https?:|//\w|@import|<link|src=(?!\"data:)", page)
    assert page.count("</script") == 1


def test_the_page_has_the_models():
    found = re.search(r'startHand\("\w+", (\{.*\})\);\n', q_in_the_hand().data)
    config = json.loads(found[1])
    assert [model["name"] for model in config["models"]] == list(MODELS)
    z = np.linspace(-3, 3, 13)
    for given, model in zip(config["models"], MODELS.values(), strict=True):
        log_likelihood = np.polynomial.Polynomial(given["coefficients"])
        np.testing.assert_allclose(log_likelihood(z), model.log_likelihood(z), atol=1e-6)
        assert given["logEvidence"] == pytest.approx(model.log_evidence, abs=1e-8)
        assert [tuple(q) for q in given["best"]] == model.best


def test_without_a_script_a_picture_and_words_say_the_same():
    page = q_in_the_hand().data
    (picture,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    svg = ElementTree.fromstring(base64.b64decode(picture))
    model = MODELS["one hump"]
    terms = model.terms(*START)
    bars = [rect.attrib for rect in svg.iter("{http://www.w3.org/2000/svg}rect")][1:]
    heights = [float(bar["height"]) / 25 for bar in bars]  # 25 pixels a nat
    expected = [-terms["reconstruction"], -terms["ELBO"], terms["gap"]]
    np.testing.assert_allclose(heights, expected, atol=0.1 / 25)
    words = re.search(r"<p>(Here Q is .*)</p>", page)[1].replace("−", "-")
    for value in (*terms.values(), model.log_evidence):
        assert f"{value + 0.0:.2f}" in words
