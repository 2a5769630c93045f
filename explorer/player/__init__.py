"""The player: stems, heatmap and lyrics of an explanation on one clock."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from musiclime_core.digest import mattered
from musiclime_core.explanation import AUDIO, LYRICS, Explanation

__all__ = ["player", "player_data"]

FOLDER = Path(__file__).parent

_mount = st.components.v2.component(
    "musiclime_player",
    css=(FOLDER / "player.css").read_text(encoding="utf-8"),
    js=(FOLDER / "player.js").read_text(encoding="utf-8"),
)


def player(explanation: Explanation, label: str, sounds: Mapping[str, bytes], *, key: str) -> None:
    """Show the heatmap and lyrics of one label, and let every part be heard.

    Parameters
    ----------
    explanation : Explanation
    label : str
        An explained label.
    sounds : mapping of str to bytes
        OGG file of each separated source; empty if there is nothing to hear.
    key : str
        Keeps the sound going when the label changes.
    """
    _mount(key=key, data=player_data(explanation, label, sounds))


def player_data(
    explanation: Explanation, label: str, sounds: Mapping[str, bytes]
) -> dict[str, Any]:
    """Everything the player draws and plays, as JSON values."""
    sources, weights = explanation.heatmap(label) if sounds else ((), np.zeros((0, 0)))
    rows = explanation.query(label, modality=AUDIO, sort="unit") if sounds else ()
    words = explanation.query(label, modality=LYRICS, sort="unit")
    column = explanation.column(label)
    return {
        "id": explanation.song.get("audio_sha256", ""),
        "label": label,
        "duration": explanation.song.get("duration_s", 0.0),
        "boundaries": list(explanation.boundaries_s) if sounds else [],
        "sources": list(sources),
        "sounds": {name: b64encode(sounds[name]).decode() for name in sources},
        "weights": weights.tolist(),
        "errors": _table([row.standard_error for row in rows], len(sources)),
        "noise": _table([row.is_noise for row in rows], len(sources)),
        "mattered": _table(mattered(explanation, label).tolist(), len(sources)) if rows else [],
        "scale": float(np.abs(explanation.weights[:, column]).max(initial=0.0)),
        "text": explanation.lyrics_text if words else "",
        "units": [
            {
                "name": row.unit.name,
                "spans": [list(span) for span in row.unit.spans],
                "weight": row.weight,
                "error": row.standard_error,
                "noise": row.is_noise,
                "seen": row.unit.seen,
            }
            for row in words
        ],
    }


def _table(values: list[Any], n_rows: int) -> list[list[Any]]:
    """Values of the audio units, ordered by source, as (sources, segments)."""
    width = len(values) // n_rows if n_rows else 0
    return [values[start : start + width] for start in range(0, len(values), width or 1)]
