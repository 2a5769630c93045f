"""Masks to scores: perturbed songs are composed lazily, encoded once, and scored.

A `Perturber` knows how to build the copy of a song in which some units are absent.
`score_masks` asks a predictor about all of them in bounded batches: a two-tower
predictor encodes each distinct audio and each distinct text once, any other sees
each distinct pair once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musiclime_core.components import Components
from musiclime_core.errors import MusicLimeError
from musiclime_core.lyrics import LyricUnit, remove_units
from musiclime_core.song import Audio, Lyrics, Song

__all__ = ["Perturber", "batches", "distinct_rows"]

MAX_BATCH_BYTES = 64 * 2**20
MAX_BATCH_SONGS = 64

Masks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Perturber:
    """Builds perturbed copies of one song.

    Parameters
    ----------
    song : Song
        The original.
    components : Components or None
        Audible units at the rate a predictor listens to; None keeps the audio as it is.
    lyric_units : tuple of LyricUnit
        Readable units; empty keeps the lyrics as they are.
    tidy : bool
        Whether the space left by removed words is closed up.
    """

    song: Song
    components: Components | None = None
    lyric_units: tuple[LyricUnit, ...] = ()
    tidy: bool = True

    @property
    def n_audio_units(self) -> int:
        """Number of audible units."""
        return self.components.n_units if self.components else 0

    @property
    def n_units(self) -> int:
        """Number of units; audio first, then lyrics."""
        return self.n_audio_units + len(self.lyric_units)

    def audios(self, masks: Masks) -> list[Audio]:
        """Audio of each row of `masks`, bool (n, n_audio_units)."""
        if self.components is None:
            if self.song.audio is None:
                raise MusicLimeError("a song without audio has no audio to compose.")
            return [self.song.audio] * len(masks)
        rate_hz = self.components.stems.rate_hz
        return [Audio(samples, rate_hz) for samples in self.components.compose(masks)]

    def texts(self, masks: Masks) -> list[str]:
        """Lyrics of each row of `masks`, bool (n, n_lyric_units)."""
        text = self.song.lyrics.text if self.song.lyrics else ""
        if not self.lyric_units:
            return [text] * len(masks)
        return [remove_units(text, self.lyric_units, mask, tidy=self.tidy) for mask in masks]

    def songs(self, masks: Masks) -> list[Song]:
        """Return the perturbed song of each row of `masks`, bool (n, n_units)."""
        audio_masks, lyric_masks = masks[:, : self.n_audio_units], masks[:, self.n_audio_units :]
        audios: Sequence[Audio | None] = [None] * len(masks)
        if self.song.audio is not None:
            audios = self.audios(audio_masks)
        lyrics: Sequence[Lyrics | None] = [None] * len(masks)
        if self.song.lyrics is not None:
            lyrics = [Lyrics(text) for text in self.texts(lyric_masks)]
        return [Song(audio, words) for audio, words in zip(audios, lyrics, strict=True)]

    @property
    def batch_size(self) -> int:
        """Songs composed at once, so that their audio stays within a fixed memory."""
        if self.components is None:
            return MAX_BATCH_SONGS
        n_bytes = self.components.stems.mix.samples.nbytes
        return int(np.clip(MAX_BATCH_BYTES // n_bytes, 1, MAX_BATCH_SONGS))


def distinct_rows(masks: Masks) -> tuple[Masks, NDArray[np.intp]]:
    """Distinct masks in order of first appearance, and where each row went.

    Parameters
    ----------
    masks : ndarray of bool, shape (n, n_units)

    Returns
    -------
    distinct : ndarray of bool, shape (n_distinct, n_units)
    positions : ndarray of int, shape (n,)
        ``distinct[positions]`` equals `masks`.

    Examples
    --------
    >>> distinct, positions = distinct_rows(np.array([[True], [False], [True]]))
    >>> distinct.ravel().tolist(), positions.tolist()
    ([True, False], [0, 1, 0])
    """
    first: dict[bytes, int] = {}
    packed = np.packbits(masks, axis=1)
    positions = np.array([first.setdefault(row.tobytes(), len(first)) for row in packed], np.intp)
    _, starts = np.unique(positions, return_index=True)
    return masks[starts], positions


def batches(n_rows: int, size: int, tick: Callable[[float], None]) -> Iterator[slice]:
    """Cut rows into batches, calling `tick` with the fraction done after each.

    Parameters
    ----------
    n_rows, size : int
        Rows in all and in a batch.
    tick : callable
        Takes a fraction in [0, 1]; may raise `Cancelled`.

    Yields
    ------
    slice
    """
    tick(0.0)
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))
        tick(min(start + size, n_rows) / n_rows)
