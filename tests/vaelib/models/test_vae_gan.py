"""A VAE and a GAN in one: three parts, and each pays for itself."""

import subprocess
import sys

import numpy as np
import pytest
from any_backend import arrays
from quarters import quarters

from vaelib.models import VAEGAN, ConditionalGAN, Decoder, Encoder
from vaelib.runtime import keras
from vaelib.training.snapshots import Snapshots
from vaelib.visual.live import LiveView

RNG = np.random.default_rng(0)
X, Y = quarters(RNG, least=0.7)
PARTS = ("encoder", "decoder", "discriminator")


def features():
    layers = [keras.layers.Flatten(), keras.layers.Dense(16, "leaky_relu")]
    return keras.Sequential([keras.Input((8, 8, 1)), *layers])


def make(optimizer=None, kind=VAEGAN, **options):
    keras.utils.set_random_seed(0)
    encoder = Encoder(2, hidden_units=(16,), image_shape=(8, 8, 1))
    decoder = Decoder(2 + 3, hidden_units=(16,), image_shape=(8, 8, 1))
    model = kind(encoder, decoder, features(), n_classes=3, **options)
    model.compile(optimizer or keras.optimizers.Adam(0.005, beta_1=0.5))
    return model


@pytest.fixture(scope="module")
def trained():
    model = make(beta=0.1)
    model.fit(X, Y, batch_size=20, epochs=60, verbose=0)
    return model


@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # as it should be
@pytest.mark.parametrize(
    ("cost", "payer"),
    [
        ("z_mean", "encoder"),
        ("z_log_var", "encoder"),
        ("encoder_distance", "encoder"),
        ("decoder_distance", "decoder"),
        ("wanted", "decoder"),
        ("real", "discriminator"),
        ("made", "discriminator"),
    ],
)
def test_each_cost_moves_one_part_only(cost, payer):
    class Only(VAEGAN):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return keras.ops.mean(y_pred[cost])

    model = make(keras.optimizers.SGD(0.1), kind=Only)
    before = {part: arrays(getattr(model, part).trainable_variables) for part in PARTS}
    model.fit(X[:40], Y[:40], batch_size=20, epochs=1, verbose=0)
    for part, weights in before.items():
        after = arrays(getattr(model, part).trainable_variables)
        same = [np.array_equal(old, new) for old, new in zip(weights, after, strict=True)]
        assert all(same) if part != payer else not all(same), part


def test_what_the_loss_adds_up():
    """Of a batch with one code each, by NumPy; the encoder's share and the decoder's."""
    model = make(gamma=3.0, beta=0.5)
    found = model((X, Y), training=False)
    loss = arrays(model.compute_loss((X, Y), y_pred=found))
    found = arrays(found)
    z_mean, z_log_var = found["z_mean"], found["z_log_var"]
    kl = 0.5 * np.sum(z_mean**2 + np.exp(z_log_var) - 1 - z_log_var, axis=1)
    game = np.maximum(1 - found["real"], 0) + np.maximum(1 + found["made"], 0) - found["wanted"]
    np.testing.assert_allclose(found["encoder_distance"], found["decoder_distance"], rtol=1e-4)
    expected = np.mean(0.5 * kl + (1 + 3) * found["encoder_distance"] + game)
    assert float(loss) == pytest.approx(expected, rel=1e-4)


def test_the_distance_is_one_of_features():
    model = make()
    other = X[::-1].copy()
    phi = [arrays(model.discriminator.inner(each)) for each in (X, other)]
    np.testing.assert_allclose(
        arrays(model.distance(X, other)), 0.5 * np.sum((phi[0] - phi[1]) ** 2, axis=1), rtol=1e-4
    )


def test_it_learns_to_reconstruct_and_to_draw_what_is_asked_for(trained):
    def seen(pictures):
        means = pictures.reshape(-1, 2, 4, 2, 4).mean(axis=(2, 4)).reshape(-1, 4)
        return means.argmax(axis=1)

    assert np.mean(seen(trained.predict((X, Y), verbose=0)) == Y) > 0.95
    asked = np.arange(300) % 3
    assert np.mean(seen(trained.generate(asked, seed=1)) == asked) > 0.95
    assert np.mean(seen(trained.restyle(X[:100], Y[:100])) == asked) > 0.95
    logs = trained.evaluate(X, Y, verbose=0, return_dict=True)
    assert set(logs) == {"loss", "discriminator", "generator", "distance", "kl"}


def test_a_finished_gan_gets_an_encoder():
    """What isn't trainable stays; only the encoder learns."""
    gan = ConditionalGAN(
        Decoder(2 + 3, hidden_units=(16,), image_shape=(8, 8, 1)), features(), n_classes=3
    )
    gan.decoder.trainable = gan.discriminator.trainable = False
    encoder = Encoder(2, hidden_units=(16,), image_shape=(8, 8, 1))
    model = VAEGAN(encoder, gan.decoder, gan.discriminator, 3, beta=0.01)
    model.compile(keras.optimizers.Adam(0.005))
    before = {part: arrays(getattr(model, part).get_weights()) for part in PARTS}
    costs = model.fit(X, Y, batch_size=20, epochs=10, verbose=0).history["distance"]
    assert costs[-1] < costs[0]
    for part, weights in before.items():
        pairs = zip(weights, arrays(getattr(model, part).get_weights()), strict=True)
        assert all(np.array_equal(*pair) for pair in pairs) == (part != "encoder")


def test_the_tools_take_it(trained):
    snapshots = Snapshots(X[:20], epochs=[1], n=3, label=1)
    trained.fit(X[:20], Y[:20], epochs=1, verbose=0, callbacks=[snapshots])
    assert len(snapshots.recording.manifolds) == 1
    view = LiveView(X[:3], n=3, label=1)
    view.set_model(trained)
    title = view.draw(1, {"loss": 5.0, "discriminator": 1.0, "generator": 2.0}).get_suptitle()
    assert "discriminator 1.0" in title
    assert "nats" not in title  # no bound on anything


def test_another_process_loads_what_was_saved(trained, tmp_path):
    trained.save(tmp_path / "model.keras")
    code = (
        "import sys\nimport numpy as np\nfrom vaelib.runtime import keras\nimport vaelib.models\n"
        "model = keras.saving.load_model(sys.argv[1])\n"
        "assert (model.gamma, model.beta) == (1.0, 0.1)\n"
        "x, y = np.ones((4, 8, 8, 1)), np.array([0, 1, 2, 0])\n"
        "np.save(sys.argv[2], model.restyle(x, y))\n"
        "model.fit(x, y, verbose=0)\n"
    )
    paths = str(tmp_path / "model.keras"), str(tmp_path / "new.npy")
    subprocess.run([sys.executable, "-c", code, *paths], check=True)
    expected = trained.restyle(np.ones((4, 8, 8, 1)), np.array([0, 1, 2, 0]))
    np.testing.assert_allclose(np.load(tmp_path / "new.npy"), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda model: model.fit(X), r"y must be the labels of x, got None"),
        (lambda model: model.fit(X, Y + 1), r"^y must be from 0 to 2, got 1 to 3"),
        (lambda model: model.restyle(X, Y[:3]), r"^y must have shape \(300,\)"),
        (lambda model: make(gamma=-1), r"^gamma must be at least 0"),
        (
            lambda model: VAEGAN(
                Encoder(5, image_shape=(8, 8, 1)), model.decoder, model.discriminator, 3
            ),
            r"^latent_dim, n_classes and image_shape of encoder .*model must have the same shape",
        ),
    ],
)
def test_bad_input(act, words):
    with pytest.raises(ValueError, match=words):
        act(make())
