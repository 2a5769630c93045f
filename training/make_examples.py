"""Make the worked examples of the Explorer: excerpts, stems and explanations.

    python -m training.make_examples --music /usr/share/games

Reads ``training/configs/examples.toml``; writes ``assets/examples/<slug>/`` and
``assets/explanations/<slug>.json``. Lyrics stand in ``assets/examples/<slug>/lyrics.txt``
beforehand, where an example has any.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from musiclime_core import (
    Song,
    decode_audio,
    explain_song,
    load_predictor,
    load_separator,
    read_lyrics,
)
from musiclime_core.encoding import write_audio
from musiclime_core.errors import ParameterError
from musiclime_core.predictors import Predictor
from musiclime_core.separation import Separator
from musiclime_core.song import Audio
from musiclime_core.weights import assets_folder

PEAK = 0.98


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example; paths of `tracks` are below the music folder and are summed."""

    slug: str
    title: str
    artist: str
    tracks: tuple[str, ...]
    start_s: float
    described_as: str
    licence: str
    licence_url: str
    attribution: str
    lyrics_note: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """How all examples are made."""

    duration_s: float
    n_segments: int
    n_perturbations: int
    seed: int
    example: tuple[Example, ...]


def read_settings(path: Path) -> Settings:
    """Read the configuration; unknown keys are refused."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    examples = tuple(
        Example(**_known({**row, "tracks": tuple(row["tracks"])}, Example))
        for row in table.pop("example")
    )
    return Settings(**_known(table, Settings), example=examples)


def _known(row: dict[str, Any], kind: type) -> dict[str, Any]:
    allowed = {field.name for field in fields(kind)}
    if foreign := set(row) - allowed:
        raise ParameterError(f"unknown keys {sorted(foreign)}; allowed: {sorted(allowed)}.")
    return row


def excerpt(example: Example, music: Path, duration_s: float) -> Audio:
    """Sum the tracks, cut the excerpt, and lower it below full scale."""
    parts = [
        decode_audio(music / track).stereo().excerpt(example.start_s, example.start_s + duration_s)
        for track in example.tracks
    ]
    samples = np.sum([part.samples for part in parts], axis=0)
    return Audio(samples * min(1.0, PEAK / np.abs(samples).max()), parts[0].rate_hz)


def make(
    example: Example, settings: Settings, music: Path, predictor: Predictor, separator: Separator
) -> str:
    """Write one example and its explanation; return what was predicted."""
    folder = assets_folder() / "examples" / example.slug
    (folder / "stems").mkdir(parents=True, exist_ok=True)
    write_audio(excerpt(example, music, settings.duration_s), folder / "mix.ogg")
    # Everything follows from the file as it is shipped, so that users get the same.
    mix = decode_audio(folder / "mix.ogg")
    words = folder / "lyrics.txt"
    song = Song(
        mix,
        read_lyrics(words) if words.is_file() else None,
        title=example.title,
        artist=example.artist,
    )
    stems = separator.separate(mix)
    for name in stems.names:
        write_audio(stems[name], folder / "stems" / f"{name}.ogg")
    explanation = explain_song(
        song,
        predictor,
        separator=separator,
        stems=stems,
        n_perturbations=settings.n_perturbations,
        seed=settings.seed,
        n_segments=settings.n_segments,
    )
    record = {key: value for key, value in asdict(example).items() if key != "tracks"}
    (folder / "example.json").write_text(
        json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    explanation.save(assets_folder() / "explanations" / f"{example.slug}.json")
    return explanation.predicted


def main() -> None:
    """Make all examples, or those named."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--music", type=Path, required=True, help="folder of the recordings")
    parser.add_argument("--config", type=Path, default=here / "configs/examples.toml")
    parser.add_argument("--only", nargs="*", metavar="SLUG", help="make these alone")
    options = parser.parse_args()
    settings = read_settings(options.config)
    predictor, separator = load_predictor(), load_separator()
    for example in settings.example:
        if options.only is None or example.slug in options.only:
            predicted = make(example, settings, options.music, predictor, separator)
            sys.stdout.write(f"{example.slug}: {predicted}\n")


if __name__ == "__main__":
    main()
