"""A small corpus to change, an index folder, and circumstances that are hard to come by."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from builders import Builders
from hypothesis import settings

from assistant.library.database import Library

# Machines differ, and are shared.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


class Texts:
    """A corpus folder that tests write to: one document a name, one section each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def write(self, slug: str, *paragraphs: str, head: str = "", name: str = "") -> Path:
        path = self.folder / f"{name or slug}.md"
        body = "\n\n".join(paragraphs)
        path.write_text(f"---\nslug: {slug}\ntitle: On {slug}\n{head}---\n\n{body}\n", "utf-8")
        return path


@pytest.fixture
def texts(tmp_path: Path) -> Texts:
    """Three documents of one passage each."""
    texts = Texts(tmp_path / "texts")
    texts.write("customers", "Customers define value by choosing.", head="perspective: crm\n")
    texts.write("society", "Society defines value by law [@eu2011].", head="perspective: csr\n")
    texts.write("company", "The company defines value by strategy.", head="perspective: csv\n")
    return texts


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """An index folder with nothing in it yet."""
    return Library(tmp_path / "index")


@pytest.fixture
def file_size_limit() -> Callable[[int], AbstractContextManager[None]]:
    """Let no file of this process grow beyond some bytes: the nearest thing to a full disk."""

    @contextmanager
    def limited(size: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return limited


@pytest.fixture(scope="session")
def builders() -> Iterator[Builders]:
    """Builds in other processes."""
    builders = Builders()
    yield builders
    builders.close()
