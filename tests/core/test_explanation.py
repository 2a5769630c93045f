import json

import numpy as np
import pytest

from musiclime_core.errors import ParameterError, StoredFormatError
from musiclime_core.explanation import SCHEMA_VERSION, Explanation, Unit


@pytest.fixture
def explanation():
    return Explanation(
        labels=("folk", "punk", "pop"),
        scores=np.array([0.2, 0.7, 0.1], np.float32),
        explained=("folk", "punk"),
        units=(
            Unit("vocals0", "audio", "vocals", 0, 0.0, 3.0),
            Unit("vocals1", "audio", "vocals", 1, 3.0, 6.5),
            Unit("drums0", "audio", "drums", 0, 0.0, 3.0),
            Unit("drums1", "audio", "drums", 1, 3.0, 6.5, seen=False),
            Unit("riot", "lyrics", spans=((0, 4), (9, 13))),
            Unit("<b>", "lyrics", spans=((5, 8),)),
        ),
        weights=np.array([[0.1, -0.1], [0.0, 0.3], [-0.2, 0.05], [0, 0], [0.05, 0.15], [0, -0.2]]),
        standard_errors=np.array([[0.01, 0.01]] * 2 + [[0.01, 0.04]] + [[0.0, 0.0]] * 3),
        intercepts=np.array([0.25, 0.5]),
        fit=np.array([0.9, 0.8]),
        boundaries_s=(0.0, 3.0, 6.5),
        parameters={"seed": 1},
        model={"name": "m", "version": "v"},
        song={"lyrics": "riot <b> riot", "title": "Ünïcode"},
    )


def names(rows):
    return [row.unit.name for row in rows]


def test_the_best_score_is_the_prediction(explanation):
    assert explanation.predicted == explanation.default_label == "punk"
    assert explanation.score("pop") == pytest.approx(0.1)


def test_query_sorts_and_filters(explanation):
    assert names(explanation.query("punk"))[:2] == ["vocals1", "<b>"]
    assert names(explanation.query("punk", sort="weight"))[::5] == ["vocals1", "<b>"]
    assert names(explanation.query("punk", sort="unit"))[0] == "vocals0"
    assert names(explanation.query("punk", modality="lyrics")) == ["<b>", "riot"]
    assert names(explanation.query("punk", source="drums")) == ["drums0", "drums1"]


def test_top_keeps_one_sign(explanation):
    assert names(explanation.top("punk", 2)) == ["vocals1", "riot"]
    assert names(explanation.top("punk", supporting=False)) == ["<b>", "vocals0"]


def test_weights_inside_their_error_are_noise(explanation):
    noise = {row.unit.name for row in explanation.query("punk") if row.is_noise}
    assert noise == {"drums0", "drums1"}


def test_heatmap_is_sources_by_segments(explanation):
    sources, table = explanation.heatmap("punk")
    assert sources == ("vocals", "drums")
    np.testing.assert_array_equal(table, [[-0.1, 0.3], [0.05, 0]])


def test_shares_add_up(explanation):
    audio, lyrics = explanation.modality_shares("punk")
    assert audio == pytest.approx(0.45 / 0.8)
    assert audio + lyrics == pytest.approx(1)


@pytest.mark.parametrize(
    "ask",
    [lambda e: e.query("pop"), lambda e: e.score("jazz"), lambda e: e.query("punk", sort="x")],
)
def test_unknown_names_are_refused(explanation, ask):
    with pytest.raises(ParameterError, match="choose from"):
        ask(explanation)


def test_json_round_trip_loses_nothing(explanation, tmp_path):
    path = tmp_path / "e.json"
    explanation.save(path)
    back = Explanation.from_json(path.read_text(encoding="utf-8"))
    assert back.to_json() == explanation.to_json()
    assert back.units == explanation.units
    np.testing.assert_array_equal(back.weights, explanation.weights)
    assert list(tmp_path.iterdir()) == [path]
    assert json.loads(explanation.to_json())["schema_version"] == SCHEMA_VERSION


def test_a_failed_save_leaves_the_old_result(explanation, tmp_path):
    path = tmp_path / "e.json"
    explanation.save(path)
    before = path.read_bytes()
    explanation.parameters["bad"] = float("nan")
    with pytest.raises(ValueError, match="JSON"):
        explanation.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_newer_schema_is_refused(explanation):
    record = json.loads(explanation.to_json()) | {"schema_version": SCHEMA_VERSION + 1}
    with pytest.raises(StoredFormatError, match="newer"):
        Explanation.from_json(json.dumps(record))


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"schema_version": 1}', "\x00", "1e999"])
def test_damage_is_a_typed_error(text):
    with pytest.raises(StoredFormatError):
        Explanation.from_json(text)


def test_every_missing_or_foreign_part_is_a_typed_error(explanation):
    record = json.loads(explanation.to_json())
    for key in set(record) - {"package_version", "predicted"}:
        for value in (None, "x", [[["x"]]], {"a": 1}):
            if isinstance(value, dict) and isinstance(record[key], dict):
                continue  # free-form records may hold anything
            with pytest.raises(StoredFormatError):
                Explanation.from_json(json.dumps(record | {key: value}))


def test_shapes_must_agree(explanation):
    with pytest.raises(StoredFormatError, match="shape"):
        Explanation(
            labels=("a",),
            scores=np.zeros(1, np.float32),
            explained=("a",),
            units=(),
            weights=np.zeros((1, 1)),
            standard_errors=np.zeros((0, 1)),
            intercepts=np.zeros(1),
            fit=np.zeros(1),
        )
