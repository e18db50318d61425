"""Decodes one picture and writes it anew, with nothing in it but what is seen, and small beside it.

    python -I decoder.py FORMAT SOURCE TARGET SMALL

A program of its own that imports nothing of ours: a hostile picture ends this process and no other.
Prints width and height. Exits with 3 for a picture that is too large, with 4 if there is no space for it;
with anything else that is not 0, or by a signal, for one that cannot be decoded.
"""

import errno
import os
import resource
import sys
from itertools import count

from PIL import AvifImagePlugin, GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

PIXELS_MAX = 40_000_000
FRAMES_MAX = 200
MOVING_MAX = 200_000_000  # pixels of all frames together: seconds of work
THUMB = 300  # pixels a side, as `chat.core.file.fitted` has it
MEMORY = 2 << 30  # bytes of addresses, of which 40 megapixels use half
CPU_S = 30
LARGE = 12_000_000  # pixels from which on time counts for more than bytes
OUTPUT = 64 << 20  # bytes a picture may become
PROFILE_MAX = 128 << 10  # bytes that say what its colours mean; what is larger is something else

TOO_LARGE, NO_SPACE = 3, 4
PLUGINS = (AvifImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin)
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes an orientation of EXIF (tag 274)."""


def main(kind: str, source: str, target: str, small: str) -> None:
    """Read `source`, write `target` and `small`."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(5)  # who talks goes first
    GifImagePlugin.LOADING_STRATEGY = GifImagePlugin.LoadingStrategy.RGB_AFTER_DIFFERENT_PALETTE_ONLY
    Image.MAX_IMAGE_PIXELS = None  # we ask ourselves, and before anything is decoded
    with Image.open(source, formats=[kind]) as image:
        if image.width * image.height > PIXELS_MAX:
            sys.exit(TOO_LARGE)
        if kind in ("GIF", "WEBP") and (times := _times(image)):
            first = _write_moving(image, kind, target, times)
        else:
            first = _write_still(image, kind, target)
    _write_small(first, small)
    print(*first.size)


def _times(image: Image.Image) -> list[int]:
    """How long each frame of a moving picture is shown, in milliseconds; nothing of one that stands still."""
    times: list[int] = []
    for frame in count():
        try:
            image.seek(frame)
        except EOFError:
            break
        if frame >= FRAMES_MAX or (frame + 1) * image.width * image.height > MOVING_MAX:
            sys.exit(TOO_LARGE)
        image.load()
        times.append(int(image.info.get("duration", 0)))
    image.seek(0)
    return times if len(times) > 1 else []


def _write_moving(image: Image.Image, kind: str, target: str, times: list[int]) -> Image.Image:
    image.load()
    first = image.copy()
    repeats = {"loop": image.info["loop"]} if "loop" in image.info else {}
    more = {"quality": 85, "method": 2} if kind == "WEBP" else {"comment": b""}
    _save(image, target, kind, save_all=True, duration=times, **repeats, **more)
    return first


def _save(image: Image.Image, target: str, kind: str, **more: object) -> None:
    """Write what has been decoded: where that fails, it wants more than it may have."""
    try:
        image.save(target, kind, **more)
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(NO_SPACE if getattr(error, "errno", 0) == errno.ENOSPC else TOO_LARGE)


def _write_still(image: Image.Image, kind: str, target: str) -> Image.Image:
    image.load()
    more = _quality(image, kind)
    turn = UPRIGHT.get(_orientation(image))
    first = image.transpose(turn) if turn else image.copy()
    seen = ("icc_profile", "transparency")
    first.info = {name: value for name, value in image.info.items() if name in seen}
    if first.mode in ("CMYK", "YCCK"):  # browsers disagree about these; the profile belongs to them
        first.info.pop("icc_profile", None)
        first = first.convert("RGB")
    _save(first, target, kind, icc_profile=_profile(first), **more)
    return first


def _profile(image: Image.Image) -> bytes | None:
    profile: bytes = image.info.get("icc_profile") or b""
    return profile if 0 < len(profile) <= PROFILE_MAX else None


def _quality(image: Image.Image, kind: str) -> dict[str, object]:
    """How to write it so that little is lost."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        return {
            "qtables": image.quantization,
            "subsampling": JpegImagePlugin.get_sampling(image),
            "progressive": "progressive" in image.info,
        }
    large = image.width * image.height > LARGE
    if kind == "WEBP":
        return {"quality": 90, "method": 0 if large else 4}
    return {"quality": 80, "speed": 10 if large else 8} if kind == "AVIF" else {}


def _orientation(image: Image.Image) -> int:
    """How it has to be turned; a picture whose EXIF cannot be read is taken as it lies."""
    try:
        return int(image.getexif().get(274, 1))
    except (OSError, ValueError, SyntaxError, TypeError, LookupError):
        return 1


def _write_small(first: Image.Image, small: str) -> None:
    scale = min(1.0, THUMB / first.width, THUMB / first.height)
    size = max(1, round(first.width * scale)), max(1, round(first.height * scale))
    if first.mode.startswith("I"):  # 16 bits a pixel, which are cut off instead of scaled otherwise
        first = first.convert("I").point(lambda value: value / 256).convert("L")
    plain = first.convert("RGBA" if first.has_transparency_data else "RGB")
    plain = plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    _save(plain, small, "WEBP", quality=80, icc_profile=_profile(first))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except MemoryError:
        sys.exit(TOO_LARGE)
