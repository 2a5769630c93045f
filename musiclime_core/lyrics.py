"""Lyrics: reading text and LRC files, interpretable units, and removing them.

References
----------
LRC with word times is the "enhanced" form: ``[mm:ss.xx]`` before a line and
``<mm:ss.xx>`` before a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musiclime_core.errors import LyricsError, one_of
from musiclime_core.song import Lyrics, TimedSpan

__all__ = [
    "LYRIC_UNITS",
    "MAX_BYTES",
    "LyricUnit",
    "line_spans",
    "lyric_units",
    "read_lyrics",
    "remove_units",
]

MAX_BYTES = 1_000_000
LYRIC_UNITS = ("words", "occurrences", "lines", "sections", "authors")

Span = tuple[int, int]

# A word keeps its inner apostrophes and hyphens: don't, rock'n'roll, heavy-hearted.
WORD = re.compile(r"[^\W_]+(?:['’ʼ‐‑-][^\W_]+)*")
STAMP = re.compile(r"\[(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)\]")
WORD_STAMP = re.compile(r"<(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)>")
TAG = re.compile(r"\[([A-Za-z#]{1,16}):([^\]\n]{0,1000})\]\s*$")
STANZA = re.compile(r"\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*")


def read_lyrics(source: bytes | str | Path, *, name: str = "") -> Lyrics:
    r"""Read plain text or LRC, recognised by content.

    Parameters
    ----------
    source : bytes, str or Path
        File contents, text, or a file to read. Bytes may be in any common encoding.
    name : str
        What to call the source in messages.

    Returns
    -------
    Lyrics
        Text in Unicode form C with line feeds; times where the source has them.

    Raises
    ------
    LyricsError
        If it is empty, above 1 MB, not text, or cannot be read.

    Examples
    --------
    >>> lyrics = read_lyrics("[ti:Rain]\n[00:01.50]Rain on\n[00:03.00]the roof")
    >>> lyrics.text, lyrics.line_times[1].time_s
    ('Rain on\nthe roof', 3.0)
    """
    called = name or (source.name if isinstance(source, Path) else "the lyrics")
    data = _file_bytes(source, called) if isinstance(source, Path) else source
    if len(data) > MAX_BYTES:
        raise LyricsError(f"{called}: {len(data):,} bytes; lyrics may have at most {MAX_BYTES:,}.")
    text = _clean(data if isinstance(data, str) else _decoded(data, called))
    lyrics = _read_lrc(text) if STAMP.search(text) else Lyrics(text.strip("\n"))
    if lyrics.is_blank:
        raise LyricsError(f"{called}: no words in it; leave lyrics out for an instrumental.")
    return lyrics


def _file_bytes(path: Path, called: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LyricsError(f"{called}: cannot be read ({error.strerror or error}).") from error


def _decoded(data: bytes, called: str) -> str:
    """Text of bytes: by byte order mark, as UTF-8, as bare UTF-16, else by statistics."""
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\x00" not in data:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return _by_statistics(data, called)
    # Zero bytes on one side of most pairs are Latin text in UTF-16 without a mark.
    even, odd = data[::2].count(0), data[1::2].count(0)
    if max(even, odd) > 0.4 * len(data) / 2 and min(even, odd) < 0.05 * len(data):
        return data.decode("utf-16-be" if even > odd else "utf-16-le", errors="replace")
    raise LyricsError(f"{called}: not text; give a .txt or .lrc file.")


def _by_statistics(data: bytes, called: str) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    if best is None:
        raise LyricsError(f"{called}: not text in any known encoding; save it as UTF-8.")
    return str(best)


def _clean(text: str) -> str:
    """Line feeds, form C, no control characters, no lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    text = text.encode("utf-8", errors="replace").decode("utf-8")
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc")
    return unicodedata.normalize("NFC", text.replace("\ufeff", ""))


def _seconds(match: re.Match[str]) -> float:
    hours, minutes, seconds = match.groups()
    return 3600 * int(hours or 0) + 60 * int(minutes) + float(seconds.replace(":", "."))


def _read_lrc(text: str) -> Lyrics:
    """Lines in order of time; a line with several stamps is sung several times."""
    metadata: list[tuple[str, str]] = []
    lines: list[tuple[float, str, list[tuple[int, float]]]] = []
    last_s = 0.0
    for raw in text.split("\n"):
        tag = TAG.match(raw.strip())
        if tag and not STAMP.match(raw.strip()):
            metadata.append((tag[1].lower(), tag[2].strip()))
            continue
        stamps, rest = _leading_stamps(raw)
        words, marks = _without_word_stamps(rest)
        if not stamps and not words:
            continue
        lines.extend((stamp_s, words, marks) for stamp_s in stamps or [last_s])
        last_s = max([last_s, *stamps])
    lines.sort(key=lambda line: line[0])
    return _assembled(lines, tuple(metadata))


def _leading_stamps(raw: str) -> tuple[list[float], str]:
    stamps, place = [], 0
    raw = raw.strip()
    while match := STAMP.match(raw, place):
        stamps.append(_seconds(match))
        place = match.end()
        while place < len(raw) and raw[place] == " ":
            place += 1
    return stamps, raw[place:]


def _without_word_stamps(line: str) -> tuple[str, list[tuple[int, float]]]:
    """The words alone, and where each time stamp stood."""
    pieces: list[str] = []
    marks: list[tuple[int, float]] = []
    length = place = 0
    for match in WORD_STAMP.finditer(line):
        piece = line[place : match.start()]
        # A stamp between two spaces leaves one of them.
        if (not pieces or pieces[-1].endswith(" ")) and piece.startswith(" "):
            piece = piece.lstrip(" ")
        if piece:
            pieces.append(piece)
            length += len(piece)
        marks.append((length, _seconds(match)))
        place = match.end()
    tail = line[place:]
    if not pieces or pieces[-1].endswith(" "):
        tail = tail.lstrip(" ")
    return ("".join(pieces) + tail).rstrip(), marks


def _assembled(
    lines: Sequence[tuple[float, str, list[tuple[int, float]]]],
    metadata: tuple[tuple[str, str], ...],
) -> Lyrics:
    """Join lines, shift by the offset tag, and turn stamps into character spans."""
    offset_s = _offset_s(metadata)
    texts: list[str] = []
    line_times: list[TimedSpan] = []
    word_times: list[TimedSpan] = []
    place = 0
    for time_s, words, marks in lines:
        end = place + len(words)
        if words:
            line_times.append(TimedSpan(place, end, max(time_s + offset_s, 0.0)))
        ends = [*(at for at, _ in marks[1:]), len(words)]
        for (at, word_s), until in zip(marks, ends, strict=False):
            span = words[at:until]
            start = at + len(span) - len(span.lstrip())
            if span.strip():
                stop = start + len(span.strip())
                word_times.append(
                    TimedSpan(place + start, place + stop, max(word_s + offset_s, 0.0))
                )
        texts.append(words)
        place = end + 1
    return Lyrics("\n".join(texts), tuple(line_times), tuple(word_times), metadata)


def _offset_s(metadata: Iterable[tuple[str, str]]) -> float:
    """Shift of all times; a positive offset tag means that the words come earlier."""
    for key, value in metadata:
        if key == "offset" and re.fullmatch(r"[+-]?\d{1,7}", value):
            return -int(value) / 1000
    return 0.0


@dataclass(frozen=True, slots=True)
class LyricUnit:
    """One part of the lyrics that can be removed.

    Parameters
    ----------
    name : str
        What it is called; unique among the units of a text.
    spans : tuple of (int, int)
        Every place where it stands, as character spans.
    """

    name: str
    spans: tuple[Span, ...]


def lyric_units(lyrics: Lyrics, kind: str = "words") -> tuple[LyricUnit, ...]:
    """Cut lyrics into units, in order of first appearance.

    Parameters
    ----------
    lyrics : Lyrics
    kind : {"words", "occurrences", "lines", "sections", "authors"}
        A bag of words, case and apostrophe style ignored; each occurrence of a word;
        lines; stanzas between blank lines; or the tokens of the published notebook,
        split at anything but letters, digits and underscores, case kept.

    Returns
    -------
    tuple of LyricUnit
        Empty if the text has no word.

    Raises
    ------
    ParameterError
        If `kind` is not known.

    Examples
    --------
    >>> [unit.name for unit in lyric_units(Lyrics("Row, row, don't stop"))]
    ['row', "don't", 'stop']
    """
    one_of("lyric unit", kind, LYRIC_UNITS)
    text = lyrics.text
    if kind == "authors":
        return _bag((token[0], token.span()) for token in re.finditer(r"\w+", text))
    if kind == "lines":
        spans = [span for span in line_spans(text) if WORD.search(text, *span)]
        return _numbered((text[start:end], (start, end)) for start, end in spans)
    if kind == "sections":
        stanzas = [match.span() for match in STANZA.finditer(text) if WORD.search(match[0])]
        return tuple(LyricUnit(f"section {k}", (s,)) for k, s in enumerate(stanzas, 1))
    words = ((_folded(word[0]), word.span()) for word in WORD.finditer(text))
    return _bag(words) if kind == "words" else _numbered(words)


def _folded(word: str) -> str:
    return word.casefold().replace("’", "'").replace("ʼ", "'").replace("‑", "-").replace("‐", "-")


def _bag(found: Iterable[tuple[str, Span]]) -> tuple[LyricUnit, ...]:
    spans: dict[str, list[Span]] = defaultdict(list)
    for name, span in found:
        spans[name].append(span)
    return tuple(LyricUnit(name, tuple(places)) for name, places in spans.items())


def _numbered(found: Iterable[tuple[str, Span]]) -> tuple[LyricUnit, ...]:
    """Each place its own unit; names that recur get a running number."""
    rows = list(found)
    total: dict[str, int] = defaultdict(int)
    for name, _ in rows:
        total[name] += 1
    count: dict[str, int] = defaultdict(int)
    units = []
    for name, span in rows:
        count[name] += 1
        units.append(LyricUnit(f"{name}#{count[name]}" if total[name] > 1 else name, (span,)))
    return tuple(units)


def line_spans(text: str) -> tuple[Span, ...]:
    r"""Character span of every line, without its line feed or outer spaces.

    Examples
    --------
    >>> line_spans("one\n two")
    ((0, 3), (5, 8))
    """
    spans, place = [], 0
    for line in text.split("\n"):
        body = line.strip()
        start = place + len(line) - len(line.lstrip()) if body else place
        spans.append((start, start + len(body)))
        place += len(line) + 1
    return tuple(spans)


def remove_units(
    text: str,
    units: Sequence[LyricUnit],
    mask: NDArray[np.bool_],
    *,
    tidy: bool = True,
) -> str:
    """Remove the units whose mask is False; the rest of the text stays as it is.

    Parameters
    ----------
    text : str
        The text that the units were cut from.
    units : sequence of LyricUnit
    mask : ndarray of bool, shape (n_units,)
        True keeps a unit.
    tidy : bool
        Whether to close up the space that a removed unit leaves doubled.

    Returns
    -------
    str
        `text` itself if everything is kept.

    Examples
    --------
    >>> units = lyric_units(Lyrics("rain on the roof"))
    >>> remove_units("rain on the roof", units, np.array([True, False, False, True]))
    'rain roof'
    """
    gone = sorted(
        span for unit, kept in zip(units, mask, strict=True) if not kept for span in unit.spans
    )
    pieces: list[str] = []
    place = 0
    for start, end in gone:
        if end <= place:
            continue
        pieces.append(text[place : max(start, place)])
        place = end
        before = pieces[-1][-1:] or text[max(start - 1, 0) : start]
        if tidy and text[place : place + 1] == " " and before in ("", " ", "\n"):
            place += 1
    return "".join([*pieces, text[place:]])
