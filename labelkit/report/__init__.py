"""What becomes of reports and outcomes: sums, JSON, tables.

Every writer has :meth:`add` for one file and :meth:`close` for the sums at the end, and writes as files come, so that
nothing grows with their number.
"""
