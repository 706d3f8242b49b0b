"""What units tell about factors, against closed forms; odd pictures; dequantisation."""

import numpy as np
import pytest
from scipy import stats

from course import factors as measures
from vaelib.data import coloured_shapes


def correlated(rho, n=200_000):
    return np.random.default_rng(0).multivariate_normal([0, 0], [[1, rho], [rho, 1]], n).T


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_the_information_of_two_normals_is_the_closed_forms(rho):
    """Groups can only lose information; twenty of them lose little."""
    exact = -np.log(1 - rho**2) / 2
    found = measures.mutual_information(*correlated(rho))
    assert exact - 0.06 < found < exact + 0.002


def test_classes_and_numbers_go_together():
    rng = np.random.default_rng(1)
    kind = rng.integers(3, size=20_000)
    assert measures.mutual_information(kind + rng.random(20_000), kind) == pytest.approx(
        np.log(3), abs=0.1
    )


def test_a_unit_for_each_factor_has_gaps_of_1_and_turned_units_have_none():
    rng = np.random.default_rng(2)
    named = {"a": rng.uniform(size=20_000), "b": rng.uniform(size=20_000)}
    straight = np.column_stack([named["b"] ** 3, -named["a"]])
    table = measures.information_table(straight, named)
    np.testing.assert_allclose(table, [[0, 1], [1, 0]], atol=0.01)
    np.testing.assert_allclose(measures.mutual_information_gap(table), 1, atol=0.02)
    turned = np.column_stack([named["a"] + named["b"], named["a"] - named["b"]])
    gaps = measures.mutual_information_gap(measures.information_table(turned, named))
    np.testing.assert_allclose(gaps, 0, atol=0.02)


def test_all_units_together_give_what_is_a_polynomial_of_them():
    z = np.random.default_rng(3).normal(size=(2000, 3))
    assert measures.readable(z, 2 + z[:, 0] * z[:, 2] - z[:, 1] ** 2) == pytest.approx(1)
    assert measures.readable(z, np.random.default_rng(4).normal(size=2000)) < 0.05


def test_the_chance_to_be_higher_is_counted():
    odd, usual = np.random.default_rng(5).normal(size=(2, 50))
    pairs = odd[:, None] > usual
    assert measures.auroc(odd + 0.5, usual) > measures.auroc(odd, usual) == pairs.mean()
    assert measures.auroc(odd, odd) == 0.5


def test_odd_pictures_are_what_their_names_say():
    x, other = (coloured_shapes(50, seed=seed)[0] for seed in (0, 1))
    odd = measures.odd_pictures(x, other)
    assert all(each.shape == x.shape for each in odd.values())
    assert all(0 <= each.min() <= each.max() <= 1 for each in odd.values())
    ink = {name: np.abs(each - each[:1, :1, :1]).sum(axis=(1, 2, 3)) for name, each in odd.items()}
    usual = np.abs(x - 0.1).sum(axis=(1, 2, 3))
    assert (ink["two shapes"] >= usual - 1e-3).all()
    np.testing.assert_allclose(ink["half as large"], usual / 4, rtol=1e-4)
    np.testing.assert_allclose(ink["faded"], usual / 10, rtol=1e-4)
    assert ink["nothing"].max() == 0
    assert np.ptp(odd["grey shapes"], axis=-1).max() == 0


def test_noise_fills_each_level_and_no_more():
    levels = np.arange(256).repeat(400).reshape(400, 256) % 256 / 255
    x = measures.dequantised(levels, np.random.default_rng(6))
    assert 0 <= x.min() < x.max() < 1
    np.testing.assert_array_equal(np.floor(256 * x.astype("float64")), np.round(255 * levels))
    assert stats.kstest((256 * x.astype("float64")).ravel() % 1, "uniform").pvalue > 1e-3
