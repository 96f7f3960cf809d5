"""JSON that comes from elsewhere: every field has the kind it should have, or it is told."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from enum import StrEnum
from typing import NoReturn, TypeVar

from assistant.errors import PackError

_E = TypeVar("_E", bound=StrEnum)
_MOST = 2**53  # numbers that every reader of JSON keeps exact
_REMEDY = "Export the answer again; this file was changed or not written by this program."


def json_object(text: str, what: str) -> Fields:
    """Return the object that ``text`` is; raises PackError when it is none."""
    try:
        values = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as cause:
        raise PackError(f"{what} is not JSON: {cause}.", remedy=_REMEDY) from cause
    return Fields.of(values, what)


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


class Fields:
    """A JSON object; ``where`` says in errors which one it is."""

    def __init__(self, values: Mapping[str, object], where: str) -> None:
        self.values = values
        self.where = where

    @classmethod
    def of(cls, value: object, where: str) -> Fields:
        """Return ``value`` as fields; raises PackError when it is no object."""
        if not isinstance(value, dict):
            raise PackError(f"{where} is not an object of JSON.", remedy=_REMEDY)
        return cls(value, where)

    def has(self, name: str) -> bool:
        """Whether there is such a field and it is not null."""
        return self.values.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; ``default`` where there is none."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else self._wrong(name, "text")

    def number(self, name: str, default: int | None = None) -> int:
        """Return a whole number from 0 on."""
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
            self._wrong(name, "whole number")
        return value

    def score(self, name: str) -> float:
        """Return a finite number; 0 where there is none."""
        value = self.values.get(name, 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(name, "number")
        number = float(value) if abs(value) <= _MOST else math.inf
        return number if math.isfinite(number) else self._wrong(name, "number")

    def truth(self, name: str) -> bool:
        """Return true or false."""
        value = self.values.get(name)
        return value if isinstance(value, bool) else self._wrong(name, "true or false")

    def choice(self, name: str, kind: type[_E], default: str | None = None) -> _E:
        """Return one of the values of an enumeration."""
        value = self.text(name, default)
        known = {member.value: member for member in kind}
        return known[value] if value in known else self._wrong(name, f"one of {list(known)}")

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; empty where there is none."""
        values = self._list(name)
        if not all(isinstance(v, str) for v in values):
            self._wrong(name, "list of texts")
        return tuple(v for v in values if isinstance(v, str))

    def numbers(self, name: str) -> tuple[int, ...]:
        """Return a list of whole numbers; empty where there is none."""
        values = self._list(name)
        if not all(isinstance(v, int) and not isinstance(v, bool) for v in values):
            self._wrong(name, "list of whole numbers")
        return tuple(v for v in values if isinstance(v, int))

    def each(self, name: str) -> tuple[Fields, ...]:
        """Return a list of objects; empty where there is none."""
        return tuple(
            Fields.of(value, f"{name}[{n}] of {self.where}")
            for n, value in enumerate(self._list(name))
        )

    def _list(self, name: str) -> list[object]:
        value = self.values.get(name, [])
        return value if isinstance(value, list) else self._wrong(name, "list")

    def _wrong(self, name: str, kind: str) -> NoReturn:
        raise PackError(f'"{name}" of {self.where} is no {kind}.', remedy=_REMEDY)
