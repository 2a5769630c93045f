"""What was computed lately, kept within a fixed number of entries."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

__all__ = ["Recent"]

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """A mapping that forgets what was used longest ago; safe across threads.

    Parameters
    ----------
    n_entries : int
        How many entries are kept, at least 1.

    Examples
    --------
    >>> recent = Recent(2)
    >>> for word in ("one", "two", "three"):
    ...     recent[word.encode()] = word
    >>> b"one" in recent, recent[b"three"]
    (False, 'three')
    """

    def __init__(self, n_entries: int) -> None:
        self._n_entries = n_entries
        self._entries: OrderedDict[bytes, Value] = OrderedDict()
        self._lock = Lock()

    def __contains__(self, key: bytes) -> bool:
        """Whether `key` is still known."""
        return key in self._entries

    def __getitem__(self, key: bytes) -> Value:
        """Return what is known of `key`, now the latest used; KeyError if forgotten."""
        with self._lock:
            self._entries.move_to_end(key)
            return self._entries[key]

    def __setitem__(self, key: bytes, value: Value) -> None:
        """Remember `value`."""
        with self._lock:
            self._entries[key] = value
            self._entries.move_to_end(key)
            while len(self._entries) > self._n_entries:
                self._entries.popitem(last=False)
