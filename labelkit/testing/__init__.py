"""Contract tests and small builders that ship with the package, so that third-party formats can be held to them."""
