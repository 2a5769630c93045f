"""How fast and how well each separator works.

python -m benchmarks.separation

Speed on a shipped excerpt of 30 s, as a multiple of real time; quality as the
signal-to-distortion ratio (20 log10 of norms, whole excerpt) against the true stems of
the six-second song that the package stempeg carries.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import measured, print_table
from musiclime_core import Audio, decode_audio, load_separator
from musiclime_core.separation import SEPARATORS, SOURCES
from musiclime_core.weights import assets_folder

STREAMS = ("mix", "drums", "bass", "other", "vocals")


def true_stems() -> dict[str, Audio]:
    """Mix and true stems of a real song."""
    spec = importlib.util.find_spec("stempeg")
    if spec is None or spec.origin is None:
        raise SystemExit("the package stempeg is needed: pip install 'musiclime[dev]'")
    path = next((Path(spec.origin).parent / "data").glob("*.stem.mp4"))
    stems = {}
    for i, name in enumerate(STREAMS):
        with av.open(str(path)) as container:
            frames = [frame.to_ndarray() for frame in container.decode(audio=i)]
        stems[name] = Audio(np.concatenate(frames, axis=1), 44_100)
    return stems


def distortion_ratio_db(truth: NDArray[np.float32], estimate: NDArray[np.float32]) -> float:
    """Signal-to-distortion ratio in decibels."""
    error = np.linalg.norm(truth - estimate)
    return float(20 * np.log10(np.linalg.norm(truth) / error))


def main() -> None:
    """Measure and print."""
    song = decode_audio(assets_folder() / "examples/war-of-freedom/mix.ogg")
    truth = true_stems()
    rows = []
    for name in SEPARATORS:
        separator = load_separator(name)
        separated = separator.separate(truth["mix"])
        ratios = [
            f"{distortion_ratio_db(truth[source].samples, separated[source].samples):.1f}"
            if source in separated.names
            else "–"
            for source in SOURCES
        ]
        with measured() as measure:
            stems = separator.separate(song)
        gap = np.abs(stems.samples.sum(axis=0) + stems.residual - song.samples).max()
        speed = f"{song.duration_s / measure.seconds:.1f}×"
        rows.append((name, speed, f"{measure.peak_mb:.0f}", f"{gap:.0e}", *ratios))
    headings = ("separator", "real time", "peak MB", "stems + residual − mix")
    print_table(
        "Separation of 30 s in stereo; SDR in dB on 6 s with true stems",
        (*headings, *(f"{source} dB" for source in SOURCES)),
        rows,
    )


if __name__ == "__main__":
    main()
