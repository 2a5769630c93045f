"""Separation by masks on a spectrogram, in overlapping chunks of bounded memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from librosa.decompose import hpss
from numpy.typing import NDArray

from musiclime_core.separation.stems import Stems
from musiclime_core.song import Audio

__all__ = ["N_FFT", "RATE_HZ", "harmonic_masks", "separate_in_chunks"]

RATE_HZ = 44_100
N_FFT = 4_096
HOP = 1_024
CHUNK = 512 * HOP  # samples; 11.9 s
OVERLAP = 64 * HOP  # samples; 1.5 s, crossfaded
MEDIAN_FRAMES, MEDIAN_BINS = 17, 31
BASS_HZ, BASS_SLOPE = 200.0, 6

# Magnitudes (channels, bins, frames) to masks (sources, channels or 1, bins, frames).
Masker = Callable[[torch.Tensor], torch.Tensor]


def separate_in_chunks(
    audio: Audio,
    names: tuple[str, ...],
    masker: Masker,
    progress: Callable[[float], None] | None = None,
) -> Stems:
    """Apply masks to the short-time Fourier transform of each chunk.

    Where masks sum to one, so do the stems to the mix, up to what resampling to
    44.1 kHz and back loses; that is left to `Stems.residual`.

    Parameters
    ----------
    audio : Audio
        Any rate, any channel count.
    names : tuple of str
        Sources, in the order of the masks.
    masker : callable
        Magnitudes float32 (channels, bins, frames) to masks in [0, 1], float32
        (sources, channels or 1, bins, frames).
    progress : callable, optional
        Called with the fraction done; may raise to stop.

    Returns
    -------
    Stems
    """
    heard = audio.resampled(RATE_HZ)
    samples = torch.from_numpy(heard.samples.copy())
    window = torch.hann_window(N_FFT)
    n_samples = samples.shape[1]
    stems = np.zeros((len(names), *samples.shape), np.float32)
    starts = range(0, max(n_samples - OVERLAP, 1), CHUNK - OVERLAP)
    for done, start in enumerate(starts):
        if progress is not None:
            progress(done / len(starts))
        chunk = samples[:, start : start + CHUNK]
        length = chunk.shape[1]
        padded = torch.nn.functional.pad(chunk, (0, CHUNK - length))
        with torch.inference_mode():
            spectrum = torch.stft(
                padded, N_FFT, HOP, window=window, pad_mode="constant", return_complex=True
            )
            masks = masker(spectrum.abs())
            for source, mask in enumerate(masks):
                sound = torch.istft(spectrum * mask, N_FFT, HOP, window=window, length=CHUNK)
                part = sound[:, :length].numpy() * _crossfade(start, length, n_samples)
                stems[source, :, start : start + length] += part
    if progress is not None:
        progress(1.0)
    return Stems(names, _back(stems, audio), audio)


def _crossfade(start: int, length: int, n_samples: int) -> NDArray[np.float32]:
    """Rise over the overlap with the chunk before, fall over that with the next."""
    weight = np.ones(length, np.float32)
    ramp = (np.arange(OVERLAP, dtype=np.float32) + 0.5) / OVERLAP
    if start:
        weight[:OVERLAP] = ramp[:length]
    if start + length < n_samples:
        weight[-OVERLAP:] = 1 - ramp
    return weight


def _back(stems: NDArray[np.float32], audio: Audio) -> NDArray[np.float32]:
    """Return stems at the recording's own rate and exact length."""
    if audio.rate_hz == RATE_HZ:
        return stems
    back = np.zeros((len(stems), *audio.samples.shape), np.float32)
    for source, stem in enumerate(stems):
        sound = Audio(stem, RATE_HZ).resampled(audio.rate_hz).samples[:, : audio.n_samples]
        back[source, :, : sound.shape[1]] = sound
    return back


def harmonic_masks(magnitude: torch.Tensor) -> torch.Tensor:
    """Masks of drums, bass and other, which sum to one.

    Percussive sound is smooth over frequency, harmonic sound over time: two median
    filters tell them apart. Harmonic sound below a smooth crossover at 200 Hz is
    called bass.

    Parameters
    ----------
    magnitude : Tensor of float32, shape (channels, bins, frames)

    Returns
    -------
    Tensor of float32, shape (3, 1, bins, frames)

    References
    ----------
    Fitzgerald: Harmonic/percussive separation using median filtering, DAFx 2010.
    """
    mono = magnitude.mean(dim=0).numpy()
    harmonic, percussive = hpss(mono, kernel_size=(MEDIAN_FRAMES, MEDIAN_BINS), mask=True)
    # librosa's masks need not sum to one where both are silent.
    percussive = percussive / np.maximum(harmonic + percussive, 1e-8)
    frequency_hz = np.arange(mono.shape[0], dtype=np.float32) * (RATE_HZ / N_FFT)
    low = 1 / (1 + (frequency_hz / BASS_HZ) ** BASS_SLOPE)
    tonal = 1 - percussive
    masks = np.stack([percussive, tonal * low[:, None], tonal * (1 - low[:, None])])
    return torch.from_numpy(masks.astype(np.float32))[:, None]
