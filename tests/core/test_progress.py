"""Progress names its stage, and a wish to stop is heard."""

import pytest

from musiclime_core.errors import Cancelled
from musiclime_core.progress import LISTENING, STAGES, Ticker


def test_progress_is_reported_with_its_stage():
    seen = []
    Ticker(seen.append, None)(LISTENING)(0.25)
    (progress,) = seen
    assert (progress.stage, progress.fraction) == (LISTENING, 0.25)
    assert STAGES[progress.stage_index] == LISTENING
    assert progress.n_stages == len(STAGES)


def test_a_wish_to_stop_comes_before_progress():
    seen = []
    with pytest.raises(Cancelled):
        Ticker(seen.append, lambda: True)(LISTENING)(0.5)
    assert seen == []
