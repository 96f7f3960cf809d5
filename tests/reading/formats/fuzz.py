"""Feed the reader mutated real files for some minutes: nothing may crash it or hang it.

    uv run python tests/reading/formats/fuzz.py --minutes 10 [--seed 1] [--keep FOLDER]

Every entry point is tried: each format, and the unpacking of archives. Files are damaged as
disks and networks damage them (bits, blocks, ends), and, since most formats are packed, their
members and streams are damaged and packed again. What ends a worker is not an error of the
program, but is told and can be kept; anything else than an outcome within the limit is.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from assistant.reading.formats import DocumentError, DocumentReader, Limits, Reason

SAMPLES = Path(__file__).parent.parent.parent / "samples"
LIMITS = Limits(seconds=10.0, memory_bytes=1_200_000_000)
GRACE_S = 20.0  # for ending a worker and starting the next on a busy machine
ENDED = {Reason.CRASHED, Reason.TOO_SLOW, Reason.TOO_MUCH_MEMORY}
NUMBERS = [b"\x00", b"\xff" * 4, b"\x7f\xff\xff\xff", b"-1", b"99999999999", b"0", b"\x80" * 2]
TOKENS = [
    *(b"<", b">", b"</", b"<w:p>", b"&#x0;", b"]]>", b"\\u-1?", b"\\bin9999999 ", b"{\\rtf", b"}"),
    *(b"obj", b"endstream", b"/Kids", b"/Count", b"[", b"]", b"<<", b">>", b"\xef\xbb\xbf"),
    *(b'"', b",", b"\r", b"\n\n", b"#", b"|---|", b"\x0c", b"\xf0\x9f\x98", b"../"),
]


@dataclass
class Findings:
    """What became of the files."""

    outcomes: Counter[str] = field(default_factory=Counter)
    stopped: Counter[str] = field(default_factory=Counter)  # exceptions that nobody foresaw
    ended: list[tuple[str, str]] = field(default_factory=list)  # name, how the worker ended
    slowest_s: float = 0.0

    @property
    def files(self) -> int:
        return sum(self.outcomes.values())


def mutated(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """Return a damaged file: as a whole, or in one of its packed parts."""
    if content[:2] == b"PK" and chance.random() < 0.8:
        return _repacked_zip(content, other, chance)
    if content[:4] == b"%PDF" and chance.random() < 0.6:
        return _repacked_pdf(content, other, chance)
    return damaged(content, other, chance)


def damaged(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """Return the bytes after one to eight injuries."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        size = len(changed)
        at = chance.randrange(size + 1)
        length = min(chance.choice((1, 4, 32, 512, 8_192)), size - at)
        match chance.randrange(8):
            case 0 if at < size:
                changed[at] ^= 1 << chance.randrange(8)
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[at : at + length] * chance.choice((1, 3, 50))
            case 3:
                changed[at : at + length] = chance.randbytes(length)
            case 4:
                place = chance.randrange(len(other) + 1)
                changed[at : at + length] = other[place : place + length]
            case 5:
                changed[at:at] = chance.choice(NUMBERS)
            case 6:
                changed[at:at] = chance.choice(TOKENS) * chance.choice((1, 1, 20, 3_000))
            case _:
                del changed[at + (size - at) // chance.choice((1, 2, 4)) :]
    return bytes(changed)


def _repacked_zip(content: bytes, other: bytes, chance: random.Random) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        names = [name for name in source.namelist() if name.endswith((".xml", ".rels", "html"))]
        victim = chance.choice(names or source.namelist())
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                part = source.read(name)
                if name == victim:
                    part = damaged(part, other, chance)
                if name != victim or chance.random() < 0.95:
                    target.writestr(name, part)
    return buffer.getvalue()


def _repacked_pdf(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """Damage one stream of a PDF and keep its length where there is room for it."""
    streams = list(re.finditer(rb"stream\r?\n(.*?)endstream", content, re.DOTALL))
    if not streams:
        return damaged(content, other, chance)
    stream = chance.choice(streams)
    try:
        inner = zlib.decompressobj().decompress(stream.group(1), 2_000_000)
    except zlib.error:
        return damaged(content, other, chance)
    packed = zlib.compress(damaged(inner, other, chance))
    packed += bytes(max(len(stream.group(1)) - len(packed), 0))
    return content[: stream.start(1)] + packed + content[stream.end(1) :]


def files() -> dict[str, bytes]:
    """Return the samples, some texts of the corpus and an archive of them."""
    found = {p.name: p.read_bytes() for p in sorted(SAMPLES.iterdir()) if p.suffix != ".py"}
    corpus = SAMPLES.parent.parent / "corpus"
    texts = {p.name: p.read_bytes() for p in sorted(corpus.glob("*.md"))[:4]}
    found |= texts
    found["utf16.txt"] = next(iter(texts.values())).decode().encode("utf-16")
    found["cp1252.txt"] = found["pandoc.txt"].decode().encode("cp1252", "replace")
    found["long.csv"] = b"Year,Judge,Event\n" + b'1953,"Society","Bowen; ""so"""\n' * 500
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in texts.items():
            archive.writestr(f"week 1/{name}", content)
    found["upload.zip"] = buffer.getvalue()
    return found


def cases(seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield names and damaged contents, endlessly; the same ones for the same seed."""
    chance = random.Random(seed)
    known = files()
    names = sorted(known)
    while True:
        name = chance.choice(names)
        yield name, mutated(known[name], known[chance.choice(names)], chance)


def fuzz(seconds: float, *, seed: int = 1, keep: Path | None = None) -> Findings:
    """Read damaged files for so long.

    Raises AssertionError when a file has no outcome, or none in time, and lets through what the
    reader should never raise.
    """
    findings = Findings()
    end = time.monotonic() + seconds
    with DocumentReader(LIMITS, ocr=False) as reader:
        for number, (name, content) in enumerate(cases(seed)):
            if time.monotonic() > end:
                return findings
            began = time.monotonic()
            outcome = _outcome(reader, name, content, findings)
            took = time.monotonic() - began
            findings.slowest_s = max(findings.slowest_s, took)
            findings.outcomes[outcome] += 1
            assert took < LIMITS.seconds + GRACE_S, f"{name}, seed {seed}, case {number}: {took} s"
            if keep is not None and outcome in ENDED:
                (keep / f"{outcome}-{seed}-{number}-{name}").write_bytes(content)
    raise AssertionError("the cases never end")


def _outcome(reader: DocumentReader, name: str, content: bytes, findings: Findings) -> str:
    try:
        if name.endswith(".zip"):
            for member, unpacked in reader.unpack(name, content):
                assert isinstance(unpacked, bytes | DocumentError), member
            return "unpacked"
        converted = reader.read(name, content)
    except DocumentError as problem:
        assert problem.cause and problem.remedy
        if problem.reason in ENDED:
            findings.ended.append((name, problem.cause))
        if "its reader stopped" in problem.cause:
            findings.stopped[f"{name}: {problem.cause}"] += 1
        return problem.reason.value
    assert converted.sentences
    return "read"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the files that ended a worker")
    options = parser.parse_args()
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
    findings = fuzz(options.minutes * 60, seed=options.seed, keep=options.keep)
    lines = [f"{findings.files:,} files, the slowest {findings.slowest_s:.1f} s"]
    lines += [f"{times:7,} {outcome}" for outcome, times in findings.outcomes.most_common()]
    lines += [f"worker ended: {name}: {cause}" for name, cause in findings.ended]
    lines += [f"{times:7,} {what}" for what, times in findings.stopped.most_common()]
    parser.exit(message="\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
