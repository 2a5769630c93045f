"""What is written can be read again."""

import io

import numpy as np
import pytest
import soundfile

from musiclime_core.encoding import ENCODINGS, encode_audio, write_audio
from musiclime_core.errors import ParameterError
from musiclime_core.song import Audio


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_long_stereo_comes_back(encoding):
    time_s = np.arange(44_100 * 40) / 44_100
    tones = np.stack([np.sin(2 * np.pi * hz * time_s) for hz in (220, 330)])
    audio = Audio((0.5 * tones).astype(np.float32), 44_100)
    samples, rate_hz = soundfile.read(io.BytesIO(encode_audio(audio, encoding)), dtype="float32")
    assert rate_hz == 44_100
    assert samples.shape == (audio.n_samples, 2)
    if encoding == "wav":
        np.testing.assert_array_equal(samples.T, audio.samples)
    else:
        error = samples.T - np.clip(audio.samples, -1, 1)
        assert np.sqrt((error**2).mean()) < {"flac": 1e-4, "ogg": 0.01}[encoding]


def test_failed_write_keeps_what_was_there(tmp_path):
    path = tmp_path / "song.xyz"
    path.write_bytes(b"before")
    with pytest.raises(ParameterError, match="wav, flac, ogg"):
        write_audio(Audio(np.zeros((1, 100), np.float32), 8_000), path)
    assert path.read_bytes() == b"before"
    assert [file.name for file in tmp_path.iterdir()] == ["song.xyz"]
