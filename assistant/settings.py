"""Settings: defaults < assistant.toml < ASSISTANT_* variables < flags, parsed once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from assistant.errors import SettingsError

_CHOICES = {
    "device": ("auto", "cpu", "cuda", "mps"),
    "dtype": ("auto", "float32", "bfloat16", "float16"),
    "strictness": ("strict", "balanced", "open", "off"),
}
_PACKAGE_HOME = Path(__file__).resolve().parent.parent


def _default_folder(name: str) -> Path:
    """Return ``name`` below the working folder, or beside the package when it stands there."""
    beside_package = _PACKAGE_HOME / name
    here = Path.cwd() / name
    return beside_package if not here.exists() and beside_package.exists() else here


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be chosen; one frozen object for one run."""

    corpus: Path
    index: Path
    model: str = "embedded"  # embedded | none | a folder or hub id | http://…
    embedder: str = "embedded"  # embedded | a sentence-transformers folder or id
    model_name: str = ""  # which model of a server; empty: the first it lists
    device: str = "auto"  # auto | cpu | cuda | mps
    dtype: str = "auto"  # auto | float32 | bfloat16 | float16
    host: str = "127.0.0.1"
    port: int = 7860
    top_k: int = 8  # passages of a search
    max_answer_tokens: int = 120
    dense_weight: float = 0.6  # of cosine in the fused score; see benchmarks/
    strictness: str = "balanced"  # strict | balanced | open | off: how soon it says "not covered"
    scorer: str = "embedded"  # what ranks answers: embedded | none | a CrossEncoder's folder or id
    entailer: str = "embedded"  # what checks claims: embedded | none | a CrossEncoder's
    cache: Path | None = None  # prepared models; the user's cache folder by default
    open_browser: bool = False

    @classmethod
    def load(
        cls,
        flags: Mapping[str, Any] | None = None,
        *,
        environ: Mapping[str, str] = os.environ,
        file: Path | None = None,
    ) -> Settings:
        """Return the settings in force; None among the flags means "not given".

        Raises SettingsError for an unknown key, a wrong type or a value out of range.
        """
        settings = cls(corpus=_default_folder("corpus"), index=_default_folder("index"))
        path = file or Path("assistant.toml")
        if file is not None or path.exists():
            settings = settings.updated(_read_toml(path), origin=str(path))
        variables = {
            key.removeprefix("ASSISTANT_").lower(): value
            for key, value in environ.items()
            if key.startswith("ASSISTANT_")
        }
        settings = settings.updated(variables, origin="environment (ASSISTANT_…)")
        given = {key: value for key, value in (flags or {}).items() if value is not None}
        return settings.updated(given, origin="command line")

    def updated(self, values: Mapping[str, Any], *, origin: str) -> Settings:
        """Return a copy with ``values`` put in, checked and converted."""
        known = {f.name: str(f.type) for f in fields(self)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise SettingsError(
                f"Unknown setting in {origin}: {', '.join(unknown)}.",
                remedy=f"Known are: {', '.join(sorted(known))}.",
            )
        converted: dict[str, Any] = {
            key: _convert(key, value, known[key], origin) for key, value in values.items()
        }
        return replace(self, **converted)._checked(origin)

    def _checked(self, origin: str) -> Settings:
        ranges = {
            "port": (0, 65535),
            "top_k": (1, 100),
            "max_answer_tokens": (16, 2048),
            "dense_weight": (0.0, 1.0),
        }
        for key, (low, high) in ranges.items():
            if not low <= getattr(self, key) <= high:
                raise SettingsError(
                    f"{key} = {getattr(self, key)} ({origin}) is out of range.",
                    remedy=f"Give a value from {low} to {high}.",
                )
        for key, allowed in _CHOICES.items():
            if getattr(self, key) not in allowed:
                raise SettingsError(
                    f"{key} = {getattr(self, key)!r} ({origin}) is not known.",
                    remedy=f"Give one of: {', '.join(allowed)}.",
                )
        return self


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise SettingsError(
            f"{path} cannot be read: {cause}.", remedy="Mend the file or take it away."
        ) from cause


def _convert(key: str, value: object, kind: str, origin: str) -> object:
    """Turn a TOML, environment or flag value into the field's type."""
    try:
        match kind:
            case "Path" | "Path | None":
                return Path(str(value)).expanduser().absolute()
            case "int" if not isinstance(value, bool):
                return int(str(value))
            case "float" if not isinstance(value, bool):
                return float(str(value))
            case "bool":
                return _flag(value)
            case "str" if isinstance(value, str):
                return value
    except ValueError as cause:
        raise SettingsError(
            f"{key} = {value!r} ({origin}): {cause}.", remedy=f"Give a value of type {kind}."
        ) from cause
    raise SettingsError(
        f"{key} = {value!r} ({origin}) has the wrong type.", remedy=f"Give a value of type {kind}."
    )


def _flag(value: object) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    word = str(value).strip().lower()
    if word not in words:
        raise ValueError("not a yes or no")
    return words[word]
