"""Convert the published MSD_musicnn checkpoint to safetensors.

Reads TensorFlow's bundle format without TensorFlow: a LevelDB table of protobuf
entries (``.index``) that point into one file of raw arrays (``.data-00000-of-00001``).
The mel filter bank the network was trained on is computed by librosa and stored with
the weights, so that listening needs neither.

    pip download --no-deps musicnn==0.1.0
    python -m training.convert_musicnn musicnn-0.1.0-py3-none-any.whl

Source: Pons, Serra: musicnn: pre-trained convolutional neural networks for music audio
tagging, ISMIR 2019 late-breaking demo, arXiv 1909.06654 (ISC licence).
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from librosa.filters import mel as mel_filters
from numpy.typing import NDArray
from safetensors.numpy import save_file

from musiclime_core.errors import WeightsError
from musiclime_core.weights import assets_folder

FOLDER = "musicnn/MSD_musicnn/"
TABLE_MAGIC = 0xDB4775248B80FB57
FOOTER_BYTES, TRAILER_BYTES = 48, 5
FLOAT32 = 1

# TensorFlow numbers layers in the order of their making.
CONVOLUTIONS = (
    "timbral.0.conv",
    "timbral.1.conv",
    "temporal.0.conv",
    "temporal.1.conv",
    "temporal.2.conv",
    "middle.0.conv",
    "middle.1.conv",
    "middle.2.conv",
)
NORMS = (
    "input_norm",
    *(name.replace("conv", "norm") for name in CONVOLUTIONS),
    "pooled_norm",
    "hidden_norm",
)
DENSE = ("hidden", "output")
NORM_PARTS = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an array lies in the data file."""

    shape: tuple[int, ...]
    offset: int
    n_bytes: int


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a base-128 integer; return it and the position after it."""
    value = shift = 0
    while shift < 64:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise WeightsError("the bundle holds an endless integer.")


def read_fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field of a protobuf message."""
    at = 0
    while at < len(message):
        tag, at = read_varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = read_varint(message, at)
            yield number, value
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            yield number, int.from_bytes(message[at : at + size], "little")
            at += size
        elif kind == 2:
            size, at = read_varint(message, at)
            yield number, message[at : at + size]
            at += size
        else:
            raise WeightsError(f"the bundle holds a field of unknown kind {kind}.")


def read_block(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and value of each record of an uncompressed LevelDB block."""
    if table[offset + size] != 0:
        raise WeightsError("the bundle's index is compressed, which is not supported.")
    block = table[offset : offset + size]
    n_restarts = int.from_bytes(block[-4:], "little")
    end, at, key = size - 4 - 4 * n_restarts, 0, b""
    while at < end:
        shared, at = read_varint(block, at)
        n_new, at = read_varint(block, at)
        n_value, at = read_varint(block, at)
        key = key[:shared] + block[at : at + n_new]
        at += n_new
        yield key, block[at : at + n_value]
        at += n_value


def read_index(table: bytes) -> dict[str, Entry]:
    """Read where every float32 array of a bundle lies."""
    footer = table[-FOOTER_BYTES:]
    if int.from_bytes(footer[-8:], "little") != TABLE_MAGIC:
        raise WeightsError("this is no index of a TensorFlow bundle.")
    _, at = read_varint(footer, 0)  # handle of the metadata: offset, size
    _, at = read_varint(footer, at)
    offset, at = read_varint(footer, at)
    size, _ = read_varint(footer, at)
    entries: dict[str, Entry] = {}
    for _, handle in read_block(table, offset, size):
        start, at = read_varint(handle, 0)
        length, _ = read_varint(handle, at)
        for key, message in read_block(table, start, length):
            if key:  # the empty key holds the header
                entries |= read_entry(key.decode(), message)
    return entries


def read_entry(name: str, message: bytes) -> dict[str, Entry]:
    """Read one BundleEntryProto: dtype 1, shape 2, shard 3, offset 4, size 5."""
    fields = dict(read_fields(message))
    if fields.get(1) != FLOAT32:
        return {}
    dimensions = (value for _, value in read_fields(bytes(fields.get(2, b""))))
    shape = tuple(int(dict(read_fields(bytes(part))).get(1, 0)) for part in dimensions)
    return {name: Entry(shape, int(fields.get(4, 0)), int(fields.get(5, 0)))}


def key_map() -> dict[str, str]:
    """Our parameter names to TensorFlow's."""

    def numbered(kind: str, i: int) -> str:
        return f"{kind}_{i}" if i else kind

    names: dict[str, str] = {}
    for kind, layers in (("conv2d", CONVOLUTIONS), ("dense", DENSE)):
        for i, ours in enumerate(layers):
            names[f"{ours}.weight"] = f"{numbered(kind, i)}/kernel"
            names[f"{ours}.bias"] = f"{numbered(kind, i)}/bias"
    for i, ours in enumerate(NORMS):
        for part, theirs in NORM_PARTS.items():
            names[f"{ours}.{part}"] = f"{numbered('batch_normalization', i)}/{theirs}"
    return names


def converted(index: bytes, data: bytes) -> dict[str, NDArray[np.float32]]:
    """Arrays of the bundle under our names, in torch's order of axes."""
    entries = read_index(index)
    arrays: dict[str, NDArray[np.float32]] = {}
    for ours, theirs in key_map().items():
        if theirs not in entries:
            raise WeightsError(f"the checkpoint lacks {theirs}.")
        entry = entries[theirs]
        flat = np.frombuffer(data[entry.offset : entry.offset + entry.n_bytes], "<f4")
        array = flat.reshape(entry.shape)
        if array.ndim == 4:  # (height, width, in, out) -> (out, in, height, width)
            array = array.transpose(3, 2, 0, 1)
        elif array.ndim == 2:  # (in, out) -> (out, in)
            array = array.T
        arrays[ours] = np.ascontiguousarray(array, np.float32)
    arrays["mel"] = mel_filters(sr=16_000, n_fft=512, n_mels=96)
    return arrays


def main() -> None:
    """Convert and print the hash to record."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("wheel", type=Path, help="the musicnn 0.1.0 wheel")
    parser.add_argument(
        "--out", type=Path, default=assets_folder() / "models/musicnn/msd_musicnn.safetensors"
    )
    options = parser.parse_args()
    with zipfile.ZipFile(options.wheel) as wheel:
        index = wheel.read(FOLDER + ".index")
        data = wheel.read(FOLDER + ".data-00000-of-00001")
    save_file(converted(index, data), options.out)
    digest = hashlib.sha256(options.out.read_bytes()).hexdigest()
    sys.stdout.write(f"{options.out}: sha256 {digest}\n")


if __name__ == "__main__":
    main()
