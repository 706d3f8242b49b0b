"""The diagrams show what they should and refuse wrong pictures; their looks are for the eye."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba

from course.diagrams import BACKWARD, RANDOM, draw_bound, draw_generator, draw_trick, draw_vae_idea

PICTURE = np.linspace(0, 1, 12).reshape(3, 4)


def words(ax):
    return " ".join(text.get_text() for text in ax.texts)


def arrows(ax, color):
    patches = [
        text.arrow_patch for text in ax.texts if getattr(text, "arrow_patch", None) is not None
    ]
    return [patch for patch in patches if patch.get_edgecolor() == to_rgba(color)]


def test_the_idea_shows_both_pictures_in_order_and_names_each_step():
    ax = draw_vae_idea(PICTURE, PICTURE[..., None] / 2)
    first, second = ax.images
    np.testing.assert_array_equal(first.get_array(), PICTURE)
    np.testing.assert_array_equal(second.get_array(), PICTURE / 2)
    assert first.get_extent()[1] < second.get_extent()[0]
    assert all(
        word in words(ax) for word in ("object", "encoder", "latent space", "decoder", "again")
    )


def test_the_drawn_code_lies_in_its_cloud_but_is_not_its_middle():
    ax = draw_vae_idea(PICTURE, PICTURE)
    (dot,) = [line.get_xydata()[0] for line in ax.lines]
    (cloud,) = [patch for patch in ax.patches if patch.get_edgecolor() == to_rgba(RANDOM)]
    off = np.abs(dot - cloud.center) / [cloud.width / 2, cloud.height / 2]
    assert 0.3 < np.linalg.norm(off) < 0.9


def test_the_generator_shows_its_pictures_and_no_encoder():
    for n in range(1, 5):
        ax = draw_generator(np.stack([PICTURE] * n))
        assert len(ax.images) == n
        assert len({tuple(image.get_extent()) for image in ax.images}) == n
        assert "decoder" in words(ax)
        assert "encoder" not in words(ax)


def test_the_generator_puts_its_dots_where_the_codes_are():
    pictures, codes = np.stack([PICTURE] * 3), np.array([[0, 0, 9], [1, 0, 9], [0, -2, 9.0]])
    ax = draw_generator(pictures, codes=codes)
    (dots,) = [line.get_xydata() for line in ax.lines]
    unit = dots[1, 0] - dots[0, 0]
    assert unit > 0
    np.testing.assert_allclose(dots - dots[0], unit * codes[:, :2])
    assert sorted(words(ax).split()).count("2") == 2  # at the dot and at its picture
    for wrong in (codes[:2], codes[0]):
        with pytest.raises(ValueError, match="codes must have shape"):
            draw_generator(pictures, codes=wrong)


def test_only_the_graph_with_the_trick_lets_gradients_reach_the_encoder_through_z():
    left, right = draw_trick().axes
    assert len(arrows(right, BACKWARD)) == len(arrows(left, BACKWARD)) + 1
    assert "no gradient" in words(left)
    assert "no gradient" not in words(right)
    assert "varepsilon" in words(right)
    assert "varepsilon" not in words(left)
    assert arrows(right, RANDOM)


@pytest.mark.parametrize(
    "draw",
    [lambda ax: draw_vae_idea(PICTURE, PICTURE, ax), lambda ax: draw_generator([PICTURE], ax)],
)
def test_they_draw_where_they_are_told(draw):
    figure, axes = plt.subplots(1, 2)
    assert draw(axes[1]) is axes[1]
    assert not axes[0].texts
    assert axes[1].texts
    assert plt.get_fignums() == [figure.number]


def test_the_card_is_opaque_so_that_it_reads_on_a_dark_page():
    for figure in (
        draw_trick(),
        draw_vae_idea(PICTURE, PICTURE).figure,
        draw_generator([PICTURE]).figure,
    ):
        figure.canvas.draw()
        pixels = np.asarray(figure.canvas.buffer_rgba())
        assert (pixels[..., 3] == 255).all()
        assert (pixels[0, 0] == 255).all()


def test_wrong_pictures_are_refused():
    with pytest.raises(ValueError, match=r"picture must have shape .* got \(4,\)"):
        draw_vae_idea(PICTURE[0], PICTURE)
    with pytest.raises(ValueError, match="one to four, got 5"):
        draw_generator([PICTURE] * 5)
    with pytest.raises(ValueError, match="one to four, got 0"):
        draw_generator([])


def test_in_the_picture_of_the_bound_elbo_and_gap_reach_the_line():
    ax = draw_bound()
    (line,) = ax.lines
    top, columns = line.get_ydata()[0], {}
    for patch in ax.patches:
        columns.setdefault(patch.get_x(), []).append(patch)
    reached = [
        max(part.get_y() + part.get_height() for part in parts) for parts in columns.values()
    ]
    assert np.allclose(reached, top)
    assert [len(parts) for parts in columns.values()] == [2, 2, 1]
