"""English sentence -> Chinese twin."""

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {}
