"""Separation without any weights: harmonic, percussive, and low.

It cannot find voices: they sound in 'other'. It is there for machines or moments
without weights, and as a baseline.
"""

from __future__ import annotations

from collections.abc import Callable

from musiclime_core.separation.spectral import harmonic_masks, separate_in_chunks
from musiclime_core.separation.stems import Stems
from musiclime_core.song import Audio

__all__ = ["HpssSeparator"]


class HpssSeparator:
    """Median-filter harmonic/percussive separation with a bass crossover.

    Sources: drums (percussive), bass (harmonic below 200 Hz), other (the rest).

    References
    ----------
    Fitzgerald: Harmonic/percussive separation using median filtering, DAFx 2010.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 60 * np.arange(44100) / 44100)[None]
    >>> stems = HpssSeparator().separate(Audio(tone, 44100))
    >>> bool(stems["bass"].samples.std() > 0.6)
    True
    """

    name = "hpss"
    version = "1"

    def separate(self, audio: Audio, progress: Callable[[float], None] | None = None) -> Stems:
        """Split `audio` into drums, bass and other."""
        return separate_in_chunks(audio, ("drums", "bass", "other"), harmonic_masks, progress)
