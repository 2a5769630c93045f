import io
import struct
import threading

import numpy as np
import pytest
import soundfile

from musiclime_core.decoding import DecodeLimits, decode_audio, sniff_format
from musiclime_core.errors import AudioError
from musiclime_core.song import Audio
from tests.conftest import write_aac


def encoded(samples, rate_hz=16_000, **options) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.asarray(samples).T, rate_hz, **{"format": "WAV", **options})
    return file.getvalue()


def noise(n_channels=2, seconds=1.0, rate_hz=16_000):
    rng = np.random.default_rng(0)
    return rng.normal(0, 0.1, (n_channels, int(seconds * rate_hz))).clip(-1, 1)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "m4a"])
def test_a_real_song_in_each_container(song_files, real_song, suffix):
    audio = decode_audio(song_files[suffix])
    assert audio.rate_hz == 44_100
    assert audio.n_channels == 2
    assert audio.duration_s == pytest.approx(real_song.duration_s, abs=0.06)
    # Lossy encoders may delay; the best shift within 60 ms must give nearly the same sound.
    a, b = audio.mono().samples[0], real_song.mono().samples[0]
    n = 2**17
    spectrum = np.fft.rfft(a[:n], 2 * n) * np.conj(np.fft.rfft(b[:n], 2 * n))
    shift = np.fft.irfft(spectrum)
    best = shift.max() / np.sqrt((a[:n] ** 2).sum() * (b[:n] ** 2).sum())
    assert best > (0.9999 if suffix in ("wav", "flac") else 0.97)


def test_aac_stream(tmp_path, real_song):
    write_aac(tmp_path / "song.aac", real_song)
    audio = decode_audio(tmp_path / "song.aac")
    assert audio.duration_s == pytest.approx(real_song.duration_s, abs=0.1)


@pytest.mark.parametrize("n_channels", [1, 2, 6, 8])
@pytest.mark.parametrize("container", ["WAV", "FLAC"])
def test_lossless_samples_come_back_exactly(n_channels, container):
    samples = np.round(noise(n_channels) * 2**15) / 2**15
    audio = decode_audio(encoded(samples, format=container, subtype="PCM_16"))
    np.testing.assert_array_equal(audio.samples, samples.astype(np.float32))


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 48_000, 96_000, 192_000])
def test_rates_are_kept(rate_hz):
    audio = decode_audio(encoded(noise(1, 1.0, rate_hz), rate_hz))
    assert (audio.rate_hz, audio.duration_s) == (rate_hz, 1.0)


def test_float_samples_above_one_are_kept():
    audio = decode_audio(encoded(noise() * 20, subtype="FLOAT"))
    assert np.abs(audio.samples).max() > 1.5


def bad_files():
    good = encoded(noise())
    flac = encoded(noise(), format="FLAC")
    nan = noise()
    nan[0, 100] = np.nan
    lying_rate = bytearray(good)
    lying_rate[24:28] = struct.pack("<I", 2**31 - 1)
    slow = bytearray(good)
    slow[24:28] = struct.pack("<I", 1)
    wide = bytearray(good)
    wide[22:24] = struct.pack("<H", 1024)
    return {
        "empty": (b"", "empty"),
        "text": (b"this is a poem, not a song" * 50, "not a supported"),
        "html": (b"<html><script>alert(1)</script>", "not a supported"),
        "zip": (b"PK\x03\x04" + bytes(500), "not a supported"),
        "concat": (b"ffconcat version 1.0\nfile /etc/passwd\n", "not a supported"),
        "playlist": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not a supported"),
        "truncated wav": (good[: len(good) // 2], "truncated"),
        "truncated flac": (flac[: len(flac) // 2], "truncated|damaged"),
        "header only": (good[:44], "truncated|no sound"),
        "nan": (encoded(nan, subtype="FLOAT"), "NaN"),
        "infinite": (encoded(np.full((1, 16000), np.inf), subtype="FLOAT"), "NaN"),
        "absurd": (encoded(np.full((1, 16000), 1e30), subtype="FLOAT"), "large"),
        "too short": (encoded(noise(1, 0.1)), "0.10 s"),
        "rate": (bytes(lying_rate), "Hz"),
        "slow": (bytes(slow), "Hz"),
        "channels": (bytes(wide), "channels|cannot be read|damaged"),
        "ogg head": (b"OggS" + bytes(1000), "cannot be read"),
        "mp3 head": (b"\xff\xfb" + bytes(1000), "cannot be read|no sound|damaged"),
        "m4a head": (b"\x00\x00\x00\x20ftypM4A " + bytes(1000), "damaged"),
    }


@pytest.mark.parametrize("kind", bad_files())
def test_bad_files_get_one_sentence(kind):
    data, words = bad_files()[kind]
    with pytest.raises(AudioError, match=words) as caught:
        decode_audio(data, name="upload.mp3")
    message = str(caught.value)
    assert message.startswith("upload.mp3: ")
    assert "\n" not in message
    assert "Traceback" not in message


def test_a_missing_file_and_a_folder_are_said(tmp_path):
    for path in (tmp_path / "none.wav", tmp_path):
        with pytest.raises(AudioError, match="cannot be read"):
            decode_audio(path)


def test_a_file_of_many_bytes_is_refused_unread():
    with pytest.raises(AudioError, match="larger than 1 MB"):
        decode_audio(bytes(2**21), limits=DecodeLimits(max_bytes=2**20))


def test_silence_is_no_bomb():
    """A small file that decodes to an hour stops at the cap, not at the end."""
    silence = np.zeros((1, 3600 * 8000), np.int16)
    bomb = encoded(silence, 8_000, format="FLAC")
    assert len(bomb) < 2**20
    with pytest.raises(AudioError, match="longer than 15 minutes"):
        decode_audio(bomb)


def test_a_header_that_announces_billions_is_not_believed():
    data = bytearray(encoded(noise(), format="FLAC"))
    data[21] |= 0x0F  # the 36 bits of the frame count
    data[22:26] = b"\xff\xff\xff\xff"
    with pytest.raises(AudioError, match="truncated|longer|damaged"):
        decode_audio(bytes(data))


def test_reference_files_are_never_opened(tmp_path):
    """A movie whose track lives in another file must not bring that file in."""
    canary = tmp_path / "canary.wav"
    canary.write_bytes(encoded(noise()))
    for payload in (
        f"ffconcat version 1.0\nfile '{canary}'\n".encode(),
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{canary}\n".encode(),
    ):
        for disguise in (b"", b"ID3\x03\x00\x00\x00\x00\x00\x00", b"\x00\x00\x00\x20ftypM4A "):
            path = tmp_path / "song.m4a"
            path.write_bytes(disguise + payload)
            with pytest.raises(AudioError):
                decode_audio(path)


def test_the_child_dying_is_an_error_not_a_crash():
    tight = DecodeLimits(memory_bytes=64 * 2**20)
    with pytest.raises(AudioError, match="limits|memory|damaged"):
        decode_audio(encoded(noise(2, 30)), limits=tight)


def test_works_from_a_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(decode_audio(encoded(noise()))))
    thread.start()
    thread.join()
    assert isinstance(found[0], Audio)


def test_mutations_raise_nothing_but_typed_errors(song_files):
    """Flipped, cut and spliced files either decode or give one sentence."""
    rng = np.random.default_rng(5)
    good = [song_files[s].read_bytes()[:60_000] for s in ("flac", "ogg", "mp3", "m4a", "wav")]
    outcomes = set()
    for i in range(30):
        data = bytearray(good[i % 5])
        for at in rng.integers(0, len(data), rng.integers(1, 40)):
            data[at] = rng.integers(0, 256)
        if i % 3 == 0:
            data = data[: rng.integers(1, len(data))]
        try:
            decode_audio(bytes(data))
            outcomes.add("decoded")
        except AudioError:
            outcomes.add("refused")
    assert "refused" in outcomes


def test_sniffing_goes_by_content(song_files):
    kinds = {suffix: sniff_format(path.read_bytes()) for suffix, path in song_files.items()}
    assert kinds == {"wav": "WAV", "flac": "FLAC", "ogg": "OGG", "mp3": "MP3", "m4a": "M4A"}
    tagged = b"ID3\x03\x00\x00\x00\x00\x00\x05hello" + song_files["flac"].read_bytes()
    assert sniff_format(tagged) == "FLAC"
