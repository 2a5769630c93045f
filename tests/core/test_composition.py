"""Masks become songs; equal masks are found; batches cover every row once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from musiclime_core.components import Components, segment_boundaries
from musiclime_core.composition import MAX_BATCH_BYTES, Perturber, batches, distinct_rows
from musiclime_core.lyrics import lyric_units
from musiclime_core.song import Lyrics, Song
from tests.doubles import tone_stems


@pytest.fixture(scope="module")
def perturber():
    stems = tone_stems()
    lyrics = Lyrics("rain and thunder")
    components = Components(stems, segment_boundaries(stems.mix.duration_s, n_segments=5))
    return Perturber(Song(stems.mix, lyrics), components, lyric_units(lyrics))


@given(arrays(bool, st.tuples(st.integers(1, 40), st.integers(1, 12))))
def test_distinct_rows_rebuild_the_masks(masks):
    distinct, positions = distinct_rows(masks)
    np.testing.assert_array_equal(distinct[positions], masks)
    assert len({row.tobytes() for row in distinct}) == len(distinct)


@given(st.integers(1, 200), st.integers(1, 70))
def test_batches_cover_every_row_once_and_end_at_one(n_rows, size):
    fractions = []
    parts = list(batches(n_rows, size, fractions.append))
    rows = [row for part in parts for row in range(part.start, part.stop)]
    assert rows == list(range(n_rows))
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0
    assert fractions == sorted(fractions)


def test_all_units_present_is_the_song_itself(perturber):
    (song,) = perturber.songs(np.ones((1, perturber.n_units), bool))
    np.testing.assert_array_equal(song.audio.samples, perturber.song.audio.samples)
    assert song.lyrics.text == perturber.song.lyrics.text


def test_units_are_audio_first_then_lyrics(perturber):
    assert perturber.n_audio_units == 20
    assert perturber.n_units == 23
    masks = np.ones((1, 23), bool)
    masks[0, -1] = False
    (song,) = perturber.songs(masks)
    assert song.lyrics.text == "rain and "
    np.testing.assert_array_equal(song.audio.samples, perturber.song.audio.samples)


def test_batches_of_songs_stay_within_memory(perturber):
    n_bytes = perturber.components.stems.mix.samples.nbytes
    assert 1 <= perturber.batch_size <= 64
    assert perturber.batch_size == 1 or perturber.batch_size * n_bytes <= MAX_BATCH_BYTES
