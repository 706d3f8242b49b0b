"""The GIFs, opened frame by frame by Pillow."""

import itertools

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from PIL import Image
from scipy import spatial, stats

from vaelib.training.recording import Recording
from vaelib.visual.animation import latent_gif, manifold_gif
from vaelib.visual.frames import GREYS
from vaelib.visual.plots import DIGIT_COLORS

SIZE = 400
EPOCHS = [0, 1, 4, 30]
LABELS = np.array([0, 1, 7])


@pytest.fixture
def recording():
    """Maps that darken from frame to frame, and three codes that move to the right."""
    maps = np.stack([np.full((30, 30), 60 * i, "uint8") for i in range(4)])
    start = np.array([[-3.0, -3], [0, 0], [2, 3]], "float32")
    z_mean = np.stack([start + np.array([0.5 * i, 0]) for i in range(4)]).astype("float32")
    return Recording(np.array(EPOCHS), maps, z_mean, np.zeros_like(z_mean))


def frames(path):
    with Image.open(path) as image:
        for i in range(image.n_frames):
            image.seek(i)
            yield dict(image.info), np.asarray(image.convert("RGB")).astype(int)


def both_gif(recording, labels, path, **options):
    return latent_gif(recording, labels, path, with_manifold=True, **options)


def make(kind, recording, path, **options):
    options = {"size": SIZE, "verbose": False} | options
    if kind is manifold_gif:
        return manifold_gif(recording, path, **options)
    return kind(recording, LABELS, path, **{"limit": 5.0} | options)


KINDS = [(manifold_gif, 100, SIZE), (latent_gif, 150, SIZE), (both_gif, 150, 2 * SIZE)]


@pytest.mark.parametrize(("kind", "milliseconds", "width"), KINDS)
def test_frames_times_size_and_loop(kind, milliseconds, width, recording, tmp_path):
    path = make(kind, recording, tmp_path / "new" / "run.gif")
    stored = list(frames(path))
    assert len(stored) == len(EPOCHS)
    assert [info["duration"] for info, _ in stored] == [milliseconds] * 3 + [2000]
    assert {picture.shape for _, picture in stored} == {(SIZE, width, 3)}
    assert stored[0][0]["loop"] == 0
    assert [file.name for file in path.parent.iterdir()] == ["run.gif"]


@pytest.mark.parametrize(("kind", "milliseconds", "width"), KINDS)
def test_only_the_title_and_the_inside_of_the_axes_change(
    kind, milliseconds, width, recording, tmp_path
):
    pictures = [picture for _, picture in frames(make(kind, recording, tmp_path / "run.gif"))]
    titles = [picture[: SIZE // 16] for picture in pictures]
    assert all((title.min() < 60) for title in titles)
    assert all((titles[i] != titles[j]).any() for i in range(4) for j in range(i))
    margin = SIZE // 16, SIZE - SIZE // 8
    assert all((picture[margin[1] :] == pictures[0][margin[1] :]).all() for picture in pictures)


@pytest.mark.parametrize(("kind", "milliseconds", "width"), KINDS)
def test_every_title_is_that_of_its_epoch_in_increasing_order(
    kind, milliseconds, width, recording, tmp_path
):
    titles = [
        picture[: SIZE // 16] for _, picture in frames(make(kind, recording, tmp_path / "run.gif"))
    ]
    assert np.all(np.diff(recording.epochs) > 0)
    for alone, title in zip(recording.frames(), titles, strict=True):
        ((_, picture),) = frames(make(kind, Recording.from_frames([alone]), tmp_path / "one.gif"))
        np.testing.assert_array_equal(picture[: SIZE // 16], title)


def test_the_map_is_what_was_recorded(recording, tmp_path):
    for i, (_, picture) in enumerate(frames(make(manifold_gif, recording, tmp_path / "run.gif"))):
        middle = picture[SIZE // 2 - 50 : SIZE // 2 + 50, SIZE // 2 - 50 : SIZE // 2 + 50]
        assert np.abs(255 - middle - 60 * i).max() <= 255 / GREYS


def test_slow_changes_are_not_lost_and_what_stands_still_costs_no_bytes(recording, tmp_path):
    """A whole grey level is the most by which a pixel may lag behind, however slowly it darkens."""
    noise = np.random.default_rng(0).integers(0, 256, (30, 30), "uint8")
    epochs, codes = np.arange(40), np.zeros((40, 3, 2), "float32")
    slow = np.stack([np.full((30, 30), 6 * i, "uint8") for i in epochs])
    for i, (_, picture) in enumerate(
        frames(make(manifold_gif, Recording(epochs, slow, codes, codes), tmp_path / "slow.gif"))
    ):
        assert np.abs(255 - picture[SIZE // 2, SIZE // 2] - 6 * i).max() <= 255 / (GREYS - 1) + 1
    still = Recording(epochs, np.stack([noise] * 40), codes, codes)
    one = (
        make(manifold_gif, Recording.from_frames(still.frames()[:1]), tmp_path / "one.gif")
        .stat()
        .st_size
    )
    assert make(manifold_gif, still, tmp_path / "still.gif").stat().st_size < 2 * one


def test_the_map_stands_upright(recording, tmp_path):
    maps = np.zeros((4, 30, 30), "uint8")
    maps[:, :15] = 255  # ink in the upper half
    upright = Recording(recording.epochs, maps, recording.z_mean, recording.z_log_var)
    for _, picture in frames(make(manifold_gif, upright, tmp_path / "run.gif")):
        assert picture[SIZE // 4, SIZE // 2].max() < 30
        assert picture[3 * SIZE // 4, SIZE // 2].min() > 225


def test_codes_stand_where_they_belong_in_their_colour(recording, tmp_path):
    """The inside of the axes is 0.1 to 0.9 of the width, 0.13 to 0.93 of the height, −5 to 5."""
    stored = list(frames(make(latent_gif, recording, tmp_path / "run.gif")))
    for (_, picture), z in zip(stored, recording.z_mean, strict=True):
        for (z1, z2), label in zip(z, LABELS, strict=True):
            column = SIZE * (0.1 + 0.8 * (z1 + 5) / 10)
            row = SIZE * (1 - 0.13 - 0.8 * (z2 + 5) / 10)
            color = 255 * np.array(to_rgb(DIGIT_COLORS[label]))
            near = picture[round(row) - 2 : round(row) + 3, round(column) - 2 : round(column) + 3]
            assert (np.abs(near - color).max(axis=-1) <= 2).any()


def limit_of(path, recording, frame):
    """As far as the axes go, by where the first code stands: across, and upwards."""
    *_, (_, picture) = itertools.islice(frames(path), frame + 1)
    color = 255 * np.array(to_rgb(DIGIT_COLORS[0]))
    rows, columns = np.nonzero((np.abs(picture - color).max(axis=-1) <= 2)[: SIZE * 85 // 100])
    z = recording.z_mean[frame, 0] / [columns.mean() / SIZE - 0.5, 0.47 - rows.mean() / SIZE]
    return 0.4 * z


def test_the_axes_reach_as_far_as_nearly_all_codes_do_and_no_further(recording, tmp_path):
    """One code in a hundred decides nothing, and nor does the beginning of the run."""
    for far, wanted in [(2.2, 3), (4.7, 5), (8.2, 9)]:
        codes = np.full((4, 200, 2), [[-2.0, 2.0]], "float32")
        codes[1:3, :10, 1] = far  # one code in forty
        codes[3, 1] = [90.0, -80.0]
        codes[0] *= 20
        wide = Recording(recording.epochs, recording.manifolds, codes, np.zeros_like(codes))
        path = latent_gif(wide, np.zeros(200, int), tmp_path / "run.gif", SIZE, verbose=False)
        np.testing.assert_allclose(limit_of(path, wide, 3), wanted, rtol=0.03)


def test_a_code_outside_the_axes_is_left_out(recording, tmp_path):
    far = recording.z_mean.copy()
    far[1, 0] = [-9.3, 8.1]
    wide = Recording(recording.epochs, recording.manifolds, far, recording.z_log_var)
    color = 255 * np.array(to_rgb(DIGIT_COLORS[0]))
    path = make(latent_gif, wide, tmp_path / "run.gif")
    inside = [picture[: SIZE * 85 // 100] for _, picture in frames(path)]  # above the legend
    marks = [int((np.abs(picture - color).max(axis=-1) <= 2).any()) for picture in inside]
    assert marks == [1, 0, 1, 1]


def test_the_priors_circles_hold_half_and_95_percent_of_it_and_lie_above_the_codes(
    recording, tmp_path
):
    codes = np.random.default_rng(0).uniform(-5, 5, (4, 40_000, 2)).astype("float32")
    covered = Recording(recording.epochs, recording.manifolds, codes, codes)
    labels = np.zeros(40_000, int)
    with plt.rc_context({"patch.edgecolor": "white"}):  # as seaborn's themes have it
        path = latent_gif(covered, labels, tmp_path / "run.gif", SIZE, 5.0, verbose=False)
    _, picture = next(frames(path))
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE
    radius = np.hypot(columns - 0.5, rows - 0.47) / 0.08  # one unit of z is 0.8 / 10 of the width
    dark = radius[(picture.max(axis=-1) < 110) & (radius < 4)]
    for share in (0.5, 0.95):
        near = dark[np.abs(dark - stats.chi(2).ppf(share)) < 0.1]
        assert len(near) > 100, share
        dark = np.setdiff1d(dark, near)
    assert len(dark) == 0


def test_ten_colours_differ_for_the_colour_blind_too():
    """By the matrices of Machado et al. (2009), severity 1, and the Euclidean distance in Oklab.

    Seaborn's "colorblind" has 0.03 (6 and 9, without red cones).
    """
    blind = {
        "none": np.eye(3),
        "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
        "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
        "no blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
    }
    to_cones = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
    to_lab = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
    light = (np.array([to_rgb(color) for color in DIGIT_COLORS]) + 0.055) / 1.055
    for kind, seen in blind.items():
        rgb = np.clip(light**2.4 @ np.transpose(seen), 0, 1)
        lab = np.cbrt(rgb @ np.transpose(to_cones)) @ np.transpose(to_lab)
        assert spatial.distance.pdist(lab).min() > 0.05, kind
        # Digits that lie side by side and are taken for one another differ more.
        for one, other in [(4, 9), (7, 9), (3, 5), (3, 8), (5, 8)]:
            assert np.linalg.norm(lab[one] - lab[other]) > 0.15, (kind, one, other)


def test_the_articles_ramp_is_an_option(recording, tmp_path):
    (_, ramp), *_ = frames(make(latent_gif, recording, tmp_path / "ramp.gif", colors="coolwarm"))
    (_, ten), *_ = frames(make(latent_gif, recording, tmp_path / "ten.gif"))
    assert (ramp != ten).any()


def test_progress_is_shown_on_one_line(recording, tmp_path, capsys):
    make(manifold_gif, recording, tmp_path / "run.gif", verbose=True)
    out = capsys.readouterr().out
    assert out.endswith("frame 4 of 4\n")
    assert out.count("\n") == 1


def test_a_failure_while_writing_loses_nothing(recording, tmp_path, monkeypatch):
    path = make(manifold_gif, recording, tmp_path / "run.gif")
    before = path.read_bytes()

    def broken(self, file, *args, **kwargs):
        file.write_bytes(b"GIF89a")
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", broken)
    with pytest.raises(OSError, match="disk full"):
        make(manifold_gif, recording, path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["run.gif"]
