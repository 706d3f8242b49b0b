"""What every public function says to an argument that makes no sense: an error that names it, and nothing else."""

import mathematics
import models
import pytest

import pictures

CASES = mathematics.CASES + models.CASES + pictures.CASES


@pytest.fixture(autouse=True)
def no_figures_left():
    yield
    pictures.close_figures()


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_it_is_refused(case):
    with pytest.raises(case.error, match=case.words):
        case.call()


def test_the_cases_are_distinct():
    assert len({case.what for case in CASES}) == len(CASES)
