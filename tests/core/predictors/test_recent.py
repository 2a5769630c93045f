"""What was used longest ago is forgotten first."""

import pytest

from musiclime_core.predictors.recent import Recent


def test_forgets_the_longest_unused():
    recent = Recent(2)
    recent[b"a"], recent[b"b"] = 1, 2
    assert recent[b"a"] == 1
    recent[b"c"] = 3
    assert b"a" in recent
    assert b"b" not in recent
    with pytest.raises(KeyError):
        _ = recent[b"b"]
