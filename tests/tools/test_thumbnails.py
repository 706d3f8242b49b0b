"""The README's pictures are those that the notebooks have drawn."""

import numpy as np
import pytest
import thumbnails
from PIL import Image

FOLDER = thumbnails.ROOT / "docs" / "pictures"
CHAPTERS = sorted(path.stem for path in (thumbnails.ROOT / "notebooks").glob("[0-9]*.ipynb"))


def test_every_chapter_has_a_square_and_there_is_one_animation():
    assert sorted(thumbnails.SQUARES) == CHAPTERS
    names = {path.name for path in FOLDER.iterdir()}
    assert names == {f"{chapter}.png" for chapter in CHAPTERS} | {thumbnails.ANIMATION[-1]}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_square_is_small_and_up_to_date(chapter):
    """But for what another version of Pillow rounds in another way."""
    path = FOLDER / f"{chapter}.png"
    assert path.stat().st_size <= 30_000
    stored, cut = Image.open(path), thumbnails.thumbnail(thumbnails.ROOT, chapter)
    assert stored.size == cut.size == (thumbnails.SIDE, thumbnails.SIDE)
    one, other = (np.asarray(each.convert("RGB"), float) for each in (stored, cut))
    assert np.abs(one - other).mean() < 3, "make course ONLY=... cuts it again"
    assert one.std() > 10, "something is to be seen"


def test_the_animation_is_the_notebooks():
    chapter, _, name = thumbnails.ANIMATION
    assert chapter in CHAPTERS
    assert (FOLDER / name).read_bytes() == thumbnails.animation(thumbnails.ROOT)
    with Image.open(FOLDER / name) as gif:
        assert gif.n_frames > 10


def test_a_cell_that_is_not_there_is_named():
    with pytest.raises(LookupError, match=r"^01_mapping_distributions: 0 pictures"):
        thumbnails.drawn(thumbnails.ROOT, "01_mapping_distributions", "no such code", ".+")


def test_cutting_again_changes_nothing_but_the_folder(tmp_path):
    (tmp_path / "notebooks").symlink_to(thumbnails.ROOT / "notebooks")
    assert thumbnails.main(tmp_path) == 0
    made = {path.name for path in (tmp_path / "docs" / "pictures").iterdir()}
    assert made == {path.name for path in FOLDER.iterdir()}
