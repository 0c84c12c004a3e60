"""GIF pixels: the label is painted into the coded frames, and everything else of the file stays as it is.

Pillow would decode an animation to complete frames and find new palettes for them. Instead each frame keeps its
rectangle, palette, timing, disposal and transparency; only frames that touch the label's box, or that come after it was
cleared away, are packed again, and in them only the label's own pixels change.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labelkit.errors import ExplicitLabelError
from labelkit.formats.base import Buffer
from labelkit.formats.image import _gif_blocks, _palette
from labelkit.formats.image._contrast import LEAST, luminance, ratio
from labelkit.formats.image._frames import Frame, Picture, carried, check_size, decoding, opened
from labelkit.formats.image._gif_blocks import CLEAR, REVERT, Indices, Layout, Piece
from labelkit.formats.image._stamp import Stamp


@dataclass(frozen=True, slots=True, eq=False)
class GifCoding:
    """The file itself: the label is painted into it again when it is written."""

    source: Buffer


def decode(data: Buffer) -> Picture:
    """All frames, complete as a viewer shows them."""
    with decoding("GIF image data"):
        image = opened(data, "GIF")
        count = int(getattr(image, "n_frames", 1))
        check_size(*image.size, count)
        loop = int(image.info.get("loop", 0) or 0)
        frames, screen = [], (0, 0, *image.size)
        for number in range(count):
            image.seek(number)
            image.load()
            # Pillow grows with frames that reach beyond the logical screen; viewers cut them off.
            shown = _complete(image) if image.size == screen[2:] else _complete(image).crop(screen)
            frames.append(Frame(shown, float(image.info.get("duration", 0) or 0)))
        return Picture(frames, "gif", 1, loop, carried(image), GifCoding(data))


def _complete(image: Image.Image) -> Image.Image:
    """One way of holding all frames; Pillow gives P for the first and RGB or RGBA for the others."""
    clear = image.mode in ("RGBA", "LA") or "transparency" in image.info
    return image.convert("RGBA" if clear else "RGB")


def encode(picture: Picture, quality: int) -> bytes:
    """The file with the label in it, or a new GIF for pictures that were none; ``quality`` means nothing here."""
    if isinstance(picture.coding, GifCoding):
        data = bytes(picture.coding.source)
        for made in picture.stamps:
            data = stamped(data, made)
        return data
    out = io.BytesIO()
    images = [frame.pixels for frame in picture.frames]
    first = images[0]
    assert isinstance(first, Image.Image)
    if len(images) == 1:
        first.save(out, "GIF")
    else:
        durations = [round(frame.duration) for frame in picture.frames]
        first.save(
            out, "GIF", save_all=True, append_images=images[1:], duration=durations, loop=picture.loop, disposal=2
        )
    return out.getvalue()


def stamped(data: bytes, made: Stamp) -> bytes:
    """The file with a hardened stamp on every frame.

    Raises:
        ExplicitLabelError: a frame's colours leave no room for the label's.
    """
    with decoding("GIF image data"):
        found = _gif_blocks.layout(data)
        need = _palette.wanted(made)
        found = replace(found, table=_roomier(found.table, need))
        pieces = _Painter(found, made, need).pieces()
        if pieces is None:
            return stamped(_complete_pieces(data, found), made)
    parts, at = [_gif_blocks.with_global_table(data, found.table)] if found.table else [data[:13]], 13
    at += len(_gif_blocks.layout(data).table)
    for old, new in zip(found.pieces, pieces, strict=True):
        parts += [data[at : old.start], data[old.start : old.stop] if new is None else new]
        at = old.stop
    out = b"".join([*parts, data[at:]])
    return b"GIF89a" + out[6:]


def _roomier(table: bytes, need: NDArray[np.uint8]) -> bytes:
    """The global table with the label's colours where there is room for them."""
    if not table:
        return table
    colours = np.frombuffer(table, np.uint8).reshape(-1, 3)
    room = 256 - len(colours)
    lacking = [c for c in need if np.abs(colours.astype(int) - c.astype(int)).max(axis=1).min() > _palette.CLOSE]
    return table + b"".join(colour.tobytes() for colour in lacking[:room])


class _Painter:
    """Walks through the frames and remembers which pixels of the label the canvas shows."""

    def __init__(self, found: Layout, made: Stamp, need: NDArray[np.uint8]) -> None:
        self.found, self.stamp, self.need = found, made, need
        self.cover = made.cover > 0
        self.shown = np.zeros(self.cover.shape, np.bool_)

    def pieces(self) -> list[bytes | None] | None:
        """New bytes for each frame, None for one that stays; None altogether when frames have to be made complete."""
        out: list[bytes | None] = []
        for piece in self.found.pieces:
            inside = self._inside(piece.box)
            before = self.shown.copy()
            lacking = bool((self.cover & ~self.shown & ~inside).any())
            if lacking and piece.disposal == CLEAR:
                return None  # a larger rectangle would clear more than the frame's own
            touched = lacking or bool((self.cover & inside).any())
            out.append(self._painted(piece, lacking) if touched else None)
            self.shown |= self.cover if touched else False
            if piece.disposal == CLEAR:
                self.shown &= ~inside
            elif piece.disposal == REVERT:
                self.shown = before
        return out

    def _inside(self, box: tuple[int, int, int, int]) -> NDArray[np.bool_]:
        """Which pixels of the stamp lie in a frame's rectangle."""
        inside = np.zeros(self.cover.shape, np.bool_)
        left, top = box[0] - self.stamp.left, box[1] - self.stamp.top
        inside[max(0, top) : max(0, box[3] - self.stamp.top), max(0, left) : max(0, box[2] - self.stamp.left)] = True
        return inside

    def _painted(self, piece: Piece, enlarge: bool) -> bytes:
        pixels = _gif_blocks.indices(piece)
        colours = np.frombuffer(piece.table or self.found.table, np.uint8).reshape(-1, 3)
        if enlarge:
            piece, pixels, colours = _enlarged(piece, pixels, colours, self.stamp.box)
        piece, pixels, chosen = _with_colours(piece, pixels, colours, self.need, self.found.table)
        over = _palette.index_stamp(self.stamp, self.need, chosen)
        _paste(pixels, piece.box, self.stamp, over)
        return _gif_blocks.packed(piece, pixels)


def _paste(pixels: Indices, box: tuple[int, int, int, int], made: Stamp, over: Indices) -> None:
    """Put the stamp's indices into a frame, as far as its rectangle goes."""
    left, top, right, bottom = made.box
    x0, y0, x1, y1 = max(left, box[0]), max(top, box[1]), min(right, box[2]), min(bottom, box[3])
    if x0 >= x1 or y0 >= y1:
        return
    source = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
    target = pixels[y0 - box[1] : y1 - box[1], x0 - box[0] : x1 - box[0]]
    np.copyto(target, over[source], where=made.cover[source] > 0)


def _enlarged(
    piece: Piece, pixels: Indices, colours: NDArray[np.uint8], box: tuple[int, int, int, int]
) -> tuple[Piece, Indices, NDArray[np.uint8]]:
    """The frame with a rectangle that reaches over the label; what is added is transparent."""
    old = piece.box
    new = min(old[0], box[0]), min(old[1], box[1]), max(old[2], box[2]), max(old[3], box[3])
    if piece.clear is None:
        index, colours = _spare(pixels, colours)
        piece = piece.with_clear(index)
    larger = np.full((new[3] - new[1], new[2] - new[0]), piece.clear, np.uint8)
    larger[old[1] - new[1] : old[3] - new[1], old[0] - new[0] : old[2] - new[0]] = pixels
    return replace(piece, box=new), larger, colours


def _spare(pixels: Indices, colours: NDArray[np.uint8]) -> tuple[int, NDArray[np.uint8]]:
    """An index that no pixel of the frame has; the rarest colour gives way to its nearest when there is none."""
    counts = np.bincount(pixels.reshape(-1), minlength=256)
    unused = np.flatnonzero(counts[: len(colours)] == 0)
    if len(unused):
        return int(unused[-1]), colours
    if len(colours) < 256:
        return len(colours), np.vstack([colours, np.zeros((1, 3), np.uint8)])
    rarest = int(counts.argmin())
    _merge(pixels, colours, rarest, None)
    return rarest, colours


def _merge(pixels: Indices, colours: NDArray[np.uint8], index: int, clear: int | None) -> None:
    """Draw the pixels of one index with the nearest other opaque colour."""
    distance = np.abs(colours.astype(int) - colours[index].astype(int)).sum(axis=1)
    distance[index] = 9999
    if clear is not None and clear < len(distance):
        distance[clear] = 9999
    pixels[pixels == index] = distance.argmin()


def _with_colours(
    piece: Piece, pixels: Indices, colours: NDArray[np.uint8], need: NDArray[np.uint8], shared: bytes
) -> tuple[Piece, Indices, tuple[int, ...]]:
    """A palette for the frame that has the label's colours, the global one as long as that will do."""
    for _ in range(3):
        alphas = np.full(len(colours), 255, np.uint8)
        if piece.clear is not None and piece.clear < len(alphas):
            alphas[piece.clear] = 0
        counts = np.bincount(pixels.reshape(-1), minlength=len(colours))
        fitted = _palette.fit(colours, alphas, [bool(n) for n in counts[: len(colours)]], need)
        if _stands_out(fitted.colours[list(fitted.index)], need):
            break
        # Full of other colours: the two rarest give way.
        rare = np.argsort(counts + np.where(alphas == 0, 1 << 40, 0), kind="stable")[:2]
        pixels = pixels.copy()
        for index in rare:
            _merge(pixels, colours, int(index), piece.clear)
    else:
        raise ExplicitLabelError(
            "a frame's palette has no colours for the label", remedy="convert the picture to PNG or WebP"
        )
    table = fitted.colours.tobytes()
    same = not piece.table and table == shared
    return replace(piece, table=b"" if same else table), pixels, fitted.index


def _stands_out(got: NDArray[np.uint8], need: NDArray[np.uint8]) -> bool:
    """Whether the palette's stand-ins for the label's darkest and brightest colour differ enough."""
    order = need.astype(int).sum(axis=1)
    ends = got[[int(order.argmin()), int(order.argmax())]]
    dark, bright = luminance(Image.fromarray(ends[None])).reshape(-1)
    return ratio(float(dark), float(bright)) >= min(LEAST + 0.5, _best(need))


def _best(need: NDArray[np.uint8]) -> float:
    order = need.astype(int).sum(axis=1)
    ends = luminance(Image.fromarray(need[[int(order.argmin()), int(order.argmax())]][None])).reshape(-1)
    return ratio(float(ends[0]), float(ends[1]))


def _complete_pieces(data: bytes, found: Layout) -> bytes:
    """The same animation with every frame as large as the canvas, so that clearing one clears the label with it."""
    width, height = found.size
    canvas, parts, at = np.zeros((height, width, 4), np.uint8), [], 13 + len(_gif_blocks.layout(data).table)
    parts.append(data[:at])
    for piece in found.pieces:
        before = canvas.copy()
        _compose(canvas, piece, found.table)
        parts += [data[at : piece.start], _whole(piece, canvas)]
        at = piece.stop
        left, top, right, bottom = piece.box
        if piece.disposal == CLEAR:
            canvas[top:bottom, left:right] = 0
        elif piece.disposal == REVERT:
            canvas = before
    return b"".join([*parts, data[at:]])


def _compose(canvas: NDArray[np.uint8], piece: Piece, shared: bytes) -> None:
    left, top, right, bottom = piece.box
    table = np.zeros((256, 4), np.uint8)
    colours = np.frombuffer(piece.table or shared, np.uint8).reshape(-1, 3)
    table[: len(colours), :3], table[:, 3] = colours, 255
    pixels = _gif_blocks.indices(piece)
    drawn = np.ones(pixels.shape, np.bool_) if piece.clear is None else pixels != piece.clear
    target = canvas[top:bottom, left:right]
    part = slice(0, target.shape[0]), slice(0, target.shape[1])
    np.copyto(target, table[pixels[part]], where=drawn[part][..., None])


def _whole(piece: Piece, canvas: NDArray[np.uint8]) -> bytes:
    """A complete frame with its own palette, cleared before the next."""
    opaque = canvas[..., 3] > 0
    kinds, inverse = np.unique(canvas.reshape(-1, 4), axis=0, return_inverse=True)
    if len(kinds) <= 256:
        pixels, colours = inverse.reshape(canvas.shape[:2]).astype(np.uint8), kinds[:, :3]
    else:
        reduced = Image.fromarray(np.ascontiguousarray(canvas[..., :3])).quantize(255, dither=Image.Dither.NONE)
        pixels = np.where(opaque, np.asarray(reduced), 255).astype(np.uint8)
        colours = np.zeros((256, 3), np.uint8)
        flat = np.array(reduced.getpalette("RGB"), np.uint8).reshape(-1, 3)[:255]
        colours[: len(flat)] = flat
    control = piece.control or b"\0\0\0\0"
    flags = control[0] & ~0x1C | CLEAR << 2
    height, width = canvas.shape[:2]
    made = replace(
        piece, box=(0, 0, width, height), table=colours.tobytes(), control=bytes([flags & ~1, *control[1:3], 0])
    )
    if not opaque.all():
        made = made.with_clear(int(pixels[~opaque][0]))
    return _gif_blocks.packed(made, pixels)
