"""What a classifier must offer to be explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from musiclime_core.song import Audio, Song

__all__ = ["FieldOfView", "Predictor", "TwoTower"]


@dataclass(frozen=True, slots=True)
class FieldOfView:
    """What a predictor can perceive; the rest of a song cannot matter to it.

    Parameters
    ----------
    rate_hz : int
        Rate at which it listens; perturbed audio is composed at this rate.
    mono : bool
        Whether it averages the channels.
    window_s : float or None
        Length of the independent windows it pools over, counted from the start;
        segments aligned with them cost least. None if it hears all at once.
    audio_s : float or None
        Seconds it hears from the start; None for all.
    words : int or None
        Words it reads from the start, about; None for all.
    """

    rate_hz: int = 44_100
    mono: bool = False
    window_s: float | None = None
    audio_s: float | None = None
    words: int | None = None


class Predictor(Protocol):
    """A classifier of songs: a black box with labels.

    Attributes
    ----------
    name : str
        Short name, as in ``--model``.
    version : str
        Changes whenever the same song may get another score (a hash of weights
        and parameters).
    labels : tuple of str
        Class names, in the order of the score columns.
    field_of_view : FieldOfView
        What it can perceive.
    """

    name: str
    version: str
    labels: tuple[str, ...]
    field_of_view: FieldOfView

    def predict(self, songs: Sequence[Song]) -> NDArray[np.float32]:
        """Scores of `songs`, float32 (n_songs, n_labels); probabilities in [0, 1]."""
        ...


@runtime_checkable
class TwoTower(Protocol):
    """A late-fusion classifier: audio and lyrics are encoded apart, then fused.

    A `Predictor` that also offers these three can be explained with far fewer
    evaluations, since each distinct audio and each distinct text is encoded once.
    """

    def encode_audio(self, audios: Sequence[Audio]) -> NDArray[np.float32]:
        """Encodings float32 (n_audios, audio_width)."""
        ...

    def encode_lyrics(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encodings float32 (n_texts, lyrics_width); a text without words is allowed."""
        ...

    def fuse(
        self,
        audio_encodings: NDArray[np.float32] | None,
        lyrics_encodings: NDArray[np.float32] | None,
    ) -> NDArray[np.float32]:
        """Scores float32 (n, n_labels) of paired rows; None where a modality is missing."""
        ...
