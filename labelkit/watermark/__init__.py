"""What all invisible marks share, whatever the medium: keys, error-correcting code, decision.

A mark carries 64 bits (the content tag of :class:`labelkit.AigcLabel`, or the caller's own number) under a 32-byte key.
Signals live in ``labelkit.formats.<medium>.watermark``; nothing here knows pixels or samples.
"""
