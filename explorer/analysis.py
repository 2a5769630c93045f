"""A song with its explanation and its sounds: what every result page shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from musiclime_core.errors import InputError
from musiclime_core.explanation import LYRICS, Explanation
from musiclime_core.progress import SEPARATING, Progress, Ticker
from musiclime_core.weights import assets_folder

if TYPE_CHECKING:
    from musiclime_core.predictors import Predictor
    from musiclime_core.separation import Separator

__all__ = ["Analysis", "Request", "analyse", "example_slugs", "load_example"]


@dataclass(frozen=True, slots=True)
class Analysis:
    """A result that can be shown without any model.

    Parameters
    ----------
    explanation : Explanation
    sounds : mapping of str to bytes
        OGG file of each separated source; empty without audio.
    credits : mapping of str to str
        For examples: described_as, licence, licence_url, attribution, lyrics_note.
    """

    explanation: Explanation
    sounds: Mapping[str, bytes]
    credits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks to have explained.

    Parameters
    ----------
    audio, lyrics : bytes
        Contents of the files; empty where there is none.
    name : str
        What to call the song.
    modality : {"both", "audio", "lyrics"}
    n_perturbations : int
    n_segments : int or None
        None for 10, or one a window of a short song.
    lyric_unit : str
    """

    audio: bytes
    lyrics: bytes
    name: str
    modality: str = "both"
    n_perturbations: int = 1_000
    n_segments: int | None = None
    lyric_unit: str = "words"


def example_slugs() -> tuple[str, ...]:
    """Names of the shipped examples, the landing example first."""
    order = (assets_folder() / "examples/order.txt").read_text(encoding="utf-8")
    return tuple(order.split())


def load_example(slug: str) -> Analysis:
    """Read one shipped example; no model is loaded.

    Raises
    ------
    InputError
        If there is no such example.
    """
    if slug not in example_slugs():
        raise InputError(f"there is no example called {slug!r}.")
    folder = assets_folder() / "examples" / slug
    stored = assets_folder() / "explanations" / f"{slug}.json"
    return Analysis(
        Explanation.from_json(stored.read_text(encoding="utf-8")),
        {path.stem: path.read_bytes() for path in sorted((folder / "stems").glob("*.ogg"))},
        json.loads((folder / "example.json").read_text(encoding="utf-8")),
    )


def analyse(
    request: Request,
    predictor: Predictor,
    separator: Separator,
    progress: Callable[[Progress], None],
    cancel: Callable[[], bool],
) -> Analysis:
    """Decode, separate and explain what a person uploaded.

    Raises
    ------
    MusicLimeError
        If the files cannot be used, or the work was cancelled.
    """
    from musiclime_core import Song, decode_audio, explain_song, read_lyrics
    from musiclime_core.encoding import encode_audio

    lyrics = read_lyrics(request.lyrics, name="the lyrics") if request.lyrics else None
    audio = decode_audio(request.audio, name="the recording") if request.audio else None
    song = Song(audio, lyrics, title=request.name)
    stems, sounds = None, {}
    if audio is not None and request.modality != LYRICS:
        stems = separator.separate(audio, Ticker(progress, cancel)(SEPARATING))
        sounds = {name: encode_audio(stems[name], "ogg") for name in stems.names}
    explanation = explain_song(
        song,
        predictor,
        separator=separator,
        stems=stems,
        modality=request.modality,
        n_perturbations=request.n_perturbations,
        n_segments=request.n_segments,
        lyric_unit=request.lyric_unit,
        progress=progress,
        cancel=cancel,
    )
    return Analysis(explanation, sounds)
