"""Wrong arguments for `networks`, `model`, `start`, `device` and `callbacks`, and damaged model files."""

import functools
import os
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
from cases import case

from vaelib.callbacks import LiveView, Snapshots
from vaelib.device import set_up
from vaelib.evaluate import bernoulli_rows, bernoulli_table
from vaelib.model import VAE, Decoder, Encoder, Sampling, warmup_cosine
from vaelib.start import start_from_data

NAN, INF = float("nan"), float("inf")
X = np.full((8, 4, 4, 1), 0.5, "float32")
SMALL = {"hidden_units": (3,), "image_shape": (4, 4, 1)}


@functools.cache
def vae():
    model = VAE(Encoder(**SMALL), Decoder(**SMALL))
    model.compile(optimizer="sgd")
    return model


def fit(x, **arguments):
    return vae().fit(x, verbose=0, **arguments)


def fresh(**arguments):
    model = VAE(Encoder(**SMALL), Decoder(**SMALL))
    model.compile(optimizer="sgd", **arguments)
    return model.fit(X, verbose=0)


def draw(view):
    view.set_model(vae())
    return view.draw(1, {})


def load(change):
    """A saved model, its file changed, and loaded again."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vae.keras"
        vae().save(path)
        change(path)
        return keras.saving.load_model(path)


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def flip(path):
    """Some bytes of the weights, which are the last and largest part."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(byte ^ 0xFF for byte in content[middle : middle + 64])
    path.write_bytes(content)


def without_weights(path):
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist() if "weights" not in name}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)


def code(path):
    """A model that wants to run code when it is loaded."""
    keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)]).save(path)


def changed(array, value):
    array = array.copy()
    array.flat[3] = value
    return array


CASES = [
    case("encoder, no latent units", lambda: Encoder(latent_dim=0), "latent_dim"),
    case("encoder, two and a half", lambda: Encoder(latent_dim=2.5), "latent_dim"),
    case("encoder, True latent units", lambda: Encoder(latent_dim=True), "latent_dim"),
    case("encoder, latent units in words", lambda: Encoder(latent_dim="2"), "latent_dim"),
    case("encoder, a negative layer", lambda: Encoder(hidden_units=(8, -1)), "hidden_units"),
    case("encoder, one number for the layers", lambda: Encoder(hidden_units=8), "hidden_units", TypeError),
    case("encoder, layers in words", lambda: Encoder(hidden_units="88"), "hidden_units"),
    case("encoder, pictures without width", lambda: Encoder(image_shape=(28, 0, 1)), "image_shape"),
    case("encoder, dropout of everything", lambda: Encoder(dropout_rate=1.0), "dropout_rate"),
    case("encoder, dropout NaN", lambda: Encoder(dropout_rate=NAN), "dropout_rate"),
    case("encoder, dropout in words", lambda: Encoder(dropout_rate="0.5"), "dropout_rate", TypeError),
    case("encoder, an activation unknown to Keras", lambda: Encoder(activation="geluu"), "geluu"),
    case("encoder, a function as activation", lambda: Encoder(activation=np.tanh), "activation", TypeError),
    case("encoder, half a seed", lambda: Encoder(seed=1.5), "seed", TypeError),
    case("sampling, a seed in words", lambda: Sampling(seed="x"), "seed", TypeError),
    case("encoder, other pictures", lambda: vae().encoder(np.zeros((2, 5, 5, 1))), "image_shape"),
    case("decoder, codes of length 3", lambda: vae().decoder(np.zeros((2, 3))), "latent_dim"),
    case("VAE, halves with other codes", lambda: VAE(Encoder(**SMALL), Decoder(latent_dim=3, **SMALL)), "latent_dim"),
    case("VAE, halves with other pictures", lambda: VAE(Encoder(**SMALL), Decoder()), "image_shape"),
    case("VAE, no encoder", lambda: VAE(None, Decoder()), "encoder", TypeError),
    case("VAE, beta −1", lambda: VAE(Encoder(**SMALL), Decoder(**SMALL), beta=-1), "beta"),
    case("VAE, beta NaN", lambda: VAE(Encoder(**SMALL), Decoder(**SMALL), beta=NAN), "beta"),
    case("VAE, beta in words", lambda: VAE(Encoder(**SMALL), Decoder(**SMALL), beta="1"), "beta", TypeError),
    case("fit, pixels up to 255", lambda: fit(255 * X), "x must have pixels"),
    case("fit, pixels as bytes", lambda: fit((255 * X).astype("uint8")), "x must have pixels"),
    case("fit, NaN in a pixel", lambda: fit(changed(X, NAN)), "x must"),
    case("fit, no picture", lambda: fit(X[:0]), "x must"),
    case("fit, pictures without channel", lambda: fit(X[..., 0]), "x must be pictures"),
    case("fit, one picture", lambda: fit(X[0]), "x must be pictures"),
    case("fit, pixels up to 255 to validate with", lambda: fit(X, validation_data=(255 * X, None)), "x must have"),
    case("fit, labels as y", lambda: fit(X, y=np.zeros(8)), "y "),
    case("fit, a target with NaN", lambda: fit(X, y=changed(X, NAN)), "y must"),
    case("fit, weighted pictures", lambda: fit(X, sample_weight=np.ones(8)), "sample_weight"),
    case("fit, another loss", lambda: fresh(loss="mse"), "loss"),
    case("evaluate, pixels up to 255", lambda: vae().evaluate(255 * X, verbose=0), "x must have pixels"),
    case("generate, no picture", lambda: vae().generate(0), "n must"),
    case("generate, two and a half", lambda: vae().generate(2.5), "n must"),
    case("generate, a seed in words", lambda: vae().generate(2, seed="x"), "seed", TypeError),
    case("schedule, no steps", lambda: warmup_cosine(0), "steps"),
    case("schedule, steps in words", lambda: warmup_cosine("100"), "steps"),
    case("schedule, warm-up longer than all", lambda: warmup_cosine(100, warmup=100), "warmup"),
    case("schedule, a negative warm-up", lambda: warmup_cosine(100, warmup=-1), "warmup"),
    case("schedule, peak 0", lambda: warmup_cosine(300, peak=0), "peak"),
    case("schedule, infinite peak", lambda: warmup_cosine(300, peak=INF), "peak"),
    case("start, pictures of another shape", lambda: start_from_data(vae().decoder, X[:, :3]), "x must"),
    case("start, pixels up to 255", lambda: start_from_data(vae().decoder, 255 * X), "x must have pixels"),
    case("start, spread −1", lambda: start_from_data(vae().decoder, X, spread=-1), "spread"),
    case("start, sharpness in words", lambda: start_from_data(vae().decoder, X, sharpness="1"), "sharpness", TypeError),
    case("start, no decoder", lambda: start_from_data(None, X), "decoder", TypeError),
    case("set_up, half a seed", lambda: set_up(1.5), "seed", TypeError),
    case("set_up, a negative seed", lambda: set_up(-1), "seed"),
    case("likelihoods, no decoder", lambda: bernoulli_rows(np.tanh), "decoder", TypeError),
    case("likelihood table, no decoder", lambda: bernoulli_table(None), "decoder", TypeError),
    case("likelihoods, other pictures", lambda: bernoulli_rows(vae().decoder)(X[:, :3], np.zeros((8, 2))), "x must"),
    case("snapshots, a negative epoch", lambda: Snapshots(X, epochs=[-1]), "epochs"),
    case("snapshots, half an epoch", lambda: Snapshots(X, epochs=[0.5]), "epochs"),
    case("snapshots, another ending", lambda: Snapshots(X, path="run.zip"), "path must end in .npz"),
    case("snapshots, one picture", lambda: fit(X, callbacks=[Snapshots(X[0])]), "image_shape"),
    case("snapshots, NaN in a pixel", lambda: Snapshots(changed(X, NAN)), "x must"),
    case("snapshots, a map of one", lambda: Snapshots(X, n=1), "n must"),
    case("live view, every 0", lambda: LiveView(X, every=0), "every"),
    case("live view, a map of one", lambda: LiveView(X, n=1), "n must"),
    case("live view, one picture", lambda: draw(LiveView(X[0])), "image_shape"),
    case("model file, half of it", lambda: load(cut), r"\.keras", (ValueError, OSError)),
    case("model file, flipped bits", lambda: load(flip), "weights", (ValueError, OSError, zipfile.BadZipFile)),
    case("model file, its weights lost", lambda: load(without_weights), "weights", (ValueError, OSError, KeyError)),
    case("model file, with code in it", lambda: load(code), "safe_mode|unsafe|deserialization"),
    case("model file, none", lambda: keras.saving.load_model("no.keras"), "no.keras"),
]
