"""What people hear: decoding and coding sound, the audible label, the inaudible mark."""
