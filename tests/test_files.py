import os
import stat

import pytest

from vaelib.files import whole_file


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "a.bin"
    with whole_file(path, ".bin") as file:
        file.write(b"one")
        assert not path.exists()
    assert path.read_bytes() == b"one"
    assert os.listdir(path.parent) == ["a.bin"]


def test_a_failure_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def interrupted():
        with whole_file(path, ".bin") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_it_may_be_read_by_whom_other_new_files_may(tmp_path):
    with whole_file(tmp_path / "a.bin", ".bin") as file:
        file.write(b"one")
    (tmp_path / "b.bin").write_bytes(b"two")
    rights = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a.bin", "b.bin")]
    assert rights[0] == rights[1]


def test_another_ending_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match=r"path must end in \.bin"), whole_file(tmp_path / "a.txt", ".bin"):
        pass
    assert not os.listdir(tmp_path)
