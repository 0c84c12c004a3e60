"""Settings: what may be set, its default, and where it can be set.

Order of trust: a value passed in code or on the command line, then ``LABELKIT_*`` environment variables, then
``labelkit.toml`` (or ``[tool.labelkit]`` in pyproject.toml) in the current folder or the nearest one above it, then the
defaults below. Unknown keys are errors, so that a misspelt setting never passes silently.
"""

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
class Config:
    """Everything that can be set.

    Attributes:
        producer: default provider code or name for ``label``.
        propagator: default provider code or name for ``propagate``.
        layers: what ``label`` writes.
        on_existing: ``"replace"``, ``"keep"``, ``"refuse"`` or ``"propagate"`` when a file has a label already.
        explicit: the visible label.
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
    layers: tuple[str, ...] = ("explicit", "metadata")
    on_existing: str = "replace"
    explicit: ExplicitConfig = field(default_factory=ExplicitConfig)
    source_type: str = WHOLLY_GENERATED
    names: bool = False
    format: str = "png"
    quality: int = 0
    language: str = "auto"
    jobs: int = 0
    sync: bool = True
