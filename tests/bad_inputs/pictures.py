"""Wrong arguments for what draws, records, reads and writes."""

import os
import tempfile
from pathlib import Path

import numpy as np
from cases import case
from matplotlib import pyplot as plt

from vaelib.animation import latent_gif, latent_manifold_gif, manifold_gif, show_gif
from vaelib.drawings import draw_generator, draw_vae_idea
from vaelib.explorer import latent_explorer
from vaelib.files import whole_file
from vaelib.plots import decode_grid, plot_digits, plot_latent, plot_manifold, quantile_grid
from vaelib.recording import Recording, article_epochs
from vaelib.source import source_of

NAN, INF = float("nan"), float("inf")
X = np.full((4, 6, 6), 0.5)
Z, LABELS = np.arange(8.0).reshape(4, 2), np.arange(4)


def changed(array, value):
    array = np.array(array, "float32")
    array.flat[1] = value
    return array


def decoder(z):
    """Pictures that depend on the code a little."""
    return np.clip(0.5 + 0.1 * z[:, :1, None, None] + np.zeros((1, 6, 6, 1)), 0, 1)


class ThreeUnits:
    latent_dim = 3

    def __call__(self, z):
        return decoder(z)


def recording(**other):
    arrays = {
        "epochs": np.arange(3),
        "manifolds": np.zeros((3, 12, 12), "uint8"),
        "z_mean": np.zeros((3, 4, 2), "float32"),
        "z_log_var": np.zeros((3, 4, 2), "float32"),
    }
    return Recording(**arrays | other)


def in_folder(call):
    """What `call` makes of an empty folder that is gone afterwards; nothing half-written may be left in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            return call(folder)
        finally:
            assert not [path for path in folder.rglob(".*") if path.is_file()], "a temporary file was left"


def gif(of=manifold_gif, take=None, labels=(LABELS,), name="a.gif", **arguments):
    labels = () if of is manifold_gif else labels
    made = recording() if take is None else take
    return in_folder(lambda folder: of(made, *labels, folder / name, verbose=False, **arguments))


def save_and_load(change):
    def call(folder):
        path = folder / "run.npz"
        recording().save(path)
        change(path)
        return Recording.load(path)

    return in_folder(call)


def flip(path):
    content = bytearray(path.read_bytes())
    content[60:64] = bytes(byte ^ 0xFF for byte in content[60:64])
    path.write_bytes(content)


def pickled(path):
    arrays = dict.fromkeys(["epochs", "manifolds", "z_mean", "z_log_var"], np.array([{}], dtype=object))
    with path.open("wb") as file:
        np.savez(file, **arrays)


def below_a_file(folder):
    (folder / "file").write_text("not a folder")
    recording().save(folder / "file" / "run.npz")


def onto_a_folder(folder):
    (folder / "run.npz").mkdir()
    recording().save(folder / "run.npz")


def write(path):
    with whole_file(path, ".txt") as file:
        file.write(b"text")


CASES = [
    case("digits, none", lambda: plot_digits(), "rows"),
    case("digits, an empty row", lambda: plot_digits(X[:0]), "row 0"),
    case("digits, one picture", lambda: plot_digits(X[0]), "row 0"),
    case("digits, colours", lambda: plot_digits(np.zeros((2, 4, 4, 3))), "row 0"),
    case("digits, rows of other lengths", lambda: plot_digits(X, X[:2]), "rows must share"),
    case("digits, a label too few", lambda: plot_digits(X, X, labels=["one"]), "labels"),
    case("digits, NaN in a pixel", lambda: plot_digits(X, changed(X, NAN)), "row 1"),
    case("digits, words", lambda: plot_digits([[["a"]]]), "row 0", TypeError),
    case("digits, pixels up to 255", lambda: plot_digits(255 * X), "row 0"),
    case("quantiles, one point", lambda: quantile_grid(1), "n must"),
    case("quantiles, two and a half", lambda: quantile_grid(2.5), "n must"),
    case("quantiles, probability 0", lambda: quantile_grid(5, low=0), "low and high"),
    case("quantiles, the wrong way round", lambda: quantile_grid(5, 0.9, 0.1), "low and high"),
    case("quantiles, NaN", lambda: quantile_grid(5, NAN), "low and high"),
    case("quantiles, probability in words", lambda: quantile_grid(5, "0.1"), "low", TypeError),
    case("grid, no values", lambda: decode_grid(decoder, np.array([])), "z_values"),
    case("grid, a table of values", lambda: decode_grid(decoder, Z), "z_values"),
    case("grid, NaN", lambda: decode_grid(decoder, np.array([0, NAN])), "z_values"),
    case("grid, no decoder", lambda: decode_grid(None, np.arange(3.0)), "decoder", TypeError),
    case("grid, decoder of three units", lambda: decode_grid(ThreeUnits(), np.arange(3.0)), "two latent"),
    case("grid, too few pictures", lambda: decode_grid(lambda z: decoder(z[:2]), np.arange(3.0)), "decoder must"),
    case("grid, NaN from the decoder", lambda: decode_grid(lambda z: NAN * decoder(z), np.arange(3.0)), "decoder"),
    case("map, of one picture", lambda: plot_manifold(decoder, n=1), "n must"),
    case("map, decoder of three units", lambda: plot_manifold(ThreeUnits()), "two latent"),
    case("codes, of length 3", lambda: plot_latent(np.zeros((4, 3)), LABELS), "z must"),
    case("codes, none", lambda: plot_latent(Z[:0], LABELS[:0]), "z must"),
    case("codes, NaN", lambda: plot_latent(changed(Z, NAN), LABELS), "z must"),
    case("codes, a label too few", lambda: plot_latent(Z, LABELS[:3]), "labels"),
    case("codes, label 10", lambda: plot_latent(Z, LABELS + 7), "labels"),
    case("codes, labels with fractions", lambda: plot_latent(Z, LABELS + 0.5), "labels"),
    case("epochs, minus one", lambda: article_epochs(-1), "last"),
    case("epochs, half of one", lambda: article_epochs(0.5), "last"),
    case("recording, a map too few", lambda: recording(manifolds=np.zeros((2, 4, 4), "uint8")), "manifolds"),
    case("recording, maps as numbers", lambda: recording(manifolds=np.zeros((3, 4, 4))), "manifolds"),
    case("recording, an epoch twice", lambda: recording(epochs=np.array([0, 1, 1])), "epochs"),
    case("recording, other log-variances", lambda: recording(z_log_var=np.zeros((3, 4, 3))), "z_log_var"),
    case("recording, no frames", lambda: Recording.of([]), "frames"),
    case("recording, of lists", lambda: recording(z_mean=[[[0.0, 0.0]]]), "recording", (ValueError, TypeError)),
    case("recording, another ending", lambda: in_folder(lambda f: recording().save(f / "a.zip")), "path must end"),
    case("recording, below a file", lambda: in_folder(below_a_file), "file", OSError),
    case("recording, onto a folder", lambda: in_folder(onto_a_folder), "run.npz", OSError),
    case("recording, none there", lambda: in_folder(lambda f: Recording.load(f / "a.npz")), "a.npz", OSError),
    case("recording, half a file", lambda: save_and_load(lambda p: os.truncate(p, 200)), "run.npz"),
    case("recording, an empty file", lambda: save_and_load(lambda p: os.truncate(p, 0)), "run.npz"),
    case("recording, flipped bits", lambda: save_and_load(flip), "run.npz"),
    case("recording, a text", lambda: save_and_load(lambda p: p.write_text("hello")), "run.npz"),
    case("recording, another archive", lambda: save_and_load(lambda p: np.savez(p, a=X)), "run.npz"),
    case("recording, with Python objects", lambda: save_and_load(pickled), "run.npz"),
    case("film, of no recording", lambda: gif(take=X), "recording must", TypeError),
    case("film, no maps", lambda: gif(take=recording(manifolds=np.zeros((3, 0, 0), "uint8"))), "maps"),
    case("film, 10 pixels wide", lambda: gif(size=10), "size"),
    case("film, 800.5 pixels wide", lambda: gif(size=800.5), "size"),
    case("film, frames of 5 ms", lambda: gif(frame_ms=5), "frame_ms"),
    case("film, frames of NaN ms", lambda: gif(frame_ms=NAN), "frame_ms"),
    case("film, held for “long”", lambda: gif(hold_ms="long"), "hold_ms", TypeError),
    case("film, another ending", lambda: gif(name="a.mp4"), "path must end in .gif"),
    case("film of codes, a label too many", lambda: gif(latent_gif, labels=(np.arange(5),)), "labels"),
    case(
        "film of codes, codes of length 3",
        lambda: gif(latent_gif, recording(z_mean=np.zeros((3, 4, 3)), z_log_var=np.zeros((3, 4, 3)))),
        "codes",
    ),
    case("film of codes, NaN", lambda: gif(latent_gif, recording(z_mean=np.full((3, 4, 2), NAN))), "codes"),
    case("film of codes, limit 0", lambda: gif(latent_gif, limit=0), "limit"),
    case("film of codes, limit in words", lambda: gif(latent_gif, limit="5"), "limit", TypeError),
    case("film of both, a colour map unknown", lambda: gif(latent_manifold_gif, colors="nice"), "colors"),
    case("film of both, a list of colours", lambda: gif(latent_manifold_gif, colors=["red"]), "colors"),
    case("shown film, a text", lambda: show_gif(__file__, "a"), "path must name a GIF"),
    case("shown film, none there", lambda: show_gif("no.gif", "a"), "no.gif", OSError),
    case("drawing, five pictures", lambda: draw_generator(np.zeros((5, 6, 6))), "pictures"),
    case("drawing, a number", lambda: draw_generator(3), "pictures", TypeError),
    case("drawing, colours", lambda: draw_vae_idea(np.zeros((6, 6, 3)), X[0]), "picture must"),
    case("explorer, codes of length 3", lambda: latent_explorer(decoder, np.zeros((4, 3))), "codes"),
    case("explorer, NaN among the codes", lambda: latent_explorer(decoder, changed(Z, NAN)), "codes"),
    case("explorer, labels alone", lambda: latent_explorer(decoder, labels=LABELS), "labels"),
    case("explorer, label 10", lambda: latent_explorer(decoder, Z, LABELS + 7), "labels"),
    case("explorer, limit 0", lambda: latent_explorer(decoder, limit=0), "limit"),
    case("explorer, limit in words", lambda: latent_explorer(decoder, limit="3"), "limit"),
    case("explorer, one node", lambda: latent_explorer(decoder, n=1), "n must"),
    case("explorer, decoder of three units", lambda: latent_explorer(ThreeUnits()), "two latent"),
    case("explorer, values up to 255", lambda: latent_explorer(lambda z: 255 * decoder(z)), "decoder must"),
    case("explorer, NaN from the decoder", lambda: latent_explorer(lambda z: NAN * decoder(z)), "decoder"),
    case(
        "explorer, saved as text",
        lambda: in_folder(lambda f: latent_explorer(decoder, n=3).save(f / "a.txt")),
        "path must end",
    ),
    case("explorer, a picture at one number", lambda: latent_explorer(decoder, n=3).picture(1.0), "z must"),
    case("explorer, a picture at NaN", lambda: latent_explorer(decoder, n=3).picture([NAN, 0]), "z must"),
    case("file, another ending", lambda: write("a.npz"), "path must end in .txt"),
    case("file, a path that is none", lambda: write(None), "path", TypeError),
    case("source, of a number", lambda: source_of(3), "got int", TypeError),
]


def close_figures():
    plt.close("all")
