"""A model that was saved comes back whole, in another process too; and saving asks, shards and zips as Keras does."""

import subprocess
import sys

import numpy as np
import pytest

from vaelib.data import load_mnist
from vaelib.device import keras
from vaelib.model import VAE, Decoder, Encoder

SMALL = {"hidden_units": (8,), "image_shape": (4, 4, 1)}
X = np.random.default_rng(0).random((40, 4, 4, 1), dtype="float32")


def vae(seed=0, **options):
    keras.utils.set_random_seed(seed)
    model = VAE(Encoder(**SMALL), Decoder(**SMALL), **options)
    model.compile(optimizer="adam")
    return model


@pytest.fixture(scope="module")
def digits():
    return load_mnist()[0][0][:600]


@pytest.fixture(scope="module")
def trained(digits):
    keras.utils.set_random_seed(0)
    options = {"hidden_units": (32,), "dropout_rate": 0.1}
    model = VAE(Encoder(**options), Decoder(**options))
    model.compile(optimizer="adam")
    model.fit(digits, batch_size=50, epochs=3, verbose=0)
    return model


LOAD_ELSEWHERE = """
import sys
import numpy as np
import vaelib.model
from vaelib.device import keras
vae = keras.saving.load_model(sys.argv[1] + "/vae.keras")
x = np.load(sys.argv[1] + "/x.npy")
np.savez(sys.argv[1] + "/found.npz", pictures=vae.predict(x, verbose=0), steps=vae.optimizer.iterations,
         codes=vae.encoder.predict(x, verbose=0)[0], new=vae.generate(4, seed=0))
"""


def test_another_process_loads_it_without_custom_objects(trained, digits, tmp_path):
    x = digits[:40]
    trained.save(tmp_path / "vae.keras")
    np.save(tmp_path / "x.npy", x)
    subprocess.run([sys.executable, "-c", LOAD_ELSEWHERE, tmp_path], check=True)
    found = np.load(tmp_path / "found.npz")
    np.testing.assert_array_equal(found["pictures"], trained.predict(x, verbose=0))
    np.testing.assert_array_equal(found["codes"], trained.encoder.predict(x, verbose=0)[0])
    np.testing.assert_array_equal(found["new"], trained.generate(4, seed=0))
    assert found["steps"] == 36  # 3 epochs of 12 batches: the optimiser comes along


def test_a_config_rebuilds_the_whole(trained, digits):
    twin = VAE.from_config(trained.get_config())
    assert (twin.encoder.hidden_units, twin.encoder.dropout_rate) == ((32,), 0.1)
    assert (twin.decoder.hidden_units, twin.decoder.dropout_rate) == ((32,), 0.1)
    twin.set_weights(trained.get_weights())
    np.testing.assert_array_equal(twin.predict(digits[:5], verbose=0), trained.predict(digits[:5], verbose=0))


def test_an_untrained_one_can_be_saved(tmp_path, digits):
    vae = VAE(Encoder(hidden_units=(8,)), Decoder(hidden_units=(8,)))
    vae.save(tmp_path / "new.keras")
    again = keras.saving.load_model(tmp_path / "new.keras")
    np.testing.assert_array_equal(again.predict(digits[:3], verbose=0), vae.predict(digits[:3], verbose=0))


def test_a_config_keeps_name_type_and_beta():
    model = vae(name="mine", beta=3.0)
    config = model.get_config()
    assert (config["name"], config["beta"]) == ("mine", 3.0)
    twin = VAE.from_config(config)
    assert (twin.name, float(twin.beta), type(twin.encoder), type(twin.decoder)) == ("mine", 3.0, Encoder, Decoder)


class Own(Encoder):
    """An encoder that nobody registered."""


def test_a_half_of_ones_own_is_named_when_it_is_loaded(tmp_path):
    model = VAE(Own(**SMALL), Decoder(**SMALL))
    twin = VAE.from_config(model.get_config(), custom_objects={"Own": Own})
    assert type(twin.encoder) is Own
    model.save(tmp_path / "own.keras")
    again = keras.saving.load_model(tmp_path / "own.keras", custom_objects={"Own": Own})
    np.testing.assert_array_equal(again.predict_on_batch(X), model.predict_on_batch(X))


def test_what_is_saved_is_what_keras_would_save(tmp_path):
    model = vae()
    model.save(tmp_path / "a.keras")
    model.save(str(tmp_path / "a.keras"))
    model.save_weights(tmp_path / "a.weights.h5")
    again = keras.saving.load_model(tmp_path / "a.keras")
    other = vae(seed=1)
    other.load_weights(tmp_path / "a.weights.h5")
    for found in (again, other):
        np.testing.assert_array_equal(found.predict_on_batch(X), model.predict_on_batch(X))
    assert {path.name for path in tmp_path.iterdir()} == {"a.keras", "a.weights.h5"}
    with pytest.raises(ValueError, match="keras"):
        model.save(tmp_path / "a.nonsense")
    with pytest.raises(OSError, match="nowhere"):
        model.save(tmp_path / "nowhere" / "a.keras")


def how_saved(model, way, path, **options):
    {"model": model.save, "weights": model.save_weights}[way](path, **options)
    return path


@pytest.mark.parametrize(("way", "name"), [("model", "a.keras"), ("weights", "a.weights.h5")])
@pytest.mark.parametrize("answer", ["n", "y"])
def test_without_overwrite_keras_asks_first(tmp_path, monkeypatch, way, name, answer):
    path = how_saved(vae(), way, tmp_path / name, overwrite=False)  # nothing is there: nothing to ask
    earlier = path.read_bytes()
    asked = []
    monkeypatch.setattr("builtins.input", lambda words: asked.append(words) or answer)
    how_saved(vae(seed=1), way, path, overwrite=False)
    assert len(asked) == 1
    assert (path.read_bytes() == earlier) == (answer == "n")
    how_saved(vae(seed=2), way, path)
    assert len(asked) == 1


def test_an_unzipped_model_is_a_folder(tmp_path):
    model = vae()
    model.save(tmp_path / "model", zipped=False)
    assert (tmp_path / "model" / "config.json").is_file()
    again = keras.saving.load_model(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_on_batch(X), model.predict_on_batch(X))


def test_weights_in_several_files_are_keras_business(tmp_path):
    model, other = vae(), vae(seed=1)
    model.save_weights(tmp_path / "a.weights.json", max_shard_size=0.001)
    assert (tmp_path / "a_00000.weights.h5").is_file()
    other.load_weights(tmp_path / "a.weights.json")
    np.testing.assert_array_equal(other.predict_on_batch(X), model.predict_on_batch(X))


@pytest.mark.parametrize("way", ["save", "save_weights"])
@pytest.mark.parametrize("path", ["gs://bucket/a.keras", None])
def test_what_is_no_local_path_is_handed_on_as_it_is(tmp_path, monkeypatch, way, path):
    (tmp_path / "gs:/bucket").mkdir(parents=True)  # a folder that would take the file, were it meant
    monkeypatch.chdir(tmp_path)
    seen = []
    monkeypatch.setattr(keras.Model, way, lambda self, filepath, **options: seen.append((filepath, options)))
    getattr(vae(), way)(path, overwrite=True, later="option")
    assert seen == [(path, {"overwrite": True, "later": "option"})]


@pytest.mark.parametrize("way", ["save", "save_weights"])
def test_options_that_keras_does_not_know_are_refused(tmp_path, way):
    with pytest.raises((TypeError, ValueError), match="nonsense"):
        getattr(vae(), way)(tmp_path / "a.weights.h5", nonsense=True)
    assert list(tmp_path.iterdir()) == []
