"""Speech and music for the audio benchmarks, taken from published packages on first use into .cache/bench/sounds/.

Two sets that share no package, no speaker and no composer's album, so that nothing reported was ever looked at while
constants were chosen:

* TUNING: Asterisk's English and Spanish prompts, LibriVox sentences of pocketsphinx, espeak-ng in Russian and Italian,
  music of Warzone 2100 and SuperTuxKart.
* REPORTING: Asterisk's French, Italian and Russian prompts, the spoken descriptions of Tux Paint's stamps in eight
  languages, Mandarin syllables of gcin strung together, espeak-ng in four other languages, music of Battle for Wesnoth,
  HyperRogue and Fish Fillets.

At most 20 s each, at the sampling rate and with the channels that the package has (8-bit and G.722 decoded); espeak-ng
comes at 24 kHz, as most synthesisers do today.

Licences (nothing of it is in this repository): asterisk-core-sounds CC-BY-SA-3.0; pocketsphinx test data BSD and public
domain; warzone2100-music CC-BY-SA-3.0 and GPL-2+; supertuxkart-data CC-BY-SA-3.0 and freer; tuxpaint-stamps GPL-2+ and
public domain; gcin-voice CC-BY-3.0 (set 5); wesnoth-music GPL-2+ and CC-BY-SA-4.0; hyperrogue-music CC-BY and
CC-BY-SA; fillets-ng-data GPL-2+.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.bench_environment import CACHE

Samples = NDArray[np.int16]
SOUNDS = CACHE / "sounds"
SECONDS = 20.0
#: Sampling rate at which espeak-ng and gcin come, Hz.
_TTS_RATE = 24_000


class Source(Enum):
    """Where a clip comes from: Debian package, and the folder inside it; espeak-ng is run."""

    ASTERISK_EN = ("asterisk-core-sounds-en-g722", "usr/share/asterisk/sounds/en_US_f_Allison/")
    ASTERISK_ES = ("asterisk-core-sounds-es-g722", "usr/share/asterisk/sounds/es_MX_f_Allison/")
    ASTERISK_FR = ("asterisk-core-sounds-fr-g722", "usr/share/asterisk/sounds/fr_CA_f_June/")
    ASTERISK_IT = ("asterisk-core-sounds-it-g722", "usr/share/asterisk/sounds/it_IT_m_Carlo/")
    ASTERISK_RU = ("asterisk-core-sounds-ru-g722", "usr/share/asterisk/sounds/ru_RU_f_IvrvoiceRU/")
    LIBRIVOX = ("pocketsphinx-testdata", "usr/share/pocketsphinx/test/data/librivox/")
    TUXPAINT = ("tuxpaint-stamps-default", "usr/share/tuxpaint/stamps/symbols/chess/")
    GCIN = ("gcin-voice", "usr/share/gcin-voice/ogg/")
    WARZONE = ("warzone2100-music", "usr/share/games/warzone2100/music/albums/")
    KART = ("supertuxkart-data", "usr/share/games/supertuxkart/data/music/")
    WESNOTH = ("wesnoth-1.16-music", "usr/share/games/wesnoth/1.16/data/core/music/")
    ROGUE = ("hyperrogue-music", "usr/share/hyperrogue/music/")
    FILLETS = ("fillets-ng-data", "usr/share/games/fillets-ng/music/")
    ESPEAK = ("", "")


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of a set.

    Attributes:
        id: name in results.
        source: package.
        members: paths inside it, played one after the other; for espeak-ng the voice and the text.
        start: seconds skipped at the beginning of the first member.
    """

    id: str
    source: Source
    members: tuple[str, ...]
    start: float = 0.0

    @property
    def is_music(self) -> bool:
        """Music rather than speech."""
        return self.source in (Source.WARZONE, Source.KART, Source.WESNOTH, Source.ROGUE, Source.FILLETS)

    @property
    def path(self) -> Path:
        """Where the prepared clip lies."""
        return SOUNDS / f"{self.id}.wav"


def _prompts(source: Source, rows: Iterable[tuple[str, float]]) -> list[Clip]:
    language = source.name.lower().replace("_", "-")
    return [Clip(f"{language}-{name}-{start:g}", source, (f"{name}.g722",), start) for name, start in rows]


def _music(source: Source, rows: Iterable[tuple[str, float]]) -> list[Clip]:
    name = source.name.lower()
    return [Clip(f"{name}-{Path(member).stem}", source, (member,), start) for member, start in rows]


def _stamps(languages: Iterable[str]) -> list[Clip]:
    pieces = ("4_knight", "6_pawn", "3_bishop", "1_king", "2_queen")
    return [
        Clip(f"tuxpaint-{language}", Source.TUXPAINT, tuple(f"w_{piece}_desc_{language}.ogg" for piece in pieces))
        for language in languages
    ]


def _spoken(voice: str, text: str) -> Clip:
    return Clip(f"espeak-{voice}", Source.ESPEAK, (voice, text))


_DEMO = (("demo-instruct", 0.0), ("demo-instruct", 24.0), ("priv-callee-options", 0.0), ("conf-adminmenu-18", 0.0))
_SYLLABLES = (
    "ㄓㄜ4", "ㄉㄨㄢ4", "ㄕㄥ", "ㄧㄣ", "ㄧㄡ2", "ㄖㄣ2", "ㄍㄨㄥ", "ㄓ4", "ㄋㄥ2", "ㄕㄥ",
    "ㄔㄥ2", "ㄏㄜ2", "ㄔㄥ2", "ㄨㄛ3", "ㄇㄣ2", "ㄒㄧ", "ㄨㄤ4", "ㄊㄚ", "ㄋㄥ2", "ㄅㄤ",
    "ㄓㄨ4", "ㄋㄧ3", "ㄒㄩㄝ2", "ㄒㄧ2", "ㄓㄨㄥ", "ㄨㄣ2", "ㄐㄧㄣ", "ㄊㄧㄢ", "ㄊㄧㄢ", "ㄑㄧ4",
    "ㄏㄣ3", "ㄏㄠ3", "ㄨㄛ3", "ㄇㄣ2", "ㄑㄩ4", "ㄍㄨㄥ", "ㄩㄢ2", "ㄙㄢ4", "ㄅㄨ4",
)  # fmt: skip

TUNING: tuple[Clip, ...] = (
    *_prompts(Source.ASTERISK_EN, [*_DEMO[:2], ("demo-congrats", 0.0)]),
    *_prompts(Source.ASTERISK_ES, [*_DEMO[:3]]),
    Clip("librivox", Source.LIBRIVOX, tuple(f"sense_and_sensibility_01_austen_64kb-0{n}.wav" for n in (870, 890, 920))),
    _spoken("ru", "Этот текст прочитан синтезатором речи. Москва - столица России, крупнейший по численности населения "
            "город страны. Сегодня хорошая погода, и мы идем гулять в парк вместе с друзьями."),
    _spoken("it", "Questa frase viene letta da una voce sintetica. La primavera porta fiori, luce e giornate lunghe. "
            "Domani mattina prenderemo il treno delle otto per Firenze e torneremo la sera."),
    *_music(Source.WARZONE, [("original_soundtrack/track1.opus", 60), ("original_soundtrack/track3.opus", 90),
                             ("legacy_soundtrack/track5.opus", 45), ("aftermath_soundtrack/track19.opus", 120)]),
    *_music(Source.KART, [("bay.ogg", 20), ("Lava.ogg", 40), ("celtic.ogg", 10), ("ravenbridge_mansion.ogg", 30)]),
)  # fmt: skip

REPORTING: tuple[Clip, ...] = (
    *_prompts(Source.ASTERISK_FR, _DEMO),
    *_prompts(Source.ASTERISK_IT, _DEMO),
    *_prompts(Source.ASTERISK_RU, _DEMO),
    *_stamps(("be", "bg", "ca", "el", "es", "fr", "ro", "ru")),
    Clip("gcin-a", Source.GCIN, tuple(f"{syllable}/5.ogg" for syllable in _SYLLABLES)),
    Clip("gcin-b", Source.GCIN, tuple(f"{syllable}/5.ogg" for syllable in reversed(_SYLLABLES))),
    _spoken("cmn", "本音频由人工智能生成。今天天气很好,我们一起去公园散步。"
            "北京是中华人民共和国的首都,也是全国的政治中心和文化中心。"
            "请在听到提示音以后留言,我们会尽快回复您的电话。"),
    _spoken("en-us", "This is a synthetic voice reading a short passage. The quick brown fox jumps over the lazy dog. "
            "Please leave a message after the tone, and we will call you back as soon as we can. Thank you very much."),
    _spoken("de", "Diese Stimme ist künstlich erzeugt. Franz jagt im komplett verwahrlosten Taxi quer durch Bayern. "
            "Bitte hinterlassen Sie nach dem Signalton eine Nachricht, wir rufen so bald wie möglich zurück."),
    _spoken("ja", "これはおんせいごうせいのテストです。きょうはとてもいいてんきなので、"
            "ともだちといっしょにこうえんをさんぽします。"
            "あしたのあさはちじのでんしゃにのって、きょうとへいくよていです。"),
    *_music(Source.WESNOTH, [("breaking_the_chains.ogg", 40), ("casualties_of_war.ogg", 60), ("frantic.ogg", 30),
                             ("heroes_rite.ogg", 45), ("into_the_shadows.ogg", 50), ("journeys_end.ogg", 40),
                             ("legends_of_the_north.ogg", 60), ("loyalists.ogg", 20)]),
    *_music(Source.ROGUE, [("hr3-crossroads.ogg", 20), ("hr3-graveyard.ogg", 40), ("hr3-icyland.ogg", 40),
                           ("hr3-laboratory.ogg", 30), ("hr3-motion.ogg", 30), ("hr3-rlyeh.ogg", 40)]),
    *_music(Source.FILLETS, [("rybky03.ogg", 20), ("rybky05.ogg", 30), ("rybky09.ogg", 40), ("rybky14.ogg", 30)]),
)  # fmt: skip

#: A run of a few minutes: both kinds, several rates, the hardest among them.
QUICK: tuple[Clip, ...] = REPORTING[::6]


def load(clip: Clip) -> tuple[Samples, int]:
    """The clip as frames x channels, int16, and its sampling rate in Hz; fetched if need be."""
    if not clip.path.exists():
        fetch([clip])
    with wave.open(str(clip.path)) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return data.reshape(-1, file.getnchannels()), file.getframerate()


def fetch(clips: Iterable[Clip]) -> None:
    """Bring clips into the cache: one download per package, only the named members kept."""
    missing = [clip for clip in clips if not clip.path.exists()]
    SOUNDS.mkdir(parents=True, exist_ok=True)
    for source in dict.fromkeys(clip.source for clip in missing):
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            package, root = source.value
            tree = _unpacked(package, Path(folder)) / root if package else Path(folder)
            for clip in missing:
                if clip.source is source:
                    _prepare(clip, tree)


def _unpacked(package: str, folder: Path) -> Path:
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise SystemExit(f"the Debian package {package} is needed: run this on a machine with apt-get and dpkg-deb")
    subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    (archive,) = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", str(archive), str(folder / "tree")], check=True)
    return folder / "tree"


def _prepare(clip: Clip, tree: Path) -> None:
    """Decode, string together, cut to length, store as 16-bit WAV."""
    if clip.source is Source.ESPEAK:
        files = [_speak(tree, *clip.members)]
    else:
        files = [tree / member for member in clip.members]
    pieces, rate = [], 0
    for piece, rate in _decoded(files, clip):
        pieces.append(piece)
        if sum(map(len, pieces)) >= SECONDS * rate:
            break
    joined = np.concatenate(pieces)[: int(SECONDS * rate)]
    part = clip.path.with_suffix(".part")
    with wave.open(str(part), "wb") as file:
        file.setparams((joined.shape[1], 2, rate, 0, "NONE", ""))
        file.writeframes(joined.astype("<i2").tobytes())
    part.rename(clip.path)


def _speak(folder: Path, voice: str, text: str) -> Path:
    """What espeak-ng makes of it."""
    path = folder / f"{voice}.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text], check=True)
    return path


def _decoded(files: Iterable[Path], clip: Clip) -> Iterator[tuple[Samples, int]]:
    """Each file's samples and rate; mono and stereo stay what they are."""
    wanted = ["-ar", str(_TTS_RATE)] if clip.source in (Source.ESPEAK, Source.GCIN) else []
    for file in files:
        skip = ["-ss", str(clip.start)] if clip.start else []
        command = ["ffmpeg", "-v", "error", *skip, "-i", str(file), "-t", str(SECONDS), *wanted]
        data = subprocess.run([*command, "-f", "wav", "-"], check=True, capture_output=True).stdout
        yield _unwrapped(data)


def _unwrapped(data: bytes) -> tuple[Samples, int]:
    """Samples and rate of a WAV that was piped, whose length field therefore says nothing."""
    with wave.open(io.BytesIO(data)) as file:
        channels, rate = file.getnchannels(), file.getframerate()
    start = data.index(b"data") + 8
    whole = len(data[start:]) // (2 * channels) * 2 * channels
    return np.frombuffer(data[start : start + whole], "<i2").reshape(-1, channels), rate


def main() -> None:
    """Fetch everything and say what is there: `python -m benchmarks.corpus_audio`."""
    fetch([*TUNING, *REPORTING])
    for name, clips in (("tuning", TUNING), ("reporting", REPORTING)):
        print(f"{name}: {len(clips)} clips, {sum(clip.is_music for clip in clips)} of music")
        for clip in clips:
            samples, rate = load(clip)
            print(f"  {clip.id}: {len(samples) / rate:.1f} s, {rate} Hz, {samples.shape[1]} ch")


if __name__ == "__main__":
    main()
