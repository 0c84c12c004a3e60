"""Text: the invisible mark, and the notices people read."""
