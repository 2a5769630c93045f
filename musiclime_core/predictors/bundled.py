"""The bundled classifier: tags heard and words read, for nine genres.

Sound: each window's tags speak for genres by a table; windows are averaged. Lyrics:
nearness to descriptions of each genre. The two verdicts are multiplied, each with an
exponent; silence, no words and a missing modality say nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musiclime_core.errors import InputError, WeightsError, one_of
from musiclime_core.predictors.labels import GENRES, MSD_TAGS, TASKS
from musiclime_core.predictors.minilm import MiniLmEncoder
from musiclime_core.predictors.musicnn import MusicnnTagger, cut_windows
from musiclime_core.predictors.protocols import FieldOfView
from musiclime_core.song import Audio, Song
from musiclime_core.weights import assets_folder

__all__ = ["BundledClassifier"]

SILENCE_PEAK = 1e-4  # -80 dB of full scale
N_NEAREST = 2


class BundledClassifier:
    """Genre of a song from its sound, its lyrics, or both; a `TwoTower`.

    Parameters
    ----------
    task : {"genre"}

    Raises
    ------
    ParameterError
        If the task is not known.
    WeightsError
        If its weights or tables are absent or damaged.
    """

    name = "bundled"
    labels = GENRES

    def __init__(self, task: str = "genre") -> None:
        self.task = one_of("task", task, TASKS)
        tags, tags_hash = _read_table("genre_tags.toml")
        descriptions, descriptions_hash = _read_table("genre_descriptions.toml")
        self._tagger, self._reader = MusicnnTagger(), MiniLmEncoder()
        self._tag_weights = _tag_weights(tags["genre"])
        ranks = np.arange(1, len(MSD_TAGS) + 1)
        base = tags["base_rate"]["first"] * ranks ** -float(tags["base_rate"]["exponent"])
        self._base = _applies(base[None], self._tag_weights)
        self._temperature, self._exponent = tags["temperature"], tags["fusion"]
        lines = [descriptions["genre"][genre] for genre in GENRES]
        embedded = self._reader.embed([line for group in lines for line in group])
        self._descriptions = embedded.reshape(len(GENRES), -1, embedded.shape[1])
        parts = (self._tagger.version, self._reader.version, tags_hash, descriptions_hash)
        self.version = sha256(" ".join(parts).encode()).hexdigest()[:8] + "-1"
        view = self._tagger.field_of_view
        self.field_of_view = FieldOfView(
            view.rate_hz, view.mono, view.window_s, words=self._reader.words_read
        )

    def predict(self, songs: Sequence[Song]) -> NDArray[np.float32]:
        """Probabilities of the nine genres, float32 (n_songs, 9), rows summing to 1."""
        heard = np.full((len(songs), len(GENRES)), 1 / len(GENRES), np.float32)
        read = heard.copy()
        for i, song in enumerate(songs):
            if song.audio is not None:
                heard[i] = self.encode_audio([song.audio])[0]
            if song.lyrics is not None:
                read[i] = self.encode_lyrics([song.lyrics.text])[0]
        return self.fuse(heard, read)

    def encode_audio(self, audios: Sequence[Audio]) -> NDArray[np.float32]:
        """Genre probabilities by sound alone, float32 (n_audios, 9)."""
        heard = [audio.mono().resampled(self.field_of_view.rate_hz) for audio in audios]
        windows = self._tagger.windows(heard)
        return np.stack([self._verdict(audio, *w) for audio, w in zip(heard, windows, strict=True)])

    def encode_lyrics(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Genre probabilities by words alone, float32 (n_texts, 9)."""
        embedded = self._reader.embed(texts)
        nearness = np.einsum("tw,gdw->tgd", embedded, self._descriptions)
        nearest = np.sort(nearness, axis=2)[:, :, -N_NEAREST:].mean(axis=2)
        return _softmax(nearest / self._temperature["lyrics"])

    def fuse(
        self,
        audio_encodings: NDArray[np.float32] | None,
        lyrics_encodings: NDArray[np.float32] | None,
    ) -> NDArray[np.float32]:
        """Multiply both verdicts, float32 (n, 9); a missing one says nothing."""
        verdicts = ((audio_encodings, "audio"), (lyrics_encodings, "lyrics"))
        logits = [
            self._exponent[modality] * np.log(np.maximum(verdict.astype(np.float64), 1e-9))
            for verdict, modality in verdicts
            if verdict is not None
        ]
        if not logits:
            raise InputError("a song needs audio or lyrics; this one has neither.")
        return _softmax(np.sum(logits, axis=0))

    def _verdict(
        self, audio: Audio, tags: NDArray[np.float32], shares: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Genre probabilities of one recording, float32 (9,), from the tags of its windows."""
        lift = np.log(_applies(tags, self._tag_weights) / self._base)  # (n_windows, 9)
        verdicts = _softmax(lift / self._temperature["audio"])
        sounding = np.abs(cut_windows(audio.samples[0])[0]).max(axis=1) > SILENCE_PEAK
        verdicts[~sounding] = 1 / len(GENRES)
        mean: NDArray[np.float32] = (shares @ verdicts).astype(np.float32)
        return mean


def _read_table(file: str) -> tuple[dict[str, Any], str]:
    """Read a table of the bundled model, and its hash."""
    path = assets_folder() / "models/bundled" / file
    try:
        data = path.read_bytes()
        return tomllib.loads(data.decode()), sha256(data).hexdigest()
    except (OSError, ValueError) as error:
        raise WeightsError(f"the table {file} of the bundled model is unreadable.") from error


def _tag_weights(table: Mapping[str, Any]) -> NDArray[np.float64]:
    """Weight of each tag for each genre, float64 (9, 50)."""
    if set(table) != set(GENRES):
        raise WeightsError("the tag table does not list the nine genres.")
    weights = np.zeros((len(GENRES), len(MSD_TAGS)))
    for row, genre in enumerate(GENRES):
        for tag, weight in table[genre]["tags"].items():
            weights[row, MSD_TAGS.index(tag)] = weight
    return weights


def _applies(tags: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability that any tag of a genre applies, (n, 9), of tag probabilities (n, 50)."""
    # (n, 1, 50) x (9, 50) -> (n, 9)
    missing: NDArray[np.float64] = np.prod(1 - tags[:, None, :] * weights, axis=2)
    return np.maximum(1 - missing, 1e-6)


def _softmax(logits: NDArray[Any]) -> NDArray[np.float32]:
    """Probabilities along the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.float32] = (raised / raised.sum(axis=-1, keepdims=True)).astype(np.float32)
    return shares
