"""The learning rate over a run."""

import numpy as np

from vaelib.training.schedules import warmup_cosine


def test_it_climbs_a_line_and_falls_half_a_cosine():
    rate = warmup_cosine(1000, peak=0.02, warmup=200)
    line = 1e-4 + (0.02 - 1e-4) * np.arange(200) / 200
    cosine = 0.01 * (1 + np.cos(np.pi * np.arange(801) / 800))
    steps = [0, 1, 100, 199, 200, 201, 400, 600, 999, 1000]
    expected = np.array([*line, *cosine])[steps]
    np.testing.assert_allclose([float(rate(step)) for step in steps], expected, atol=2e-7)
    assert warmup_cosine(1000).get_config() == rate.get_config()


def test_without_a_warm_up_it_starts_at_the_peak():
    rate = warmup_cosine(100, peak=0.004, warmup=0)
    found = [float(rate(step)) for step in (0, 50, 100)]
    np.testing.assert_allclose(found, [0.004, 0.002, 0], atol=1e-8)
