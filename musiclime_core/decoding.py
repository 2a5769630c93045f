"""Untrusted bytes to audio, decoded in a limited child process.

The container is told by its first bytes, never by a file name, and the decoder for
exactly that container is opened on bytes alone, so that a crafted file can open no
other. The child limits its own memory, processor time and file writing, and counts
frames as they come: headers are not believed.
"""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from musiclime_core.errors import AudioError
from musiclime_core.song import MAX_CHANNELS, Audio

__all__ = ["FORMATS", "DecodeLimits", "decode_audio", "sniff_format"]

FORMATS = ("WAV", "FLAC", "OGG", "MP3", "M4A", "AAC")
ALLOWED = "Give a WAV, FLAC, OGG, MP3 or M4A file."
BLOCK_FRAMES = 65_536
MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 384_000
MAX_MAGNITUDE = 1_000.0

Block = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """How much a file may ask for.

    Parameters
    ----------
    max_bytes : int
        Size of the file.
    min_duration_s, max_duration_s : float
        Length of the recording in seconds.
    max_samples : int
        Decoded samples over all channels; bounds memory at four bytes each.
    memory_bytes, processor_s, wall_s : int
        Limits of the child process.
    """

    max_bytes: int = 50 * 2**20
    min_duration_s: float = 0.5
    max_duration_s: float = 900.0
    max_samples: int = 175_000_000
    memory_bytes: int = 3 * 2**30
    processor_s: int = 60
    wall_s: int = 120


def sniff_format(data: bytes) -> str:
    """Tell an audio container by its first bytes.

    Parameters
    ----------
    data : bytes
        The file, or its beginning.

    Returns
    -------
    str
        One of `FORMATS`, or empty.

    Examples
    --------
    >>> sniff_format(b"fLaC....")
    'FLAC'
    """
    if data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE":
        return "WAV"
    if data[:3] == b"ID3" and len(data) > 10:  # a tag may stand before FLAC, MP3 or AAC
        size = 0
        for byte in data[6:10]:
            size = size << 7 | byte & 0x7F
        return sniff_format(data[10 + size :]) or "MP3"
    if data[:4] == b"fLaC":
        return "FLAC"
    if data[:4] == b"OggS":
        return "OGG"
    if data[4:8] == b"ftyp":
        return "M4A"
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        return "AAC" if data[1] & 0xF6 == 0xF0 else "MP3"
    return ""


def decode_audio(
    source: bytes | Path, *, limits: DecodeLimits | None = None, name: str = ""
) -> Audio:
    """Decode a recording in a limited child process.

    WAV, FLAC, OGG and MP3 by libsndfile, M4A and AAC by FFmpeg with its demuxer
    fixed. A WAV or FLAC that ends before its header says is refused as truncated;
    MP3, OGG and AAC are streams, and are taken as far as they go.

    Parameters
    ----------
    source : bytes or Path
        The file.
    limits : DecodeLimits, optional
    name : str
        What to call the source in messages.

    Returns
    -------
    Audio
        Samples float32 (channels, time) at the file's own rate.

    Raises
    ------
    AudioError
        If it is empty, too large, no audio, damaged, too long or too short, has more
        than eight channels, or holds NaN.

    Examples
    --------
    >>> import io, numpy as np, soundfile
    >>> file = io.BytesIO()
    >>> soundfile.write(file, np.zeros((16000, 2)), 16000, format="WAV")
    >>> decode_audio(file.getvalue()).samples.shape
    (2, 16000)
    """
    limits = limits or DecodeLimits()
    called = name or (source.name if isinstance(source, Path) else "the audio")
    data = _file_bytes(source, limits, called) if isinstance(source, Path) else source
    if not data:
        raise AudioError(f"{called}: the file is empty. {ALLOWED}")
    if len(data) > limits.max_bytes:
        raise AudioError(
            f"{called}: larger than {limits.max_bytes / 2**20:.0f} MB; give a shorter or a "
            "compressed file."
        )
    if not sniff_format(data):
        raise AudioError(f"{called}: not a supported audio file. {ALLOWED}")
    try:
        return _decode_in_child(data, limits)
    except AudioError as error:
        raise AudioError(f"{called}: {error}") from None


def _file_bytes(path: Path, limits: DecodeLimits, called: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limits.max_bytes + 1)
    except OSError as error:
        raise AudioError(f"{called}: cannot be read ({error.strerror or error}).") from error


def _decode_in_child(data: bytes, limits: DecodeLimits) -> Audio:
    # The package is found through -c, so that the child needs no environment at all.
    root = str(Path(__file__).parents[1])
    code = f"import sys; sys.path.insert(0, {root!r}); from musiclime_core import decoding as d; "
    child = subprocess.Popen(
        [sys.executable, "-c", code + "d._child()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    timer = threading.Timer(limits.wall_s, child.kill)
    timer.start()
    writer = threading.Thread(target=_feed, args=(child, data, limits), daemon=True)
    writer.start()
    try:
        return _received(child, limits)
    finally:
        timer.cancel()
        child.kill()
        child.wait()
        writer.join()
        if child.stdout:
            child.stdout.close()


def _feed(child: subprocess.Popen[bytes], data: bytes, limits: DecodeLimits) -> None:
    settings = json.dumps(asdict(limits)).encode()
    try:
        if child.stdin:
            with child.stdin as pipe:
                pipe.write(struct.pack("<I", len(settings)) + settings)
                pipe.write(data)
    except (BrokenPipeError, ValueError):
        pass  # the child has already answered, with an error


def _received(child: subprocess.Popen[bytes], limits: DecodeLimits) -> Audio:
    """Read blocks of samples, then the verdict; nothing beyond the limits is kept."""
    if child.stdout is None:
        raise AudioError("the decoder could not be started; try again.")
    blocks: list[Block] = []
    n_samples = 0
    while len(head := child.stdout.read(8)) == 8:
        n_channels, n_bytes = struct.unpack("<II", head)
        payload = child.stdout.read(n_bytes)
        if n_channels == 0:
            verdict = json.loads(payload)
            if "error" in verdict:
                raise AudioError(verdict["error"])
            return Audio(np.concatenate(blocks, axis=0).T, int(verdict["rate_hz"]))
        n_samples += len(payload) // 4
        if len(payload) != n_bytes or n_samples > limits.max_samples:
            break
        blocks.append(np.frombuffer(payload, np.float32).reshape(-1, n_channels))
    raise AudioError(
        "it could not be decoded within the limits of memory and time; the file is damaged or "
        "asks for too much. Export it again."
    )


def _child() -> None:
    """Entry of the child process: limits first, then bytes in, blocks out."""
    pipe, answer = sys.stdin.buffer, sys.stdout.buffer
    (size,) = struct.unpack("<I", pipe.read(4))
    limits = DecodeLimits(**json.loads(pipe.read(size)))
    _restrict(limits)
    data = pipe.read(limits.max_bytes + 1)
    try:
        verdict: dict[str, Any] = {"rate_hz": _send_blocks(data, limits, answer)}
    except AudioError as error:
        verdict = {"error": str(error)}
    except MemoryError:
        verdict = {"error": "it needs more memory than a song may; the file is damaged."}
    except Exception:  # noqa: BLE001 - whatever a decoder raises on damaged bytes
        verdict = {"error": "the file is damaged or not what its first bytes say; export it again."}
    payload = json.dumps(verdict).encode()
    answer.write(struct.pack("<II", 0, len(payload)) + payload)
    answer.flush()


def _restrict(limits: DecodeLimits) -> None:
    try:
        import resource
    except ImportError:  # not a Unix system: the parent's time limit still holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.processor_s, limits.processor_s))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _send_blocks(data: bytes, limits: DecodeLimits, answer: BinaryIO) -> int:
    """Check and send every block; return the rate."""
    kind = sniff_format(data)
    blocks = _by_ffmpeg(data, kind) if kind in ("M4A", "AAC") else _by_sndfile(data, kind)
    n_frames = rate_hz = 0
    for rate_hz, block in blocks:
        if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
            raise AudioError(
                f"a sampling rate of {rate_hz} Hz; {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz are allowed."
            )
        n_channels = block.shape[1]
        if n_channels > MAX_CHANNELS:
            raise AudioError(f"{n_channels} channels; at most {MAX_CHANNELS} are allowed.")
        if not np.isfinite(block).all() or np.abs(block).max(initial=0.0) > MAX_MAGNITUDE:
            raise AudioError("it holds NaN, infinite or absurdly large samples; export it again.")
        n_frames += len(block)
        if n_frames > limits.max_duration_s * rate_hz or n_frames * n_channels > limits.max_samples:
            raise AudioError(
                f"longer than {limits.max_duration_s / 60:.0f} minutes; cut an excerpt first."
            )
        payload = np.ascontiguousarray(block, "<f4").tobytes()
        answer.write(struct.pack("<II", n_channels, len(payload)) + payload)
    if not n_frames:
        raise AudioError("there is no sound in it; export it again.")
    if n_frames < limits.min_duration_s * rate_hz:
        raise AudioError(
            f"only {n_frames / rate_hz:.2f} s long; at least {limits.min_duration_s} s are needed."
        )
    return rate_hz


def _by_sndfile(data: bytes, kind: str) -> Iterator[tuple[int, Block]]:
    import soundfile

    try:
        file = soundfile.SoundFile(io.BytesIO(data))
    except soundfile.LibsndfileError:
        raise AudioError(f"it begins like {kind} but cannot be read; export it again.") from None
    if kind == "WAV" and _is_truncated_wav(data):
        raise AudioError("it ends before its header says: the file is truncated. Copy it again.")
    announced, n_frames = file.frames, 0
    while True:
        block = file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
        if not len(block):
            break
        n_frames += len(block)
        yield file.samplerate, block
    if kind == "FLAC" and n_frames < announced:
        raise AudioError("it ends before its header says: the file is truncated. Copy it again.")


def _is_truncated_wav(data: bytes) -> bool:
    """Whether a RIFF data chunk announces more bytes than there are."""
    if data[:4] != b"RIFF":
        return False
    place = 12
    while place + 8 <= len(data):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        if data[place : place + 4] == b"data":
            # Streaming encoders leave the size open; then the file counts as it stands.
            return size not in (0, 0xFFFFFFFF) and place + 8 + size > len(data)
        place += 8 + size + size % 2
    return False


def _by_ffmpeg(data: bytes, kind: str) -> Iterator[tuple[int, Block]]:
    import av

    demuxer = {"M4A": "mov", "AAC": "aac"}[kind]
    # No other format than the sniffed one, and no tracks that live in other files.
    options = {"format_whitelist": "aac"}
    if kind == "M4A":
        options = {"format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2", "enable_drefs": "0"}
    with av.open(io.BytesIO(data), format=demuxer, options=options) as container:
        if not container.streams.audio:
            raise AudioError("there is no audio track in it.")
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt")
        for frame in container.decode(stream):
            for part in resampler.resample(frame):
                block = part.to_ndarray().reshape(-1, part.layout.nb_channels)
                yield part.sample_rate, block
