"""Dates, times, date-times and durations with FEEL's ranges and rules, wider than the standard library's."""
