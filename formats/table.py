"""The formats LabelKit knows, as data; handlers are imported when a file needs them.

Third parties add a row through the entry point group ``labelkit.formats`` (a :class:`Format` object).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module

from labelkit.errors import UnknownFormat
from labelkit.formats.base import Buffer, Container

#: The score of a format that its first bytes leave no doubt about.
CERTAIN = 100
#: How many bytes the scores look at.
HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Format:
    """One row of the table.

    Attributes:
        id: stable name used by ``--format`` and in reports.
        media: ``"image"``, ``"audio"``, ``"video"`` or ``"text"``.
        extensions: file name endings, lower case, with the dot; the first is the usual one.
        mime: media types, the registered one first.
        handler: ``"module:Class"`` of the container.
        extra: optional package group needed for pixels or samples (metadata never needs one), or ``""``.
        place: where the label is written, for the capability table.
        clause: what fixes that place; ``"our choice"`` where no guide names one.
        walked: whether such files are ours when they are met in a folder, or only when they are named.
    """

    id: str
    media: str
    extensions: tuple[str, ...]
    mime: tuple[str, ...]
    handler: str
    extra: str = ""
    place: str = "XMP"
    clause: str = "TC260-PG-20259A 6"
    walked: bool = True

    def may_end(self, ending: str) -> bool:
        """Whether a file of this format may be called so: sound alone in a film's container keeps the film's ending.

        Args:
            ending: lower case, with the dot.
        """
        module = self.handler.partition(":")[0]
        return ending in self.extensions or any(
            ending in other.extensions and other.media != self.media and other.handler.partition(":")[0] == module
            for other in formats()
        )

    @property
    def container(self) -> Container:
        """The handler, imported now and kept."""
        return _load(self.handler)


_AUDIO = "TC260-PG-202510A"
_OTHER_AUDIO = "TC260-PG-202510A Annex F; the place is our choice"
_OUR_AUDIO = "our choice, as MP3 (the guide does not name it)"
_TEXT = "TC260-PG-20258A"
_OUR_TEXT = "our choice (the guide does not name it)"
_UNSEEN_TEXT = "our choice, experimental (the guide's clause was not seen)"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OTHER_VIDEO = "TC260-PG-20257A (XMP for other formats); the place is our choice"
_NO_GUIDE = "our choice (the guide does not name it, and it cannot hold XMP)"
_REMUX = "MPEG streams have no metadata; convert to MP4 (packets copied)"
_HERE = "labelkit.formats.containers"

_DOCUMENTS: tuple[Format, ...] = (
    Format(
        "docx", "text", (".docx", ".docm", ".dotx", ".dotm"),
        (f"{_OFFICE}.wordprocessingml.document", "application/vnd.ms-word.document.macroEnabled.12"),
        f"{_HERE}.ooxml:Docx", place="custom property AIGC", clause=f"{_TEXT} 6.1",
    ),
    Format(
        "xlsx", "text", (".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb", ".xlam"),
        (f"{_OFFICE}.spreadsheetml.sheet", "application/vnd.ms-excel.sheet.macroEnabled.12"),
        f"{_HERE}.ooxml:Xlsx", place="custom property AIGC", clause=f"{_TEXT} 6.1",
    ),
    Format(
        "pptx", "text", (".pptx", ".pptm", ".potx", ".potm", ".ppsx", ".ppsm", ".ppam"),
        (f"{_OFFICE}.presentationml.presentation", "application/vnd.ms-powerpoint.presentation.macroEnabled.12"),
        f"{_HERE}.ooxml:Pptx", place="custom property AIGC", clause=f"{_TEXT} 6.1",
    ),
    Format(
        "pdf", "text", (".pdf",), ("application/pdf",), f"{_HERE}.pdf:Pdf", place="Info /AIGC", clause=f"{_TEXT} 6.3",
    ),
    Format(
        "markdown", "text", (".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd"), ("text/markdown",),
        f"{_HERE}.markdown:Markdown", place="front matter AIGC", clause=f"{_TEXT} 6.5",
    ),
    Format(
        "html", "text", (".html", ".htm", ".xhtml", ".xht", ".shtml"), ("text/html", "application/xhtml+xml"),
        f"{_HERE}.html:Html", place="meta AIGC", clause=_OUR_TEXT,
    ),
    Format(
        "rtf", "text", (".rtf",), ("application/rtf", "text/rtf"), f"{_HERE}.rtf:Rtf",
        place="user property AIGC", clause=_OUR_TEXT,
    ),
    Format(
        "xml", "text", (".xml", ".xsd", ".xsl", ".xslt", ".rss", ".atom", ".tei", ".dita"),
        ("application/xml", "text/xml"), f"{_HERE}.xml:Xml",
        place="processing instruction AIGC", clause=_OUR_TEXT, walked=False,
    ),
    Format(
        "vtt", "text", (".vtt",), ("text/vtt",), f"{_HERE}.vtt:Vtt", place="NOTE AIGC", clause=_OUR_TEXT,
    ),
    Format(
        "eml", "text", (".eml",), ("message/rfc822",), f"{_HERE}.eml:Eml", place="header X-AIGC", clause=_OUR_TEXT,
    ),
    Format(
        "latex", "text", (".tex", ".sty", ".cls", ".ltx", ".bib", ".erl"), ("application/x-tex", "text/x-tex"),
        f"{_HERE}.comments:Percents", place="comment AIGC", clause=_OUR_TEXT, walked=False,
    ),
    Format(
        "script", "text",
        (".py", ".sh", ".bash", ".zsh", ".rb", ".pl", ".r", ".jl", ".ps1", ".yaml", ".yml", ".toml", ".cmake", ".nim"),
        ("text/x-python", "application/x-sh"), f"{_HERE}.comments:Hash",
        place="comment AIGC", clause=_OUR_TEXT, walked=False,
    ),
    Format(
        "code", "text",
        (".js", ".mjs", ".ts", ".jsx", ".tsx", ".c", ".h", ".cc", ".cpp", ".hpp", ".java", ".go", ".rs", ".swift",
         ".kt", ".cs", ".scala", ".dart", ".proto", ".scss", ".less", ".typ"),
        ("text/javascript", "text/x-c"), f"{_HERE}.comments:Slashes",
        place="comment AIGC", clause=_OUR_TEXT, walked=False,
    ),
    Format(
        "sql", "text", (".sql", ".lua", ".hs", ".adb"), ("application/sql",),
        f"{_HERE}.comments:Dashes", place="comment AIGC", clause=_OUR_TEXT, walked=False,
    ),
    Format(
        "lisp", "text", (".lisp", ".el", ".clj", ".scm", ".asm", ".ini"), ("text/x-lisp",),
        f"{_HERE}.comments:Semicolons", place="comment AIGC", clause=_OUR_TEXT, walked=False,
    ),
    Format(
        "css", "text", (".css",), ("text/css",), f"{_HERE}.comments:Style",
        place="comment AIGC", clause=_OUR_TEXT, walked=False,
    ),
    Format(
        "txt", "text", (".txt", ".text", ".log"), ("text/plain",), f"{_HERE}.plain:Plain",
        place="sidecar NAME.aigc.json", clause=_OUR_TEXT, walked=False,
    ),
    Format(
        "csv", "text", (".csv", ".tsv"), ("text/csv", "text/tab-separated-values"), f"{_HERE}.plain:Csv",
        place="sidecar NAME.aigc.json", clause=_OUR_TEXT, walked=False,
    ),
    Format(
        "srt", "text", (".srt",), ("application/x-subrip",), f"{_HERE}.plain:Srt",
        place="sidecar NAME.aigc.json", clause=_OUR_TEXT,
    ),
    Format(
        "json", "text", (".json", ".jsonl", ".ndjson", ".geojson", ".ipynb"), ("application/json",),
        f"{_HERE}.plain:Json", place="sidecar NAME.aigc.json", clause=_OUR_TEXT, walked=False,
    ),
    Format(
        "odt", "text", (".odt", ".ott", ".odm", ".oth"), ("application/vnd.oasis.opendocument.text",),
        f"{_HERE}.odf:Odt", place="user-defined metadata AIGC", clause=_OUR_TEXT,
    ),
    Format(
        "ods", "text", (".ods", ".ots"), ("application/vnd.oasis.opendocument.spreadsheet",),
        f"{_HERE}.odf:Ods", place="user-defined metadata AIGC", clause=_OUR_TEXT,
    ),
    Format(
        "odp", "text", (".odp", ".otp"), ("application/vnd.oasis.opendocument.presentation",),
        f"{_HERE}.odf:Odp", place="user-defined metadata AIGC", clause=_OUR_TEXT,
    ),
    Format(
        "odg", "text", (".odg", ".otg"), ("application/vnd.oasis.opendocument.graphics",),
        f"{_HERE}.odf:Odg", place="user-defined metadata AIGC", clause=_OUR_TEXT,
    ),
    Format(
        "epub", "text", (".epub",), ("application/epub+zip",),
        f"{_HERE}.epub:Epub", place="package metadata AIGC", clause=_OUR_TEXT,
    ),
    Format(
        "ofd", "text", (".ofd",), ("application/ofd",),
        f"{_HERE}.ofd:Ofd", place="CustomData AIGC", clause=_UNSEEN_TEXT,
    ),
    Format(
        "xmind", "text", (".xmind",), ("application/vnd.xmind.workbook",),
        f"{_HERE}.xmind:Xmind", place="metadata.json key AIGC", clause=_UNSEEN_TEXT,
    ),
)  # fmt: skip

FORMATS: tuple[Format, ...] = (
    Format(
        "jpeg", "image", (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), ("image/jpeg",), f"{_HERE}.jpeg:Jpeg",
        place="APP1 XMP",
    ),
    Format("png", "image", (".png", ".apng"), ("image/png", "image/apng"), f"{_HERE}.png:Png", place="iTXt XMP"),
    Format("webp", "image", (".webp",), ("image/webp",), f"{_HERE}.webp:Webp", place="chunk XMP"),
    Format("gif", "image", (".gif",), ("image/gif",), f"{_HERE}.gif:Gif", place="Application Extension XMP"),
    Format("tiff", "image", (".tif", ".tiff"), ("image/tiff",), f"{_HERE}.tiff:Tiff", place="IFD0 tag 700"),
    Format(
        "heif", "image", (".heic", ".heif", ".hif"), ("image/heic", "image/heif"), f"{_HERE}.heif:Heif", "heif",
        place="XMP item",
    ),
    Format(
        "avif", "image", (".avif",), ("image/avif",), f"{_HERE}.heif:Avif",
        place="XMP item", clause="our choice, as HEIF (the guide does not name AVIF)",
    ),
    Format(
        "svg", "image", (".svg", ".svgz"), ("image/svg+xml",), f"{_HERE}.svg:Svg",
        place="metadata element", clause="our choice (the guide does not name SVG)",
    ),
    Format(
        "bmp", "image", (".bmp", ".dib"), ("image/bmp",), f"{_HERE}.bmp:Bmp",
        place="none", clause="BMP has no metadata; convert to PNG",
    ),
    Format(
        "wav", "audio", (".wav", ".wave", ".bwf", ".rf64", ".bw64"), ("audio/vnd.wave", "audio/wav", "audio/x-wav"),
        f"{_HERE}.wav:Wav", place="chunk AIGC", clause=_AUDIO,
    ),
    Format(
        "aiff", "audio", (".aiff", ".aif", ".aifc", ".afc"), ("audio/aiff", "audio/x-aiff"), f"{_HERE}.aiff:Aiff",
        place="chunk APPL, XMP", clause=_OTHER_AUDIO,
    ),
    Format(
        "mp3", "audio", (".mp3", ".mp2", ".mpga", ".mp1"), ("audio/mpeg", "audio/mp3"), f"{_HERE}.mp3:Mp3",
        extra="audio", place="ID3v2 TXXX AIGC", clause=_AUDIO,
    ),
    Format(
        "aac", "audio", (".aac", ".adts"), ("audio/aac", "audio/aacp"), f"{_HERE}.adts:Adts",
        extra="audio", place="ID3v2 TXXX AIGC", clause=_OUR_AUDIO,
    ),
    Format(
        "tta", "audio", (".tta",), ("audio/x-tta",), f"{_HERE}.tta:Tta",
        extra="audio", place="ID3v2 TXXX AIGC", clause=_OUR_AUDIO,
    ),
    Format(
        "flac", "audio", (".flac", ".fla"), ("audio/flac", "audio/x-flac"), f"{_HERE}.flac:Flac",
        extra="audio", place="Vorbis comment AIGC", clause=_AUDIO,
    ),
    Format(
        "ogg", "audio", (".ogg", ".oga", ".opus", ".spx"), ("audio/ogg", "audio/opus", "audio/vorbis", "audio/speex"),
        f"{_HERE}.ogg:Ogg", extra="audio", place="comment header AIGC", clause=_AUDIO,
    ),
    Format(
        "mp4", "video", (".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2"), ("video/mp4", "video/quicktime", "video/3gpp"),
        f"{_HERE}.mp4:Mp4", place="moov.udta.meta key AIGC", clause="TC260-PG-20257A 6.1",
    ),
    Format(
        "m4a", "audio", (".m4a", ".m4b", ".m4p", ".m4r", ".3ga"), ("audio/mp4", "audio/x-m4a"), f"{_HERE}.mp4:M4a",
        extra="audio", place="moov.udta.meta key AIGC", clause=_AUDIO,
    ),
    Format(
        "mkv", "video", (".mkv", ".webm", ".mk3d"), ("video/matroska", "video/x-matroska", "video/webm"),
        f"{_HERE}.matroska:Mkv", place="SimpleTag AIGC", clause="TC260-PG-20257A 6.1",
    ),
    Format(
        "mka", "audio", (".mka", ".weba"), ("audio/matroska", "audio/x-matroska", "audio/webm"),
        f"{_HERE}.matroska:Mka",
        extra="audio", place="SimpleTag AIGC", clause="our choice, as the video guide (TC260-PG-20257A 6.1)",
    ),
    *_DOCUMENTS,
    Format(
        "avi", "video", (".avi",), ("video/vnd.avi", "video/x-msvideo", "video/avi"), f"{_HERE}.avi:Avi",
        place="LIST/INFO chunk AIGC", clause="TC260-PG-20257A 6.1",
    ),
    Format(
        "flv", "video", (".flv",), ("video/x-flv",), f"{_HERE}.flv:Flv",
        place="onMetaData AIGC", clause="TC260-PG-20257A 6.1",
    ),
    Format(
        "wmv", "video", (".wmv", ".asf"), ("video/x-ms-wmv", "video/x-ms-asf"), f"{_HERE}.asf:Wmv",
        place="object XMP", clause=_OTHER_VIDEO,
    ),
    Format(
        "wma", "audio", (".wma",), ("audio/x-ms-wma",), f"{_HERE}.asf:Wma",
        extra="audio", place="object XMP", clause=_OTHER_AUDIO
    ),
    Format(
        "wavpack", "audio", (".wv",), ("audio/x-wavpack",), f"{_HERE}.wavpack:WavPack",
        extra="audio", place="APEv2 item AIGC", clause=_NO_GUIDE,
    ),
    Format(
        "monkey", "audio", (".ape",), ("audio/x-ape", "audio/ape"), f"{_HERE}.monkey:Monkey",
        place="APEv2 item AIGC", clause=_NO_GUIDE,
    ),
    Format("caf", "audio", (".caf",), ("audio/x-caf",), f"{_HERE}.caf:Caf", place="info key AIGC", clause=_NO_GUIDE),
    Format(
        "au", "audio", (".au", ".snd"), ("audio/basic",), f"{_HERE}.au:Au", place="annotation AIGC=", clause=_NO_GUIDE,
    ),
    Format(
        "w64", "audio", (".w64",), ("audio/x-w64",), f"{_HERE}.w64:W64", place="chunk AIGC",
        clause="our choice, as WAV (the guide does not name it)",
    ),
    Format(
        "ts", "video", (".ts", ".m2ts", ".mts"), ("video/mp2t",), f"{_HERE}.bare_film:Ts",
        place="none", clause=_REMUX,
    ),
    Format(
        "mpeg", "video", (".mpg", ".mpeg", ".vob"), ("video/mpeg",), f"{_HERE}.bare_film:Ps",
        place="none", clause=_REMUX,
    ),
    Format(
        "amr", "audio", (".amr", ".awb"), ("audio/AMR", "audio/AMR-WB"), f"{_HERE}.bare_sound:Amr",
        extra="audio", place="none", clause="AMR has no metadata; convert to M4A",
    ),
    Format(
        "ac3", "audio", (".ac3", ".eac3"), ("audio/ac3", "audio/eac3"), f"{_HERE}.bare_sound:Ac3",
        extra="audio", place="none", clause="AC-3 has no metadata; convert to M4A",
    ),
)  # fmt: skip


@cache
def _load(handler: str) -> Container:
    module, _, name = handler.partition(":")
    made = getattr(import_module(module), name)()
    assert isinstance(made, Container)
    return made


@cache
def formats() -> tuple[Format, ...]:
    """All rows: ours, then those of installed third parties."""
    from importlib.metadata import entry_points

    return FORMATS + tuple(entry.load() for entry in entry_points(group="labelkit.formats"))


def find(data: Buffer, name: str = "") -> Format:
    """The format of a file, decided by its content; the name only breaks ties, and tells kinds of text apart.

    Raises:
        UnknownFormat: empty, or no handler recognises it; says so when the name promised something else.
    """
    head = bytes(data[:HEAD_BYTES])
    ending = "." + name.rpartition(".")[2].lower()
    if called := _certain(head, ending):
        return called
    named = [row for row in formats() if ending in row.extensions]
    scores = {}
    for row in (*named, *formats()):
        if row.id not in scores:
            scores[row.id] = (_score(row, head, row in named), row in named)
        if scores[row.id][0] == CERTAIN:  # nothing beats it, and the named rows were asked first
            return row
    best = max(formats(), key=lambda row: scores[row.id])
    if scores[best.id][0]:
        return best
    promised = next((row.id for row in named), "")
    raise UnknownFormat(
        _unknown_message(len(data), promised), file=name, remedy="see `labelkit formats` for what is read"
    )


def _certain(head: bytes, ending: str) -> Format | None:
    """Our row of that ending when it is certain of the content: nothing beats it, so no other need be imported."""
    named = (row for row in FORMATS if ending in row.extensions)
    return next((row for row in named if row.container.score_named(head) == CERTAIN), None)


def _score(row: Format, head: bytes, named: bool) -> int:
    return row.container.score_named(head) if named else row.container.score(head)


def _unknown_message(size: int, promised: str) -> str:
    if not size:
        return "the file is empty (0 bytes)"
    if promised:
        return f"the name says {promised}, the content does not, and no other format fits"
    return "the content is none of the formats LabelKit knows"


def by_id(wanted: str) -> Format:
    """The row with this id, or whose extension or MIME type it is.

    Raises:
        UnknownFormat: there is none.
    """
    key = wanted.lower()
    for row in formats():
        if key in (row.id, *row.mime) or f".{key.lstrip('.')}" in row.extensions:
            return row
    raise UnknownFormat(f"no format is called {wanted!r}", remedy="see `labelkit formats`")
