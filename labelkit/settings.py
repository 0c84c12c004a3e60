"""What may be set, its default, and what it may be set to; :mod:`labelkit.config` reads it from files and variables."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Term of the IPTC DigitalSourceType vocabulary for wholly generated media.
WHOLLY_GENERATED = "trainedAlgorithmicMedia"


@dataclass(frozen=True, slots=True)
class ExplicitConfig:
    """The visible label of a picture (GB 45438-2025 5.2).

    Attributes:
        text: words with both elements, 人工智能 or AI, and 生成 or 合成; a logo never replaces them.
        style: ``"corner"`` text with an outline where needed, ``"plate"`` text on a filled box, ``"strip"`` text on a
            band along a whole edge.
        position: ``"auto"`` (quietest background) or one of ``top-left top top-right left right bottom-left bottom
            bottom-right``.
        height: ink height of a full-width glyph as a share of the shortest side, 0.05 to 0.5.
        font: path of a TrueType or OpenType font; empty for the shipped subset.
        logo: path of a picture drawn before the text at the same height; empty for none.
        require_elements: refuse a text without both elements. Turn off for wording outside China.
    """

    text: str = "由AI生成"
    style: str = "corner"
    position: str = "auto"
    height: float = 0.055
    font: str = ""
    logo: str = ""
    require_elements: bool = True


@dataclass(frozen=True, slots=True)
class AudibleConfig:
    """The audible label of a sound (GB 45438-2025 5.3).

    The standard fixes the pattern short long short short, the two elements of a voice label and its speech rate; tone,
    unit, level and pauses are UNCERTAIN and therefore settings.

    Attributes:
        style: ``"rhythm"`` (short long short short, Morse for AI) or ``"voice"`` (a spoken sentence).
        position: ``"start"``, ``"end"``, ``"middle"`` (at the quietest pause), or ``"each"`` of the three.
        language: ``"zh"`` or ``"en"``, of the prompt that ships; an English one is for use outside China.
        prompt: path of a recording of your own to use as the voice label; empty for the one that ships.
        transcript: what ``prompt`` says; both elements and the speech rate are checked against it.
        tone: of the rhythm, in Hz.
        unit: length of a short tone, in seconds; a long one is three.
        level: loudness of the label over that of the sound, in LU.
        mix: ``"insert"`` makes the sound longer, ``"over"`` lowers the sound while the label is heard.
        repeat: seconds after which the label is heard again; 0 for never.
    """

    style: str = "rhythm"
    position: str = "start"
    language: str = "zh"
    prompt: str = ""
    transcript: str = ""
    tone: float = 800.0
    unit: float = 0.12
    level: float = 0.0
    mix: str = "insert"
    repeat: float = 0.0


@dataclass(frozen=True, slots=True)
class NoticeConfig:
    """The notice in a text (GB 45438-2025 5.1).

    Attributes:
        text: words with both elements, 人工智能 or AI, and 生成 or 合成.
        position: ``"start"``, ``"end"``, ``"both"``, or ``"inline"`` (between paragraphs, again and again).
        every: paragraphs from one inline notice to the next.
        require_elements: refuse a text without both elements. Turn off for wording outside China.
    """

    text: str = "内容由AI生成，仅供参考"
    position: str = "end"
    every: int = 10
    require_elements: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set.

    Attributes:
        producer: default provider code or name for ``label``.
        propagator: default provider code or name for ``propagate``.
        layers: what ``label`` writes.
        key: path of the watermark's key file (``labelkit keys new`` makes one); empty for the public key, which
            everybody can read and forge.
        on_existing: ``"replace"``, ``"keep"``, ``"refuse"`` or ``"propagate"`` when a file has a label already.
        explicit: the visible label.
        audible: the audible label.
        notice: the notice in a text.
        source_type: IPTC DigitalSourceType term written with the label (``""`` writes none). The GB label cannot say
            that only a part was generated; ``"compositeWithTrainedAlgorithmicMedia"`` can.
        names: allow provider names outside Annex E j)'s characters.
        format: format id for arrays and images that come without one.
        quality: JPEG/WebP/AVIF quality 1-100 for arrays and images; 0 keeps the codec's default. Files keep their own.
        language: ``"en"``, ``"zh"`` or ``"auto"`` (from the environment) for messages of the command line.
        jobs: worker processes for folders; 0 means one per processor.
        sync: wait for the disk after every file.
    """

    producer: str = ""
    propagator: str = ""
    layers: tuple[str, ...] = ("explicit", "metadata", "watermark")
    key: str = ""
    on_existing: str = "replace"
    explicit: ExplicitConfig = field(default_factory=ExplicitConfig)
    audible: AudibleConfig = field(default_factory=AudibleConfig)
    notice: NoticeConfig = field(default_factory=NoticeConfig)
    source_type: str = WHOLLY_GENERATED
    names: bool = False
    format: str = "png"
    quality: int = 0
    language: str = "auto"
    jobs: int = 0
    sync: bool = True


#: What ``layers``, ``on_existing`` and the rest may be set to; a test holds docs/config.md to these.
CHOICES: dict[str, tuple[str, ...]] = {
    "layers": ("explicit", "metadata", "watermark"),
    "on_existing": ("replace", "keep", "refuse", "propagate"),
    "language": ("auto", "en", "zh"),
    "explicit.style": ("corner", "plate", "strip"),
    "explicit.position": (
        "auto", "top-left", "top", "top-right", "left", "right", "bottom-left", "bottom", "bottom-right",
    ),
    "audible.style": ("rhythm", "voice"),
    "audible.position": ("start", "end", "middle", "each"),
    "audible.language": ("zh", "en"),
    "audible.mix": ("insert", "over"),
    "notice.position": ("end", "start", "both", "inline"),
}  # fmt: skip
# 5 % of the shortest side is the floor of GB 45438-2025 5.2; above half the picture nothing else would be left.
# Tones from 300 Hz pass a telephone, units within these bounds are found again by the detector.
RANGES: dict[str, tuple[float, float]] = {
    "explicit.height": (0.05, 0.5),
    "quality": (0, 100),
    "jobs": (0, 1024),
    "audible.tone": (300, 3000),
    "audible.unit": (0.07, 0.3),
    "audible.level": (-12, 12),
    "audible.repeat": (0, 86_400),
    "notice.every": (1, 1000),
}
