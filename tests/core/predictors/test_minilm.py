"""Texts become embeddings that follow meaning, whatever their length or neighbours."""

import numpy as np
import pytest

from musiclime_core.predictors.minilm import WIDTH, MiniLmEncoder


@pytest.fixture(scope="module")
def encoder():
    return MiniLmEncoder()


def test_equals_the_sentence_transformers_recipe(encoder):
    import torch
    from transformers import AutoModel, AutoTokenizer

    from musiclime_core.weights import verified

    folder = verified("minilm").parent
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)
    text = "We walked along the river when the night was young"
    with torch.inference_mode():
        states = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
    mean = states.mean(dim=0)
    np.testing.assert_allclose(encoder.embed([text])[0], mean / mean.norm(), atol=1e-6)


def test_meaning_is_near(encoder):
    death, grave, party = encoder.embed(["death and burial", "a cold grave", "a summer party"])
    assert death @ grave > death @ party + 0.1


@pytest.mark.parametrize("text", ["", "  \n ", "… — !?"])
def test_no_words_say_nothing(encoder, text):
    assert not encoder.embed([text]).any()


def test_neighbours_do_not_matter(encoder):
    text = "the same line"
    alone = MiniLmEncoder().embed([text])[0]
    among = encoder.embed(["a", "much longer words " * 40, text, "b"])[2]
    np.testing.assert_array_equal(alone, among)


def test_long_texts_are_read_to_the_end(encoder):
    verse = "the harvest moon above the barley field " * 100
    plain, ended = encoder.embed([verse, verse + "blood and war and death in hell " * 30])
    assert plain @ ended < 0.95
    np.testing.assert_allclose(np.linalg.norm([plain, ended], axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("text", ["\ud800 lone", "שלום עולם", "🎸🎶 rock", "a" * 100_000])
def test_odd_texts_are_read(encoder, text):
    assert np.isfinite(encoder.embed([text])).all()


def test_no_texts_give_no_rows(encoder):
    assert encoder.embed([]).shape == (0, WIDTH)
