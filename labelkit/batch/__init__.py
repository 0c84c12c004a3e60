"""Many files: planned on disk, spread over processes, remembered in a journal."""

from __future__ import annotations

from labelkit.batch.run import label_many, verify_many

__all__ = ["label_many", "verify_many"]
