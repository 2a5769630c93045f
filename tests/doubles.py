"""Songs and predictors whose explanation is known beforehand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musiclime_core.lyrics import lyric_units
from musiclime_core.predictors.protocols import FieldOfView
from musiclime_core.separation.stems import Stems
from musiclime_core.song import Audio, Lyrics, Song

RATE_HZ = 8_000
SOURCES = ("vocals", "drums", "bass", "other")
FREQUENCIES_HZ = (1_000, 500, 125, 250)  # whole periods in every 10 ms or its multiples
SEGMENT_S = 0.4
N_SEGMENTS = 5


def tone_stems(*, residual: float = 0.0) -> Stems:
    """Four sine tones, one a source, and optionally a fifth that no stem explains."""
    time_s = np.arange(round(N_SEGMENTS * SEGMENT_S * RATE_HZ)) / RATE_HZ
    stems = np.stack([np.sin(2 * np.pi * f * time_s) for f in FREQUENCIES_HZ])[:, None] / 4
    rest = residual * np.sin(2 * np.pi * 2_000 * time_s)
    mix = stems.sum(axis=0) + rest
    return Stems(SOURCES, stems.astype(np.float32), Audio(mix.astype(np.float32), RATE_HZ))


class PlantedPredictor:
    """Adds a known coefficient for each tone that sounds and each word that is read.

    A black box: it offers no towers. `coefficients` maps unit names to what they add
    to the score of the second label; the first label gets the rest to 1.
    """

    name = "planted"
    version = "1"
    labels = ("other", "wanted")

    def __init__(self, coefficients: dict[str, float], *, view: FieldOfView | None = None) -> None:
        self.coefficients = coefficients
        self.field_of_view = view or FieldOfView(rate_hz=RATE_HZ, mono=True)
        self.n_songs = 0

    def predict(self, songs: Sequence[Song]) -> NDArray[np.float32]:
        self.n_songs += len(songs)
        wanted = np.array([self.score(song.audio, song.lyrics) for song in songs])
        return np.stack([1 - wanted, wanted], axis=1).astype(np.float32)

    def score(self, audio: Audio | None, lyrics: Lyrics | None) -> float:
        score = 0.1
        if audio is not None:
            table = self.presence(audio)
            for source, row in zip(SOURCES, table, strict=True):
                score += sum(
                    self.coefficients.get(f"{source}{k}", 0.0) * there
                    for k, there in enumerate(row)
                )
        if lyrics is not None:
            words = {unit.name for unit in lyric_units(lyrics)}
            score += sum(self.coefficients.get(word, 0.0) for word in words)
        return score

    @staticmethod
    def presence(audio: Audio) -> NDArray[np.float64]:
        """How much of each tone sounds in each segment, (sources, segments), 1 = all."""
        segments = audio.samples[0].reshape(N_SEGMENTS, -1)[:, 80:-80]  # fades left out
        time_s = (np.arange(segments.shape[1]) + 80) / RATE_HZ
        tones = np.stack([np.sin(2 * np.pi * f * time_s) for f in FREQUENCIES_HZ])
        return 4 * (tones @ segments.T) / (tones**2).sum(axis=1, keepdims=True)


class PlantedTwoTower(PlantedPredictor):
    """The same scores from two towers, counting what each one encodes."""

    def __init__(self, coefficients: dict[str, float]) -> None:
        super().__init__(coefficients)
        self.n_audios = self.n_texts = 0

    def encode_audio(self, audios: Sequence[Audio]) -> NDArray[np.float32]:
        self.n_audios += len(audios)
        return np.array([[self.score(audio, None) - 0.1] for audio in audios], np.float32)

    def encode_lyrics(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.n_texts += len(texts)
        return np.array([[self.score(None, Lyrics(text)) - 0.1] for text in texts], np.float32)

    def fuse(
        self,
        audio_encodings: NDArray[np.float32] | None,
        lyrics_encodings: NDArray[np.float32] | None,
    ) -> NDArray[np.float32]:
        given = [part for part in (audio_encodings, lyrics_encodings) if part is not None]
        wanted = 0.1 + sum(part[:, 0] for part in given)
        return np.stack([1 - wanted, wanted], axis=1).astype(np.float32)
