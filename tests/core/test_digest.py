import numpy as np
import pytest

from musiclime_core.digest import clock, mattered, summary
from musiclime_core.explanation import Explanation, Unit


def explained(weights, errors=0.001, units=None):
    units = units or (
        Unit("vocals0", "audio", "vocals", 0, 0.0, 3.0),
        Unit("drums0", "audio", "drums", 0, 0.0, 3.0),
        Unit("drums1", "audio", "drums", 1, 3.0, 62.0),
        Unit("grave", "lyrics", spans=((0, 5),)),
    )
    weights = np.asarray(weights, float)[:, None]
    return Explanation(
        labels=("heavy music", "pop"),
        scores=np.array([0.625, 0.375], np.float32),
        explained=("heavy music",),
        units=units,
        weights=weights,
        standard_errors=np.full_like(weights, errors),
        intercepts=np.zeros(1),
        fit=np.ones(1),
        boundaries_s=(0.0, 3.0, 62.0),
    )


def test_names_the_strongest_reasons_and_the_shares():
    assert summary(explained([0.1, 0.0, 0.5, 0.2])) == (
        "Heavy music (62%), mainly because of drums 0:03–1:02, “grave” and vocals 0:00–0:03; "
        "audio 75%, lyrics 25% of the weight."
    )


def test_one_modality_needs_no_shares():
    assert summary(explained([0.0, 0.0, 0.5, 0.0])).endswith("because of drums 0:03–1:02.")


def test_chance_is_called_chance():
    assert "beyond chance" in summary(explained([0.1, 0.1, 0.1, 0.1], errors=1.0))
    assert "beyond chance" in summary(explained([-0.1, -0.1, 0.0, -0.1]))


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([0.5, 0.3, 0.2, 0.9], [True, True, False]),
        ([0.1, -0.9, 0.8, 0.0], [False, False, True]),
        ([-0.1, -0.9, 0.0, 0.5], [False, False, False]),
    ],
)
def test_what_mattered_holds_most_of_the_support(weights, expected):
    assert mattered(explained(weights), "heavy music").tolist() == expected


def test_noise_does_not_matter():
    assert not mattered(explained([0.1] * 4, errors=1.0), "heavy music").any()


def test_clock():
    assert [clock(s) for s in (0, 9.4, 59.6, 600)] == ["0:00", "0:09", "1:00", "10:00"]
