"""What an explanation says, in one sentence and in sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musiclime_core.explanation import AUDIO, LYRICS, Explanation, UnitWeight

__all__ = ["clock", "mattered", "summary"]

MATTERED_SHARE = 0.8
N_NAMED_AUDIO = 2
N_NAMED_WORDS = 2


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds.

    Examples
    --------
    >>> clock(75.4)
    '1:15'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def mattered(explanation: Explanation, label: str) -> NDArray[np.bool_]:
    """Mark the audio units that carry most of the support for `label`.

    The strongest supporting units beyond noise, until they hold 80% of such support.

    Parameters
    ----------
    explanation : Explanation
    label : str
        An explained label.

    Returns
    -------
    ndarray of bool, shape (n_audio_units,)
        All False where no audio unit supports the label beyond noise.
    """
    rows = explanation.query(label, modality=AUDIO, sort="unit")
    support = np.array([0.0 if row.is_noise else max(row.weight, 0.0) for row in rows])
    order = np.argsort(-support, kind="stable")
    before = np.cumsum(support[order]) - support[order]
    mask = np.zeros(len(rows), bool)
    mask[order] = (before < MATTERED_SHARE * support.sum()) & (support[order] > 0)
    return mask


def summary(explanation: Explanation, label: str = "") -> str:
    """Say in one sentence why the song scores as it does for `label`.

    Parameters
    ----------
    explanation : Explanation
    label : str
        An explained label; the predicted one if empty.

    Returns
    -------
    str
        Such as ``Folk (62%), mainly because of vocals 0:03-0:06 and "river"; audio 70%,
        lyrics 30% of the weight.``
    """
    label = label or explanation.default_label
    head = f"{label[:1].upper()}{label[1:]} ({explanation.score(label):.0%})"
    reasons = _reasons(explanation, label)
    if not reasons:
        return f"{head}, with no single part that supports it beyond chance."
    audio, lyrics = explanation.modality_shares(label)
    listed = reasons[0] if len(reasons) == 1 else f"{', '.join(reasons[:-1])} and {reasons[-1]}"
    shares = f"; audio {audio:.0%}, lyrics {lyrics:.0%} of the weight" if audio and lyrics else ""
    return f"{head}, mainly because of {listed}{shares}."


def _reasons(explanation: Explanation, label: str) -> list[str]:
    def sure(modality: str, n: int) -> list[UnitWeight]:
        rows = explanation.top(label, modality=modality, n=len(explanation.units))
        return [row for row in rows if not row.is_noise][:n]

    chosen = [*sure(AUDIO, N_NAMED_AUDIO), *sure(LYRICS, N_NAMED_WORDS)]
    chosen.sort(key=lambda row: -row.weight)
    return [_name(row) for row in chosen]


def _name(row: UnitWeight) -> str:
    unit = row.unit
    if unit.modality == AUDIO:
        return f"{unit.source} {clock(unit.start_s)}–{clock(unit.end_s)}"
    return f"“{unit.name}”"
