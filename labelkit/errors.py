"""Every error LabelKit raises, one tree.

::

    LabelKitError                  catch this to catch them all
    ├── InputError                 what was passed in cannot be used
    │   ├── NotFound               no such file
    │   ├── Unreadable             it is there, but reading it failed (permissions, a directory, a link loop)
    │   ├── UnknownFormat          readable, but none of the formats we know
    │   ├── BrokenFile             the right format, but truncated or contradicting itself
    │   └── LimitExceeded          larger, deeper or more numerous than the stated bound
    ├── UnsupportedOperation       the format cannot hold this layer; the remedy names what can
    ├── LabelError                 the label itself is not allowed
    │   ├── InvalidField           a field breaks Annex E of GB 45438-2025
    │   ├── InvalidProviderCode    a provider code of the wrong shape or with a wrong check digit
    │   ├── AlreadyLabelled        the file has a label and the policy says to refuse
    │   └── Forgery                the change would falsify somebody else's label
    ├── ExplicitLabelError         the visible label cannot be drawn as the rule asks
    │   └── MissingGlyph           the font lacks a character of the text
    ├── WriteError                 the result could not be stored, or did not read back as written
    ├── MissingExtra               an optional package is not installed; the message names the extra
    └── ConfigError                labelkit.toml or an environment variable is wrong

Each carries ``file``, ``place`` and ``remedy`` apart from its message, so that a report can show them in columns.
"""

from __future__ import annotations


class LabelKitError(Exception):
    """The root of all LabelKit errors.

    Args:
        message: what is wrong, one sentence without the file name.
        file: the file it concerns, as the caller named it, or ``""``.
        place: where in the file (``"chunk iTXt at byte 33"``) or which setting, or ``""``.
        remedy: what the reader can do about it, one imperative sentence, or ``""``.
    """

    def __init__(self, message: str, *, file: str = "", place: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.place = place
        self.remedy = remedy

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.place) if part)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text} ({self.remedy})" if self.remedy else text

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the keyword fields across process boundaries."""
        return _rebuild, (type(self), self.message, self.file, self.place, self.remedy)

    def at(self, file: str) -> LabelKitError:
        """This error, now knowing the file it concerns (only if it did not know one before)."""
        self.file = self.file or file
        return self

    def asdict(self) -> dict[str, str]:
        """Kind, message, file, place and remedy as plain strings."""
        return {
            "error": type(self).__name__,
            "message": self.message,
            "file": self.file,
            "place": self.place,
            "remedy": self.remedy,
        }


def _rebuild(cls: type[LabelKitError], message: str, file: str, place: str, remedy: str) -> LabelKitError:
    return cls(message, file=file, place=place, remedy=remedy)


class InputError(LabelKitError):
    """What was passed in cannot be used."""


class NotFound(InputError):
    """There is no such file."""


class Unreadable(InputError):
    """The file is there, but reading it failed."""


class UnknownFormat(InputError):
    """The content is none of the formats LabelKit knows."""


class BrokenFile(InputError):
    """The file is truncated or contradicts itself."""


class LimitExceeded(InputError):
    """The input is larger, deeper or more numerous than the bound; the message states the bound."""


class UnsupportedOperation(LabelKitError):
    """The format has no home for this layer."""


class LabelError(LabelKitError):
    """The label itself is not allowed."""


class InvalidField(LabelError):
    """A field breaks Annex E of GB 45438-2025."""


class InvalidProviderCode(LabelError):
    """A provider code has the wrong shape or a wrong check digit (TC260-PG-20252A, GB 32100-2015)."""


class AlreadyLabelled(LabelError):
    """The file carries a label already and the policy says to refuse (GB 45438-2025 6.1 c)."""


class Forgery(LabelError):
    """The change would falsify another provider's label (标识办法 art. 10)."""


class ExplicitLabelError(LabelKitError):
    """The visible label cannot be drawn as GB 45438-2025 5.2 asks."""


class MissingGlyph(ExplicitLabelError):
    """The font lacks a character of the text; a box is never drawn in its place."""


class WriteError(LabelKitError):
    """The result could not be stored, or did not read back as written. The original is untouched."""


class MissingExtra(LabelKitError):
    """An optional package is not installed."""


class ConfigError(LabelKitError):
    """The configuration file or an environment variable is wrong."""
