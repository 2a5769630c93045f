"""The bundled classifier: sense on real songs, silence that says nothing, exact towers."""

import numpy as np
import pytest

from musiclime_core.errors import InputError, ParameterError
from musiclime_core.explain import explain_song
from musiclime_core.predictors import PREDICTORS, TwoTower, load_predictor
from musiclime_core.predictors.labels import GENRES
from musiclime_core.song import Audio, Lyrics, Song

VERSES = {
    "heavy music": "The dead arise, their graves of fire consume the blood of kings",
    "folk": "Oh the river runs down to the sea where my true love lies",
    "punk": "We don't want your rules, smash the state, burn your uniforms",
    "hip hop": "My flow is sick, I rap about money and my homies on the block",
    "pop": "Baby I love you so, kiss me tonight and call me tomorrow",
}


@pytest.fixture(scope="module")
def bundled():
    return load_predictor("bundled")


@pytest.mark.parametrize("genre", VERSES)
def test_plain_verses_are_read_rightly(bundled, genre):
    scores = bundled.predict([Song(lyrics=Lyrics(VERSES[genre]))])[0]
    assert GENRES[int(scores.argmax())] == genre


def test_real_song_is_heard_rightly(bundled, real_song):
    scores = bundled.predict([Song(real_song)])[0]
    assert GENRES[int(scores.argmax())] == "electronic"
    assert scores.sum() == pytest.approx(1)


def test_silence_and_blank_lyrics_say_nothing(bundled, real_song):
    silence = Audio(np.zeros((1, 160_000), np.float32), 16_000)
    nothing = bundled.predict([Song(silence, Lyrics("…")), Song(lyrics=Lyrics(""))])
    np.testing.assert_allclose(nothing, 1 / 9, atol=1e-6)
    heard, both = bundled.predict([Song(real_song), Song(real_song, Lyrics(" "))])
    np.testing.assert_allclose(heard, both, atol=1e-6)


def test_towers_agree_with_the_whole(bundled, real_song):
    assert isinstance(bundled, TwoTower)
    text = VERSES["folk"]
    whole = bundled.predict([Song(real_song, Lyrics(text))])
    parts = bundled.fuse(bundled.encode_audio([real_song]), bundled.encode_lyrics([text]))
    np.testing.assert_array_equal(whole, parts)


def test_words_move_a_heard_song(bundled, real_song):
    plain, worded = bundled.predict(
        [Song(real_song), Song(real_song, Lyrics(VERSES["heavy music"]))]
    )
    assert worded[GENRES.index("heavy music")] > plain[GENRES.index("heavy music")] + 0.1


def test_explanation_starts_from_the_song_itself(bundled, true_stems, real_song):
    from musiclime_core.separation.stems import SOURCES, Stems

    samples = np.stack([true_stems[name].samples for name in SOURCES])
    song = Song(real_song, Lyrics("rain falls on the old town road and fire burns in hell"))
    explanation = explain_song(
        song,
        bundled,
        stems=Stems(SOURCES, samples, real_song),
        n_perturbations=300,
        segment_s=3.0,
    )
    np.testing.assert_allclose(explanation.scores, bundled.predict([song])[0], atol=1e-5)
    assert explanation.top("heavy music", 1, modality="lyrics")[0].unit.name == "hell"
    assert explanation.surrogate_fit(explanation.predicted) > 0.5


def test_nothing_to_predict_from_is_an_error(bundled):
    with pytest.raises(InputError, match="neither"):
        bundled.fuse(None, None)


def test_every_listed_model_loads_and_unknown_ones_are_named():
    for name in PREDICTORS:
        predictor = load_predictor(name)
        assert predictor.name == name
        assert len(set(predictor.labels)) == len(predictor.labels)
        assert predictor.version
    with pytest.raises(ParameterError, match="bundled, musicnn"):
        load_predictor("nothing")
    with pytest.raises(ParameterError, match="task"):
        load_predictor("bundled", task="weather")
    with pytest.raises(ParameterError, match="predicts tags"):
        load_predictor("musicnn", task="emotion")
