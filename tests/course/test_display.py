"""Source and GIFs at the end of a cell."""

import base64
import re

import numpy as np
import pytest
from PIL import Image

from course.display import folded, save_films, show_gif, show_source, source_of


def with_docstring(x):
    """Say something.

    At length.
    """

    # why
    return x + 1


class Sample:
    """A class."""

    size = 3

    @property
    def twice(self):
        """Two times the size."""
        return 2 * self.size

    def bare(self):
        return "a string that is no docstring"


class OnlyWords:
    """Nothing but this."""


def test_docstrings_go_and_code_stays():
    assert source_of(with_docstring) == "def with_docstring(x):\n    # why\n    return x + 1"
    text = source_of(Sample)
    assert '"""' not in text
    assert text.startswith(
        "class Sample:\n    size = 3\n\n    @property\n    def twice(self):\n        return 2"
    )
    assert "a string that is no docstring" in text


def test_what_is_left_runs():
    namespace = {}
    exec(source_of(with_docstring) + "\n" + source_of(Sample), namespace)
    assert namespace["with_docstring"](1) == 2
    assert namespace["Sample"]().twice == 6


def test_a_body_of_words_alone_stays():
    assert '"""Nothing but this."""' in source_of(OnlyWords)


def test_a_method_is_moved_to_the_margin():
    assert source_of(Sample.bare).startswith("def bare(self):\n    return")


def test_several_make_one_block():
    block = show_source(with_docstring, Sample.bare).data
    assert block.startswith("```python\ndef with_docstring")
    assert block.endswith("```")
    assert block.count("def ") == 2


def test_no_source_no_answer():
    with pytest.raises(TypeError):
        source_of(len)


def test_a_gif_stands_in_the_page_with_words_for_who_cannot_see_it(tmp_path):
    path = tmp_path / "a.gif"
    path.write_bytes(b"GIF89a?")
    html = show_gif(path, alt='one "1" & more').data
    content = re.search(r'src="data:image/gif;base64,([^"]+)"', html)[1]
    assert base64.b64decode(content) == b"GIF89a?"
    assert 'alt="one &quot;1&quot; &amp; more"' in html


def test_only_a_gif_is_shown_as_one(tmp_path):
    (tmp_path / "a.gif").write_bytes(b"\x89PNG")
    with pytest.raises(ValueError, match="path must name a GIF"):
        show_gif(tmp_path / "a.gif", "a picture")


def test_films_stand_in_two_rows_below_their_names(tmp_path):
    films = np.zeros((3, 2, 30, 20), "uint8")
    films[2, 1] = 255  # the third film is all ink in the second frame
    save_films(tmp_path / "a.gif", films, ["a", "b", "c"], ["one", "two"], colours=4)
    with Image.open(tmp_path / "a.gif") as gif:
        assert (gif.n_frames, gif.size) == (2, (2 * 28, 20 + 2 * 52))
        before = np.asarray(gif.convert("L"))
        gif.seek(1)
        after = np.asarray(gif.convert("L"))
    place = slice(90, 120), slice(4, 24)  # second row, first column
    assert before[place].min() > 250
    assert after[place].max() < 5
    assert before[:20].min() < 100  # the title
    assert not np.array_equal(before[:20], after[:20])
    assert {*np.unique([before, after])} <= {0, 85, 170, 255}


def test_what_is_printed_and_drawn_is_folded(monkeypatch):
    shown = []
    monkeypatch.setattr("course.display.display", shown.append)
    with folded():
        print("1 < 2")
    (page,) = shown
    assert "<pre>1 &lt; 2\n</pre></details>" in page.data
    assert page.data.startswith('<details class="result"><summary>Show what comes out</summary>')
    with pytest.raises(ZeroDivisionError), folded():
        print(1 / 0)
    assert len(shown) == 1
