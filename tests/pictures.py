"""Pictures for the tests, good ones and bad ones, made where they are needed."""

import functools
import io
import struct
import zlib
from typing import Any

from PIL import Image

KINDS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
SECRET = "Kite-in-the-metadata"  # what must not be left of a picture
_PNG = b"\x89PNG\r\n\x1a\n"


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 48), **more: Any) -> bytes:
    """A picture with some grey noise in it, `more` as Pillow wants it."""
    image = Image.effect_noise(size, 50).convert("P" if kind == "GIF" else "RGB")
    return saved(image, kind, **more)


def saved(image: Image.Image, kind: str, **more: Any) -> bytes:
    """The bytes of an image."""
    with io.BytesIO() as file:
        image.save(file, kind, **more)
        return file.getvalue()


def opened(content: bytes) -> Image.Image:
    """The image in these bytes, decoded."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def moving(kind: str, frames: int = 5) -> bytes:
    """A picture that moves, three times, 50 and 100 ms a frame in turn."""
    first, *rest = (Image.new("RGB", (40, 30), (frame * 40 % 256, 90, 0)) for frame in range(frames))
    times = [50 + 50 * (frame % 2) for frame in range(frames)]
    return saved(first, kind, save_all=True, append_images=rest, duration=times, loop=3)


def telling(kind: str) -> bytes:
    """A picture that lies on its side and tells where and by whom it was made."""
    exif = Image.Exif()
    exif[274], exif[270] = 6, SECRET
    exif[0x8825] = {1: "N", 2: (53.0, 33.0, 1.5), 29: SECRET}
    said = SECRET.encode()
    more: dict[str, Any] = {} if kind == "GIF" else {"exif": exif}
    more |= {"xmp": said} if kind in ("JPEG", "WEBP", "AVIF") else {}
    more |= {"comment": said} if kind in ("GIF", "JPEG") else {}
    return picture(kind, **more)


def chunk(name: bytes, content: bytes) -> bytes:
    """A part of a PNG (RFC 2083, 3.2)."""
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check


def png(width: int, height: int, *parts: bytes, pixels: bytes = b"") -> bytes:
    """A PNG that says it is this large, whatever its pixels are."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return _PNG + head + b"".join(parts) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


@functools.cache
def bomb(megabytes: int) -> bytes:
    """Very little that unpacks to very much."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


def gif(frames: int, width: int = 1, height: int = 1) -> bytes:
    """A GIF of many frames of one pixel on a canvas."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b"\x3b"
