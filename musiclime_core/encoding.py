"""Audio to files that people can play."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import soundfile

from musiclime_core.errors import one_of
from musiclime_core.song import Audio

__all__ = ["ENCODINGS", "encode_audio", "write_audio"]

# libsndfile's container and sample format; WAV keeps every bit of the samples.
ENCODINGS = {
    "wav": ("WAV", "FLOAT"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
}
BLOCK_FRAMES = 16_384  # larger writes overflow the stack of libsndfile's Vorbis encoder


def encode_audio(audio: Audio, encoding: str = "ogg") -> bytes:
    """Encode a recording.

    Parameters
    ----------
    audio : Audio
    encoding : {"wav", "flac", "ogg"}
        WAV holds float samples; the other two clip at full scale.

    Returns
    -------
    bytes
        A whole file.

    Raises
    ------
    ParameterError
        If the encoding is not known.

    Examples
    --------
    >>> encode_audio(Audio(np.zeros((2, 800), np.float32), 8_000), "flac")[:4]
    b'fLaC'
    """
    container, subtype = ENCODINGS[one_of("encoding", encoding, ENCODINGS)]
    samples = audio.samples.T  # (time, channels)
    if subtype != "FLOAT":
        samples = np.clip(samples, -1, 1)
    file = io.BytesIO()
    with soundfile.SoundFile(
        file, "w", audio.rate_hz, audio.n_channels, subtype, format=container
    ) as target:
        for start in range(0, len(samples), BLOCK_FRAMES):
            target.write(samples[start : start + BLOCK_FRAMES])
    return file.getvalue()


def write_audio(audio: Audio, path: Path) -> None:
    """Encode by the suffix of `path`, through a temporary name, so no half file is left.

    Raises
    ------
    ParameterError
        If the suffix is no known encoding.
    OSError
        If the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.partial")
    try:
        temporary.write_bytes(encode_audio(audio, path.suffix.lstrip(".").lower()))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
