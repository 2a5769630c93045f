"""The tagger equals the published network, and hears windows one by one."""

import json
from pathlib import Path

import numpy as np
import pytest

from musiclime_core.decoding import decode_audio
from musiclime_core.errors import InputError
from musiclime_core.predictors.labels import MSD_TAGS
from musiclime_core.predictors.musicnn import MusicnnTagger, cut_windows
from musiclime_core.song import Audio, Lyrics, Song

REFERENCE = Path(__file__).parents[4] / "shared/reference/musicnn_tags.json"


@pytest.fixture(scope="module")
def tagger():
    return MusicnnTagger()


def noise(duration_s: float, *, seed: int = 0) -> Audio:
    generator = np.random.default_rng(seed)
    samples = 0.1 * generator.standard_normal((1, round(duration_s * 16_000)))
    return Audio(samples.astype(np.float32), 16_000)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference tags are not here")
def test_tags_equal_those_of_the_original_in_tensorflow(tagger, song_files):
    expected = json.loads(REFERENCE.read_text())["tags"]
    found = tagger.taggram(decode_audio(song_files["wav"])).mean(axis=0)
    np.testing.assert_allclose(found, [expected[tag] for tag in MSD_TAGS], atol=1e-5)


def test_real_song_is_tagged_as_what_it_is(tagger, real_song):
    scores = tagger.predict([Song(real_song)])[0]
    assert MSD_TAGS[int(scores.argmax())] == "electronic"
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()


def test_windows_are_independent(tagger):
    song = noise(9)
    changed = song.samples.copy()
    changed[:, 48_000:96_000] = 0
    before, shares = tagger.windows([song])[0]
    after, _ = tagger.windows([Audio(changed, 16_000)])[0]
    assert shares.tolist() == [1 / 3] * 3
    np.testing.assert_array_equal(before[[0, 2]], after[[0, 2]])
    assert np.abs(before[1] - after[1]).max() > 0.01


def test_result_does_not_depend_on_what_was_heard_before(tagger):
    songs = [noise(7, seed=seed) for seed in range(3)]
    together = tagger.tags(songs)
    alone = np.concatenate([MusicnnTagger().tags([song]) for song in songs[::-1]])[::-1]
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [(1, [1]), (3, [1]), (3.4, [1]), (3.5, [3 / 3.5, 0.5 / 3.5]), (6, [0.5, 0.5])],
)
def test_shares_count_what_was_sung(duration_s, expected):
    windows, shares = cut_windows(np.zeros(round(duration_s * 16_000), np.float32))
    assert windows.shape == (len(expected), 47_872)
    np.testing.assert_allclose(shares, expected)


def test_loud_songs_stay_finite(tagger):
    loud = Audio(np.full((1, 48_000), 1.0, np.float32) * np.sign(noise(3).samples), 16_000)
    assert np.isfinite(tagger.tags([loud])).all()


def test_what_it_cannot_hear_is_said(tagger):
    with pytest.raises(InputError, match="at least 3 seconds"):
        tagger.taggram(noise(2))
    with pytest.raises(InputError, match="needs audio"):
        tagger.predict([Song(lyrics=Lyrics("words alone"))])
