"""Weights are what was recorded, and reading them runs no code."""

import hashlib
import pickle
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from musiclime_core import weights
from musiclime_core.errors import WeightsError
from musiclime_core.weights import WEIGHTS, read_array_pickle, verified, weights_state


class Canary:
    """Leaves a file behind if it is ever unpickled in earnest."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def archive(path, content) -> None:
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("weights/data.pkl", pickle.dumps(content))


@pytest.mark.parametrize("name", WEIGHTS)
def test_every_recorded_weight_is_intact(name):
    path = verified(name)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == WEIGHTS[name].sha256
    assert WEIGHTS[name].licence
    assert WEIGHTS[name].source


def test_altered_and_absent_weights_are_refused(monkeypatch):
    record = WEIGHTS["minilm"]
    monkeypatch.setitem(weights.WEIGHTS, "minilm", replace(record, sha256="0" * 64))
    with pytest.raises(WeightsError, match="altered"):
        verified("minilm")
    monkeypatch.setitem(weights.WEIGHTS, "minilm", replace(record, package="no_such_package"))
    with pytest.raises(WeightsError, match="not installed"):
        verified("minilm")
    monkeypatch.setitem(weights.WEIGHTS, "minilm", replace(record, file="model/none.bin"))
    with pytest.raises(WeightsError, match="not there"):
        verified("minilm")
    states = {state["name"]: state["state"] for state in weights_state()}
    assert "not there" in states.pop("minilm")
    assert set(states.values()) == {"intact"}


def test_arrays_are_read(tmp_path):
    content = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.zeros(4, np.float32)}
    archive(tmp_path / "w.ckpt", content)
    found = read_array_pickle(tmp_path / "w.ckpt")
    assert set(found) == {"a", "b"}
    np.testing.assert_array_equal(found["a"], content["a"])


def test_code_in_weights_does_not_run(tmp_path):
    canary = tmp_path / "canary"
    archive(tmp_path / "w.ckpt", {"a": Canary(canary)})
    with pytest.raises(WeightsError, match="open"):
        read_array_pickle(tmp_path / "w.ckpt")
    assert not canary.exists()


@pytest.mark.parametrize(
    "content",
    [
        {"a": np.array([np.nan], np.float32)},
        {"a": np.zeros(2, np.float64)},
        {"a": "text"},
        [np.zeros(2, np.float32)],
        {1: np.zeros(2, np.float32)},
    ],
)
def test_anything_but_named_finite_float32_arrays_is_refused(tmp_path, content):
    archive(tmp_path / "w.ckpt", content)
    with pytest.raises(WeightsError):
        read_array_pickle(tmp_path / "w.ckpt")


def test_damaged_files_are_refused(tmp_path):
    (tmp_path / "w.ckpt").write_bytes(b"no archive")
    with pytest.raises(WeightsError, match="no readable"):
        read_array_pickle(tmp_path / "w.ckpt")
