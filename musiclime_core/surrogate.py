"""The local surrogate: proximity kernel, weighted ridge fit, its errors and quality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "AUTHORS_KERNEL_WIDTH",
    "KERNEL_WIDTH",
    "Surrogate",
    "fit_ridge",
    "fit_selected",
    "proximity",
    "select_features",
]

KERNEL_WIDTH = 0.25
AUTHORS_KERNEL_WIDTH = 25.0
RIDGE_PENALTY = 1.0
FORWARD_SELECTION_LIMIT = 6

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Surrogate:
    """A linear model of scores on masks, one column a label.

    Parameters
    ----------
    weights, standard_errors : ndarray of float64, shape (n_units, n_labels)
    intercepts, fit : ndarray of float64, shape (n_labels,)
        Fitted score with all units absent; weighted R2, at most 1.
    """

    weights: Float
    standard_errors: Float
    intercepts: Float
    fit: Float


def proximity(masks: NDArray[np.bool_], *, width: float = KERNEL_WIDTH) -> Float:
    """Weigh each mask by its cosine distance d from the unperturbed song.

    The weight is sqrt(exp(-d^2 / width^2)). The cosine distance of a mask that keeps
    k of n units is 1 - sqrt(k / n), in [0, 1]; keeping none has distance 1.

    Parameters
    ----------
    masks : ndarray of bool, shape (n_perturbations, n_units)
    width : float
        Kernel width in units of distance, above 0.

    Returns
    -------
    ndarray of float64, shape (n_perturbations,)
        In (0, 1]; 1 for the song itself.

    References
    ----------
    Ribeiro, Singh, Guestrin: "Why should I trust you?", KDD 2016, section 3.4.

    Examples
    --------
    >>> proximity(np.array([[True, True], [False, False]])).round(4).tolist()
    [1.0, 0.0003]
    """
    distance = 1.0 - np.sqrt(masks.mean(axis=1, dtype=np.float64))
    weights: Float = np.sqrt(np.exp(-((distance / width) ** 2)))
    return weights


def fit_ridge(
    masks: NDArray[np.bool_],
    scores: NDArray[np.floating],
    proximities: Float,
    *,
    penalty: float = RIDGE_PENALTY,
) -> Surrogate:
    """Fit all labels at once by weighted ridge regression with an intercept.

    The intercept is not penalised. Standard errors are heteroscedasticity-robust
    (HC1 sandwich), since rows near the song fit otherwise than rows far away.

    Parameters
    ----------
    masks : ndarray of bool, shape (n_perturbations, n_units)
    scores : ndarray of float, shape (n_perturbations, n_labels)
    proximities : ndarray of float64, shape (n_perturbations,)
        Sample weights, above 0.
    penalty : float
        Weight of the squared norm of the coefficients.

    Returns
    -------
    Surrogate

    References
    ----------
    Hoerl, Kennard: Ridge regression, Technometrics 12, 1970.
    MacKinnon, White: Heteroskedasticity-consistent covariance estimators, 1985 (HC1).

    Examples
    --------
    >>> masks = np.array([[1, 1], [1, 0], [0, 1], [0, 0]], bool)
    >>> surrogate = fit_ridge(masks, masks @ np.array([[2.0], [-1.0]]), np.ones(4), penalty=0.0)
    >>> surrogate.weights.ravel().round(6).tolist()
    [2.0, -1.0]
    """
    design, target = masks.astype(np.float64), np.asarray(scores, np.float64)
    share = proximities / proximities.sum()
    design_mean, target_mean = share @ design, share @ target
    centred, response = design - design_mean, target - target_mean
    weighted = centred * proximities[:, None]
    gram = weighted.T @ centred + penalty * np.eye(design.shape[1])
    weights = _solve(gram, weighted.T @ response)
    residuals = response - centred @ weights
    return Surrogate(
        weights=weights,
        standard_errors=_robust_errors(gram, weighted, residuals),
        intercepts=target_mean - design_mean @ weights,
        fit=_weighted_r2(response, residuals, proximities),
    )


def _solve(gram: Float, right: Float) -> Float:
    """Solve a symmetric system, by least squares where it has no unique answer."""
    try:
        return np.asarray(np.linalg.solve(gram, right))
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(gram, right, rcond=None)[0])


def _robust_errors(gram: Float, weighted: Float, residuals: Float) -> Float:
    n_rows, n_units = weighted.shape
    inverse = np.linalg.pinv(gram, hermitian=True)
    influence = weighted @ inverse  # (n_rows, n_units)
    variance = (influence**2).T @ residuals**2
    correction = n_rows / max(n_rows - n_units - 1, 1)
    errors: Float = np.sqrt(variance * correction)
    return errors


def _weighted_r2(response: Float, residuals: Float, proximities: Float) -> Float:
    """Share of weighted variance explained; 1 where there is nothing to explain."""
    total = proximities @ response**2
    left = proximities @ residuals**2
    # Float noise around a constant score is no variance: without this, R2 would be arbitrary.
    constant = total <= 1e-12 * proximities.sum()
    fit: Float = np.where(constant, 1.0, 1.0 - left / np.where(constant, 1.0, total))
    return fit


def select_features(
    masks: NDArray[np.bool_], scores: NDArray[np.floating], proximities: Float, n_features: int
) -> NDArray[np.intp]:
    """Choose units for one label as LIME's 'auto' does.

    Forward selection by weighted R2 of an unpenalised fit for up to six units, else
    the units of largest magnitude in one unpenalised fit of all.

    Parameters
    ----------
    masks : ndarray of bool, shape (n_perturbations, n_units)
    scores : ndarray of float, shape (n_perturbations,)
    proximities : ndarray of float64, shape (n_perturbations,)
    n_features : int
        How many to choose.

    Returns
    -------
    ndarray of int, shape (min(n_features, n_units),)
        Columns of `masks`.

    References
    ----------
    Ribeiro, Singh, Guestrin: "Why should I trust you?", KDD 2016, arXiv 1602.04938.
    """
    n_features = min(n_features, masks.shape[1])
    if n_features > FORWARD_SELECTION_LIMIT:
        full = fit_ridge(masks, scores[:, None], proximities, penalty=0.0)
        return np.argsort(-np.abs(full.weights[:, 0]), kind="stable")[:n_features]
    chosen: list[int] = []
    for _ in range(n_features):
        candidates = [unit for unit in range(masks.shape[1]) if unit not in chosen]
        fits = [
            fit_ridge(masks[:, [*chosen, unit]], scores[:, None], proximities, penalty=0.0).fit[0]
            for unit in candidates
        ]
        chosen.append(candidates[int(np.argmax(fits))])
    return np.asarray(chosen, np.intp)


def fit_selected(
    masks: NDArray[np.bool_],
    scores: NDArray[np.floating],
    proximities: Float,
    *,
    n_features: int | None = None,
) -> Surrogate:
    """Fit all labels, each on the units chosen for it.

    Parameters
    ----------
    masks : ndarray of bool, shape (n_perturbations, n_units)
    scores : ndarray of float, shape (n_perturbations, n_labels)
    proximities : ndarray of float64, shape (n_perturbations,)
    n_features : int, optional
        Units to keep a label, by `select_features`; all by default.

    Returns
    -------
    Surrogate
        Weights of units that were not chosen are 0.
    """
    if n_features is None or n_features >= masks.shape[1]:
        return fit_ridge(masks, scores, proximities)
    n_labels = scores.shape[1]
    weights = np.zeros((masks.shape[1], n_labels))
    errors, intercepts, fit = np.zeros_like(weights), np.zeros(n_labels), np.zeros(n_labels)
    for label, column in enumerate(scores.T):
        chosen = select_features(masks, column, proximities, n_features)
        part = fit_ridge(masks[:, chosen], column[:, None], proximities)
        weights[chosen, label] = part.weights[:, 0]
        errors[chosen, label] = part.standard_errors[:, 0]
        intercepts[label], fit[label] = part.intercepts[0], part.fit[0]
    return Surrogate(weights, errors, intercepts, fit)
