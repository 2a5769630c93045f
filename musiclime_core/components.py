"""Audible components: each source in each segment of a song.

Segments meet at `boundaries_s`. A component that is cut from its neighbour fades
over `FADE_S` seconds, centred on the boundary, by a raised cosine whose two sides
sum to one; neighbours that are both present join without a trace. So what is heard
is what the predictor hears, nothing clicks, and all components with the residual
are the mix to float precision.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from musiclime_core.errors import ParameterError
from musiclime_core.separation.stems import Stems
from musiclime_core.song import Audio

__all__ = ["FADE_S", "N_SEGMENTS", "Components", "segment_boundaries"]

FADE_S = 0.008
N_SEGMENTS = 10
MAX_SEGMENTS = 1_000


def segment_boundaries(
    duration_s: float,
    *,
    n_segments: int | None = None,
    segment_s: float | None = None,
    given_s: tuple[float, ...] = (),
    grid_s: float | None = None,
) -> tuple[float, ...]:
    """Boundaries by count, by length or as given; the last segment takes the rest.

    Parameters
    ----------
    duration_s : float
        Length of the song in seconds.
    n_segments : int or None
        Wanted count, used when neither `segment_s` nor `given_s` is; by default 10, or
        as many as fit on the grid if those are fewer.
    segment_s : float or None
        Wanted length of each segment in seconds.
    given_s : tuple of float
        Inner boundaries in seconds, rising; outer ones are added.
    grid_s : float or None
        Round boundaries made by count or length to multiples of this many seconds,
        a predictor's window, where the song has room for it.

    Returns
    -------
    tuple of float
        Rising, from 0 to `duration_s`; one more than there are segments.

    Raises
    ------
    ParameterError
        If a count or length is out of range, or given boundaries do not rise.

    Examples
    --------
    >>> segment_boundaries(10.0, n_segments=4)
    (0.0, 2.5, 5.0, 7.5, 10.0)
    >>> segment_boundaries(31.0, n_segments=10, grid_s=3.0)[-2:]
    (27.0, 31.0)
    """
    if given_s:
        inner = [second for second in given_s if second not in (0.0, duration_s)]
        return _checked((0.0, *inner, duration_s), duration_s)
    if segment_s is not None:
        if not segment_s > 2 * FADE_S:
            raise ParameterError(f"a segment of {segment_s} s is too short; give 0.1 s or more.")
        n_segments = max(int(duration_s / segment_s + 1e-9), 1)
        step = segment_s
    else:
        if n_segments is None:
            n_segments = N_SEGMENTS
            if grid_s is not None:
                n_segments = min(N_SEGMENTS, max(1, int(duration_s / grid_s + 1e-9)))
        if not 1 <= n_segments <= MAX_SEGMENTS:
            raise ParameterError(
                f"{n_segments} segments asked for; choose from 1 to {MAX_SEGMENTS}."
            )
        step = duration_s / n_segments
    inner = [step * k for k in range(1, n_segments)]
    return _checked((0.0, *_on_grid(inner, duration_s, grid_s), duration_s), duration_s)


def _on_grid(inner: list[float], duration_s: float, grid_s: float | None) -> list[float]:
    """Nearest multiples of the grid, if as many distinct ones fit."""
    if grid_s is None:
        return inner
    snapped = [round(second / grid_s) * grid_s for second in inner]
    distinct = sorted({second for second in snapped if 0 < second < duration_s})
    return distinct if len(distinct) == len(inner) else inner


def _checked(boundaries: tuple[float, ...], duration_s: float) -> tuple[float, ...]:
    # Written so that NaN fails too.
    if not all(end - start > 2 * FADE_S for start, end in pairwise(boundaries)):
        raise ParameterError(
            f"segment boundaries {boundaries} must rise by more than {2 * FADE_S} s within the "
            f"song's {duration_s:.2f} s; ask for fewer or longer segments."
        )
    return tuple(float(second) for second in boundaries)


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """Stems cut at segment boundaries.

    Units run over sources, and over segments within a source: unit
    ``source * n_segments + segment``.

    Parameters
    ----------
    stems : Stems
        Any rate and channel count.
    boundaries_s : tuple of float
        From 0 to the end, in seconds.
    fade_s : float
        Length of a fade in seconds; 0 cuts hard.

    Examples
    --------
    >>> import numpy as np
    >>> mix = Audio(np.ones((1, 1000), np.float32), 1000)
    >>> stems = Stems(("all",), mix.samples[None], mix)
    >>> components = Components(stems, (0.0, 0.5, 1.0))
    >>> bool(np.allclose(components.render(np.array([True, True])).samples, mix.samples))
    True
    """

    stems: Stems
    boundaries_s: tuple[float, ...]
    fade_s: float = field(default=FADE_S, kw_only=True)
    _residual: NDArray[np.float32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _checked(self.boundaries_s, self.stems.mix.duration_s)
        object.__setattr__(self, "_residual", self.stems.residual)

    @property
    def n_segments(self) -> int:
        """Number of segments."""
        return len(self.boundaries_s) - 1

    @property
    def n_units(self) -> int:
        """Number of components: sources times segments."""
        return len(self.stems.names) * self.n_segments

    @property
    def names(self) -> tuple[str, ...]:
        """Published names, such as ``vocals0``; source first, then segment."""
        return tuple(f"{s}{k}" for s in self.stems.names for k in range(self.n_segments))

    @property
    def edges(self) -> NDArray[np.int64]:
        """Segment boundaries in samples, shape (n_segments + 1,)."""
        edges: NDArray[np.int64] = np.rint(
            np.asarray(self.boundaries_s) * self.stems.rate_hz
        ).astype(np.int64)
        edges[-1] = self.stems.mix.n_samples
        return edges

    def compose(self, masks: NDArray[np.bool_], *, residual: bool = True) -> NDArray[np.float32]:
        """Sound of many selections at once.

        Equal bits come out for equal masks of a segment, whatever the other segments
        and rows hold: sources are always added in the same order.

        Parameters
        ----------
        masks : ndarray of bool, shape (n, n_units)
            True where a component sounds.
        residual : bool
            Whether what no stem explains sounds too, as predictors hear it.

        Returns
        -------
        ndarray of float32, shape (n, channels, time)
            With the residual, a row with every component on is the mix itself.
        """
        stems, edges = self.stems.samples, self.edges
        table = np.asarray(masks, bool).reshape(len(masks), len(stems), self.n_segments)
        floor = self._residual if residual else np.zeros_like(self._residual)
        sound = np.repeat(floor[None], len(masks), axis=0)
        for k, (start, end) in enumerate(pairwise(edges)):
            for source, stem in enumerate(stems):
                sound[table[:, source, k], :, start:end] += stem[:, start:end]
        self._fade(sound, table, floor)
        if residual:
            sound[table.all(axis=(1, 2))] = self.stems.mix.samples
        return sound

    def _fade(
        self,
        sound: NDArray[np.float32],
        table: NDArray[np.bool_],
        floor: NDArray[np.float32],
    ) -> None:
        """Write the raised-cosine transition around every inner boundary, in place."""
        half = round(self.fade_s * self.stems.rate_hz / 2)
        if not half:
            return
        phase = (np.arange(2 * half, dtype=np.float32) + 0.5) / (2 * half)
        rise = (0.5 - 0.5 * np.cos(np.pi * phase)).astype(np.float32)
        levels = table.astype(np.float32)  # (n, sources, segments)
        for k, edge in enumerate(self.edges[1:-1]):
            part = slice(edge - half, edge + half)
            before, after = levels[:, :, k, None], levels[:, :, k + 1, None]
            gains = before + (after - before) * rise  # (n, sources, fade)
            sound[:, :, part] = floor[:, part]
            for source, stem in enumerate(self.stems.samples):
                sound[:, :, part] += gains[:, source, None, :] * stem[:, part]

    def render(self, mask: NDArray[np.bool_], *, residual: bool = True) -> Audio:
        """Sound of the chosen components.

        Parameters
        ----------
        mask : ndarray of bool, shape (n_units,)
            True where a component sounds.
        residual : bool
            Whether what no stem explains sounds too, as predictors hear it.

        Returns
        -------
        Audio
            At the rate and channel count of the stems.
        """
        mask = np.asarray(mask, bool)
        if mask.shape != (self.n_units,):
            raise ParameterError(
                f"a mask of {self.n_units} components is needed, not {mask.shape}."
            )
        return Audio(self.compose(mask[None], residual=residual)[0], self.stems.rate_hz)

    def only(self, unit: int) -> Audio:
        """Sound of one component within its own segment, faded at both ends.

        Parameters
        ----------
        unit : int
            Index of the component, below `n_units`.

        Returns
        -------
        Audio
            As long as the segment and its fades.
        """
        mask = np.zeros(self.n_units, bool)
        mask[unit] = True
        start_s, end_s = self.boundaries_s[unit % self.n_segments :][:2]
        margin_s = self.fade_s / 2
        return self.render(mask, residual=False).excerpt(start_s - margin_s, end_s + margin_s)
