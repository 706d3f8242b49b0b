"""Checks that pass when two results agree, and stop when they do not."""

import doctest

import numpy as np
import pytest
from scipy import stats

from course import agreement
from course.agreement import estimate, follows, same


def test_the_examples_give_what_they_show():
    failed, tried = doctest.testmod(agreement)
    assert (failed, tried) == (0, 3)


@pytest.mark.parametrize("other", [[1.0, 2.1], [1.0, np.nan], 5.0])
def test_two_results_that_differ_are_told(other):
    with pytest.raises(AssertionError, match="it: the two results differ by"):
        same("it", [1.0, 2.0], other)


def test_arrays_that_agree_are_not_printed(capsys):
    same("two arrays", [1.0, 2.0], [1.0, 2.0 + 1e-12])
    assert capsys.readouterr().out == "two arrays: error below 1e-09\n"


@pytest.mark.parametrize("exact", [0.1, -0.1])
def test_an_average_far_from_the_truth_is_told(exact):
    values = np.random.default_rng(0).normal(size=100_000)
    estimate("right", values, 0.0)
    with pytest.raises(AssertionError, match=r"wrong: .* standard errors off"):
        estimate("wrong", values, exact)


def test_draws_from_another_distribution_are_told():
    draws = np.random.default_rng(0).normal(size=100_000)
    follows("right", draws, stats.norm)
    with pytest.raises(AssertionError, match="wrong: the claim is refuted"):
        follows("wrong", draws, stats.norm(0.0, 1.05))
