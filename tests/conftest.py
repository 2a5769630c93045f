"""Real songs and loaded models, shared by all tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from musiclime_core.song import Audio


@pytest.fixture(scope="session")
def stem_file() -> Path:
    """Six seconds of a real song with its true stems, carried by the stempeg package."""
    spec = importlib.util.find_spec("stempeg")
    assert spec is not None
    assert spec.origin is not None
    return next((Path(spec.origin).parent / "data").glob("*.stem.mp4"))


def read_stream(path: Path, index: int) -> Audio:
    """One audio stream of a container."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp")
        blocks = [
            part.to_ndarray()
            for frame in container.decode(container.streams.audio[index])
            for part in resampler.resample(frame)
        ]
    return Audio(np.concatenate(blocks, axis=1), 44_100)


@pytest.fixture(scope="session")
def true_stems(stem_file) -> dict[str, Audio]:
    """The real song: mix, drums, bass, other, vocals."""
    names = ("mix", "drums", "bass", "other", "vocals")
    return {name: read_stream(stem_file, i) for i, name in enumerate(names)}


@pytest.fixture(scope="session")
def real_song(true_stems) -> Audio:
    return true_stems["mix"]


@pytest.fixture(scope="session")
def song_files(real_song, tmp_path_factory) -> dict[str, Path]:
    """The real song in each supported container."""
    folder = tmp_path_factory.mktemp("songs")
    files = {}
    for suffix, options in {
        "wav": {"subtype": "PCM_16"},
        "flac": {},
        "ogg": {"format": "OGG", "subtype": "VORBIS"},
        "mp3": {"format": "MP3"},
    }.items():
        files[suffix] = folder / f"song.{suffix}"
        soundfile.write(files[suffix], np.clip(real_song.samples.T, -1, 1), 44_100, **options)
    files["m4a"] = folder / "song.m4a"
    write_aac(files["m4a"], real_song)
    return files


def write_aac(path: Path, audio: Audio) -> None:
    """Encode as AAC in an MP4 or ADTS container, by the suffix."""
    layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[audio.n_channels]
    with av.open(str(path), "w", format="adts" if path.suffix == ".aac" else "ipod") as container:
        stream = container.add_stream("aac", rate=audio.rate_hz, layout=layout)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(audio.samples), format="fltp", layout=layout
        )
        frame.rate = audio.rate_hz
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
