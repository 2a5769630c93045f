"""Tables for a terminal show what is there, and never read a song's words as markup."""

import io

import numpy as np
import pytest
from rich.console import Console

from musiclime_core.explanation import Explanation, Unit
from musiclime_core.tables import explanation_tables, score_table


def printed(*parts) -> str:
    console = Console(file=io.StringIO(), width=100)
    for part in parts:
        console.print(part)
    return console.file.getvalue()


@pytest.fixture
def explanation():
    return Explanation(
        labels=("folk", "punk"),
        scores=np.array([0.25, 0.75], np.float32),
        explained=("folk", "punk"),
        units=(
            Unit("drums0", "audio", "drums", 0, 0.0, 3.0),
            Unit("[bold red]riot[/]\n\x1b[2Jx", "lyrics", spans=((0, 4),)),
            Unit("town", "lyrics", spans=((5, 9),)),
        ),
        weights=np.array([[0.0, 0.3], [0.1, -0.2], [0.0, 0.01]]),
        standard_errors=np.array([[0.01, 0.01], [0.01, 0.01], [0.01, 0.01]]),
        intercepts=np.zeros(2),
        fit=np.array([0.5, 0.875]),
        boundaries_s=(0.0, 3.0),
        parameters={"n_perturbations": 100},
    )


def test_predicted_label_is_explained(explanation):
    text = printed(*explanation_tables(explanation))
    assert "For punk" in text
    assert "drums" in text
    assert "0:00–0:03" in text
    assert "+0.300" in text
    assert "-0.200" in text
    assert "opposes" in text
    assert "R² 0.88 over 100" in text


def test_words_are_no_markup_and_no_terminal_codes(explanation):
    text = printed(*explanation_tables(explanation))
    assert "“[bold red]riot[/]" in text
    assert "\x1b" not in text


def test_scores_are_sorted():
    lines = printed(score_table({"a": 0.1, "b": 0.9})).splitlines()
    assert lines[0].startswith("b")
    assert "90.0%" in lines[0]
