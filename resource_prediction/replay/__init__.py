"""Walking forward over the past: periods, allocations, sums, nights, report. Not here: fitting, storing."""
