"""Songs as values: audio, lyrics, and both together.

Audio is float32 `(channels, time)`; lyrics are one text whose characters every
later stage points into, so that the original can always be highlighted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from musiclime_core.errors import AudioError, InputError, LyricsError

__all__ = ["Audio", "Lyrics", "Song", "TimedSpan"]

MAX_CHANNELS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A decoded recording.

    Parameters
    ----------
    samples : ndarray of float32, shape (channels, time)
        Finite samples, nominally in [-1, 1]; made read-only.
    rate_hz : int
        Sampling rate in hertz, above 0.

    Raises
    ------
    AudioError
        If the samples are empty, not two-dimensional, not finite, or have more
        than eight channels.

    Examples
    --------
    >>> import numpy as np
    >>> Audio(np.zeros((1, 16000), np.float32), 16000).duration_s
    1.0
    """

    samples: NDArray[np.float32]
    rate_hz: int

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples, dtype=np.float32)
        if samples.ndim != 2 or samples.size == 0:
            raise AudioError(f"audio must be (channels, time) and not empty, not {samples.shape}.")
        if samples.shape[0] > MAX_CHANNELS:
            raise AudioError(
                f"audio has {samples.shape[0]} channels; at most {MAX_CHANNELS} are allowed."
            )
        if self.rate_hz <= 0:
            raise AudioError(f"the sampling rate must be above 0 Hz, not {self.rate_hz}.")
        if not np.isfinite(samples).all():
            raise AudioError("audio holds NaN or infinite samples; export it again.")
        samples = samples.view()
        samples.flags.writeable = False
        object.__setattr__(self, "samples", samples)

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def n_samples(self) -> int:
        """Samples in each channel."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_samples / self.rate_hz

    @property
    def sha256(self) -> str:
        """Hash of rate, shape and samples, for caches and records."""
        digest = hashlib.sha256(f"{self.rate_hz} {self.samples.shape}".encode())
        digest.update(np.ascontiguousarray(self.samples).tobytes())
        return digest.hexdigest()

    def mono(self) -> Audio:
        """Mean of all channels, shape (1, time)."""
        if self.n_channels == 1:
            return self
        return Audio(self.samples.mean(axis=0, keepdims=True, dtype=np.float32), self.rate_hz)

    def stereo(self) -> Audio:
        """Two channels: mono doubled; more than two mixed down to mono and doubled."""
        if self.n_channels == 2:
            return self
        return Audio(np.repeat(self.mono().samples, 2, axis=0), self.rate_hz)

    def resampled(self, rate_hz: int) -> Audio:
        """Resample by soxr at high quality; a linear operation.

        Parameters
        ----------
        rate_hz : int
            Wanted rate in hertz.

        Returns
        -------
        Audio
            The same recording at `rate_hz`.
        """
        if rate_hz == self.rate_hz:
            return self
        import soxr

        resampled = soxr.resample(self.samples.T, self.rate_hz, rate_hz, quality="HQ")
        return Audio(np.ascontiguousarray(resampled.T), rate_hz)

    def excerpt(self, start_s: float, end_s: float) -> Audio:
        """Part from `start_s` to `end_s`, in seconds, clipped to the recording."""
        start, end = (round(second * self.rate_hz) for second in (start_s, end_s))
        return Audio(self.samples[:, max(start, 0) : end], self.rate_hz)


@dataclass(frozen=True, slots=True)
class TimedSpan:
    """Characters `start` to `end` of a text are sung from `time_s` on."""

    start: int
    end: int
    time_s: float


@dataclass(frozen=True, slots=True)
class Lyrics:
    """A text, and when its lines and words are sung where that is known.

    Parameters
    ----------
    text : str
        The words; lines end in a line feed.
    line_times, word_times : tuple of TimedSpan
        Character spans with their start in seconds; empty where unknown.
    metadata : tuple of (str, str)
        Tags of an LRC file, such as ``("ti", "Title")``.

    Raises
    ------
    LyricsError
        If a span lies outside the text.

    Examples
    --------
    >>> Lyrics("rain on the roof").text
    'rain on the roof'
    """

    text: str
    line_times: tuple[TimedSpan, ...] = ()
    word_times: tuple[TimedSpan, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for span in (*self.line_times, *self.word_times):
            if not 0 <= span.start <= span.end <= len(self.text):
                raise LyricsError(
                    f"a time tag points at characters {span.start}-{span.end} of a text of "
                    f"{len(self.text)}."
                )

    @property
    def is_blank(self) -> bool:
        """Whether the text has no letter or digit at all."""
        return not any(character.isalnum() for character in self.text)


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """What a predictor is asked about: audio, lyrics, or both.

    Parameters
    ----------
    audio : Audio, optional
    lyrics : Lyrics, optional
    title, artist : str
        For people; no predictor reads them.

    Raises
    ------
    InputError
        If both are missing.

    Examples
    --------
    >>> Song(lyrics=Lyrics("la la la")).has_audio
    False
    """

    audio: Audio | None = None
    lyrics: Lyrics | None = None
    title: str = field(default="", kw_only=True)
    artist: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        if self.audio is None and self.lyrics is None:
            raise InputError("a song needs audio, lyrics or both; neither came.")

    @property
    def has_audio(self) -> bool:
        """Whether there is a recording."""
        return self.audio is not None

    @property
    def has_lyrics(self) -> bool:
        """Whether there are lyrics with at least one letter or digit."""
        return self.lyrics is not None and not self.lyrics.is_blank
