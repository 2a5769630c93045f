"""Explain one song: the only orchestration of the pipeline.

Song -> Stems -> components and lyric units -> masks -> perturbed songs -> scores ->
surrogate -> Explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musiclime_core.components import FADE_S, N_SEGMENTS, Components, segment_boundaries
from musiclime_core.composition import Perturber
from musiclime_core.errors import ParameterError, one_of
from musiclime_core.explanation import AUDIO, LYRICS, MODALITIES, Explanation, Unit
from musiclime_core.lyrics import LYRIC_UNITS, LyricUnit, lyric_units
from musiclime_core.perturbation import bernoulli_masks
from musiclime_core.predictors.protocols import FieldOfView, Predictor
from musiclime_core.progress import FITTING, SEPARATING, Progress, Ticker
from musiclime_core.scoring import score_masks
from musiclime_core.separation import load_separator
from musiclime_core.separation.stems import Separator, Stems
from musiclime_core.song import Audio, Song
from musiclime_core.surrogate import (
    AUTHORS_KERNEL_WIDTH,
    KERNEL_WIDTH,
    Surrogate,
    fit_selected,
    proximity,
)

__all__ = ["MODES", "Settings", "explain_song"]

CORRECTED, AUTHORS = "corrected", "authors"
MODES = (CORRECTED, AUTHORS)
AUTHORS_N_FEATURES = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that shapes an explanation besides song, predictor and separator.

    The fields are those of `explain_song`.
    """

    n_perturbations: int
    seed: int
    modality: str
    mode: str
    lyric_unit: str
    n_segments: int | None
    segment_s: float | None
    boundaries_s: tuple[float, ...]
    n_features: int | None

    def __post_init__(self) -> None:
        one_of("modality", self.modality, MODALITIES)
        one_of("mode", self.mode, MODES)
        one_of("lyric unit", self.lyric_unit, LYRIC_UNITS)
        if self.n_features is not None and self.n_features < 1:
            raise ParameterError(f"{self.n_features} features asked for; keep at least 1.")
        if self.seed < 0:
            raise ParameterError(f"the seed is {self.seed}; choose 0 or above.")

    @property
    def kernel_width(self) -> float:
        """Width of the proximity kernel, in units of cosine distance."""
        return AUTHORS_KERNEL_WIDTH if self.mode == AUTHORS else KERNEL_WIDTH


def explain_song(
    song: Song,
    predictor: Predictor,
    *,
    separator: str | Separator = "spleeter",
    stems: Stems | None = None,
    n_perturbations: int = 1_000,
    seed: int = 0,
    labels: Sequence[str] | None = None,
    modality: str = "both",
    mode: str = CORRECTED,
    lyric_unit: str = "words",
    n_segments: int | None = None,
    segment_s: float | None = None,
    boundaries_s: tuple[float, ...] = (),
    n_features: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Explanation:
    """Find what in a song supports and opposes each label of a classifier.

    Parameters
    ----------
    song : Song
        Audio, lyrics, or both.
    predictor : Predictor
        Any classifier; one that is also `TwoTower` costs far fewer evaluations.
    separator : str or Separator
        Name of a source separator, or one that is loaded.
    stems : Stems, optional
        Stems of the song's own audio, to skip separation; `separator` may name, as a
        loaded one, where they came from.
    n_perturbations : int
        Perturbed copies to score, the song itself among them.
    seed : int
        The same seed gives the same result.
    labels : sequence of str, optional
        Labels to explain; all by default.
    modality : {"both", "audio", "lyrics"}
        Which units are switched off; the other modality stays as it is. "both" means
        whatever the song has.
    mode : {"corrected", "authors"}
        "authors" repeats the arithmetic of the published notebook: kernel width 25,
        stems without their residual and without the last samples that do not fill a
        segment, hard cuts, `n_features` units chosen as LIME's 'auto' does.
    lyric_unit : {"words", "occurrences", "lines", "sections"}
        What is removed from the lyrics; ignored by ``mode="authors"``.
    n_segments, segment_s, boundaries_s
        Segments by count, by length in seconds, or as given inner boundaries; by default
        10, or one a window of the predictor if the song has fewer.
    n_features : int, optional
        Keep this many units a label; all by default, 10 in ``mode="authors"``.
    progress : callable, optional
        Called with `Progress`.
    cancel : callable, optional
        Asked between batches; True stops.

    Returns
    -------
    Explanation

    Raises
    ------
    ParameterError
        If a name or number is not allowed, or the song lacks what `modality` asks for.
    Cancelled
        If `cancel` returned True.

    References
    ----------
    Sotirou, Lyberatos, Menis Mastromichalakis, Stamou: MusicLIME, ICASSP 2025,
    arXiv 2409.10496.

    Examples
    --------
    >>> from musiclime_core.predictors import FieldOfView
    >>> from musiclime_core.song import Lyrics
    >>> class Loud:
    ...     name, version, labels = "loud", "1", ("calm", "loud")
    ...     field_of_view = FieldOfView()
    ...     def predict(self, songs):
    ...         loud = [0.9 if "thunder" in song.lyrics.text else 0.2 for song in songs]
    ...         return np.array([[1 - score, score] for score in loud], np.float32)
    >>> song = Song(lyrics=Lyrics("rain and thunder"))
    >>> explanation = explain_song(song, Loud(), n_perturbations=64)
    >>> explanation.top("loud", 1)[0].unit.name
    'thunder'
    """
    settings = Settings(
        n_perturbations=n_perturbations,
        seed=seed,
        modality=modality,
        mode=mode,
        lyric_unit=AUTHORS if mode == AUTHORS else lyric_unit,
        n_segments=N_SEGMENTS if mode == AUTHORS and n_segments is None else n_segments,
        segment_s=segment_s,
        boundaries_s=tuple(boundaries_s),
        n_features=AUTHORS_N_FEATURES if mode == AUTHORS and n_features is None else n_features,
    )
    explained = _explained(labels, predictor.labels)
    ticker = Ticker(progress, cancel)
    splitter = None if isinstance(separator, str) else separator
    if stems is None and song.audio is not None and modality != LYRICS:
        splitter = load_separator(separator) if isinstance(separator, str) else separator
        stems = splitter.separate(song.audio, ticker(SEPARATING))
    separated_by = {"name": "given"}
    if splitter is not None:
        separated_by = {"name": splitter.name, "version": splitter.version}
    perturber = _perturber(song, stems, predictor.field_of_view, settings)
    units = _units(perturber, predictor.field_of_view)
    masks = _masks(units, settings)
    scores = score_masks(perturber, predictor, masks, ticker)
    ticker(FITTING)(0.0)
    columns = [predictor.labels.index(label) for label in explained]
    fitted = _fit(units, masks, scores[:, columns], settings)
    ticker(FITTING)(1.0)
    components = perturber.components
    return Explanation(
        labels=tuple(predictor.labels),
        scores=scores[0],
        explained=explained,
        units=units,
        weights=fitted.weights,
        standard_errors=fitted.standard_errors,
        intercepts=fitted.intercepts,
        fit=fitted.fit,
        boundaries_s=components.boundaries_s if components else (),
        parameters={**asdict(settings), "kernel_width": settings.kernel_width},
        model={"name": predictor.name, "version": predictor.version},
        separator=separated_by if components else {},
        song=_song_record(song),
    )


def _explained(labels: Sequence[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
    if labels is None or not labels:
        return tuple(known)
    return tuple(dict.fromkeys(one_of("label", label, known) for label in labels))


def _perturber(song: Song, stems: Stems | None, view: FieldOfView, settings: Settings) -> Perturber:
    """Cut the song into the units that will be switched off."""
    if settings.modality == AUDIO and not song.has_audio:
        raise ParameterError("modality 'audio' needs audio; this song has lyrics alone.")
    if settings.modality == LYRICS and not song.has_lyrics:
        raise ParameterError("modality 'lyrics' needs words; this song has none.")
    components = None
    if settings.modality != LYRICS and stems is not None:
        components = _components(stems, view, settings)
    words: tuple[LyricUnit, ...] = ()
    if settings.modality != AUDIO and song.lyrics is not None and song.has_lyrics:
        words = lyric_units(song.lyrics, settings.lyric_unit)
    return Perturber(song, components, words, tidy=settings.mode == CORRECTED)


def _components(stems: Stems, view: FieldOfView, settings: Settings) -> Components:
    """Components in the format the predictor listens to."""
    if settings.mode == AUTHORS:
        stems = _authors_stems(stems, settings.n_segments or N_SEGMENTS)
    heard = stems.resampled(view.rate_hz, mono=view.mono)
    boundaries_s = segment_boundaries(
        stems.mix.duration_s,
        n_segments=settings.n_segments,
        segment_s=settings.segment_s,
        given_s=settings.boundaries_s,
        grid_s=None if settings.mode == AUTHORS else view.window_s,
    )
    return Components(heard, boundaries_s, fade_s=0.0 if settings.mode == AUTHORS else FADE_S)


def _authors_stems(stems: Stems, n_segments: int) -> Stems:
    """Stems as the notebook sums them: no residual, and no samples after whole segments."""
    n_kept = stems.mix.n_samples // n_segments * n_segments
    samples = stems.samples[:, :, :n_kept]
    mix = Audio(samples.sum(axis=0, dtype=np.float32), stems.rate_hz)
    return Stems(stems.names, samples, mix)


def _units(perturber: Perturber, view: FieldOfView) -> tuple[Unit, ...]:
    """Describe every unit; audio first, then lyrics."""
    units: list[Unit] = []
    if perturber.components is not None:
        bounds_s = perturber.components.boundaries_s
        heard_s = np.inf if view.audio_s is None else view.audio_s
        units += [
            Unit(f"{source}{k}", AUDIO, source, k, start_s, end_s, seen=start_s < heard_s)
            for source in perturber.components.stems.names
            for k, (start_s, end_s) in enumerate(pairwise(bounds_s))
        ]
    read = _characters_read(perturber.song, view)
    units += [
        Unit(unit.name, LYRICS, spans=unit.spans, seen=unit.spans[0][0] < read)
        for unit in perturber.lyric_units
    ]
    return tuple(units)


def _characters_read(song: Song, view: FieldOfView) -> float:
    """Where the predictor stops reading, as a character position."""
    if view.words is None or song.lyrics is None:
        return np.inf
    starts = [unit.spans[0][0] for unit in lyric_units(song.lyrics, "occurrences")]
    return starts[view.words] if len(starts) > view.words else np.inf


def _masks(units: tuple[Unit, ...], settings: Settings) -> NDArray[np.bool_]:
    """Masks of all units; what the predictor cannot perceive is never switched off."""
    seen = np.array([unit.seen for unit in units], bool)
    generator = np.random.default_rng(settings.seed)
    drawn = bernoulli_masks(settings.n_perturbations, int(seen.sum()), generator)
    masks = np.ones((settings.n_perturbations, len(units)), bool)
    masks[:, seen] = drawn
    return masks


def _fit(
    units: tuple[Unit, ...],
    masks: NDArray[np.bool_],
    scores: NDArray[np.float32],
    settings: Settings,
) -> Surrogate:
    """Fit the surrogate on what the predictor perceives; the rest weighs nothing."""
    seen = np.array([unit.seen for unit in units], bool)
    proximities = proximity(masks[:, seen], width=settings.kernel_width)
    fitted = fit_selected(masks[:, seen], scores, proximities, n_features=settings.n_features)
    weights = np.zeros((len(units), scores.shape[1]))
    errors = np.zeros_like(weights)
    weights[seen], errors[seen] = fitted.weights, fitted.standard_errors
    return replace(fitted, weights=weights, standard_errors=errors)


def _song_record(song: Song) -> dict[str, Any]:
    """Return what a stored explanation must know of its song to be shown again."""
    audio = song.audio
    return {
        "title": song.title,
        "artist": song.artist,
        "duration_s": audio.duration_s if audio else 0.0,
        "audio_sha256": audio.sha256 if audio else "",
        "lyrics": song.lyrics.text if song.lyrics else "",
    }
