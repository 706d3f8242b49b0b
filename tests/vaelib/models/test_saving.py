"""A saved model comes back whole; and saving asks, shards and zips as Keras does."""

import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from vaelib.models import VAE, Decoder, Encoder
from vaelib.runtime import keras

SMALL = {"hidden_units": (8,), "image_shape": (4, 4, 1)}
X = np.random.default_rng(0).random((40, 4, 4, 1), dtype="float32")


def make(seed=0, **options):
    keras.utils.set_random_seed(seed)
    model = VAE(Encoder(**SMALL), Decoder(**SMALL), **options)
    model.compile(optimizer="adam", run_eagerly=True)
    return model


def assert_same_pictures(one, other):
    np.testing.assert_array_equal(one.predict_on_batch(X), other.predict_on_batch(X))


LOAD_ELSEWHERE = """
import sys
import numpy as np
import vaelib.models
from vaelib.runtime import keras
folder = sys.argv[1]
vae, x = keras.saving.load_model(folder + "/vae.keras"), np.load(folder + "/x.npy")
np.savez(
    folder + "/found.npz",
    pictures=vae.predict(x, verbose=0),
    codes=vae.encoder.predict(x, verbose=0)[0],
    new=vae.generate(4, seed=0),
    steps=vae.optimizer.iterations,
)
"""


@pytest.mark.slow
def test_another_process_loads_it_without_custom_objects(trained, small_digits, tmp_path):
    x = small_digits[:40]
    trained.save(tmp_path / "vae.keras")
    np.save(tmp_path / "x.npy", x)
    subprocess.run([sys.executable, "-c", LOAD_ELSEWHERE, tmp_path], check=True)
    found = np.load(tmp_path / "found.npz")
    np.testing.assert_array_equal(found["pictures"], trained.predict(x, verbose=0))
    np.testing.assert_array_equal(found["codes"], trained.encoder.predict(x, verbose=0)[0])
    np.testing.assert_array_equal(found["new"], trained.generate(4, seed=0))
    assert found["steps"] == 36  # 3 epochs of 12 batches: the optimiser comes along


def test_a_config_rebuilds_the_model_with_its_name_and_beta():
    model = make(name="mine", beta=3.0)
    config = model.get_config()
    assert (config["name"], config["beta"]) == ("mine", 3.0)
    twin = VAE.from_config(config)
    assert [type(part) for part in (twin, twin.encoder, twin.decoder)] == [VAE, Encoder, Decoder]
    assert (twin.name, float(twin.beta)) == ("mine", 3.0)
    assert twin.encoder.get_config() == model.encoder.get_config()
    assert twin.decoder.get_config() == model.decoder.get_config()
    twin.set_weights(model.get_weights())
    assert_same_pictures(twin, model)


def test_what_was_trained_or_not_is_loaded_as_it_was(tmp_path, trained, small_digits):
    trained.save(tmp_path / "trained.keras")
    again = keras.saving.load_model(tmp_path / "trained.keras")
    np.testing.assert_array_equal(
        again.predict_on_batch(small_digits), trained.predict_on_batch(small_digits)
    )
    assert again.optimizer.iterations == trained.optimizer.iterations == 36
    new = VAE(Encoder(**SMALL), Decoder(**SMALL))
    new.save(tmp_path / "new.keras")
    assert_same_pictures(keras.saving.load_model(tmp_path / "new.keras"), new)


class Own(Encoder):
    """An encoder that nobody registered."""


def test_a_half_of_ones_own_is_named_when_it_is_loaded(tmp_path):
    model = VAE(Own(**SMALL), Decoder(**SMALL))
    twin = VAE.from_config(model.get_config(), custom_objects={"Own": Own})
    assert type(twin.encoder) is Own
    model.save(tmp_path / "own.keras")
    again = keras.saving.load_model(tmp_path / "own.keras", custom_objects={"Own": Own})
    assert_same_pictures(again, model)


def test_what_is_saved_is_what_keras_would_save(tmp_path):
    model, other = make(), make(seed=1)
    model.save(tmp_path / "a.keras")
    model.save(str(tmp_path / "a.keras"))
    model.save_weights(tmp_path / "a.weights.h5")
    other.load_weights(tmp_path / "a.weights.h5")
    assert_same_pictures(keras.saving.load_model(tmp_path / "a.keras"), model)
    assert_same_pictures(other, model)
    assert {path.name for path in tmp_path.iterdir()} == {"a.keras", "a.weights.h5"}
    with pytest.raises(ValueError, match="keras"):
        model.save(tmp_path / "a.nonsense")
    with pytest.raises(OSError, match="nowhere"):
        model.save(tmp_path / "nowhere" / "a.keras")


@pytest.mark.parametrize(("way", "name"), [("save", "a.keras"), ("save_weights", "a.weights.h5")])
@pytest.mark.parametrize("answer", ["n", "y"])
def test_without_overwrite_keras_asks_first(tmp_path, monkeypatch, way, name, answer):
    path, asked = tmp_path / name, []
    monkeypatch.setattr("builtins.input", lambda words: asked.append(words) or answer)
    getattr(make(), way)(path, overwrite=False)
    assert asked == []  # nothing is there: nothing to ask
    earlier = path.read_bytes()
    getattr(make(seed=1), way)(path, overwrite=False)
    assert len(asked) == 1
    assert (path.read_bytes() == earlier) == (answer == "n")
    getattr(make(seed=2), way)(path)
    assert len(asked) == 1


def test_an_unzipped_model_is_a_folder(tmp_path):
    model = make()
    model.save(tmp_path / "model", zipped=False)
    assert (tmp_path / "model" / "config.json").is_file()
    assert_same_pictures(keras.saving.load_model(tmp_path / "model"), model)


def test_weights_may_be_saved_in_several_files(tmp_path):
    model, other = make(), make(seed=1)
    model.save_weights(tmp_path / "a.weights.json", max_shard_size=0.001)
    assert (tmp_path / "a_00000.weights.h5").is_file()
    other.load_weights(tmp_path / "a.weights.json")
    assert_same_pictures(other, model)


@pytest.mark.parametrize("way", ["save", "save_weights"])
@pytest.mark.parametrize("path", ["gs://bucket/a.keras", None])
def test_what_is_no_local_path_is_handed_on_as_it_is(tmp_path, monkeypatch, way, path):
    (tmp_path / "gs:/bucket").mkdir(parents=True)  # it would take the file, were it meant
    monkeypatch.chdir(tmp_path)
    model, seen = make(), []
    monkeypatch.setattr(
        keras.Model, way, lambda self, filepath, **options: seen.append((filepath, options))
    )
    getattr(model, way)(path, overwrite=True, later="option")
    assert seen == [(path, {"overwrite": True, "later": "option"})]


@pytest.mark.parametrize("way", ["save", "save_weights"])
def test_options_that_keras_does_not_know_are_refused(tmp_path, way):
    with pytest.raises((TypeError, ValueError), match="nonsense"):
        getattr(make(), way)(tmp_path / "a.weights.h5", nonsense=True)
    assert list(tmp_path.iterdir()) == []


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def without_weights(path):
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist() if "weights" not in name}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)


def with_code(path):
    keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)]).save(path)


@pytest.mark.parametrize("damage", [cut, without_weights, with_code])
def test_a_damaged_or_dangerous_file_is_refused(tmp_path, damage):
    make().save(tmp_path / "a.keras")
    damage(tmp_path / "a.keras")
    with pytest.raises((ValueError, OSError, KeyError)):
        keras.saving.load_model(tmp_path / "a.keras")
