"""Make the font that ships with LabelKit from Noto Sans SC Regular.

Usage (needs ``pip install fonttools pylopdf-fonts-zh-cn``)::

    python scripts/make_font_subset.py [--source NotoSansSC-Regular.otf] [--out formats/image/fonts]

The result holds the characters of :func:`labelkit.wording.characters`, printable ASCII, Latin-1 and common
punctuation. It is renamed, in file and name table, because the SIL Open Font License asks
that of modified versions, and it is the same bytes on every run.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from labelkit.wording import characters

FAMILY = "LabelKit Sans"
FILE = "LabelKitSans-Regular.otf"
VERSION = "Version 1.000; subset of Noto Sans SC 2.004"
#: Noto Sans SC Regular 2.004, SubsetOTF/SC, revision f8d157532fbfaeda587e826d4cd5b21a49186f7c of notofonts/noto-cjk.
SOURCE_SHA256 = "faa6c9df652116dde789d351359f3d7e5d2285a2b2a1f04a2d7244df706d5ea9"
#: 国 is the reference glyph for texts without any Chinese character; 非无 and what follows deny a label, which its
#: reader has to notice.
EXTRA = "国非无無不是没有未经使用含·★☆●○◆■│–—‘’“”…™€、。《》「」『』【】！（），：；？～"


def wanted() -> set[int]:
    """Code points that the shipped font is to have, Hangul aside, which the source does not draw."""
    ranges = [range(0x20, 0x7F), range(0xA0, 0x100), [0x152, 0x153]]
    codes = {code for part in ranges for code in part} | {ord(c) for c in characters() + EXTRA}
    return {code for code in codes if not 0xAC00 <= code <= 0xD7A3}


def make(source: Path) -> TTFont:
    """The subset, renamed."""
    font = TTFont(source, recalcTimestamp=False)
    lacking = wanted() - set(font.getBestCmap())
    if lacking:
        print("not in the source:", " ".join(f"U+{c:04X}" for c in sorted(lacking)), file=sys.stderr)
    options = Options()
    options.hinting = False
    options.notdef_outline = True
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 14]
    options.drop_tables += ["DSIG", "BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted())
    subsetter.subset(font)
    _rename(font)
    return font


def _rename(font: TTFont) -> None:
    names, cff = font["name"], font["CFF "].cff
    values = {1: FAMILY, 3: "1.000;LabelKitSans-Regular", 4: f"{FAMILY} Regular", 5: VERSION, 6: "LabelKitSans-Regular"}
    for record in list(names.names):
        if record.nameID in values:
            names.setName(values[record.nameID], record.nameID, record.platformID, record.platEncID, record.langID)
    cff.fontNames = ["LabelKitSans-Regular"]
    top = cff.topDictIndex[0]
    top.FullName, top.FamilyName = f"{FAMILY} Regular", FAMILY
    for private in getattr(top, "FDArray", []):
        private.FontName = "LabelKitSans-Regular-" + private.FontName.rpartition("-")[2]


def main() -> None:
    """Write the font and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, help="NotoSansSC-Regular.otf (default: from pylopdf-fonts-zh-cn)")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "formats/image/fonts")
    arguments = parser.parse_args()
    source = arguments.source
    if source is None:
        import pylopdf_fonts_zh_cn

        source = Path(pylopdf_fonts_zh_cn.sans_path())
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    if digest != SOURCE_SHA256:
        print(f"warning: another source font than last time (SHA-256 {digest})", file=sys.stderr)
    target = arguments.out / FILE
    make(source).save(target)
    print(f"{target}: {target.stat().st_size} bytes, {len(TTFont(target).getBestCmap())} characters")


if __name__ == "__main__":
    main()
