"""The result: which units of a song support or oppose each label, and how surely."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musiclime_core.errors import ParameterError, StoredFormatError, one_of

__all__ = ["AUDIO", "LYRICS", "MODALITIES", "SCHEMA_VERSION", "Explanation", "Unit", "UnitWeight"]

SCHEMA_VERSION = 1
AUDIO, LYRICS, BOTH = "audio", "lyrics", "both"
MODALITIES = (BOTH, AUDIO, LYRICS)
SORT_ORDERS = ("magnitude", "weight", "unit")


@dataclass(frozen=True, slots=True)
class Unit:
    """One interpretable part of a song that can be switched off.

    Parameters
    ----------
    name : str
        ``drums3`` for the drums of the fourth segment, or the word or line itself.
    modality : {"audio", "lyrics"}
    source : str
        Separated source of an audio unit, else empty.
    segment : int
        Index of the segment of an audio unit, else -1.
    start_s, end_s : float
        Seconds an audio unit sounds in; 0 for lyrics.
    spans : tuple of (int, int)
        Character spans of a lyrics unit in the original text.
    seen : bool
        Whether the predictor perceives any of it; if not, its weight is 0.
    """

    name: str
    modality: str
    source: str = ""
    segment: int = -1
    start_s: float = 0.0
    end_s: float = 0.0
    spans: tuple[tuple[int, int], ...] = ()
    seen: bool = True

    def __post_init__(self) -> None:
        one_of("modality", self.modality, (AUDIO, LYRICS))


@dataclass(frozen=True, slots=True)
class UnitWeight:
    """A unit and its weight for one label.

    Parameters
    ----------
    unit : Unit
    weight : float
        Change of the score when the unit is present rather than absent; positive
        supports the label, negative opposes it.
    standard_error : float
        Sampling error of the weight, above or equal to 0.
    """

    unit: Unit
    weight: float
    standard_error: float

    @property
    def is_noise(self) -> bool:
        """Whether the 95% interval of the weight holds 0."""
        return abs(self.weight) <= 1.96 * self.standard_error


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Weights of all units for all explained labels, and how they were found.

    Parameters
    ----------
    labels : tuple of str
        Every label of the predictor.
    scores : ndarray of float32, shape (n_labels,)
        Scores of the song itself, all units present.
    explained : tuple of str, length n_explained
        The labels that weights were fitted for.
    units : tuple of Unit, length n_units
        Audio first, then lyrics.
    weights, standard_errors : ndarray of float64, shape (n_units, n_explained)
    intercepts, fit : ndarray of float64, shape (n_explained,)
        Score with every unit absent, as fitted; weighted R2 of the surrogate, at most 1.
    boundaries_s : tuple of float
        Segment boundaries in seconds, n_segments + 1; empty without audio units.
    parameters : dict
        Every setting that shaped the result, seed included.
    model, separator : dict
        Name and version of each.
    song : dict
        Title, artist, duration, hashes and the lyrics text.

    Examples
    --------
    >>> import numpy as np
    >>> explanation = Explanation(
    ...     labels=("folk", "punk"), scores=np.array([0.2, 0.8], np.float32), explained=("punk",),
    ...     units=(Unit("riot", "lyrics", spans=((0, 4),)),), weights=np.array([[0.3]]),
    ...     standard_errors=np.array([[0.01]]), intercepts=np.array([0.5]), fit=np.array([0.9]))
    >>> explanation.predicted
    'punk'
    >>> [(w.unit.name, w.weight) for w in explanation.top("punk", 1)]
    [('riot', 0.3)]
    """

    labels: tuple[str, ...]
    scores: NDArray[np.float32]
    explained: tuple[str, ...]
    units: tuple[Unit, ...]
    weights: NDArray[np.float64]
    standard_errors: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    fit: NDArray[np.float64]
    boundaries_s: tuple[float, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    model: dict[str, str] = field(default_factory=dict)
    separator: dict[str, str] = field(default_factory=dict)
    song: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        expected = (len(self.units), len(self.explained))
        for name in ("weights", "standard_errors"):
            if getattr(self, name).shape != expected:
                raise StoredFormatError(
                    f"{name} has shape {getattr(self, name).shape}; units and labels ask for "
                    f"{expected}."
                )
        per_label = ((self.scores, self.labels),)
        per_explained = ((self.intercepts, self.explained), (self.fit, self.explained))
        if any(part.shape != (len(names),) for part, names in (*per_label, *per_explained)):
            raise StoredFormatError("scores, intercepts or fit do not match the labels.")

    @property
    def predicted(self) -> str:
        """Label with the highest score."""
        return self.labels[int(np.argmax(self.scores))]

    @property
    def default_label(self) -> str:
        """The predicted label if it was explained, else the best scored one that was."""
        return max(self.explained, key=self.score)

    @property
    def lyrics_text(self) -> str:
        """The original words that lyric spans point into."""
        return str(self.song.get("lyrics", ""))

    def score(self, label: str) -> float:
        """Score of the song itself for `label`, in [0, 1]."""
        return float(self.scores[self.labels.index(one_of("label", label, self.labels))])

    def column(self, label: str) -> int:
        """Column of an explained label in `weights`."""
        return self.explained.index(one_of("label", label, self.explained))

    def surrogate_fit(self, label: str) -> float:
        """Weighted R2 of the surrogate for `label`."""
        return float(self.fit[self.column(label)])

    def query(
        self,
        label: str,
        *,
        modality: str = BOTH,
        source: str = "",
        sort: str = "magnitude",
    ) -> tuple[UnitWeight, ...]:
        """Units with their weights for `label`.

        Parameters
        ----------
        label : str
            An explained label.
        modality : {"both", "audio", "lyrics"}
        source : str
            Keep one separated source only.
        sort : {"magnitude", "weight", "unit"}
            By size, from most supporting to most opposing, or as the units stand.

        Returns
        -------
        tuple of UnitWeight

        Raises
        ------
        ParameterError
            If a name is not known.
        """
        column = self.column(label)
        one_of("modality", modality, MODALITIES)
        one_of("sort", sort, SORT_ORDERS)
        rows = [
            UnitWeight(unit, float(self.weights[i, column]), float(self.standard_errors[i, column]))
            for i, unit in enumerate(self.units)
            if modality in (BOTH, unit.modality) and source in ("", unit.source)
        ]
        if sort == "magnitude":
            rows.sort(key=lambda row: -abs(row.weight))
        elif sort == "weight":
            rows.sort(key=lambda row: -row.weight)
        return tuple(rows)

    def top(
        self, label: str, n: int = 10, *, modality: str = BOTH, supporting: bool = True
    ) -> tuple[UnitWeight, ...]:
        """Up to `n` units that support (or oppose) `label` most, strongest first."""
        rows = self.query(label, modality=modality, sort="weight")
        ordered = rows if supporting else rows[::-1]
        return tuple(row for row in ordered if (row.weight if supporting else -row.weight) > 0)[:n]

    def heatmap(self, label: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Weights of the audio units as a table.

        Returns
        -------
        sources : tuple of str
        weights : ndarray of float64, shape (n_sources, n_segments)
        """
        column = self.column(label)
        audio = [(i, unit) for i, unit in enumerate(self.units) if unit.modality == AUDIO]
        sources = tuple(dict.fromkeys(unit.source for _, unit in audio))
        table = np.zeros((len(sources), max(len(self.boundaries_s) - 1, 0)))
        for i, unit in audio:
            table[sources.index(unit.source), unit.segment] = self.weights[i, column]
        return sources, table

    def modality_shares(self, label: str) -> tuple[float, float]:
        """Share of the summed weight magnitude that falls on audio and on lyrics.

        Returns
        -------
        audio, lyrics : float
            In [0, 1], summing to 1; both 0 if every weight is 0.
        """
        magnitude = {AUDIO: 0.0, LYRICS: 0.0}
        for row in self.query(label):
            magnitude[row.unit.modality] += abs(row.weight)
        total = sum(magnitude.values())
        return (magnitude[AUDIO] / total, magnitude[LYRICS] / total) if total else (0.0, 0.0)

    def save(self, path: Path) -> None:
        """Write as JSON through a temporary name, so that no half file is left."""
        temporary = path.with_name(f".{path.name}.partial")
        try:
            temporary.write_text(self.to_json(), encoding="utf-8")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def to_json(self) -> str:
        """Return everything as one JSON text with its schema version."""
        from musiclime_core import __version__

        record = {
            "schema_version": SCHEMA_VERSION,
            "package_version": __version__,
            "song": self.song,
            "model": self.model,
            "separator": self.separator,
            "parameters": self.parameters,
            "predicted": self.predicted,
            "labels": list(self.labels),
            "scores": [float(score) for score in self.scores],
            "explained": list(self.explained),
            "intercepts": self.intercepts.tolist(),
            "fit": self.fit.tolist(),
            "boundaries_s": list(self.boundaries_s),
            "units": [
                {**asdict(unit), "weights": weights.tolist(), "standard_errors": errors.tolist()}
                for unit, weights, errors in zip(
                    self.units, self.weights, self.standard_errors, strict=True
                )
            ],
        }
        return json.dumps(record, ensure_ascii=False, allow_nan=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Explanation:
        """Read what `to_json` wrote.

        Raises
        ------
        StoredFormatError
            If the text is damaged or its schema is newer than this version's.
        """
        try:
            record = json.loads(text)
            version = int(record["schema_version"])
            if version > SCHEMA_VERSION:
                raise StoredFormatError(
                    f"this explanation has schema {version}; this version reads up to "
                    f"{SCHEMA_VERSION}. Install a newer musiclime."
                )
            return cls._from_record(record)
        except (KeyError, TypeError, ValueError, AttributeError, ParameterError) as error:
            if isinstance(error, StoredFormatError):
                raise
            raise StoredFormatError(f"this is not a stored explanation: {error}.") from error

    @classmethod
    def _from_record(cls, record: dict[str, Any]) -> Explanation:
        rows = record["units"]
        explained = tuple(record["explained"])
        shape = (len(rows), len(explained))
        return cls(
            labels=tuple(record["labels"]),
            scores=np.asarray(record["scores"], np.float32),
            explained=explained,
            units=tuple(_unit(row) for row in rows),
            weights=_table([row["weights"] for row in rows], shape),
            standard_errors=_table([row["standard_errors"] for row in rows], shape),
            intercepts=np.asarray(record["intercepts"], np.float64),
            fit=np.asarray(record["fit"], np.float64),
            boundaries_s=tuple(float(second) for second in record["boundaries_s"]),
            parameters=dict(record["parameters"]),
            model=dict(record["model"]),
            separator=dict(record["separator"]),
            song=dict(record["song"]),
        )


def _table(rows: Sequence[Sequence[float]], shape: tuple[int, int]) -> NDArray[np.float64]:
    return np.asarray(rows, np.float64).reshape(shape)


def _unit(row: dict[str, Any]) -> Unit:
    fields = {name: row[name] for name in Unit.__slots__}
    fields["spans"] = tuple((int(start), int(end)) for start, end in row["spans"])
    return Unit(**fields)
