"""The games of notebook 10: densities that are those of the samples, modes counted by hand."""

import numpy as np
from scipy import integrate, special, stats

from course import games
from vaelib.runtime import keras, set_up


def test_densities_are_those_of_the_samples():
    rng, x = np.random.default_rng(0), np.linspace(-9, 9, 2001)
    for density, drawn in zip(
        (games.real_density, games.made_density), games.samples(20_000, rng), strict=True
    ):
        below = integrate.cumulative_trapezoid(density(x), x, initial=0)
        assert stats.kstest(drawn, lambda at, below=below: np.interp(at, x, below)).pvalue > 0.001


def test_the_value_is_highest_for_the_best_scores():
    x = np.linspace(-12, 12, 4001)
    best = np.log(games.real_density(x) + 1e-300) - np.log(games.made_density(x))
    half = (games.real_density(x) + games.made_density(x)) / 2
    js = sum(
        integrate.trapezoid(special.rel_entr(p(x), half), x) / 2
        for p in (games.real_density, games.made_density)
    )
    assert np.isclose(games.value(best, x), 2 * js - np.log(4), atol=1e-6)
    for other in (best + 0.1, 0.9 * best, np.zeros_like(x)):
        assert games.value(other, x) < games.value(best, x)
    assert np.isclose(games.value(np.zeros_like(x), x), -np.log(4), atol=1e-6)


def test_modes_counted_by_hand():
    centres = games.CENTRES
    assert games.modes(np.repeat(centres, 10, axis=0)) == 8
    assert games.modes(np.repeat(centres[:3], 10, axis=0)) == 3
    assert games.modes(np.zeros((100, 2))) == 0
    # One point of a hundred is less than 2 %.
    assert games.modes(np.concatenate([np.repeat(centres[:1], 99, axis=0), centres[1:2]])) == 1
    assert games.modes(games.ring(5000, np.random.default_rng(0))) == 8


def test_each_side_of_the_game_follows_its_own_loss():
    """What the generator pays moves no weight of the discriminator, and the reverse."""
    x = games.ring(64, np.random.default_rng(0))
    for pays, moved, still in (
        ("wanted", "generator", "discriminator"),
        ("made", "discriminator", "generator"),
    ):
        set_up(seed=0)
        gan = games.PlaneGAN(together=2)

        def only(x, y, y_pred, *others, pays=pays, **more):
            return keras.ops.mean(y_pred[pays])

        gan.compute_loss = only
        gan.compile("sgd")
        before = {side: getattr(gan, side).get_weights() for side in (moved, still)}
        gan.fit(x, batch_size=64, verbose=0)
        for side, same in ((moved, False), (still, True)):
            pairs = zip(before[side], getattr(gan, side).get_weights(), strict=True)
            assert all(np.array_equal(*pair) for pair in pairs) == same


def test_points_of_a_group_are_neighbours():
    gan = games.PlaneGAN(together=2)
    found = gan.in_groups(np.arange(8.0).reshape(4, 2))
    assert np.asarray(found).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_features_are_as_many_as_asked_for():
    assert games.feature_discriminator(16).output_shape == (None, 16)
