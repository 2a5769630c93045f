"""MusicLIME: hear and read why a music classifier decided as it did.

The pipeline, each arrow a frozen value::

    Song -> Stems -> Components, lyric units -> masks -> perturbed songs -> scores
         -> surrogate -> Explanation

Axes, everywhere: audio float32 (channels, time) at `rate_hz`; masks bool
(n_perturbations, n_units); scores float32 (n_perturbations, n_labels); units are
ordered audio first, then lyrics.

Names are imported on first use, so that ``import musiclime_core`` costs little.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from musiclime_core.components import Components as Components
    from musiclime_core.components import segment_boundaries as segment_boundaries
    from musiclime_core.decoding import decode_audio as decode_audio
    from musiclime_core.digest import mattered as mattered
    from musiclime_core.digest import summary as summary
    from musiclime_core.explain import explain_song as explain_song
    from musiclime_core.explanation import Explanation as Explanation
    from musiclime_core.lyrics import read_lyrics as read_lyrics
    from musiclime_core.predictors import load_predictor as load_predictor
    from musiclime_core.separation import load_separator as load_separator
    from musiclime_core.song import Audio as Audio
    from musiclime_core.song import Lyrics as Lyrics
    from musiclime_core.song import Song as Song

__version__ = "0.1.0"

_HOMES = {
    "Audio": "song",
    "Components": "components",
    "Explanation": "explanation",
    "Lyrics": "song",
    "Song": "song",
    "decode_audio": "decoding",
    "explain_song": "explain",
    "load_predictor": "predictors",
    "load_separator": "separation",
    "mattered": "digest",
    "read_lyrics": "lyrics",
    "segment_boundaries": "components",
    "summary": "digest",
}

__all__ = [
    "Audio",
    "Components",
    "Explanation",
    "Lyrics",
    "Song",
    "__version__",
    "decode_audio",
    "explain_song",
    "load_predictor",
    "load_separator",
    "mattered",
    "read_lyrics",
    "segment_boundaries",
    "summary",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
