import numpy as np
import pytest

from musiclime_core.errors import Cancelled, ParameterError
from musiclime_core.separation import load_separator
from musiclime_core.song import Audio


@pytest.fixture(scope="module")
def spleeter():
    return load_separator("spleeter")


def sdr_db(truth: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10((truth**2).sum() / ((truth - estimate) ** 2).sum()))


def test_separates_a_real_song(spleeter, true_stems):
    mix = true_stems["mix"].samples
    stems = spleeter.separate(true_stems["mix"])
    quality = {name: sdr_db(true_stems[name].samples, stems[name].samples) for name in stems.names}
    assert quality["vocals"] > 4.5
    assert sdr_db(mix - true_stems["vocals"].samples, mix - stems["vocals"].samples) > 11.5
    assert all(quality[name] > 1 for name in ("drums", "bass", "other"))
    assert np.abs(stems.residual).max() < 1e-5


@pytest.mark.parametrize(("n_channels", "rate_hz"), [(1, 44_100), (6, 44_100), (2, 8_000)])
@pytest.mark.parametrize("name", ["spleeter", "hpss"])
def test_any_format_adds_up_to_the_mix(name, n_channels, rate_hz):
    rng = np.random.default_rng(0)
    audio = Audio(rng.normal(0, 0.1, (n_channels, rate_hz + 17)).astype(np.float32), rate_hz)
    stems = load_separator(name).separate(audio)
    np.testing.assert_allclose(stems.samples.sum(axis=0) + stems.residual, audio.samples, atol=1e-6)


def test_silence_stays_silent(spleeter):
    stems = spleeter.separate(Audio(np.zeros((2, 44_100), np.float32), 44_100))
    assert not stems.samples.any()


def test_progress_can_stop_the_work(spleeter):
    def stop(fraction: float) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        spleeter.separate(Audio(np.zeros((2, 44_100), np.float32), 44_100), stop)


def test_unknown_names_are_listed():
    with pytest.raises(ParameterError, match="spleeter, hpss"):
        load_separator("magic")
