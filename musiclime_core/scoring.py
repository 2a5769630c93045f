"""Perturbed songs to scores, with as few evaluations as the predictor allows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from musiclime_core.composition import Perturber, batches, distinct_rows
from musiclime_core.predictors.protocols import Predictor, TwoTower
from musiclime_core.progress import LISTENING, READING, Ticker

__all__ = ["score_masks"]

TEXTS_A_BATCH = 64


def score_masks(
    perturber: Perturber, predictor: Predictor, masks: NDArray[np.bool_], ticker: Ticker
) -> NDArray[np.float32]:
    """Ask a predictor about every perturbed copy of a song.

    A two-tower predictor encodes each distinct audio and each distinct text once;
    any other sees each distinct song once. Memory is bounded by the batch.

    Parameters
    ----------
    perturber : Perturber
        Builds the copies.
    predictor : Predictor
        Gives the scores.
    masks : ndarray of bool, shape (n_perturbations, n_units)
        True where a unit is present; audio first, then lyrics.
    ticker : Ticker
        Told of progress after each batch; may raise `Cancelled`.

    Returns
    -------
    ndarray of float32, shape (n_perturbations, n_labels)
    """
    if not isinstance(predictor, TwoTower):
        distinct, positions = distinct_rows(masks)
        rows = [
            predictor.predict(perturber.songs(distinct[part]))
            for part in batches(len(distinct), perturber.batch_size, ticker(LISTENING))
        ]
        return np.concatenate(rows)[positions]
    audio = lyrics = None
    if perturber.song.has_audio:
        audio = _encode(
            masks[:, : perturber.n_audio_units],
            lambda part: predictor.encode_audio(perturber.audios(part)),
            perturber.batch_size,
            ticker(LISTENING),
        )
    if perturber.song.has_lyrics:
        lyrics = _encode(
            masks[:, perturber.n_audio_units :],
            lambda part: predictor.encode_lyrics(perturber.texts(part)),
            TEXTS_A_BATCH,
            ticker(READING),
        )
    return predictor.fuse(audio, lyrics)


def _encode(
    masks: NDArray[np.bool_],
    encode: Callable[[NDArray[np.bool_]], NDArray[np.float32]],
    batch_size: int,
    tick: Callable[[float], None],
) -> NDArray[np.float32]:
    """Encode each distinct mask of one modality once, and spread the result over all rows."""
    distinct, positions = distinct_rows(masks)
    rows = [encode(distinct[part]) for part in batches(len(distinct), batch_size, tick)]
    return np.concatenate(rows)[positions]
