"""`mode="authors"` against the published notebook's arithmetic, computed here anew.

Everything is written out with scikit-learn and plain loops, from the description of
the method: nothing but the drawn masks is shared with the code under test.
"""

import re

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import pairwise_distances

from musiclime_core.explain import explain_song
from musiclime_core.separation.stems import Stems
from musiclime_core.song import Audio, Lyrics, Song
from tests.doubles import RATE_HZ, SOURCES, PlantedPredictor

TEXT = "Don't go, don't. Go home;\nhome is Home"
N_SEGMENTS, N_PERTURBATIONS, SEED = 3, 300, 11


class CurvedPredictor(PlantedPredictor):
    """Squashes energies and words together, so that nothing is linear."""

    def score(self, audio, lyrics):
        thirds = np.array_split(audio.samples[0], N_SEGMENTS)
        energies = np.array([np.sqrt(np.mean(part**2)) for part in thirds])
        reads = len(re.findall(r"home", lyrics.text)) - 0.5 * lyrics.text.count("Go")
        return float(1 / (1 + np.exp(-(energies @ [4.0, -2.0, 3.0] * (1 + 0.5 * reads) - 1))))


@pytest.fixture(scope="module")
def stems():
    rng = np.random.default_rng(3)
    samples = rng.normal(0, 0.1, (4, 1, 6_004)).astype(np.float32)
    samples *= rng.uniform(0.2, 2.0, (4, 1, 1)).astype(np.float32)
    mix = samples.sum(axis=0) + rng.normal(0, 0.05, (1, 6_004)).astype(np.float32)
    return Stems(SOURCES, samples, Audio(mix, RATE_HZ))


def notebook(stems, masks, predictor, n_features):
    """Compose, score, weigh, choose and fit one row after the other."""
    length = stems.samples.shape[2] // N_SEGMENTS
    tokens = re.split(r"(\W+)", TEXT)
    words = list(dict.fromkeys(token for token in tokens if re.match(r"\w", token)))
    scores = []
    for mask in masks:
        sound = np.zeros((1, length * N_SEGMENTS), np.float32)
        for source in range(4):
            for k in range(N_SEGMENTS):
                if mask[source * N_SEGMENTS + k]:
                    part = slice(k * length, (k + 1) * length)
                    sound[:, part] += stems.samples[source][:, part]
        gone = {word for word, kept in zip(words, mask[4 * N_SEGMENTS :], strict=True) if not kept}
        text = "".join(token for token in tokens if token not in gone)
        scores.append(predictor.predict([Song(Audio(sound, RATE_HZ), Lyrics(text))])[0])
    scores = np.array(scores)
    distances = pairwise_distances(masks.astype(float), masks[:1].astype(float), metric="cosine")
    weights = np.sqrt(np.exp(-(distances.ravel() ** 2) / 25.0**2))
    used = choose(masks, scores[:, 1], weights, n_features)
    fitted = Ridge(alpha=1.0).fit(masks[:, used], scores[:, 1], sample_weight=weights)
    return (
        dict(zip(used, fitted.coef_, strict=True)),
        fitted.intercept_,
        fitted.score(masks[:, used], scores[:, 1], sample_weight=weights),
        scores[0],
    )


def choose(masks, scores, weights, n_features):
    plain = Ridge(alpha=0.0)
    if n_features > 6:
        coefficients = plain.fit(masks, scores, sample_weight=weights).coef_
        return list(np.argsort(-np.abs(coefficients))[:n_features])
    used: list[int] = []
    for _ in range(n_features):
        fits = {}
        for unit in set(range(masks.shape[1])) - set(used):
            columns = [*used, unit]
            plain.fit(masks[:, columns], scores, sample_weight=weights)
            fits[unit] = plain.score(masks[:, columns], scores, sample_weight=weights)
        used.append(max(fits, key=lambda unit: fits[unit]))
    return used


@pytest.mark.parametrize("n_features", [4, 10])
def test_equals_the_notebook(stems, n_features):
    predictor = CurvedPredictor({})
    explanation = explain_song(
        Song(stems.mix, Lyrics(TEXT)),
        predictor,
        stems=stems,
        mode="authors",
        n_segments=N_SEGMENTS,
        n_perturbations=N_PERTURBATIONS,
        seed=SEED,
        n_features=n_features,
        labels=["wanted"],
    )
    masks = np.random.default_rng(SEED).random((N_PERTURBATIONS, len(explanation.units))) < 0.5
    masks[0] = True
    expected, intercept, fit, first = notebook(stems, masks, predictor, n_features)
    names = [unit.name for unit in explanation.units]
    assert names[:4] == ["vocals0", "vocals1", "vocals2", "drums0"]
    assert names[12:] == ["Don", "t", "go", "don", "Go", "home", "is", "Home"]
    found = {i: w for i, w in enumerate(explanation.weights[:, 0]) if w}
    assert found.keys() == expected.keys()
    for unit, weight in expected.items():
        assert found[unit] == pytest.approx(weight, abs=1e-7)
    assert explanation.intercepts[0] == pytest.approx(intercept, abs=1e-7)
    assert explanation.fit[0] == pytest.approx(fit, abs=1e-7)
    np.testing.assert_allclose(explanation.scores, first, atol=1e-6)


def test_all_units_present_is_not_the_song_in_the_notebook(stems):
    """The error that the default mode corrects: residual and last samples are lost."""
    song = Song(stems.mix, Lyrics(TEXT))
    options = {"stems": stems, "n_segments": N_SEGMENTS, "n_perturbations": 50}
    predictor = CurvedPredictor({})
    itself = predictor.predict([song])[0]
    corrected = explain_song(song, predictor, **options)
    authors = explain_song(song, predictor, mode="authors", **options)
    np.testing.assert_array_equal(corrected.scores, itself)
    assert np.abs(authors.scores - itself).max() > 1e-3
