"""Pictures show the numbers, and text from songs never becomes markup."""

import numpy as np
import pytest

from explorer.charts import headline, score_bars, sentence, weight_rows
from explorer.player import player_data
from musiclime_core.explanation import Explanation, Unit

EVIL = "<script>fired()</script>"


@pytest.fixture
def explanation():
    return Explanation(
        labels=("folk", EVIL),
        scores=np.array([0.25, 0.75], np.float32),
        explained=("folk", EVIL),
        units=(
            Unit("drums0", "audio", "drums", 0, 0.0, 3.0),
            Unit("drums1", "audio", "drums", 1, 3.0, 6.0),
            Unit("bass0", "audio", "bass", 0, 0.0, 3.0),
            Unit("bass1", "audio", "bass", 1, 3.0, 6.0),
            Unit(EVIL, "lyrics", spans=((0, 4),)),
        ),
        weights=np.array([[0.0, 0.3], [0.0, 0.1], [0.1, -0.2], [0.0, 0.001], [0.0, 0.2]]),
        standard_errors=np.full((5, 2), 0.01),
        intercepts=np.zeros(2),
        fit=np.array([0.5, 0.9]),
        boundaries_s=(0.0, 3.0, 6.0),
        song={"title": EVIL, "artist": "A & B", "lyrics": "evil", "duration_s": 6.0},
    )


def test_all_text_is_escaped(explanation):
    for html in (
        headline(explanation, {"described_as": EVIL}),
        sentence(explanation, EVIL),
        score_bars(explanation),
    ):
        assert "<script>" not in html
        assert "&lt;script&gt;" in html
    assert "A &amp; B" in headline(explanation, {})


def test_bars_are_sorted_with_their_numbers(explanation):
    html = score_bars(explanation)
    assert html.index("75%") < html.index("25%")
    assert "width:75.0%" in html


def test_table_holds_every_part_with_a_verdict(explanation):
    rows = weight_rows(explanation, EVIL)
    assert [row["weight"] for row in rows] == [0.3, -0.2, 0.2, 0.1, 0.001]
    assert [row["verdict"] for row in rows[:2]] == ["supports", "opposes"]
    assert rows[-1]["verdict"] == "within chance"


def test_player_gets_tables_by_source_and_segment(explanation):
    data = player_data(explanation, EVIL, {"drums": b"x", "bass": b"y"})
    assert data["sources"] == ["drums", "bass"]
    assert data["weights"] == [[0.3, 0.1], [-0.2, 0.001]]
    assert data["noise"] == [[False, False], [False, True]]
    assert data["mattered"] == [[True, True], [False, False]]
    assert data["scale"] == 0.3
    assert data["units"][0]["spans"] == [[0, 4]]


def test_player_without_sound_shows_words_alone(explanation):
    data = player_data(explanation, EVIL, {})
    assert data["sources"] == []
    assert data["text"] == "evil"
