"""Source separators: each splits a recording into named stems."""

from importlib import import_module
from typing import cast

from musiclime_core.errors import one_of
from musiclime_core.separation.stems import SOURCES, Separator, Stems

__all__ = ["SEPARATORS", "SOURCES", "Separator", "Stems", "load_separator"]

SEPARATORS = {
    "spleeter": "musiclime_core.separation.spleeter:SpleeterSeparator",
    "hpss": "musiclime_core.separation.hpss:HpssSeparator",
}


def load_separator(name: str = "spleeter") -> Separator:
    """Load a separator by name.

    Parameters
    ----------
    name : str
        A key of `SEPARATORS`.

    Returns
    -------
    Separator

    Raises
    ------
    ParameterError
        If the name is not known.

    Examples
    --------
    >>> load_separator("hpss").name
    'hpss'
    """
    module, attribute = SEPARATORS[one_of("separator", name, SEPARATORS)].split(":")
    return cast(Separator, getattr(import_module(module), attribute)())
