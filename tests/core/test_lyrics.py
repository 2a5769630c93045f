"""Lyrics of any kind are read, cut and put together again without losing a character."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musiclime_core.errors import LyricsError, ParameterError
from musiclime_core.lyrics import LYRIC_UNITS, line_spans, lyric_units, read_lyrics, remove_units
from musiclime_core.song import Lyrics

KINDS = tuple(LYRIC_UNITS)
TEXTS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
    | st.sampled_from("\n '’-"),
    max_size=120,
)


def names(text: str, kind: str = "words") -> list[str]:
    return [unit.name for unit in lyric_units(Lyrics(text), kind)]


# ---- reading ----------------------------------------------------------------------


def test_lrc_times_offset_and_tags():
    lyrics = read_lyrics("[ti:T]\n[offset:500]\n[00:03.00]b c\n[00:01.50]a\n")
    assert lyrics.text == "a\nb c"
    assert [span.time_s for span in lyrics.line_times] == [1.0, 2.5]
    assert ("ti", "T") in lyrics.metadata


def test_lrc_word_times_point_at_words():
    lyrics = read_lyrics("[00:10.00] <00:10.00> Rain <00:10.50> on <00:11.25> me\n[00:12.00]stop")
    assert lyrics.text == "Rain on me\nstop"
    words = [(lyrics.text[s.start : s.end], s.time_s) for s in lyrics.word_times]
    assert words == [("Rain", 10.0), ("on", 10.5), ("me", 11.25)]
    lines = [(lyrics.text[s.start : s.end], s.time_s) for s in lyrics.line_times]
    assert lines == [("Rain on me", 10.0), ("stop", 12.0)]


def test_lrc_chorus_with_several_stamps_is_sung_each_time():
    lyrics = read_lyrics("[00:01.00][00:05.00]hey\n[00:03.00]you\n[01:02:03.00]late")
    assert lyrics.text == "hey\nyou\nhey\nlate"
    assert [span.time_s for span in lyrics.line_times] == [1.0, 3.0, 5.0, 3723.0]


def test_offset_never_makes_negative_times():
    lyrics = read_lyrics("[offset:+9000]\n[00:01.00]a")
    assert lyrics.line_times[0].time_s == 0.0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_encodings(encoding):
    assert read_lyrics("Été on the hill".encode(encoding)).text == "Été on the hill"


def test_old_encodings_are_guessed():
    text = "Die Straße führt über die Brücke, und schöne Mädchen grüßen früh am Morgen."
    assert read_lyrics(text.encode("cp1252")).text == text


@pytest.mark.parametrize("data", [b"", b"  \n", b"\x00\x01\x02" * 9, b"a" * 1_000_001])
def test_unusable_lyrics(data):
    with pytest.raises(LyricsError):
        read_lyrics(data)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(LyricsError, match=r"song\.lrc: cannot be read"):
        read_lyrics(tmp_path / "song.lrc")


def test_odd_characters_are_cleaned_once():
    lyrics = read_lyrics("a\x07b\r\nc\rd\u2028e \ud800 cafe\u0301")
    assert lyrics.text == "ab\nc\nd\ne ? café"
    assert read_lyrics(lyrics.text).text == lyrics.text


def test_ninety_thousand_stamps_are_read():
    lyrics = read_lyrics("[00:01.00]" * 90_000 + "word")
    assert len(lyrics.line_times) == 90_000


# ---- units ------------------------------------------------------------------------


def test_bag_ignores_case_and_apostrophes():
    assert names("Don’t stop, DON'T stop") == ["don't", "stop"]
    assert names("Don’t stop, DON'T", "occurrences") == ["don't#1", "stop", "don't#2"]


def test_lines_and_sections():
    text = "one two\nthree\n\n…\n\none two"
    assert names(text, "lines") == ["one two#1", "three", "one two#2"]
    assert names(text, "sections") == ["section 1", "section 2"]


def test_authors_tokens_keep_case_and_split_apostrophes():
    assert names("Don't stop stop_it", "authors") == ["Don", "t", "stop", "stop_it"]


@pytest.mark.parametrize(
    "text", ["שלום עולם", "привет мир", "夜 明け", "naïve façade", "한국 노래"]
)
def test_words_of_other_scripts(text):
    assert names(text) == text.split()


def test_unknown_kind_is_named():
    with pytest.raises(ParameterError, match="lines"):
        lyric_units(Lyrics("a"), "syllables")


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from(KINDS))
def test_units_are_disjoint_spans_of_the_text(text, kind):
    units = lyric_units(Lyrics(text), kind)
    assert len({unit.name for unit in units}) == len(units)
    spans = sorted(span for unit in units for span in unit.spans)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_line_spans_are_the_stripped_lines(text):
    spans = line_spans(text)
    assert [text[start:end] for start, end in spans] == [s.strip() for s in text.split("\n")]


# ---- removal ----------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from(KINDS), st.booleans())
def test_keeping_everything_keeps_the_text(text, kind, tidy):
    units = lyric_units(Lyrics(text), kind)
    assert remove_units(text, units, np.ones(len(units), bool), tidy=tidy) == text


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.integers(0, 2**32 - 1))
def test_removal_leaves_just_the_kept_words_in_order(text, seed):
    units = lyric_units(Lyrics(text), "occurrences")
    mask = np.random.default_rng(seed).random(len(units)) < 0.5
    left = remove_units(text, units, mask, tidy=False)
    gone = {span for unit, kept in zip(units, mask, strict=True) if not kept for span in unit.spans}
    inside = {i for start, end in gone for i in range(start, end)}
    assert left == "".join(c for i, c in enumerate(text) if i not in inside)


def test_tidy_removal_closes_doubled_spaces_and_keeps_lines():
    text = "rain on the roof\nand rain again"
    units = lyric_units(Lyrics(text))
    mask = np.array([unit.name not in ("rain", "the") for unit in units])
    assert remove_units(text, units, mask) == "on roof\nand again"


def test_overlapping_kinds_remove_whole_lines():
    text = "one two\nthree"
    units = lyric_units(Lyrics(text), "lines")
    assert remove_units(text, units, np.array([False, True])) == "\nthree"
