"""The public functions on real pictures: every kind of input, every policy, every kind of bad input."""

from __future__ import annotations

import io
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import labelkit
from labelkit import errors
from labelkit.formats import table

PRODUCER = "001191000000MA0000007C10001"
PLATFORM = "001191149900MA0LA3QG5T20001"
PICTURES = Path(__file__).parent / "data" / "pictures"
NAMES = sorted(p.name for p in PICTURES.iterdir())
QUICK = labelkit.Config(sync=False)
# A second label where no guide wants one: a JPEG comment.
SECOND = b'{"AIGC":{"Label":"1","ContentProducer":"SOMEBODY","ProduceID":"2"}}'


def label_of(content_id: str = "ID-1", producer: str = PRODUCER) -> labelkit.AigcLabel:
    return labelkit.AigcLabel.generated(producer, content_id)


@pytest.fixture
def coffee(tmp_path: Path) -> Path:
    path = tmp_path / "coffee.jpg"
    path.write_bytes((PICTURES / "coffee.jpg").read_bytes())
    return path


@pytest.mark.parametrize("name", NAMES)
def test_both_layers_conform(name: str, tmp_path: Path) -> None:
    out = tmp_path / name
    outcome = labelkit.label(PICTURES / name, label_of(), out)
    assert outcome.ok
    assert outcome.path == out
    marked = name != "astronaut.png"  # a palette has no room for a mark, and the outcome says so
    assert {note.layer for note in outcome.written} == {"explicit", "metadata", *(["watermark"] if marked else [])}
    assert any("no room" in note.text for note in outcome.skipped) is not marked
    report = labelkit.verify(out)
    assert report.verdict == "confirmed"
    assert report.conforms is True, report.findings
    assert report.labels[0].label == label_of()
    assert report.explicit[0].ratio >= 0.05
    assert [mark.payload for mark in report.watermarks] == ([label_of().content_tag] if marked else [])


@pytest.mark.parametrize("name", NAMES)
def test_labelling_twice_changes_nothing(name: str) -> None:
    once = labelkit.label(PICTURES / name, producer=PRODUCER, config=QUICK).data
    assert once
    twice = labelkit.label(once, producer=PRODUCER, config=QUICK)
    assert twice.data == once
    assert any("already" in note.text for note in twice.skipped)


def test_inputs_of_every_kind_agree(coffee: Path) -> None:
    data = coffee.read_bytes()
    with open(coffee, "rb") as stream:
        results = [
            labelkit.label(s, label_of(), config=QUICK).data
            for s in (coffee, str(coffee), data, stream, io.BytesIO(data))
        ]
    assert len(set(results)) == 1


@pytest.mark.parametrize("shape", [(300, 400), (300, 400, 1), (300, 400, 3), (300, 400, 4)])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_arrays(shape: tuple[int, ...], dtype: str) -> None:
    rng = np.random.default_rng(1)
    array = rng.integers(0, 256, shape).astype("uint8") if dtype == "uint8" else rng.random(shape, "float32")
    outcome = labelkit.label(array, label_of(), format="png", config=QUICK)
    assert outcome.data
    assert labelkit.verify(outcome.data, look=["metadata", "watermark"]).verdict == "confirmed"


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif", "tiff", "avif", "heif"])
def test_pillow_image_to_every_format(kind: str) -> None:
    with Image.open(PICTURES / "coffee.jpg") as image:
        outcome = labelkit.label(image, label_of(), format=kind, config=QUICK)
    assert outcome.data
    assert table.find(outcome.data).id == kind
    report = labelkit.verify(outcome.data)
    assert report.conforms is True, report.findings


class Reluctant(io.RawIOBase):
    """Takes at most 1000 bytes at once, and at most ``room`` in all."""

    def __init__(self, room: int) -> None:
        self.taken, self.room = bytearray(), room

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int | None:
        fits = bytes(piece[: min(1000, self.room - len(self.taken))])
        self.taken += fits
        return len(fits) or None


def test_output_to_an_unbuffered_stream(coffee: Path) -> None:
    whole = io.BytesIO()
    label = label_of()
    labelkit.label(coffee, label, whole, config=QUICK)
    stream = Reluctant(10**9)
    labelkit.label(coffee, label, stream, config=QUICK)
    assert bytes(stream.taken) == whole.getvalue()
    with pytest.raises(errors.WriteError, match="took 5000 of"):
        labelkit.label(coffee, label, Reluctant(5000), config=QUICK)


def test_output_to_streams_that_cannot_take_it(coffee: Path, tmp_path: Path) -> None:
    closed = io.BytesIO()
    closed.close()
    with open("/dev/full", "wb", buffering=0) as full, open(tmp_path / "t", "w") as text:
        for stream, words in ((full, "disk is full"), (text, "must be str"), (closed, "closed file")):
            with pytest.raises(errors.WriteError, match=words) as caught:
                labelkit.label(coffee, label_of(), stream, config=QUICK)
            assert caught.value.file
            assert caught.value.remedy


def test_an_original_is_never_lost_to_the_backup_of_another(coffee: Path) -> None:
    first = coffee.read_bytes()
    for _ in range(2):
        labelkit.label(coffee, label_of(), in_place=True, backup=".orig", config=QUICK)
    backup = coffee.with_name("coffee.jpg.orig")
    assert backup.read_bytes() == first
    second = (PICTURES / "rocket.jpg").read_bytes()
    coffee.write_bytes(second)
    with pytest.raises(errors.WriteError, match="another picture is kept"):
        labelkit.label(coffee, label_of(), in_place=True, backup=".orig", config=QUICK)
    assert (backup.read_bytes(), coffee.read_bytes()) == (first, second)
    labelkit.label(coffee, label_of(), in_place=True, backup=".2", config=QUICK)
    assert coffee.with_name("coffee.jpg.2").read_bytes() == second


def test_the_visible_label_alone_is_drawn_once(coffee: Path) -> None:
    once = labelkit.label(coffee, label_of(), layers=["explicit"], config=QUICK)
    assert once.data
    twice = labelkit.label(once.data, label_of(), layers=["explicit"], config=QUICK)
    assert twice.data == once.data
    assert any("already" in note.text for note in twice.skipped)


@pytest.mark.parametrize("words", ["metadata", (), []])
def test_layers_and_looks_are_lists(coffee: Path, words: Any) -> None:
    with pytest.raises(errors.ConfigError, match="not a list of words"):
        labelkit.label(coffee, label_of(), layers=words)
    with pytest.raises(errors.ConfigError, match="not a list of words"):
        labelkit.verify(coffee, look=words)


def test_output_to_stream_and_folder(coffee: Path, tmp_path: Path) -> None:
    stream = io.BytesIO()
    labelkit.label(coffee, label_of(), stream, config=QUICK)
    (tmp_path / "out").mkdir()
    outcome = labelkit.label(coffee, label_of(), tmp_path / "out", config=QUICK)
    assert outcome.path == tmp_path / "out" / "coffee.jpg"
    assert outcome.path.read_bytes() == stream.getvalue()


def test_in_place_keeps_a_backup_and_the_mode(coffee: Path) -> None:
    before = coffee.read_bytes()
    coffee.chmod(0o640)
    labelkit.label(coffee, label_of(), in_place=True, backup=".orig")
    assert (coffee.parent / "coffee.jpg.orig").read_bytes() == before
    assert coffee.stat().st_mode & 0o777 == 0o640
    assert labelkit.read(coffee)[0].label == label_of()


def test_in_place_on_a_link_labels_what_it_leads_to(coffee: Path) -> None:
    link = coffee.with_name("link.jpg")
    link.symlink_to(coffee)
    outcome = labelkit.label(link, label_of(), in_place=True)
    assert link.is_symlink()
    assert outcome.path == coffee.resolve()
    assert labelkit.read(coffee)[0].label == label_of()


def test_dry_run_stores_nothing(coffee: Path, tmp_path: Path) -> None:
    outcome = labelkit.label(coffee, label_of(), tmp_path / "no.jpg", dry_run=True)
    assert outcome.ok
    assert not (tmp_path / "no.jpg").exists()


class TestWatermark:
    def test_named_layer_must_be_possible(self, coffee: Path) -> None:
        small = np.zeros((100, 100, 3), np.uint8)
        assert labelkit.label(small, label_of(), config=QUICK).data
        with pytest.raises(errors.UnsupportedOperation, match="too small"):
            labelkit.label(small, label_of(), layers=["metadata", "watermark"], config=QUICK)

    def test_only_the_key_holder_reads_it(self, coffee: Path) -> None:
        data = labelkit.label(coffee, label_of(), keys=bytes(range(32)), config=QUICK).data
        assert data
        assert not labelkit.verify(data, look=["watermark"]).watermarks
        (mark,) = labelkit.verify(data, look=["watermark"], keys=[bytes(32), bytes(range(32))]).watermarks
        assert mark.payload == label_of().content_tag
        assert mark.p_value <= 1e-6

    @pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16"])
    def test_colour_modes(self, mode: str) -> None:
        with Image.open(PICTURES / "coffee.jpg") as image:
            grey = np.asarray(image.convert("L"))
            picture = Image.fromarray(grey.astype("uint16") * 257) if mode == "I;16" else image.convert(mode)
        outcome = labelkit.label(picture, label_of(), layers=["watermark"], format="tiff", config=QUICK)
        assert outcome.data
        with Image.open(io.BytesIO(outcome.data)) as made:
            assert made.mode == ("RGB" if mode == "YCbCr" else mode)  # Pillow reads YCbCr TIFF files as RGB
        assert [m.payload for m in labelkit.verify(outcome.data, look=["watermark"]).watermarks] == [
            label_of().content_tag
        ]

    def test_a_picture_is_marked_once(self, coffee: Path) -> None:
        first = labelkit.label(coffee, label_of("A"), layers=["watermark"], config=QUICK).data
        assert first
        again = labelkit.label(first, label_of("B"), layers=["watermark"], config=QUICK)
        assert again.data == first
        assert any("another label" in note.text for note in again.skipped)

    def test_every_frame_of_an_animation(self) -> None:
        with Image.open(PICTURES / "coffee.jpg") as image:
            frames = [image.rotate(n, expand=False).crop((50, 50, 500, 350)) for n in (0, 3, 6)]
        stream = io.BytesIO()
        frames[0].save(stream, "WEBP", save_all=True, append_images=frames[1:], duration=100, lossless=True)
        outcome = labelkit.label(stream.getvalue(), label_of(), layers=["watermark"], config=QUICK)
        assert outcome.data
        from labelkit.formats.image.watermark import detect

        with Image.open(io.BytesIO(outcome.data)) as made:
            for index in range(3):
                made.seek(index)
                found = detect(np.asarray(made.convert("RGB")), search="fast")
                assert found is not None, index
                assert found.payload == label_of().content_tag

    def test_propagation_leaves_the_mark_in_agreement(self, coffee: Path) -> None:
        labelled = labelkit.label(coffee, label_of(), config=QUICK).data
        assert labelled
        passed_on = labelkit.propagate(labelled, PLATFORM).data
        assert passed_on
        report = labelkit.verify(passed_on)
        assert report.watermarks
        assert not [f for f in report.findings if f.check.startswith("watermark")]


class TestExisting:
    @pytest.fixture
    def foreign(self) -> bytes:
        data = labelkit.label(
            PICTURES / "coffee.jpg", label_of("THEIRS", "kling"), layers=["metadata"], config=QUICK
        ).data
        assert data
        return data

    def test_replace_says_whose_label_went(self, foreign: bytes) -> None:
        outcome = labelkit.label(foreign, label_of(), layers=["metadata"], config=QUICK)
        assert outcome.data
        assert [m.label.produce_id for m in labelkit.read(outcome.data)] == ["ID-1"]
        assert any("kling" in note.text and "THEIRS" in note.text for note in outcome.skipped)

    def test_replace_says_so_of_every_label(self, foreign: bytes) -> None:
        twice = foreign[:2] + b"\xff\xfe" + (2 + len(SECOND)).to_bytes(2, "big") + SECOND + foreign[2:]
        assert len(labelkit.read(twice)) == 2
        outcome = labelkit.label(twice, label_of(), layers=["metadata"], config=QUICK)
        note = next(note.text for note in outcome.skipped if note.layer == "metadata")
        assert "kling" in note
        assert "SOMEBODY" in note
        assert len(labelkit.read(outcome.data or b"")) == 1

    def test_a_broken_c2pa_signature_is_named(self) -> None:
        superbox = bytes.fromhex("00000021 6a756d64 63327061 00110010 800000aa00389b71 03") + b"c2pa\0"
        segment = b"JP\0\1\0\0\0\1" + (8 + len(superbox)).to_bytes(4, "big") + b"jumb" + superbox
        data = (PICTURES / "coffee.jpg").read_bytes()
        signed = data[:2] + b"\xff\xeb" + (2 + len(segment)).to_bytes(2, "big") + segment + data[2:]
        outcome = labelkit.label(signed, label_of(), layers=["metadata"], config=QUICK)
        assert "its C2PA signature no longer fits; label first, sign last" in [note.text for note in outcome.skipped]

    def test_keep(self, foreign: bytes) -> None:
        assert labelkit.label(foreign, label_of(), on_existing="keep", config=QUICK).data == foreign

    def test_refuse(self, foreign: bytes) -> None:
        with pytest.raises(errors.AlreadyLabelled, match="kling"):
            labelkit.label(foreign, label_of(), on_existing="refuse", config=QUICK)

    def test_propagate_policy(self, foreign: bytes) -> None:
        outcome = labelkit.label(
            foreign, label_of("P-1", PLATFORM), on_existing="propagate", layers=["metadata"], config=QUICK
        )
        assert outcome.data
        kept = labelkit.read(outcome.data)[0].label
        assert (kept.content_producer, kept.produce_id) == ("kling", "THEIRS")
        assert (kept.content_propagator, kept.propagate_id) == (PLATFORM, "P-1")

    def test_annex_b_copy_does_not_stay_beside_the_new_one(self) -> None:
        from PIL import PngImagePlugin

        info = PngImagePlugin.PngInfo()
        info.add_text("AIGC", label_of("OLD", "kling").to_wrapped_json())
        info.add_text("Title", "kept")
        stream = io.BytesIO()
        Image.new("RGB", (64, 64)).save(stream, "PNG", pnginfo=info)
        outcome = labelkit.label(stream.getvalue(), label_of(), layers=["metadata"], config=QUICK)
        assert outcome.data
        assert [m.label.produce_id for m in labelkit.read(outcome.data)] == ["ID-1"]
        with Image.open(io.BytesIO(outcome.data)) as image:
            assert image.info["Title"] == "kept"


class TestPropagate:
    def test_keeps_the_producer(self, coffee: Path) -> None:
        labelled = labelkit.label(coffee, label_of(), config=QUICK).data
        assert labelled
        outcome = labelkit.propagate(labelled, PLATFORM, propagate_id="P-9")
        assert outcome.data
        mark = labelkit.read(outcome.data)[0].label
        assert mark.produce_id == "ID-1"
        assert mark.content_propagator == PLATFORM

    def test_refuses_to_forge_the_attribute(self, coffee: Path) -> None:
        labelled = labelkit.label(coffee, label_of(), config=QUICK).data
        assert labelled
        with pytest.raises(errors.Forgery):
            labelkit.propagate(labelled, PLATFORM, attribute="3")

    def test_unlabelled_needs_an_attribute(self, coffee: Path) -> None:
        with pytest.raises(errors.InvalidField, match="no label"):
            labelkit.propagate(coffee, PLATFORM)
        outcome = labelkit.propagate(coffee, PLATFORM, attribute="2")
        assert outcome.data
        assert labelkit.verify(outcome.data).verdict == "possible"

    def test_disagreeing_labels_are_not_passed_on(self) -> None:
        from PIL import PngImagePlugin

        info = PngImagePlugin.PngInfo()
        info.add_text("AIGC", label_of("A", "one").to_wrapped_json())
        info.add_text("aigc", label_of("B", "two").to_wrapped_json())
        stream = io.BytesIO()
        Image.new("RGB", (64, 64)).save(stream, "PNG", pnginfo=info)
        with pytest.raises(errors.Forgery, match="different producers"):
            labelkit.propagate(stream.getvalue(), PLATFORM)


class TestBadInput:
    """Each: a clear error naming file and remedy, nothing written, nothing lost."""

    def refuse(
        self, source: object, kind: type[errors.LabelKitError], out: Path | None = None, **more: object
    ) -> errors.LabelKitError:
        with pytest.raises(kind) as caught:
            labelkit.label(source, label_of(), out, **more)  # type: ignore[arg-type]
        assert caught.value.message
        if isinstance(source, Path):
            assert str(source) in str(caught.value) or (out and str(out) in str(caught.value))
        assert caught.value.remedy
        if out is not None and out.parent.is_dir():
            assert not list(out.parent.glob(".*.part"))
        return caught.value

    def test_not_a_picture(self, tmp_path: Path) -> None:
        (tmp_path / "a.bin").write_text("hello")
        self.refuse(tmp_path / "a.bin", errors.UnknownFormat)

    def test_text_called_png(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_text("hello")
        assert "png" in self.refuse(tmp_path / "a.png", errors.UnknownFormat).message

    def test_wrong_extension_is_labelled_by_content(self, coffee: Path, tmp_path: Path) -> None:
        wrong = coffee.rename(tmp_path / "coffee.png")
        outcome = labelkit.label(wrong, label_of(), tmp_path / "out.jpg", config=QUICK)
        assert outcome.format == "jpeg"
        assert "called .png, but the content is JPEG; rename it to .jpg" in [n.text for n in outcome.skipped]
        assert any(f.check == "file.extension" for f in labelkit.verify(wrong).findings)

    def test_empty(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").touch()
        assert "0 bytes" in self.refuse(tmp_path / "a.png", errors.InputError).message

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
    def test_truncated(self, share: float, coffee: Path, tmp_path: Path) -> None:
        data = coffee.read_bytes()
        cut = tmp_path / "cut.jpg"
        cut.write_bytes(data[: int(len(data) * share)])
        self.refuse(cut, errors.BrokenFile, tmp_path / "out.jpg")
        assert cut.read_bytes() == data[: int(len(data) * share)]
        assert not (tmp_path / "out.jpg").exists()

    def test_missing_and_folder_and_loop(self, tmp_path: Path) -> None:
        self.refuse(tmp_path / "none.png", errors.NotFound)
        self.refuse(tmp_path, errors.Unreadable)
        (tmp_path / "x").symlink_to(tmp_path / "y")
        (tmp_path / "y").symlink_to(tmp_path / "x")
        assert "circle" in self.refuse(tmp_path / "x", errors.Unreadable).message

    def test_device_is_not_read_for_ever(self) -> None:
        self.refuse(Path("/dev/zero"), errors.Unreadable)

    def test_output_folder_missing(self, coffee: Path, tmp_path: Path) -> None:
        self.refuse(coffee, errors.WriteError, tmp_path / "no" / "a.jpg")

    def test_output_equal_to_input(self, coffee: Path) -> None:
        before = coffee.read_bytes()
        self.refuse(coffee, errors.InputError, coffee)
        assert coffee.read_bytes() == before

    def test_output_of_another_format(self, coffee: Path, tmp_path: Path) -> None:
        self.refuse(coffee, errors.InputError, tmp_path / "a.png")

    def test_no_room_for_the_result(self, coffee: Path, tmp_path: Path) -> None:
        """The kernel refuses the write half-way, as a full disk does; the older output stays."""
        (tmp_path / "a.jpg").write_bytes(b"older")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
        try:
            self.refuse(coffee, errors.WriteError, tmp_path / "a.jpg")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (tmp_path / "a.jpg").read_bytes() == b"older"

    def test_provider_code_with_wrong_check_digit(self, coffee: Path) -> None:
        with pytest.raises(errors.InvalidProviderCode, match="check digit"):
            labelkit.label(coffee, producer="001191000000MA0000007D10001")

    def test_content_id_with_a_space(self, coffee: Path) -> None:
        with pytest.raises(errors.InvalidField, match="a space"):
            labelkit.label(coffee, producer=PRODUCER, content_id="a b")

    def test_no_producer(self, coffee: Path) -> None:
        with pytest.raises(errors.InvalidField, match="producer"):
            labelkit.label(coffee)

    def test_bmp_names_the_conversion(self, tmp_path: Path) -> None:
        Image.new("RGB", (200, 200)).save(tmp_path / "a.bmp")
        assert "PNG" in self.refuse(tmp_path / "a.bmp", errors.UnsupportedOperation).remedy

    def test_wrong_words(self, coffee: Path) -> None:
        with pytest.raises(errors.ConfigError, match="explicit"):
            labelkit.label(coffee, label_of(), layers=["visible"])
        with pytest.raises(errors.ConfigError):
            labelkit.label(coffee, label_of(), on_existing="strip")

    def test_verify_never_raises(self, tmp_path: Path) -> None:
        for bad in (tmp_path / "none.png", tmp_path, b"", b"junk", b"\x89PNG\r\n\x1a\n"):
            report = labelkit.verify(bad)  # type: ignore[arg-type]
            assert report.verdict == "unreadable"
            assert report.conforms is None
            assert report.findings
