"""TensorFlow bundles are read without TensorFlow: a bundle written here comes back."""

import struct

import numpy as np
import pytest

from musiclime_core.errors import WeightsError
from training.convert_musicnn import TABLE_MAGIC, converted, key_map, read_index


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def block(records: list[tuple[bytes, bytes]]) -> bytes:
    """A LevelDB block whose keys share what they can."""
    out, last = b"", b""
    for key, value in records:
        same = [a == b for a, b in zip(key, last, strict=False)]
        shared = same.index(False) if False in same else len(same)
        out += varint(shared) + varint(len(key) - shared) + varint(len(value))
        out += key[shared:] + value
        last = key
    return out + struct.pack("<II", 0, 1)


def bundle(arrays: dict[str, np.ndarray]) -> tuple[bytes, bytes]:
    """Index and data as TensorFlow's BundleWriter lays them out."""
    data, records = b"", [(b"", field(1, 1))]
    for name in sorted(arrays):
        raw = arrays[name].astype("<f4").tobytes()
        shape = b"".join(field(2, field(1, size)) for size in arrays[name].shape)
        entry = field(1, 1) + field(2, shape) + field(4, len(data)) + field(5, len(raw))
        records.append((name.encode(), entry))
        data += raw
    body = block(records)
    index = block([(b"\xff", varint(0) + varint(len(body)))])
    footer = varint(0) * 2 + varint(len(body) + 5) + varint(len(index))
    footer = footer.ljust(40, b"\0") + TABLE_MAGIC.to_bytes(8, "little")
    return body + bytes(5) + index + bytes(5) + footer, data


def checkpoint() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    shapes = {"kernel": (3, 2, 1, 4), "bias": (4,)}
    arrays = {}
    for name in key_map().values():
        shape = (5, 3) if name.startswith("dense") and "kernel" in name else None
        arrays[name] = generator.standard_normal(shape or shapes.get(name.split("/")[1], (4,)))
    return arrays


def test_bundle_round_trip_in_torch_order():
    arrays = checkpoint()
    found = converted(*bundle(arrays))
    assert set(found) == {*key_map(), "mel"}
    np.testing.assert_allclose(
        found["timbral.1.conv.weight"],
        arrays["conv2d_1/kernel"].transpose(3, 2, 0, 1),
        rtol=1e-6,
    )
    np.testing.assert_allclose(found["hidden.weight"], arrays["dense/kernel"].T, rtol=1e-6)
    np.testing.assert_allclose(
        found["pooled_norm.running_var"], arrays["batch_normalization_9/moving_variance"], rtol=1e-6
    )


def test_what_is_no_bundle_is_refused():
    with pytest.raises(WeightsError, match="no index"):
        read_index(bytes(100))
    arrays = checkpoint()
    del arrays["conv2d_3/kernel"]
    with pytest.raises(WeightsError, match="lacks conv2d_3/kernel"):
        converted(*bundle(arrays))
