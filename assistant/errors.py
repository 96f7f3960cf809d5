"""Every error a user can meet, with its remedy.

::

    AssistantError
    ├── SettingsError           a setting, flag or file of settings is wrong
    ├── CorpusError             the folder of texts cannot be read
    │   └── UnreadableFileError one file in it cannot be read
    ├── LibraryError            something about index/
    │   ├── LibraryMissingError     nothing was built yet
    │   ├── LibraryVersionError     made by a newer version, or by another program
    │   ├── LibraryOldError         made by an older version of this program
    │   ├── LibraryOutdatedError    built with another embedder
    │   ├── LibraryDamagedError     the database is broken
    │   └── LibraryLockedError      another process holds it, or it cannot be written
    ├── ModelError              a model cannot be found, prepared or run
    │   └── WeightsMissingError     the package with the weights is not installed
    ├── QuestionError           the question cannot be asked as it is
    ├── PackError               an exported file cannot be made or read
    └── PortInUseError          the web chat cannot listen
"""

from __future__ import annotations


class AssistantError(Exception):
    """Something went wrong that the user can do something about.

    The message says what and why; ``remedy`` says what to do next.
    """

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.args[0]} {self.remedy}".strip()


class SettingsError(AssistantError):
    """A setting, flag or settings file is wrong."""


class CorpusError(AssistantError):
    """The folder of texts cannot be read."""


class UnreadableFileError(CorpusError):
    """One file of the corpus cannot be read; the others are not affected."""


class LibraryError(AssistantError):
    """Something about the index folder is wrong."""


class LibraryMissingError(LibraryError):
    """No index was built yet."""


class LibraryVersionError(LibraryError):
    """The index was written by a newer version of this program, or by another program."""


class LibraryOldError(LibraryError):
    """The index was written by an older version of this program; a build makes it anew."""


class LibraryOutdatedError(LibraryError):
    """The index was made with another embedding model."""


class LibraryDamagedError(LibraryError):
    """The database file is broken."""


class LibraryLockedError(LibraryError):
    """Another process holds the index, or it cannot be written."""


class ModelError(AssistantError):
    """A model cannot be found, prepared or run."""


class AdapterError(ModelError):
    """A trained adapter is missing or damaged; the assistant can do without."""


class WeightsMissingError(ModelError):
    """The package that carries the weights is not installed."""


class PackError(AssistantError):
    """A pack of answers cannot be made, found in a file, or read."""


class QuestionError(AssistantError):
    """The question cannot be asked as it is."""


class PortInUseError(AssistantError):
    """The web chat cannot listen on its port."""
