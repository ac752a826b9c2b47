"""The puff kernel, the scalar fit and the runs of bad days."""

import numpy as np

from xietong.kernels.puff import centre_and_spread, least, puff
from xietong.kernels.runs import run_levels
from xietong.kernels.sphere import unit_vectors


def test_the_kernel_is_the_convolution_of_two_spreads():
    rng = np.random.default_rng(0)
    source, receptor = rng.normal(0, 30, (400, 2)), rng.normal([80, 0], 20, (400, 2))
    apart = ((source[:, None] - receptor[None]) ** 2).sum(-1)
    sampled = np.mean(np.exp(-apart / (2 * 50**2)) / 50**2)
    closed = puff(np.array([[0, 80.0], [80.0, 0]]), np.array([900.0, 400.0]), 50.0)[0, 1]
    assert abs(sampled / closed - 1) < 0.1


def test_widths_broadcast():
    distance, spread = np.array([[0, 80.0], [80.0, 0]]), np.array([900.0, 400.0])
    many = puff(distance, spread, np.array([20.0, 50.0]))
    assert many.shape == (2, 2, 2) and np.array_equal(many[1], puff(distance, spread, 50.0))


def test_centre_and_spread():
    points = unit_vectors(np.array([116.0, 116.0]), np.array([39.0, 41.0]))
    centre, spread = centre_and_spread(points, np.array([1.0, 1.0]))
    assert np.allclose(centre, unit_vectors(np.array([116.0]), np.array([40.0]))[0], atol=1e-6)
    assert abs(spread - 111.19**2 / 2) < 5


def test_least_finds_the_minimum():
    assert abs(least(lambda x: (np.log(x) - 4) ** 2, 5, 500) - np.exp(4)) < 1e-3


def test_runs():
    rules = [(1, [(200, 1)]), (1, [(150, 2)]), (2, [(150, 3)]), (3, [(200, 3), (300, 1)])]
    days = np.arange(5)
    assert run_levels(np.array([119, 159, 211, 170, 142.0]), days, rules).tolist() == [0, 2, 2, 2, 0]
    assert run_levels(np.array([160, 160, 100, 160, 100.0]), days, rules).tolist() == [1, 1, 0, 0, 0]
    assert run_levels(np.array([160, 160, 160, 0, 0.0]), np.array([0, 1, 5, 6, 7]), rules).tolist() == [1, 1, 0, 0, 0]
    assert run_levels(np.array([210, 301, 250, 0, 0.0]), days, rules).tolist() == [3, 3, 3, 0, 0]
    assert run_levels(np.array([999.0]), np.array([0]), []).tolist() == [0]
