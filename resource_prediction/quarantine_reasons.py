"""Why a row is quarantined, as one table for code, documents and tests. Not here: finding the rows (warehouse)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AppliesTo = Literal["line", "any", "number", "time", "status"]


@dataclass(frozen=True)
class QuarantineReason:
    """One rule that a row can break.

    Attributes:
        code: The word in the quarantine; behind a column's name (``max_rss:negative``) or ``line:``.
        applies_to: What is looked at: a whole line, any column, or the columns of one type.
        rule: What a legal row looks like.
    """

    code: str
    applies_to: AppliesTo
    rule: str


REASONS: tuple[QuarantineReason, ...] = (
    QuarantineReason("field_count", "line", "as many fields as the header has"),
    QuarantineReason(
        "unclosed_quote", "line", "a quote opens at the start of a field and closes at its end, on one line"
    ),
    QuarantineReason("encoding", "line", "UTF-8 text without NUL characters"),
    QuarantineReason("line_break", "line", "no carriage return inside a line"),
    QuarantineReason("too_long", "line", "at most 2,000,000 bytes in a line"),
    QuarantineReason("malformed", "line", "a line that the CSV reader can split into fields"),
    QuarantineReason("missing", "any", "a column that training needs is not empty"),
    QuarantineReason("not_a_number", "number", "digits, with a zero fraction or an exponent at most"),
    QuarantineReason("not_finite", "number", "neither NaN nor infinite"),
    QuarantineReason("negative", "number", "zero or more"),
    QuarantineReason("fraction", "number", "a whole number; 12.0 is one, 3.7 is not"),
    QuarantineReason("too_large", "number", "below 2 to the power of 63"),
    QuarantineReason("zero", "number", "more than zero, for peaks, requests and allocations"),
    QuarantineReason("not_a_time", "time", "ISO 8601 date and time; UTC where no zone is given"),
    QuarantineReason("too_early", "time", "the year 2000 or later"),
    QuarantineReason("in_future", "time", "at most 24 hours after ingest"),
    QuarantineReason("before_submission", "time", "finished_at is not earlier than time"),
    QuarantineReason("unknown_status", "status", "a status word of the contract, or none"),
)

REASON_BY_CODE: dict[str, QuarantineReason] = {reason.code: reason for reason in REASONS}


def explain(reason: str) -> str:
    """Say in words which rule a quarantined row broke.

    Args:
        reason: ``column:code`` or ``line:code``, as the quarantine holds it.

    Raises:
        KeyError: On a code that is not in the table.
    """
    where, _, code = reason.partition(":")
    return f"{where}: expected {REASON_BY_CODE[code].rule}"
