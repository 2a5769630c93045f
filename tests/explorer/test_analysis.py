"""Shipped examples are whole and true; uploads become analyses."""

import numpy as np
import pytest

from explorer.analysis import Request, analyse, example_slugs, load_example
from musiclime_core import decode_audio, load_predictor, load_separator, read_lyrics
from musiclime_core.errors import Cancelled, InputError
from musiclime_core.song import Song
from musiclime_core.weights import assets_folder

SLUGS = example_slugs()


@pytest.fixture(scope="module")
def predictor():
    return load_predictor()


def test_every_example_folder_is_listed():
    folders = {path.parent.name for path in (assets_folder() / "examples").glob("*/example.json")}
    assert folders == set(SLUGS)
    assert len(SLUGS) >= 3


@pytest.mark.parametrize("slug", SLUGS)
def test_examples_have_sound_credits_and_a_licence(slug):
    analysis = load_example(slug)
    assert set(analysis.sounds) == set(
        analysis.explanation.heatmap(analysis.explanation.predicted)[0]
    )
    for key in ("licence", "licence_url", "attribution", "described_as"):
        assert analysis.credits[key]
    licences = (assets_folder() / "LICENSES.md").read_text()
    assert f"examples/{slug}/" in licences


@pytest.mark.parametrize("slug", SLUGS)
def test_stored_explanations_fit_the_shipped_model_and_recording(slug, predictor):
    explanation = load_example(slug).explanation
    assert explanation.model == {"name": predictor.name, "version": predictor.version}
    folder = assets_folder() / "examples" / slug
    words = folder / "lyrics.txt"
    song = Song(decode_audio(folder / "mix.ogg"), read_lyrics(words) if words.exists() else None)
    scores = predictor.predict([song])[0]
    np.testing.assert_allclose(explanation.scores, scores, atol=2e-3)


def test_unknown_examples_are_refused():
    with pytest.raises(InputError, match="no example"):
        load_example("../../etc")


def test_uploads_become_analyses_and_can_be_cancelled(predictor, song_files):
    separator = load_separator("hpss")
    request = Request(
        song_files["ogg"].read_bytes(), b"neon lights tonight", "song", n_perturbations=30
    )
    seen = []
    analysis = analyse(request, predictor, separator, seen.append, lambda: False)
    assert analysis.explanation.song["title"] == "song"
    assert {sound[:4] for sound in analysis.sounds.values()} == {b"OggS"}
    assert {unit.modality for unit in analysis.explanation.units} == {"audio", "lyrics"}
    assert seen[-1].fraction == 1.0
    with pytest.raises(Cancelled):
        analyse(request, predictor, separator, seen.append, lambda: True)


def test_lyrics_alone_need_no_sound(predictor):
    request = Request(b"", "blood and fire".encode("utf-16"), "words", n_perturbations=20)
    analysis = analyse(request, predictor, load_separator("hpss"), lambda _: None, lambda: False)
    assert analysis.sounds == {}
    assert analysis.explanation.predicted == "heavy music"
