"""Every error the library raises on purpose.

::

    MusicLimeError
    |-- InputError (ValueError)           something a person can change
    |   |-- AudioError                    bytes that are no usable audio
    |   |-- LyricsError                   bytes that are no usable lyrics
    |   `-- ParameterError                a name or number outside what is allowed
    |-- StoredFormatError (ValueError)    a stored result that cannot be read
    |-- WeightsError (OSError)            weights absent, altered or unreadable
    |-- MissingPackageError (ImportError) an optional package is not installed
    `-- Cancelled                         the caller asked to stop

A message says what came, what is allowed and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from types import ModuleType

__all__ = [
    "AudioError",
    "Cancelled",
    "InputError",
    "LyricsError",
    "MissingPackageError",
    "MusicLimeError",
    "ParameterError",
    "StoredFormatError",
    "WeightsError",
    "one_of",
    "require",
]


class MusicLimeError(Exception):
    """Root of all deliberate errors."""


class InputError(MusicLimeError, ValueError):
    """Something a person gave cannot be used."""


class AudioError(InputError):
    """Bytes are not usable audio."""


class LyricsError(InputError):
    """Bytes are not usable lyrics."""


class ParameterError(InputError):
    """A name or number is outside what is allowed."""


class StoredFormatError(MusicLimeError, ValueError):
    """A stored result is damaged, or newer than this version can read."""


class WeightsError(MusicLimeError, OSError):
    """Model weights are absent, altered or unreadable."""


class MissingPackageError(MusicLimeError, ImportError):
    """An optional package is not installed."""


class Cancelled(MusicLimeError):
    """The caller asked to stop; nothing was stored."""


def one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    """Return `value` if it is allowed, else say what is.

    Parameters
    ----------
    name : str
        What the value is, as the reader of the message knows it.
    value : str
        What came.
    allowed : iterable of str
        Every value that is accepted.

    Returns
    -------
    str
        `value`, unchanged.

    Raises
    ------
    ParameterError
        If `value` is not among `allowed`.

    Examples
    --------
    >>> one_of("modality", "audio", ("both", "audio", "lyrics"))
    'audio'
    """
    choices = tuple(allowed)
    if value not in choices:
        raise ParameterError(f"{name} {value!r} is not known; choose from: {', '.join(choices)}.")
    return value


def require(package: str, extra: str) -> ModuleType:
    """Import an optional package, or say how to install it.

    Parameters
    ----------
    package : str
        Name to import.
    extra : str
        Extra of this project that installs it.

    Returns
    -------
    module
        The imported package.

    Raises
    ------
    MissingPackageError
        If it is not installed.

    Examples
    --------
    >>> require("json", "dev").__name__
    'json'
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise MissingPackageError(
            f"this needs the package '{package}'; install it with: pip install 'musiclime[{extra}]'"
        ) from error
