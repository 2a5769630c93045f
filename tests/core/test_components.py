import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musiclime_core.components import FADE_S, Components, segment_boundaries
from musiclime_core.errors import ParameterError
from musiclime_core.separation.stems import Stems
from musiclime_core.song import Audio
from tests.doubles import N_SEGMENTS, RATE_HZ, SEGMENT_S, tone_stems

BOUNDARIES_S = tuple(SEGMENT_S * k for k in range(N_SEGMENTS + 1))


@pytest.fixture(scope="module")
def components():
    return Components(tone_stems(residual=0.1), BOUNDARIES_S)


def noise_stems(n_channels: int = 2, n_samples: int = 16_003) -> Stems:
    rng = np.random.default_rng(1)
    stems = rng.normal(0, 0.1, (4, n_channels, n_samples)).astype(np.float32)
    mix = stems.sum(axis=0) + rng.normal(0, 0.01, (n_channels, n_samples)).astype(np.float32)
    return Stems(("vocals", "drums", "bass", "other"), stems, Audio(mix, 16_000))


def test_all_components_are_the_mix():
    stems = noise_stems()
    components = Components(stems, segment_boundaries(stems.mix.duration_s, n_segments=7))
    everything = components.render(np.ones(components.n_units, bool))
    np.testing.assert_array_equal(everything.samples, stems.mix.samples)


def test_no_component_is_the_residual():
    stems = noise_stems()
    components = Components(stems, segment_boundaries(stems.mix.duration_s, n_segments=7))
    nothing = components.render(np.zeros(components.n_units, bool))
    np.testing.assert_allclose(nothing.samples, stems.residual, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**20 - 1))
def test_a_selection_and_its_complement_add_up_to_the_mix(bits):
    components = Components(tone_stems(residual=0.1), BOUNDARIES_S)
    mask = np.array([bits >> unit & 1 for unit in range(20)], bool)
    chosen = components.render(mask, residual=False).samples
    rest = components.render(~mask).samples
    np.testing.assert_allclose(chosen + rest, components.stems.mix.samples, atol=1e-6)


def test_each_component_sounds_in_its_own_segment_alone(components):
    for unit, name in enumerate(components.names):
        mask = np.zeros(components.n_units, bool)
        mask[unit] = True
        sound = components.render(mask, residual=False).samples[0]
        segment = unit % N_SEGMENTS
        start, end = components.edges[segment : segment + 2]
        margin = round(FADE_S * RATE_HZ / 2)
        outside = np.concatenate([sound[: max(start - margin, 0)], sound[end + margin :]])
        assert not outside.any(), name
        assert sound[start:end].std() > 0.1, name


def test_neighbours_join_without_a_trace(components):
    mask = np.zeros(components.n_units, bool)
    mask[: components.n_segments] = True  # all of the first source
    sound = components.render(mask, residual=False)
    np.testing.assert_allclose(sound.samples, components.stems["vocals"].samples, atol=1e-6)


def test_cut_components_do_not_click():
    """A cut in a steady low tone must not leave a step larger than the tone's own slope."""
    time_s = np.arange(RATE_HZ * 2) / RATE_HZ
    tone = np.cos(2 * np.pi * 50 * time_s)[None].astype(np.float32)
    stems = Stems(("other",), tone[None], Audio(tone, RATE_HZ))
    mask = np.array([False, True, False, True])
    steps = {
        fade_s: np.abs(
            np.diff(
                Components(stems, (0.0, 0.5, 1.0, 1.5, 2.0), fade_s=fade_s).render(mask).samples
            )
        ).max()
        for fade_s in (0.0, FADE_S)
    }
    assert steps[0.0] > 0.9
    assert steps[FADE_S] < 0.08


def test_equal_local_masks_give_equal_bits(components):
    """What lets a predictor recognise windows it has already heard."""
    rng = np.random.default_rng(0)
    masks = rng.random((64, components.n_units)) < 0.5
    together = components.compose(masks)
    alone = np.concatenate([components.compose(mask[None]) for mask in masks])
    np.testing.assert_array_equal(together, alone)
    table = masks.reshape(64, 4, N_SEGMENTS)
    start, end = components.edges[2] + 40, components.edges[3] - 40
    seen: dict[bytes, bytes] = {}
    for row, local in enumerate(table[:, :, 2]):
        window = together[row, :, start:end].tobytes()
        assert seen.setdefault(local.tobytes(), window) == window
    assert len(seen) > 8


def test_one_component_is_cut_out_with_its_fades(components):
    clip = components.only(7)  # drums2
    assert clip.duration_s == pytest.approx(SEGMENT_S + FADE_S, abs=2 / RATE_HZ)
    assert abs(clip.samples[0, 0]) < 1e-3
    assert abs(clip.samples[0, -1]) < 1e-3


def test_a_wrong_mask_is_refused(components):
    with pytest.raises(ParameterError, match="20 components"):
        components.render(np.ones(3, bool))


def test_boundaries_by_count_cover_the_song():
    boundaries_s = segment_boundaries(31.7, n_segments=10)
    assert len(boundaries_s) == 11
    assert (boundaries_s[0], boundaries_s[-1]) == (0.0, 31.7)


def test_boundaries_by_length_leave_the_rest_to_the_last():
    assert segment_boundaries(10.5, segment_s=3.0) == (0.0, 3.0, 6.0, 10.5)
    assert segment_boundaries(2.0, segment_s=3.0) == (0.0, 2.0)


def test_given_boundaries_are_kept_and_closed():
    assert segment_boundaries(10.0, given_s=(2.0, 7.5)) == (0.0, 2.0, 7.5, 10.0)
    assert segment_boundaries(10.0, given_s=(0.0, 5.0, 10.0)) == (0.0, 5.0, 10.0)


@pytest.mark.parametrize("duration_s", [30.0, 29.9, 31.4, 47.0, 200.3])
def test_boundaries_stand_on_the_grid_where_it_has_room(duration_s):
    inner = segment_boundaries(duration_s, n_segments=10, grid_s=3.0)[1:-1]
    assert len(inner) == 9
    np.testing.assert_allclose(np.asarray(inner) % 3.0, 0.0, atol=1e-9)


def test_the_count_wins_over_a_grid_without_room():
    boundaries_s = segment_boundaries(10.0, n_segments=10, grid_s=3.0)
    np.testing.assert_allclose(np.diff(boundaries_s), 1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_segments": 0},
        {"n_segments": 100_000},
        {"n_segments": 900},
        {"segment_s": 0.001},
        {"segment_s": float("nan")},
        {"given_s": (5.0, 4.0)},
        {"given_s": (11.0,)},
        {"given_s": (-1.0,)},
        {"given_s": (float("nan"),)},
    ],
)
def test_impossible_segments_are_refused(wrong):
    with pytest.raises(ParameterError):
        segment_boundaries(10.0, **wrong)


@pytest.mark.parametrize(
    ("duration_s", "grid_s", "expected"),
    [(6.08, 3.0, 2), (2.0, 3.0, 1), (30.0, 3.0, 10), (240.0, 3.0, 10), (6.08, None, 10)],
)
def test_default_is_ten_segments_or_one_a_window(duration_s, grid_s, expected):
    assert len(segment_boundaries(duration_s, grid_s=grid_s)) == expected + 1
