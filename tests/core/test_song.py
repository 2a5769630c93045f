import numpy as np
import pytest

from musiclime_core.errors import AudioError, InputError, LyricsError
from musiclime_core.song import Audio, Lyrics, Song, TimedSpan


def noise(n_channels: int, n_samples: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (n_channels, n_samples)).astype(np.float32)


@pytest.mark.parametrize(
    ("samples", "rate_hz", "word"),
    [
        (np.zeros((1, 0)), 8000, "empty"),
        (np.zeros(10), 8000, "channels, time"),
        (np.zeros((9, 10)), 8000, "9 channels"),
        (np.zeros((1, 10)), 0, "above 0"),
        (np.full((1, 10), np.nan), 8000, "NaN"),
        (np.full((1, 10), np.inf), 8000, "infinite"),
    ],
)
def test_unusable_samples_are_refused(samples, rate_hz, word):
    with pytest.raises(AudioError, match=word):
        Audio(samples, rate_hz)


def test_samples_cannot_be_changed():
    audio = Audio(noise(1, 10), 8000)
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0, 0] = 1


def test_hash_knows_rate_shape_and_content():
    samples = noise(2, 100)
    hashes = {
        Audio(samples, 8000).sha256,
        Audio(samples, 8001).sha256,
        Audio(samples.reshape(1, 200), 8000).sha256,
        Audio(samples * 2, 8000).sha256,
    }
    assert len(hashes) == 4
    assert Audio(samples.copy(), 8000).sha256 in hashes


def test_downmix_and_resampling_are_linear():
    a, b = (Audio(noise(2, 44100) * gain, 44100) for gain in (1, 0.5))
    both = Audio(a.samples + b.samples, 44100)
    parts = a.mono().resampled(16000).samples + b.mono().resampled(16000).samples
    np.testing.assert_allclose(both.mono().resampled(16000).samples, parts, atol=1e-6)
    assert both.resampled(16000).n_samples == 16000


def test_stereo_keeps_two_channels_and_doubles_one():
    two = Audio(noise(2, 100), 8000)
    assert two.stereo() is two
    one = Audio(noise(1, 100), 8000).stereo()
    np.testing.assert_array_equal(one.samples[0], one.samples[1])


def test_a_song_needs_something():
    with pytest.raises(InputError, match="audio, lyrics or both"):
        Song()


def test_punctuation_alone_is_no_lyrics():
    assert not Song(lyrics=Lyrics("... !")).has_lyrics
    assert Song(lyrics=Lyrics("Été")).has_lyrics


def test_a_time_tag_outside_the_text_is_refused():
    with pytest.raises(LyricsError, match="characters 2-9"):
        Lyrics("rain", line_times=(TimedSpan(2, 9, 1.0),))
