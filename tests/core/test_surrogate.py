import numpy as np
import pytest
from sklearn.metrics import pairwise_distances

from musiclime_core.surrogate import fit_ridge, fit_selected, proximity, select_features

lime_base = pytest.importorskip("lime.lime_base")


def neighbourhood(n: int = 400, n_units: int = 30, n_labels: int = 3, seed: int = 0):
    rng = np.random.default_rng(seed)
    masks = rng.random((n, n_units)) < 0.5
    masks[0] = True
    truth = rng.normal(size=(n_units, n_labels)) * (rng.random((n_units, 1)) < 0.4)
    pairs = masks[:, :1] * masks[:, 1:2] * rng.normal(size=(1, n_labels))
    return masks, masks @ truth + pairs + rng.normal(0, 0.1, (n, n_labels)), truth


def lime_fit(masks, scores, distances, width, label, *, n_features, selection):
    """The surrogate as the lime package itself fits it."""

    def kernel(distance):
        return np.sqrt(np.exp(-(distance**2) / width**2))

    base = lime_base.LimeBase(kernel, random_state=0)
    intercept, pairs, fit, _ = base.explain_instance_with_data(
        masks.astype(float), scores, distances, label, n_features, feature_selection=selection
    )
    weights = np.zeros(masks.shape[1])
    weights[[unit for unit, _ in pairs]] = [weight for _, weight in pairs]
    return intercept, weights, fit


@pytest.mark.parametrize("width", [0.25, 25.0])
def test_equals_lime_on_the_same_rows(width):
    masks, scores, _ = neighbourhood()
    distances = pairwise_distances(masks, masks[:1], metric="cosine").ravel()
    ours = fit_ridge(masks, scores, proximity(masks, width=width))
    for label in range(scores.shape[1]):
        intercept, weights, fit = lime_fit(
            masks, scores, distances, width, label, n_features=30, selection="none"
        )
        np.testing.assert_allclose(ours.weights[:, label], weights, atol=1e-6)
        assert ours.intercepts[label] == pytest.approx(intercept, abs=1e-6)
        assert ours.fit[label] == pytest.approx(fit, abs=1e-6)


def test_proximity_is_limes_kernel_on_cosine_distance():
    masks, _, _ = neighbourhood()
    masks[1] = False
    distances = pairwise_distances(masks, masks[:1], metric="cosine").ravel()
    expected = np.sqrt(np.exp(-(distances**2) / 0.25**2))
    np.testing.assert_allclose(proximity(masks), expected, atol=1e-9)


def test_published_width_switches_locality_off():
    masks, _, _ = neighbourhood()
    assert proximity(masks, width=25.0).min() > 0.999
    assert proximity(masks).min() < 0.6


@pytest.mark.parametrize("n_features", [1, 4, 6])
def test_forward_selection_equals_limes(n_features):
    masks, scores, _ = neighbourhood(seed=3)
    distances = pairwise_distances(masks, masks[:1], metric="cosine").ravel()
    ours = fit_selected(masks, scores, proximity(masks, width=25.0), n_features=n_features)
    for label in range(scores.shape[1]):
        _, weights, _ = lime_fit(
            masks, scores, distances, 25.0, label, n_features=n_features, selection="auto"
        )
        np.testing.assert_allclose(ours.weights[:, label], weights, atol=1e-6)


def test_more_features_are_the_largest_of_an_unpenalised_fit():
    masks, scores, _ = neighbourhood(seed=5)
    proximities = proximity(masks)
    chosen = select_features(masks, scores[:, 0], proximities, 10)
    design = np.column_stack([np.ones(len(masks)), masks]) * np.sqrt(proximities)[:, None]
    plain, *_ = np.linalg.lstsq(design, scores[:, 0] * np.sqrt(proximities), rcond=None)
    expected = np.argsort(-np.abs(plain[1:]))[:10]
    assert chosen.tolist() == expected.tolist()


def test_finds_planted_coefficients_within_its_own_errors():
    inside = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        masks = rng.random((500, 12)) < 0.5
        truth = rng.normal(size=(12, 1))
        scores = masks @ truth + rng.normal(0, 0.5, (500, 1))
        fitted = fit_ridge(masks, scores, np.ones(500), penalty=0.0)
        inside.append(np.abs(fitted.weights - truth) <= 1.96 * fitted.standard_errors)
    assert 0.90 <= np.mean(inside) <= 0.99


def test_a_constant_score_has_no_weights():
    masks, _, _ = neighbourhood()
    fitted = fit_ridge(masks, np.full((len(masks), 2), 0.3, np.float32), proximity(masks))
    np.testing.assert_allclose(fitted.weights, 0, atol=1e-8)
    np.testing.assert_array_equal(fitted.fit, 1.0)
    np.testing.assert_allclose(fitted.intercepts, 0.3, rtol=1e-6)


def test_fewer_rows_than_units_still_gives_finite_weights():
    masks, scores, _ = neighbourhood(n=10)
    for n_features in (None, 3, 20):
        fitted = fit_selected(masks, scores, proximity(masks), n_features=n_features)
        assert np.isfinite(fitted.weights).all()
        assert np.isfinite(fitted.standard_errors).all()
