"""MSD_musicnn in torch: fifty tags of the Million Song Dataset, heard three seconds at a time."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import pad, relu

from musiclime_core.errors import InputError, WeightsError
from musiclime_core.predictors.labels import MSD_TAGS
from musiclime_core.predictors.protocols import FieldOfView
from musiclime_core.predictors.recent import Recent
from musiclime_core.song import Audio, Song
from musiclime_core.weights import WEIGHTS, verified

__all__ = ["MusicnnTagger", "cut_windows"]

RATE_HZ, N_FFT, HOP, N_FRAMES = 16_000, 512, 256, 187
WINDOW_S = 3.0
WINDOW_SAMPLES = N_FRAMES * HOP  # 2.992 s
GUARD_SAMPLES = 64  # 4 ms before a window and after it, where fades between segments lie
TEMPORAL_FRAMES = (128, 64, 32)
MIN_LAST_S = 0.5
BATCH = 8
REMEMBERED_WINDOWS = 65_536


class _Norm(nn.BatchNorm2d):
    """Batch normalisation as TensorFlow has it."""

    def __init__(self, n_channels: int) -> None:
        super().__init__(n_channels, eps=1e-3)


class _Front(nn.Module):
    """Convolution, rectifier, normalisation, maximum over all frequencies.

    Rectifying and normalising keep order (or, with a negative factor, reverse it), so
    the maximum is taken first, on far fewer numbers.
    """

    def __init__(self, n_out: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, n_out, kernel)
        self.norm = _Norm(n_out)

    def forward(self, sound: torch.Tensor) -> torch.Tensor:
        least, most = torch.aminmax(self.conv(sound), dim=3, keepdim=True)
        rising = self.norm.weight[:, None, None] >= 0
        heard: torch.Tensor = self.norm(relu(torch.where(rising, most, least)))[..., 0]
        return heard  # (batch, channels, frames)


class _Block(nn.Module):
    """Convolution, rectifier, normalisation."""

    def __init__(self, n_out: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, n_out, kernel)
        self.norm = _Norm(n_out)

    def forward(self, sound: torch.Tensor) -> torch.Tensor:
        heard: torch.Tensor = self.norm(relu(self.conv(sound)))
        return heard


class _Network(nn.Module):
    """Log-mel patches (batch, frames, 96) to tag logits (batch, 50).

    Timbral filters span much of the spectrum, temporal ones one band for long; the
    middle layers are residual, and the output reads maximum and mean over time.
    """

    def __init__(self) -> None:
        super().__init__()
        self.input_norm = _Norm(1)
        self.timbral = nn.ModuleList(_Front(204, (7, height)) for height in (38, 67))
        self.temporal = nn.ModuleList(_Front(51, (length, 1)) for length in TEMPORAL_FRAMES)
        self.middle = nn.ModuleList(_Block(64, (7, width)) for width in (561, 64, 64))
        self.pooled_norm = nn.BatchNorm1d(1506, eps=1e-3)
        self.hidden = nn.Linear(1506, 200)
        self.hidden_norm = nn.BatchNorm1d(200, eps=1e-3)
        self.output = nn.Linear(200, 50)

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        sound = self.input_norm(patches[:, None])  # (batch, 1, frames, mels)
        front = [block(pad(sound, (0, 0, 3, 3))) for block in self.timbral]
        for length, block in zip(TEMPORAL_FRAMES, self.temporal, strict=True):
            # "Same" padding of an even kernel, as in TensorFlow: one more after than before.
            front.append(block(pad(sound, (0, 0, (length - 1) // 2, length // 2))))
        layers = [torch.cat(front, dim=1).transpose(1, 2)]  # (batch, frames, channels)
        for i, block in enumerate(self.middle):
            heard = block(pad(layers[-1][:, None], (0, 0, 3, 3)))[..., 0].transpose(1, 2)
            layers.append(heard + layers[-1] if i else heard)
        features = torch.cat(layers, dim=2)  # (batch, frames, 753)
        pooled = torch.stack([features.amax(dim=1), features.mean(dim=1)], dim=2)
        flat = self.pooled_norm(pooled.flatten(1))  # maximum and mean of each feature in turn
        logits: torch.Tensor = self.output(self.hidden_norm(relu(self.hidden(flat))))
        return logits


def cut_windows(
    samples: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Cut mono audio at 16 kHz into the windows that are heard one by one.

    Cutting before the spectrum keeps every window independent of its neighbours.

    Parameters
    ----------
    samples : ndarray of float32, shape (time,)

    Returns
    -------
    windows : ndarray of float32, shape (n_windows, 47872)
        From each 3 s the part between the places where segments may fade; the last
        may be padded with silence.
    shares : ndarray of float64, shape (n_windows,)
        How much of the song each window stands for; sums to 1.

    Examples
    --------
    >>> windows, shares = cut_windows(np.zeros(16_000 * 7, np.float32))
    >>> len(windows), [round(float(share), 2) for share in shares]
    (3, [0.43, 0.43, 0.14])
    """
    step = round(WINDOW_S * RATE_HZ)
    n_rest = len(samples) % step
    n_windows = len(samples) // step + (n_rest >= MIN_LAST_S * RATE_HZ or len(samples) < step)
    windows = np.zeros((n_windows, WINDOW_SAMPLES), np.float32)
    lengths = np.full(n_windows, float(step))
    for k in range(n_windows):
        heard = samples[k * step :][:step][GUARD_SAMPLES:][:WINDOW_SAMPLES]
        windows[k, : len(heard)] = heard
        lengths[k] = min(step, len(samples) - k * step)
    return windows, lengths / lengths.sum()


class MusicnnTagger:
    """Probabilities of 50 tags of the Million Song Dataset.

    A song is heard in windows of 3 s, cut before the spectrum, and the probabilities
    are averaged; windows already heard are remembered. `taggram` instead repeats
    the arithmetic of the published package.

    References
    ----------
    Pons, Serra: musicnn: pre-trained convolutional neural networks for music audio
    tagging, ISMIR 2019 late-breaking demo, arXiv 1909.06654.
    """

    name = "musicnn"
    labels = MSD_TAGS
    field_of_view = FieldOfView(rate_hz=RATE_HZ, mono=True, window_s=WINDOW_S, words=0)

    def __init__(self) -> None:
        state = load_file(verified("musicnn"))
        self._mel = state.pop("mel")  # (mels, bins)
        self._hann = torch.hann_window(N_FFT)
        self._network = _Network().eval()
        try:
            missing = self._network.load_state_dict(state, strict=False)
        except RuntimeError as error:
            raise WeightsError("the weights 'musicnn' do not fit the network.") from error
        if missing.unexpected_keys or any("tracked" not in key for key in missing.missing_keys):
            raise WeightsError("the weights 'musicnn' do not fit the network.")
        self.version = WEIGHTS["musicnn"].sha256[:8] + "-1"
        self._heard: Recent[NDArray[np.float32]] = Recent(REMEMBERED_WINDOWS)

    def predict(self, songs: Sequence[Song]) -> NDArray[np.float32]:
        """Tag probabilities of `songs`, float32 (n_songs, 50); lyrics are not read."""
        for song in songs:
            if song.audio is None:
                raise InputError("musicnn needs audio; this song has lyrics alone.")
        return self.tags([song.audio for song in songs if song.audio is not None])

    def tags(self, audios: Sequence[Audio]) -> NDArray[np.float32]:
        """Tag probabilities, float32 (n_audios, 50), averaged over windows."""
        rows = [shares @ windows for windows, shares in self.windows(audios)]
        return np.asarray(rows, np.float32).reshape(len(audios), len(MSD_TAGS))

    def windows(
        self, audios: Sequence[Audio]
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float64]]]:
        """Tag probabilities of each window, and its share of the song.

        Windows of the same content are heard once, whatever song they come from.

        Parameters
        ----------
        audios : sequence of Audio

        Returns
        -------
        list of (ndarray of float32, shape (n_windows, 50), ndarray of float64, shape (n_windows,))
            One pair a recording; shares sum to 1.
        """
        found: dict[bytes, NDArray[np.float32]] = {}
        fresh: dict[bytes, NDArray[np.float32]] = {}
        songs = []
        for audio in audios:
            windows, shares = cut_windows(_heard_samples(audio))
            keys = [blake2b(window, digest_size=16).digest() for window in windows]
            songs.append((keys, shares))
            for key, window in zip(keys, windows, strict=True):
                if key in self._heard:
                    found[key] = self._heard[key]
                else:
                    fresh[key] = window
        for key, row in zip(fresh, self._hear(list(fresh.values())), strict=True):
            self._heard[key] = found[key] = row
        return [(np.stack([found[key] for key in keys]), shares) for keys, shares in songs]

    def _hear(self, windows: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Tag probabilities of windows, in batches of one shape.

        A constant shape keeps each result the same whatever else is in its batch.
        """
        rows: list[NDArray[np.float32]] = []
        for start in range(0, len(windows), BATCH):
            batch = windows[start : start + BATCH]
            padded = np.zeros((BATCH, WINDOW_SAMPLES), np.float32)
            padded[: len(batch)] = batch
            patches = self._spectra(torch.from_numpy(padded))[:, :N_FRAMES]
            rows.extend(self._probabilities(patches)[: len(batch)])
        return rows

    def taggram(self, audio: Audio) -> NDArray[np.float32]:
        """Tag probabilities over time as the published package has them.

        The spectrum is taken over the whole song, then cut into patches of 187 frames
        without overlap; a rest shorter than a patch is left out.

        Parameters
        ----------
        audio : Audio
            Any rate and channel count, at least 3 s.

        Returns
        -------
        ndarray of float32, shape (n_patches, 50)

        Raises
        ------
        InputError
            If the recording is shorter than one patch.
        """
        samples = torch.from_numpy(_heard_samples(audio).copy())
        spectrum = self._spectra(samples[None])[0]
        n_patches = len(spectrum) // N_FRAMES
        if not n_patches:
            raise InputError(
                f"musicnn needs at least 3 seconds; this recording has {audio.duration_s:.1f}."
            )
        patches = spectrum[: n_patches * N_FRAMES].reshape(n_patches, N_FRAMES, -1)
        parts = [patches[start : start + BATCH] for start in range(0, n_patches, BATCH)]
        return np.concatenate([self._probabilities(part) for part in parts])

    @torch.inference_mode()
    def _spectra(self, samples: torch.Tensor) -> torch.Tensor:
        """Log-mel spectra (n, frames, 96) of samples (n, time), in float32."""
        spectra = torch.stft(
            samples, N_FFT, HOP, window=self._hann, pad_mode="constant", return_complex=True
        )
        power = spectra.real**2 + spectra.imag**2  # (n, bins, frames)
        return torch.log10(10_000 * (self._mel @ power) + 1).transpose(1, 2)

    @torch.inference_mode()
    def _probabilities(self, patches: torch.Tensor) -> NDArray[np.float32]:
        """Tag probabilities (n, 50) of log-mel patches (n, frames, 96)."""
        logits: torch.Tensor = self._network(patches)
        return np.asarray(logits.sigmoid().numpy(), np.float32)


def _heard_samples(audio: Audio) -> NDArray[np.float32]:
    """Mono samples at the rate the network was trained on, shape (time,)."""
    samples: NDArray[np.float32] = audio.mono().resampled(RATE_HZ).samples[0]
    return samples
