"""Compress wheels again, as far as deflate goes: python tools/recompress.py WHEEL...

pip reads the result as any other wheel: names, times and contents stay, only the compressed bytes
become fewer (by 2 to 5 %). The same wheel always gives the same bytes. Needs the package zopfli.
"""

from __future__ import annotations

import argparse
import os
import struct
import sys
import zipfile
from pathlib import Path

import zopfli.zlib

LOCAL, CENTRAL, END = "<4s5H3I2H", "<4s6H3I5H2I", "<4s4H2IH"
DEFLATE_VERSION = 20


def deflated(data: bytes) -> bytes:
    """Without zlib's header and checksum, which a ZIP file does not have."""
    compressed: bytes = zopfli.zlib.compress(data, numiterations=15, blocksplittingmax=0)
    return compressed[2:-4]


def body_of(archive: zipfile.ZipFile, file: zipfile.ZipInfo) -> tuple[int, bytes]:
    """(method, bytes) of a file: stored if it does not become smaller."""
    data = archive.read(file)
    smaller = deflated(data)
    if len(smaller) < len(data):
        return zipfile.ZIP_DEFLATED, smaller
    return zipfile.ZIP_STORED, data


def recompress(wheel: Path) -> None:
    """Replace a wheel by a smaller one of the same contents."""
    content, central = bytearray(), bytearray()
    with zipfile.ZipFile(wheel) as archive:
        files = archive.infolist()
        for file in files:
            method, body = body_of(archive, file)
            name = file.filename.encode()
            year, month, day, hour, minute, second = file.date_time
            common = (
                0 if name.isascii() else 0x800,  # names in UTF-8
                method,
                hour << 11 | minute << 5 | second // 2,
                (year - 1980) << 9 | month << 5 | day,
                file.CRC,
                len(body),
                file.file_size,
                len(name),
            )
            at = len(content)
            content += struct.pack(LOCAL, b"PK\3\4", DEFLATE_VERSION, *common, 0) + name + body
            made_by = file.create_system << 8 | DEFLATE_VERSION
            rest = (0, 0, 0, file.internal_attr, file.external_attr, at)
            central += struct.pack(CENTRAL, b"PK\1\2", made_by, DEFLATE_VERSION, *common, *rest)
            central += name
    count = len(files)
    end = struct.pack(END, b"PK\5\6", 0, 0, count, count, len(central), len(content), 0)
    new = wheel.with_name(wheel.name + ".new")
    new.write_bytes(content + central + end)
    check(wheel, new)
    os.replace(new, wheel)


def check(old: Path, new: Path) -> None:
    with zipfile.ZipFile(old) as a, zipfile.ZipFile(new) as b:
        for archive in (a, b):
            if (bad := archive.testzip()) is not None:
                raise SystemExit(f"{archive.filename}: {bad} is damaged.")
        kept = [
            [(x.filename, x.date_time, x.external_attr, x.CRC) for x in archive.infolist()]
            for archive in (a, b)
        ]
    if kept[0] != kept[1]:
        raise SystemExit(f"{new} does not have the files of {old}.")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheels", nargs="+", type=Path, metavar="WHEEL")
    for wheel in parser.parse_args().wheels:
        before = wheel.stat().st_size
        recompress(wheel)
        print(f"{wheel.name}: {before:,} bytes, now {wheel.stat().st_size:,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
