"""Dates, times, date-times and durations have FEEL's ranges and rules, wider than the standard library's."""
