"""The lock under which numpy's files are read. Not here: which files, what is in them."""

from __future__ import annotations

import threading

ONE_READER = threading.RLock()
"""numpy parses the header of each array as a Python literal, and CPython 3.11 may fail with ``SystemError: AST
constructor recursion depth mismatch`` where two threads parse at once (issue 106905 of CPython)."""
