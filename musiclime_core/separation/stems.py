"""What a separator gives: named stems whose sum, with a residual, is the mix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from musiclime_core.errors import AudioError
from musiclime_core.song import Audio

__all__ = ["SOURCES", "Separator", "Stems"]

SOURCES = ("vocals", "drums", "bass", "other")


@dataclass(frozen=True, slots=True, eq=False)
class Stems:
    """Sources of a recording.

    Parameters
    ----------
    names : tuple of str, length n_sources
        Source names, such as ``("vocals", "drums", "bass", "other")``.
    samples : ndarray of float32, shape (n_sources, channels, time)
        One recording a source, aligned with `mix`.
    mix : Audio
        The recording they were separated from.

    Raises
    ------
    AudioError
        If shapes do not agree.
    """

    names: tuple[str, ...]
    samples: NDArray[np.float32]
    mix: Audio

    def __post_init__(self) -> None:
        expected = (len(self.names), *self.mix.samples.shape)
        if self.samples.shape != expected:
            raise AudioError(f"stems have shape {self.samples.shape}; the mix asks for {expected}.")
        samples = np.asarray(self.samples, dtype=np.float32).view()
        samples.flags.writeable = False
        object.__setattr__(self, "samples", samples)

    @property
    def rate_hz(self) -> int:
        """Sampling rate in hertz."""
        return self.mix.rate_hz

    @property
    def residual(self) -> NDArray[np.float32]:
        """Mix minus the sum of the stems, shape (channels, time)."""
        residual: NDArray[np.float32] = self.mix.samples - self.samples.sum(
            axis=0, dtype=np.float32
        )
        return residual

    def __getitem__(self, name: str) -> Audio:
        """Return one source as a recording."""
        return Audio(self.samples[self.names.index(name)], self.rate_hz)

    def resampled(self, rate_hz: int, *, mono: bool) -> Stems:
        """Downmix and resample mix and stems alike; both steps are linear.

        Parameters
        ----------
        rate_hz : int
            Wanted rate in hertz.
        mono : bool
            Whether to average the channels.

        Returns
        -------
        Stems
            The same sources in the format a predictor listens to.
        """

        def convert(audio: Audio) -> Audio:
            return (audio.mono() if mono else audio).resampled(rate_hz)

        stems = [convert(self[name]).samples for name in self.names]
        return Stems(self.names, np.stack(stems), convert(self.mix))


class Separator(Protocol):
    """Splits a recording into sources."""

    name: str
    version: str

    def separate(self, audio: Audio, progress: Callable[[float], None] | None = None) -> Stems:
        """Separate `audio` (any rate, any channel count) into stems of the same shape.

        `progress` is called with the fraction done, in [0, 1]; it may raise
        `Cancelled` to stop.
        """
        ...
