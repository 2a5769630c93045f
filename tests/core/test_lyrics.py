import numpy as np
import pytest

from musiclime_core.errors import LyricsError
from musiclime_core.lyrics import lyric_units, read_lyrics, remove_units
from musiclime_core.song import Lyrics


def test_lrc_times_offset_and_tags():
    lyrics = read_lyrics("[ti:T]\n[offset:500]\n[00:03.00]b c\n[00:01.50]a\n")
    assert lyrics.text == "a\nb c"
    assert [span.time_s for span in lyrics.line_times] == [1.0, 2.5]
    assert ("ti", "T") in lyrics.metadata


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-8-sig"])
def test_encodings(encoding):
    assert read_lyrics("Été on the hill".encode(encoding)).text == "Été on the hill"


@pytest.mark.parametrize("data", [b"", b"  \n", b"\x00\x01\x02" * 9, b"a" * 1_000_001])
def test_unusable_lyrics(data):
    with pytest.raises(LyricsError):
        read_lyrics(data)


def test_units_point_at_their_words_and_can_be_removed():
    text = "Row, row, don't\nstop"
    units = lyric_units(Lyrics(text))
    for unit in units:
        assert all(text[a:b].casefold() == unit.name for a, b in unit.spans)
    assert remove_units(text, units, np.ones(3, bool)) == text
    assert not any(c.isalnum() for c in remove_units(text, units, np.zeros(3, bool)))
