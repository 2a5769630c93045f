"""The whole pipeline against predictors whose explanation is known."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from musiclime_core.errors import Cancelled, MusicLimeError, ParameterError
from musiclime_core.explain import explain_song
from musiclime_core.lyrics import lyric_units
from musiclime_core.predictors.protocols import FieldOfView
from musiclime_core.progress import STAGES
from musiclime_core.song import Lyrics, Song
from tests.doubles import N_SEGMENTS, RATE_HZ, PlantedPredictor, PlantedTwoTower, tone_stems

ROOT = Path(__file__).parents[2]
TEXT = "Grave stones,\ngrave and cold.\nA river sings of gold."
PLANTED = {"drums2": 0.3, "vocals4": -0.2, "bass0": 0.1, "grave": 0.25, "gold": -0.15}
OPTIONS = {"n_segments": N_SEGMENTS, "n_perturbations": 600, "labels": ["wanted"]}


@pytest.fixture(scope="module")
def stems():
    return tone_stems(residual=0.05)


@pytest.fixture(scope="module")
def song(stems):
    return Song(stems.mix, Lyrics(TEXT), title="Tones")


def weights(explanation, label="wanted"):
    return {row.unit.name: row.weight for row in explanation.query(label)}


@pytest.fixture(scope="module", params=[PlantedPredictor, PlantedTwoTower])
def explanation(request, song, stems):
    return explain_song(song, request.param(PLANTED), stems=stems, **OPTIONS)


def test_finds_exactly_what_was_planted(explanation):
    found = weights(explanation)
    assert len(found) == 4 * N_SEGMENTS + len(lyric_units(Lyrics(TEXT)))
    for name, weight in found.items():
        assert weight == pytest.approx(PLANTED.get(name, 0.0), abs=0.012), name


def test_a_linear_predictor_is_fitted_wholly(explanation):
    assert explanation.surrogate_fit("wanted") > 0.999


def test_the_score_is_that_of_the_song_itself(song, stems, explanation):
    expected = PlantedPredictor(PLANTED).predict([song])[0]
    np.testing.assert_allclose(explanation.scores, expected, atol=1e-6)


def test_each_modality_alone_finds_its_own_part(song, stems):
    for modality, names in (
        ("audio", {"drums2", "vocals4", "bass0"}),
        ("lyrics", {"grave", "gold"}),
    ):
        found = weights(
            explain_song(song, PlantedTwoTower(PLANTED), stems=stems, modality=modality, **OPTIONS)
        )
        assert {name for name, weight in found.items() if abs(weight) > 0.05} == names
        full = PlantedPredictor(PLANTED).predict([song])[0]
        part = explain_song(
            song, PlantedTwoTower(PLANTED), stems=stems, modality=modality, **OPTIONS
        )
        np.testing.assert_allclose(part.scores, full, atol=1e-6)


def test_two_towers_encode_each_distinct_part_once(song, stems):
    predictor = PlantedTwoTower({})
    explain_song(song, predictor, stems=stems, modality="lyrics", **OPTIONS)
    n_words = len(lyric_units(Lyrics(TEXT)))
    assert predictor.n_audios == 1
    assert predictor.n_texts <= min(2**n_words, OPTIONS["n_perturbations"])


def test_a_black_box_sees_each_distinct_song_once(stems):
    predictor = PlantedPredictor({})
    song = Song(lyrics=Lyrics("one two three"))
    explain_song(song, predictor, n_perturbations=500)
    assert predictor.n_songs == 2**3


def test_same_seed_same_bits_other_seed_other_bits(song, stems):
    runs = [
        explain_song(song, PlantedTwoTower(PLANTED), stems=stems, seed=seed, **OPTIONS).to_json()
        for seed in (7, 7, 8)
    ]
    assert runs[0] == runs[1] != runs[2]


def test_batches_do_not_change_the_result(song, stems, monkeypatch):
    import musiclime_core.composition as composition

    whole = explain_song(song, PlantedPredictor(PLANTED), stems=stems, **OPTIONS)
    monkeypatch.setattr(composition, "MAX_BATCH_SONGS", 7)
    small = explain_song(song, PlantedPredictor(PLANTED), stems=stems, **OPTIONS)
    assert whole.to_json() == small.to_json()


def test_what_a_predictor_cannot_perceive_is_marked_and_weighs_nothing(song, stems):
    view = FieldOfView(rate_hz=RATE_HZ, mono=True, audio_s=0.8, words=3)
    explanation = explain_song(song, PlantedPredictor(PLANTED, view=view), stems=stems, **OPTIONS)
    seen = {unit.name: unit.seen for unit in explanation.units}
    assert seen["drums1"]
    assert not seen["drums2"]
    assert seen["grave"]
    assert not seen["gold"]
    found = weights(explanation)
    assert all(found[name] == 0 for name, there in seen.items() if not there)


@pytest.mark.parametrize("n_features", [3, 8])
def test_authors_mode_keeps_the_chosen_units(song, stems, n_features):
    explanation = explain_song(
        song,
        PlantedPredictor(PLANTED),
        stems=stems,
        mode="authors",
        n_features=n_features,
        **OPTIONS,
    )
    found = {name for name, weight in weights(explanation).items() if weight}
    assert len(found) == n_features
    assert {"drums2", "vocals4"} <= found
    # The notebook tells words apart by their case, so 'Grave' and 'grave' are two units.
    assert {"Grave", "grave"} <= set(weights(explanation))


def test_labels_can_be_chosen_and_all_are_explained_by_default(song, stems):
    predictor = PlantedTwoTower(PLANTED)
    every = explain_song(song, predictor, stems=stems, n_segments=5, n_perturbations=200)
    assert every.explained == predictor.labels
    np.testing.assert_allclose(every.weights[:, 0], -every.weights[:, 1], atol=1e-6)


def test_progress_passes_through_the_stages_and_never_back(song, stems):
    seen = []
    explain_song(song, PlantedTwoTower(PLANTED), stems=stems, progress=seen.append, **OPTIONS)
    places = [(step.stage_index, step.fraction) for step in seen]
    assert places == sorted(places)
    assert {step.stage for step in seen} == set(STAGES[1:])  # stems were given
    assert places[-1] == (len(STAGES) - 1, 1.0)


def test_cancel_stops_between_batches(song, stems):
    predictor = PlantedPredictor(PLANTED)
    with pytest.raises(Cancelled):
        explain_song(
            song, predictor, stems=stems, cancel=lambda: predictor.n_songs >= 100, **OPTIONS
        )
    assert 100 <= predictor.n_songs < 300


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"labels": ["jazz"]}, "jazz"),
        ({"modality": "video"}, "video"),
        ({"mode": "fast"}, "fast"),
        ({"lyric_unit": "letters"}, "letters"),
        ({"n_perturbations": 1}, "1 perturbations"),
        ({"n_perturbations": 10**9}, "perturbations"),
        ({"n_segments": 0}, "0 segments"),
        ({"seed": -1}, "-1"),
        ({"n_features": 0}, "0 features"),
    ],
)
def test_wrong_parameters_are_named(song, stems, wrong, word):
    with pytest.raises(ParameterError, match=word):
        explain_song(song, PlantedPredictor({}), stems=stems, **{**OPTIONS, **wrong})


@pytest.mark.parametrize(
    ("song_given", "modality"),
    [
        (Song(lyrics=Lyrics("words")), "audio"),
        (Song(tone_stems().mix), "lyrics"),
        (Song(tone_stems().mix, Lyrics("...")), "lyrics"),
        (Song(lyrics=Lyrics("...")), "both"),
    ],
)
def test_a_missing_modality_is_said(song_given, modality):
    with pytest.raises(MusicLimeError):
        explain_song(song_given, PlantedPredictor({}), modality=modality, separator="hpss")


def test_audio_without_words_is_explained_by_audio_alone(stems):
    explanation = explain_song(Song(stems.mix), PlantedTwoTower(PLANTED), stems=stems, **OPTIONS)
    assert {unit.modality for unit in explanation.units} == {"audio"}
    assert explanation.modality_shares("wanted") == (1.0, 0.0)


def test_another_process_gives_the_same_bits(song, stems):
    code = (
        "from tests.doubles import *; from musiclime_core.explain import explain_song;"
        "from musiclime_core.song import *; from tests.core.test_explain import *;"
        "stems = tone_stems(residual=0.05);"
        "print(explain_song(Song(stems.mix, Lyrics(TEXT), title='Tones'), PlantedTwoTower(PLANTED),"
        " stems=stems, **OPTIONS).to_json(), end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    here = explain_song(song, PlantedTwoTower(PLANTED), stems=stems, **OPTIONS).to_json()
    assert done.stdout == here
