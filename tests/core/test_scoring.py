"""Both ways of asking give the same scores; towers are asked far less often."""

import numpy as np
import pytest

from musiclime_core.components import Components, segment_boundaries
from musiclime_core.composition import Perturber
from musiclime_core.lyrics import lyric_units
from musiclime_core.progress import LISTENING, READING, Ticker
from musiclime_core.scoring import score_masks
from musiclime_core.song import Lyrics, Song
from tests.doubles import PlantedPredictor, PlantedTwoTower, tone_stems

COEFFICIENTS = {"drums1": 0.2, "bass3": -0.1, "thunder": 0.3}


@pytest.fixture(scope="module")
def perturber():
    stems = tone_stems()
    lyrics = Lyrics("rain and thunder")
    components = Components(stems, segment_boundaries(stems.mix.duration_s, n_segments=5))
    return Perturber(Song(stems.mix, lyrics), components, lyric_units(lyrics))


@pytest.fixture(scope="module")
def masks():
    drawn = np.random.default_rng(0).random((50, 23)) < 0.5
    return np.concatenate([drawn, drawn])


def test_towers_and_black_box_agree(perturber, masks):
    box = score_masks(perturber, PlantedPredictor(COEFFICIENTS), masks, Ticker(None, None))
    towers = score_masks(perturber, PlantedTwoTower(COEFFICIENTS), masks, Ticker(None, None))
    assert box.shape == (100, 2)
    np.testing.assert_allclose(box, towers, atol=1e-5)
    np.testing.assert_array_equal(box[:50], box[50:])


def test_nothing_is_asked_twice(perturber, masks):
    box, towers = PlantedPredictor(COEFFICIENTS), PlantedTwoTower(COEFFICIENTS)
    score_masks(perturber, box, masks, Ticker(None, None))
    assert box.n_songs == 50
    score_masks(perturber, towers, masks, Ticker(None, None))
    assert towers.n_audios == 50
    assert towers.n_texts <= 8  # three words have eight states


def test_both_stages_are_told_from_start_to_end(perturber, masks):
    seen = []
    score_masks(perturber, PlantedTwoTower(COEFFICIENTS), masks, Ticker(seen.append, None))
    for stage in (LISTENING, READING):
        fractions = [progress.fraction for progress in seen if progress.stage == stage]
        assert fractions[0] == 0.0
        assert fractions[-1] == 1.0
