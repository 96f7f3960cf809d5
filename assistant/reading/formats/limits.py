"""How much of the machine one file may use."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost; beyond it the file is refused with its reason."""

    file_bytes: int = 200_000_000
    seconds: float = 120.0  # wall clock for one file, the start of a worker not counted
    ocr_seconds: float = 1_800.0  # the same where pages are recognised from pictures
    memory_bytes: int = 2_000_000_000  # address space of the worker
    characters: int = 20_000_000  # of the text; 300 pages have about a million
    pages: int = 10_000
    unpacked_bytes: int = 500_000_000  # of all members of an archive together
    member_bytes: int = 100_000_000  # of one member of an archive
    compression: int = 200  # unpacked to packed; only asked beyond ``harmless_bytes``
    harmless_bytes: int = 20_000_000
    members: int = 20_000  # of an archive
    listing_bytes: int = 20_000_000  # of an archive's list of members

    def to_json(self) -> dict[str, Any]:
        """Return the limits as an object of JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Limits:
        """Return the limits that ``to_json`` wrote."""
        return cls(**fields)
