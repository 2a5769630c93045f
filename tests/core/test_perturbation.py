import numpy as np
import pytest

from musiclime_core.errors import ParameterError
from musiclime_core.perturbation import bernoulli_masks


def test_half_of_everything_and_first_row_whole():
    masks = bernoulli_masks(4_000, 50, np.random.default_rng(0))
    assert masks[0].all()
    assert masks.dtype == bool
    share = masks[1:].mean(axis=0)
    assert np.abs(share - 0.5).max() < 0.05
    correlation = np.corrcoef(masks[1:].T.astype(float)) - np.eye(50)
    assert np.abs(correlation).max() < 0.08


def test_the_generator_decides():
    draws = [bernoulli_masks(20, 5, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


@pytest.mark.parametrize(("n", "n_units"), [(1, 5), (0, 5), (-3, 5), (2_000_000, 5), (10, 0)])
def test_impossible_counts_are_refused(n, n_units):
    with pytest.raises(ParameterError):
        bernoulli_masks(n, n_units, np.random.default_rng(0))
