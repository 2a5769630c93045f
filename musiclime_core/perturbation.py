"""Neighbourhoods of a song: which units are present in each perturbed copy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musiclime_core.errors import ParameterError

__all__ = ["bernoulli_masks"]

MAX_PERTURBATIONS = 1_000_000


def bernoulli_masks(
    n_perturbations: int, n_units: int, generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Keep every unit with probability one half, independently.

    Parameters
    ----------
    n_perturbations : int
        Rows, at least 2; the first keeps everything.
    n_units : int
        Columns, at least 1.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of bool, shape (n_perturbations, n_units)
        True where a unit is present.

    Raises
    ------
    ParameterError
        If a count is out of range.

    References
    ----------
    Ribeiro, Singh, Guestrin: "Why should I trust you?", KDD 2016, arXiv 1602.04938.
    Haunschmid, Manilow, Widmer: audioLIME, 2020, arXiv 2009.02051.

    Examples
    --------
    >>> masks = bernoulli_masks(4, 3, np.random.default_rng(0))
    >>> masks.shape, bool(masks[0].all())
    ((4, 3), True)
    """
    if not 2 <= n_perturbations <= MAX_PERTURBATIONS:
        raise ParameterError(
            f"{n_perturbations} perturbations asked for; choose from 2 to {MAX_PERTURBATIONS:,}."
        )
    if n_units < 1:
        raise ParameterError("there is nothing to perturb: the song has no unit to switch off.")
    masks = generator.random((n_perturbations, n_units)) < 0.5
    masks[0] = True
    return masks
