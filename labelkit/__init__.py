"""LabelKit labels AI-generated media and proves that the labels are there.

::

    import labelkit

    label = labelkit.AigcLabel.generated(producer="001191000000MA0000007C10001")
    outcome = labelkit.label("picture.jpg", label, out="labelled/picture.jpg")
    report = labelkit.verify("labelled/picture.jpg")
    report.verdict, report.conforms

Importing this package loads neither numpy nor Pillow; the names below load what they need when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labelkit._version import __version__

if TYPE_CHECKING:
    from labelkit.api import label, propagate, read, verify
    from labelkit.batch import label_many, verify_many
    from labelkit.config import Config, ExplicitConfig
    from labelkit.errors import LabelKitError
    from labelkit.provider_code import ProviderCode
    from labelkit.record import AigcLabel, Attribute, Mark, Outcome, Report, Verdict

_HOMES = {
    "AigcLabel": "labelkit.annex_e",
    "Attribute": "labelkit.annex_e",
    "Config": "labelkit.config",
    "ExplicitConfig": "labelkit.config",
    "LabelKitError": "labelkit.errors",
    "Mark": "labelkit.record",
    "Outcome": "labelkit.record",
    "ProviderCode": "labelkit.provider_code",
    "Report": "labelkit.record",
    "Verdict": "labelkit.record",
    "label": "labelkit.api",
    "label_many": "labelkit.batch",
    "propagate": "labelkit.api",
    "read": "labelkit.api",
    "verify": "labelkit.api",
    "verify_many": "labelkit.batch",
}

__all__ = [
    "AigcLabel",
    "Attribute",
    "Config",
    "ExplicitConfig",
    "LabelKitError",
    "Mark",
    "Outcome",
    "ProviderCode",
    "Report",
    "Verdict",
    "__version__",
    "label",
    "label_many",
    "propagate",
    "read",
    "verify",
    "verify_many",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'labelkit' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__
