"""A GAN whose two sides are told the label, and pay each for itself."""

import subprocess
import sys

import numpy as np
import pytest
from any_backend import arrays
from quarters import quarters
from scipy import special

from vaelib.latent import decode_grid
from vaelib.models import ConditionalGAN, Decoder, Discriminator, gan
from vaelib.runtime import keras
from vaelib.training.snapshots import Snapshots
from vaelib.visual.live import LiveView

RNG = np.random.default_rng(0)
X, Y = quarters(RNG, least=0.7)


def features(*more, **options):
    layers = [keras.layers.Flatten(), keras.layers.Dense(16, "leaky_relu", **options), *more]
    return keras.Sequential([keras.Input((8, 8, 1)), *layers])


def make(optimizer=None, inner=None, **options):
    keras.utils.set_random_seed(0)
    generator = Decoder(2 + 3, hidden_units=(16,), image_shape=(8, 8, 1))
    model = ConditionalGAN(generator, inner or features(), n_classes=3, **options)
    model.compile(optimizer or keras.optimizers.Adam(0.005, beta_1=0.5))
    return model


@pytest.fixture(scope="module")
def trained():
    model = make()
    model.fit(X, Y, batch_size=20, epochs=60, verbose=0)
    return model


def test_the_score_is_a_projection():
    keras.utils.set_random_seed(1)
    discriminator = Discriminator(features(), n_classes=3)
    phi = arrays(discriminator.inner(X))
    w, b = arrays(discriminator.of_all.get_weights())
    v = arrays(discriminator.of_label.get_weights()[0])
    expected = (phi @ w + b)[:, 0] + np.einsum("nf,nf->n", phi, v[Y])
    np.testing.assert_allclose(arrays(discriminator((X, Y))), expected, atol=1e-5)


@pytest.mark.parametrize(("name", "least"), [("non_saturating", 2 * np.log(2)), ("hinge", 2.0)])
def test_what_the_sides_pay(name, least):
    """The first two by logarithms of probabilities; where both scores are 0, it is known."""
    of_discriminator, of_generator = gan.OBJECTIVES[name]
    real, made = RNG.normal(scale=3, size=(2, 50)).astype("float32")
    if name == "hinge":
        expected = np.maximum(1 - real, 0) + np.maximum(1 + made, 0), -made
    else:
        expected = -special.log_expit(real) - special.log_expit(-made), -special.log_expit(made)
    np.testing.assert_allclose(arrays(of_discriminator(real, made)), expected[0], atol=1e-5)
    np.testing.assert_allclose(arrays(of_generator(made)), expected[1], atol=1e-5)
    zero = np.zeros(1, "float32")
    assert arrays(of_discriminator(zero, zero))[0] == pytest.approx(least)


def test_the_saturating_generator_lowers_what_the_discriminator_gains():
    """A zero-sum game: what the generator pays is minus the discriminator's cost for its scores."""
    of_discriminator, of_generator = gan.OBJECTIVES["saturating"]
    real, made = RNG.normal(size=(2, 50)).astype("float32")
    fixed = -special.log_expit(real)
    np.testing.assert_allclose(
        arrays(of_generator(made)), fixed - arrays(of_discriminator(real, made)), atol=1e-5
    )


@pytest.mark.parametrize("side", [0, 1])
def test_no_gradient_of_one_side_reaches_the_other(side, monkeypatch):
    """If only one side pays, only its weights change."""
    costs = list(gan.OBJECTIVES["non_saturating"])
    costs[1 - side] = lambda *scores: 0 * scores[0]
    monkeypatch.setitem(gan.OBJECTIVES, "non_saturating", tuple(costs))
    model = make(keras.optimizers.SGD(0.1), objective="non_saturating")
    halves = [model.discriminator, model.decoder]
    before = [arrays(half.trainable_variables) for half in halves]
    model.fit(X[:40], Y[:40], batch_size=20, epochs=1, verbose=0)
    for i, (half, weights) in enumerate(zip(halves, before, strict=True)):
        changed = [
            not np.array_equal(old, new)
            for old, new in zip(weights, arrays(half.trainable_variables), strict=True)
        ]
        assert all(changed) if i == side else not any(changed)


def test_it_learns_to_draw_what_is_asked_for(trained):
    asked = np.arange(300) % 3
    new = trained.generate(asked, seed=1)
    quarters = new.reshape(300, 2, 4, 2, 4).mean(axis=(2, 4)).reshape(300, 4)
    assert np.mean(quarters.argmax(axis=1) == asked) > 0.95
    scores = arrays(trained.predict((X, Y), verbose=0))
    wrong = arrays(trained.predict((X, (Y + 1) % 3), verbose=0))
    assert np.mean(scores > wrong) > 0.95


def test_logs_are_the_costs_of_either_side(trained):
    logs = trained.evaluate(X, Y, verbose=0, return_dict=True)
    assert set(logs) == {"loss", "discriminator", "generator"}
    assert logs["loss"] == pytest.approx(logs["discriminator"] + logs["generator"], rel=1e-4)
    real = arrays(trained.predict((X, Y), verbose=0))
    new = [trained.generate(Y, seed=i) for i in range(20)]
    made = np.array([arrays(trained.predict((x, Y), verbose=0)) for x in new])
    expected = np.maximum(1 - real, 0).mean() + np.maximum(1 + made, 0).mean()
    assert logs["discriminator"] == pytest.approx(expected, abs=0.05)


def test_scores_are_those_of_training_or_of_use():
    """Dropout and the statistics of a batch belong to training, in every score."""
    model = make(inner=features(keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)))
    for training in (False, True):
        scores = [model((X, Y), training=training) for _ in range(2)]
        same = [
            np.array_equal(*(arrays(each[name]) for each in scores)) for name in ("real", "made")
        ]
        assert not same[1]  # other codes each time
        assert same[0] is not training
    used = arrays(model((X, Y), training=False))
    np.testing.assert_allclose(used["made"], used["wanted"], atol=1e-5)
    trained = arrays(model((X, Y), training=True))
    assert not np.allclose(trained["made"], trained["wanted"])


def test_regularisers_count():
    model = make(inner=features(kernel_regularizer=keras.regularizers.L2(0.1)))
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    square = 0.1 * np.sum(arrays(model.discriminator.inner.layers[1].kernel) ** 2)
    assert logs["loss"] == pytest.approx(logs["discriminator"] + logs["generator"] + square, 1e-4)


def test_a_saved_gan_keeps_its_objective():
    model = make(objective="saturating")
    again = ConditionalGAN.from_config(model.get_config())
    assert (again.objective, again.n_classes) == ("saturating", 3)


def test_live_view_shows_new_pictures(trained):
    view = LiveView(X[:4], n=3, label=1)
    view.set_model(trained)
    figure = view.draw(1, {"loss": 1.0})
    (column,) = figure.axes[0].images
    z = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")
    expected = arrays(trained.decoder.given(1)(z)).reshape(-1, 8)
    shown = np.asarray(column.get_array())
    assert shown.shape[1] < 2 * 8
    np.testing.assert_allclose(shown[:32, :8], expected, atol=1e-6)


def test_the_tools_take_its_generator(trained):
    map_of_2 = decode_grid(trained.decoder.given(2), [-1, 0, 1])
    assert map_of_2.shape == (24, 24)
    snapshots = Snapshots(X[:5], epochs=[0, 1], n=3, label=2)
    model = make()
    model.fit(X, Y, epochs=1, verbose=0, callbacks=[snapshots])
    assert snapshots.recording.manifolds.shape == (2, 24, 24)
    assert snapshots.recording.z_mean.shape == (2, 0, 2)


def test_it_is_the_same_in_another_process(trained, tmp_path):
    trained.save(tmp_path / "gan.keras")
    code = (
        "import sys, numpy as np\nfrom vaelib.runtime import keras\nimport vaelib.models\n"
        "gan = keras.saving.load_model(sys.argv[1])\n"
        "np.save(sys.argv[2], gan.generate([0, 1, 2], seed=3))\n"
        "gan.fit(np.zeros((4, 8, 8, 1)), np.zeros(4, int), verbose=0)\n"
    )
    paths = str(tmp_path / "gan.keras"), str(tmp_path / "new.npy")
    subprocess.run([sys.executable, "-c", code, *paths], check=True)
    again = np.load(tmp_path / "new.npy")
    np.testing.assert_allclose(again, trained.generate([0, 1, 2], seed=3), atol=1e-6)


def test_a_run_that_diverges_is_ended():
    model = make(keras.optimizers.SGD(1e30))
    with pytest.raises(RuntimeError, match=r"(?i)nan|inf"):
        model.fit(X, Y, batch_size=20, epochs=20, verbose=0)


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda model: model.fit(X), ValueError, r"y must be the labels of x, got None"),
        (lambda model: model.fit(X, Y + 1), ValueError, r"^y must be from 0 to 2, got 1 to 3"),
        (lambda model: model.fit(X + 1, Y), ValueError, r"^x must .*\[0, 1\]"),
        (lambda model: model.predict(X, verbose=0), ValueError, r"pair"),
        (lambda model: make(objective="mean"), ValueError, r"^objective must be one of"),
        (
            lambda model: ConditionalGAN(model.decoder, Discriminator(features(), 4), 3),
            ValueError,
            r"n_classes and image_shape of discriminator",
        ),
        (
            lambda model: ConditionalGAN(model.decoder, model.discriminator, 7),
            ValueError,
            r"n_classes and image_shape of generator",
        ),
        (
            lambda model: Discriminator(
                keras.Sequential([keras.Input((8, 8, 1)), keras.layers.ReLU()])
            ),
            ValueError,
            r"^inner must return features, \(batch, n\)",
        ),
    ],
)
def test_bad_input(act, error, words):
    with pytest.raises(error, match=words):
        act(make())
