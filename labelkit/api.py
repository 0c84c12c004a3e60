"""The functions everybody calls: one file through all layers, in and out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labelkit import delivery, evidence, labelling
from labelkit.config import Config
from labelkit.delivery import Target
from labelkit.errors import ConfigError, Forgery, InputError, InvalidField, LabelKitError
from labelkit.formats import table
from labelkit.formats.media import Samples
from labelkit.formats.table import Format
from labelkit.labelling import Job, Labelled
from labelkit.record import AigcLabel, Layer, Mark, Note, Outcome, Report
from labelkit.sources import Source, SourceLike, open_source

if TYPE_CHECKING:
    from labelkit.watermark.keys import Key


def label(
    source: Any,
    label: AigcLabel | None = None,
    out: Any = None,
    *,
    producer: str | None = None,
    content_id: str | None = None,
    layers: Sequence[str] | None = None,
    on_existing: str | None = None,
    keys: Any = None,
    config: Config | None = None,
    in_place: bool = False,
    backup: str = "",
    dry_run: bool = False,
    format: str | None = None,
    rate: int | None = None,
) -> Outcome:
    """Put a label on one file, picture, sound or array, and read it back.

    Args:
        source: a path, bytes, a binary file object, a Pillow image, or an array (height x width, or x 1, 3 or 4
            channels; uint8, uint16, or float 0 to 1). With ``rate`` the array is sound: frames, or frames x channels;
            int16, int32, or float -1 to 1.
        label: what to write; None makes one from ``producer`` and ``content_id``.
        out: a path, a folder, or a binary file object; None returns the bytes in ``Outcome.data``. An existing output
            file is replaced atomically.
        producer: 27-character provider code or name (default: ``config.producer``).
        content_id: your unique number for this content; None makes one, unless the file already has a sound label of
            the same producer, which is then kept so that labelling twice changes nothing.
        layers: any of ``"explicit"``, ``"metadata"``, ``"watermark"``; None writes all that the picture can hold. A
            watermark that is named here and cannot be put in is an error; otherwise a note in the outcome.
        on_existing: ``"replace"``, ``"keep"``, ``"refuse"`` or ``"propagate"`` when the file has a label.
        keys: the watermark's key: a :class:`labelkit.watermark.keys.Key`, 32 bytes, or a key file's path; None takes
            ``config.key``, then the public key that everybody can read and forge.
        config: settings (default: built-in ones; the command line reads labelkit.toml).
        in_place: replace the source file itself, atomically.
        backup: suffix under which the original is kept when ``in_place``, such as ``".orig"``.
        dry_run: do everything except storing.
        format: format id for arrays and images; None takes it from ``out``, then from ``config.format`` (sound: WAV).
        rate: frames a second, when the array is sound.

    Returns:
        What was written where and what was skipped; ``ok`` is always True (errors are raised).

    Raises:
        LabelKitError: see :mod:`labelkit.errors`; the source and an existing output are untouched.
    """
    settings = settings_for(config, layers, on_existing)
    given, own = _label_to_write(label, producer, content_id, settings)
    if _is_image(source):
        row = _row_for_array(format, out, settings.format if rate is None else "wav", "audio" if rate else "image")
        name = f"<{'image' if rate is None else 'sound'}>"
        target = delivery.target_for(out, None, row, in_place=in_place, backup=backup)
        job = Job(Source(name, b""), row, given, settings, own, *marking(keys, settings, layers))
        result = labelling.run_new(source if rate is None else Samples(source, rate), job)
        return finish(name, result, target, settings, dry_run=dry_run)
    opened = open_source(source)
    try:
        mark_with, strict = marking(keys, settings, layers)
        job = labelling.open_job(opened, given, settings, own=own, keys=mark_with, strict=strict)
        target = delivery.target_for(out, opened, job.row, in_place=in_place, backup=backup)
        result = labelling.run(job)
        return finish(opened.name, result, target, settings, dry_run=dry_run, like=opened.path)
    except LabelKitError as error:
        raise error.at(opened.name) from error.__cause__


def read(source: SourceLike) -> list[Mark]:
    """Every metadata label in a file, with its place, fields and deviations; empty when there is none.

    Raises:
        LabelKitError: the file cannot be opened or is no known format, or it is damaged and no label stands before
            the damage.
    """
    opened = open_source(source)
    try:
        found = evidence.collect(opened.data, table.find(opened.data, opened.name), path=opened.path)
    except LabelKitError as error:
        raise error.at(opened.name) from error.__cause__
    if found.defect and not found.found:
        raise found.defect.at(opened.name)
    return [mark for _, mark in found.found]


def verify(
    source: SourceLike, *, keys: Any = None, look: Collection[str] | None = None, config: Config | None = None
) -> Report:
    """Judge one file: which labels it carries, what is wrong with them, and what a platform would say.

    Args:
        source: a path, bytes or a binary file object.
        keys: whose watermarks to look for: one key or several, each a :class:`labelkit.watermark.keys.Key`, 32 bytes
            or a key file's path; None takes ``config.key``, then the public key.
        look: any of ``"metadata"``, ``"explicit"``, ``"traces"``, ``"watermark"``; None looks at all of them.
        config: settings.

    Returns:
        The report. A file that cannot be read is a finding in it, not an exception.

    Raises:
        ConfigError: ``look`` names something unknown.
    """
    from labelkit import verification

    asked = check_look(look)
    settings = config or Config()
    return verification.verify_source(source, asked, chosen_keys(keys, settings) if "watermark" in asked else ())


def check_look(look: Collection[str] | None) -> tuple[str, ...]:
    """What a caller asks to look at.

    Raises:
        ConfigError: ``look`` names something unknown.
    """
    from labelkit import verification

    asked = verification.DEFAULT_LOOK if look is None else _words(look, "look")
    _known(asked, verification.LOOKS, "look")
    return asked


def propagate(
    source: SourceLike,
    propagator: str,
    out: Any = None,
    *,
    propagate_id: str | None = None,
    attribute: str | None = None,
    in_place: bool = False,
    backup: str = "",
    dry_run: bool = False,
    config: Config | None = None,
) -> Outcome:
    """Fill the propagation half of a label, as a platform must (标识办法 art. 6), keeping the producer's half.

    Args:
        source: a path, bytes or a binary file object.
        propagator: the platform's provider code or name.
        out: as in :func:`label`.
        propagate_id: the platform's number for this content; None makes one.
        attribute: for a file *without* a label: ``"2"`` when the user declared it generated, ``"3"`` when only traces
            were detected. The platform is then written as producer too (Annex E note 1; who belongs there is
            UNCERTAIN, rules question 4).
        in_place, backup, dry_run, config: as in :func:`label`.

    Raises:
        Forgery: the labels contradict each other, ``attribute`` differs from what the producer stated, or there is no
            producer half to keep.
        InvalidField: the file has no label and ``attribute`` is not given.
    """
    settings = replace(settings_for(config, ("metadata",), "replace"), names=True)
    opened = open_source(source)
    try:
        row = table.find(opened.data, opened.name)
        passed_on = _passed_on(opened, row, propagator, propagate_id, attribute)
        _check_propagator(passed_on, config)
        job = labelling.open_job(opened, passed_on, settings, own=False)
        target = delivery.target_for(out, opened, row, in_place=in_place, backup=backup)
        return finish(opened.name, labelling.run(job), target, settings, dry_run=dry_run, like=opened.path)
    except LabelKitError as error:
        raise error.at(opened.name) from error.__cause__


def _passed_on(
    opened: Source, row: Format, propagator: str, propagate_id: str | None, attribute: str | None
) -> AigcLabel:
    found = evidence.collect(opened.data, row, path=opened.path)
    if found.defect:
        raise found.defect
    if not found.labels:
        return _first_by_platform(propagator, propagate_id, attribute)
    halves = {(m.label.label, m.label.content_producer, m.label.produce_id) for m in found.labels}
    if len(halves) > 1:
        raise Forgery(
            f"{len(found.labels)} labels name different producers or contents",
            place="; ".join(m.place for m in found.labels),
            remedy="find out which one is true; passing one on would falsify the other (标识办法 art. 10)",
        )
    if attribute is not None and attribute != found.labels[0].label.label:
        raise Forgery(
            f"the producer stated Label {found.labels[0].label.label}, not {attribute}",
            place=found.labels[0].place,
            remedy="leave the attribute out; a platform keeps the producer's half (标识办法 art. 10)",
        )
    return found.labels[0].label.propagated(propagator, propagate_id)


def _first_by_platform(propagator: str, propagate_id: str | None, attribute: str | None) -> AigcLabel:
    if attribute not in ("2", "3"):
        raise InvalidField(
            "the file has no label to pass on",
            place="Label",
            remedy="say attribute 2 (declared by the user) or 3 (detected), "
            "or use label as its producer (标识办法 art. 6)",
        )
    return AigcLabel.generated(propagator, propagate_id, attribute=attribute)


def _check_propagator(passed_on: AigcLabel, config: Config | None) -> None:
    allowed = bool(config and config.names)
    for name in ("content_propagator", "propagate_id", "reserved_code2"):
        passed_on._check_field(name, allowed)


def finish(
    name: str, result: Labelled, target: Target, config: Config, *, dry_run: bool, like: Path | None = None
) -> Outcome:
    """Store a result, unless this is a dry run, and say what was done."""
    if dry_run:
        done = delivery.outcome(name, result if result.checked else labelling.check(result))
        notes = (*done.skipped, Note("file", "dry run: nothing was stored"))
        return replace(done, path=target.path, skipped=notes)
    return delivery.deliver(name, result, target, sync=config.sync, like=like)


def settings_for(config: Config | None, layers: Sequence[str] | None, on_existing: str | None) -> Config:
    """``config`` with what the caller asked for instead.

    Raises:
        ConfigError: an unknown layer or policy.
        UnsupportedOperation: a layer this version does not have.
    """
    base = config or Config()
    asked = base.layers if layers is None else _words(layers, "layers")
    settings = base
    if layers is not None or on_existing:
        settings = replace(base, layers=asked, on_existing=on_existing or base.on_existing)
    _known(settings.layers, tuple(Layer), "layers")
    _known((settings.on_existing,), labelling.ON_EXISTING, "on_existing")
    return settings


def marking(keys: Any, settings: Config, layers: Sequence[str] | None) -> tuple[tuple[Key, ...], bool]:
    """The watermark's keys, none when that layer is not asked for, and whether it was asked for by name."""
    if Layer.WATERMARK not in settings.layers:
        return (), False
    by_name = layers is not None or settings.layers != Config().layers
    return chosen_keys(keys, settings), by_name


def chosen_keys(keys: Any, settings: Config) -> tuple[Key, ...]:
    """The keys the caller passed, else the configured one, else the public one.

    Raises:
        ConfigError, NotFound, Unreadable: see :func:`labelkit.watermark.keys.as_keys`.
    """
    from labelkit.watermark.keys import as_keys

    return as_keys(settings.key or None if keys is None else keys)


def _words(given: Collection[str], what: str) -> tuple[str, ...]:
    if isinstance(given, str) or not given:
        raise ConfigError(
            f"{given!r} is not a list of words", place=what, remedy='pass at least one in a list, such as ["metadata"]'
        )
    return tuple(given)


def _known(given: Collection[str], allowed: Collection[str], what: str) -> None:
    for word in given:
        if word not in allowed:
            raise ConfigError(f"{word!r} is not one of {', '.join(allowed)}", place=what, remedy="check the spelling")


def _label_to_write(
    label: AigcLabel | None, producer: str | None, content_id: str | None, config: Config
) -> tuple[AigcLabel, bool]:
    """The label, and whether its number was made up here."""
    if label is not None:
        return label.check(names=config.names), False
    name = producer or config.producer
    if not name:
        raise InvalidField(
            "no producer is named", place="ContentProducer", remedy="pass producer=, or set producer in labelkit.toml"
        )
    return AigcLabel.generated(name, content_id, names=config.names), content_id is None


def _is_image(source: Any) -> bool:
    """A Pillow image or something array-like, told without importing either library."""
    return hasattr(source, "__array_interface__") and not isinstance(source, (bytes, bytearray, memoryview))


def _row_for_array(format: str | None, out: Any, otherwise: str, media: str) -> Format:
    row = table.by_id(format or (Path(out).suffix if isinstance(out, (str, Path)) else "") or otherwise)
    if row.media != media:
        raise InputError(
            f"{row.container.name} holds no {_ARRAYS[media]}",
            remedy="pass rate= with an array of sound, and only then, or name another format",
        )
    return row


#: What an array is, by the medium of the format it is to become.
_ARRAYS = {"image": "pictures", "audio": "sound"}
