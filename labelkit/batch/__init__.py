"""Many files: planned on disk, spread over processes, remembered in a journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labelkit.batch.run import label_many, verify_many

__all__ = ["label_many", "verify_many"]


def __getattr__(name: str) -> Any:
    """Load the functions when first used: worker processes import this package and need neither."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from labelkit.batch import run

    return getattr(run, name)
