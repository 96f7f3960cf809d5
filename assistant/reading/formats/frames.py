"""Messages between the program and its worker: a length, an object of JSON, perhaps bytes.

Both sides only ever parse JSON; what a worker sends is believed no more than a file is.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

_LENGTH = struct.Struct("<I")
_MOST_BYTES = 1_000_000_000  # of one message


class BrokenFrameError(Exception):
    """What came is no message of ours."""


def write_frame(stream: BinaryIO, message: dict[str, Any], content: bytes = b"") -> None:
    """Send a message; ``content`` follows it as it is, its length in the field "bytes"."""
    encoded = json.dumps({**message, "bytes": len(content)}, ensure_ascii=True).encode("ascii")
    stream.write(_LENGTH.pack(len(encoded)))
    stream.write(encoded)
    if content:
        stream.write(content)
    stream.flush()


def read_frame(stream: BinaryIO, *, most: int = _MOST_BYTES) -> tuple[dict[str, Any], bytes] | None:
    """Return the next message and its bytes; None where the other side has gone.

    Raises BrokenFrameError when it is not of our form.
    """
    head = _exactly(stream, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > most:
        raise BrokenFrameError(f"a message of {length:,} bytes")
    encoded = _exactly(stream, length)
    if encoded is None:
        return None
    try:
        message = json.loads(encoded)
        size = message["bytes"]
    except (ValueError, KeyError, TypeError, RecursionError) as cause:
        raise BrokenFrameError(str(cause)) from cause
    if type(size) is not int or not 0 <= size <= most:
        raise BrokenFrameError(f"{size!r} bytes")
    content = _exactly(stream, size)
    return None if content is None else (message, content)


def _exactly(stream: BinaryIO, size: int) -> bytes | None:
    """Return that many bytes; None when the stream ends before."""
    content = bytearray()
    while len(content) < size:
        part = stream.read(size - len(content))
        if not part:
            return None
        content += part
    return bytes(content)
