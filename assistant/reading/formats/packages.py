"""ZIP packages and XML from strangers: DOCX, PPTX, ODF and EPUB are all opened here.

Nothing is unpacked to disk, no member grows beyond its limit whatever its head says, and no XML
may declare or fetch anything.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO

from lxml import etree

from assistant.reading.formats.limits import Limits
from assistant.reading.formats.problems import DocumentError, Reason

BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # an exotic compression
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
)
_END = struct.Struct("<4s4H2LH")  # end of central directory; APPNOTE 4.3.16
_ENCRYPTED_FLAG = 0x1
_ENTITY = b"<!ENTITY"
_PROLOG = 100_000  # bytes


class Package:
    """The members of a ZIP package, read within limits.

    Raises DocumentError when it is broken, encrypted, or a bomb.
    """

    def __init__(self, content: bytes, limits: Limits) -> None:
        check_listing(content, limits)
        try:
            self._zip = zipfile.ZipFile(BytesIO(content))
        except BROKEN_ZIP as cause:
            raise DocumentError(Reason.BROKEN, f"Its ZIP package is damaged: {cause}.") from cause
        self._limits = limits
        self._left = limits.unpacked_bytes
        members = [m for m in self._zip.infolist() if not m.is_dir()]
        check_members(members, limits)
        # Some programs write backslashes, and not every one keeps to one case.
        self._members: Mapping[str, zipfile.ZipInfo] = {
            m.filename.replace("\\", "/").lstrip("/").casefold(): m for m in members
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all members, in lower case."""
        return tuple(self._members)

    def __contains__(self, name: str | None) -> bool:
        return name is not None and name.casefold() in self._members

    def read(self, name: str) -> bytes:
        """Return the bytes of a member.

        Raises DocumentError when there is none, it is damaged, encrypted, or beyond the limits.
        """
        member = self._members.get(name.lstrip("/").casefold())
        if member is None:
            raise DocumentError(Reason.BROKEN, f"The part {name!r} is missing.")
        content = read_member(self._zip, member, min(self._limits.member_bytes, self._left))
        self._left -= len(content)
        return content

    def xml(self, name: str) -> etree._Element:
        """Return the root of an XML member."""
        return parsed_xml(self.read(name), name)

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Return id -> (kind, part) of what a part of an Office package refers to.

        ``kind`` is the last word of the relation's type: "styles", "slide", "footnotes".
        Pictures on the web and the like are left out.
        """
        folder, file = posixpath.split(name)
        listing = posixpath.join(folder, "_rels", f"{file}.rels")
        if listing not in self:
            return {}
        found = {}
        for element in self.xml(listing):
            target = element.get("Target", "")
            if element.get("TargetMode") != "External" and target:
                kind = element.get("Type", "").rpartition("/")[2]
                part = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                found[element.get("Id", "")] = (kind, part)
        return found


def check_listing(content: bytes, limits: Limits) -> None:
    """Raise DocumentError when the list of members alone would fill the memory."""
    at = content.rfind(b"PK\x05\x06", max(len(content) - 65_557, 0))
    if at < 0 or len(content) - at < _END.size:
        raise DocumentError(Reason.BROKEN, "It is not a whole ZIP package: its end is missing.")
    size: int = _END.unpack_from(content, at)[5]
    if size == 0xFFFFFFFF:  # ZIP64 says it elsewhere: then the whole file is the bound
        size = len(content)
    if size > limits.listing_bytes:
        raise DocumentError(Reason.BOMB, f"Its list of members alone has {size:,} bytes.")


def check_members(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Raise DocumentError when the members are too many or would unpack to too much."""
    if len(members) > limits.members:
        raise DocumentError(Reason.TOO_MANY, f"It has more than {limits.members:,} members.")
    unpacked = sum(m.file_size for m in members)
    packed = sum(m.compress_size for m in members)
    if unpacked > limits.unpacked_bytes or (
        unpacked > limits.harmless_bytes and unpacked > packed * limits.compression
    ):
        raise DocumentError(
            Reason.BOMB,
            f"It would unpack from {packed:,} to {unpacked:,} bytes.",
        )


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """Return the bytes of a member, whatever size its head claims.

    Raises DocumentError when it is damaged, encrypted, or longer than ``most``.
    """
    if member.flag_bits & _ENCRYPTED_FLAG:
        raise DocumentError(Reason.ENCRYPTED, "It is protected by a password.")
    if member.file_size > most:
        raise DocumentError(Reason.BOMB, f"A part of it has more than {most:,} bytes.")
    try:
        with archive.open(member) as stream:
            content = stream.read(most + 1)
    except BROKEN_ZIP as cause:
        raise DocumentError(
            Reason.BROKEN, f"Its part {member.filename[:100]!r} is damaged: {cause}."
        ) from cause
    if len(content) > most:
        raise DocumentError(Reason.BOMB, f"A part of it has more than {most:,} bytes.")
    return content


def parsed_xml(content: bytes, name: str) -> etree._Element:
    """Return the root of an XML text that may declare no entities.

    Raises DocumentError when it is not well formed or declares any.
    """
    if _ENTITY in content[:_PROLOG]:
        raise _declares_entities()
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as cause:
        raise DocumentError(Reason.BROKEN, f"Its part {name!r} is not XML: {cause}.") from cause
    dtd = root.getroottree().docinfo.internalDTD  # in UTF-16 the look at the bytes finds nothing
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise _declares_entities()
    return root


def _declares_entities() -> DocumentError:
    return DocumentError(
        Reason.BOMB, "It declares XML entities, which documents never do and attacks do."
    )


def local_name(element: etree._Element) -> str:
    """Return the tag without its namespace: both editions of Office's formats are read alike."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: etree._Element, name: str) -> str:
    """Return an attribute by its name without namespace; empty where there is none."""
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(value)
    return ""


def child(element: etree._Element | None, name: str) -> etree._Element | None:
    """Return the first child of that name without namespace."""
    if element is None:
        return None
    return next((c for c in element if local_name(c) == name), None)


def number_in(text: str, default: int = 0) -> int:
    """Return a number of at most six digits; ``default`` for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else default
