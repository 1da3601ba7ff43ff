"""The launcher runs everything around the application: the commands of `manage.py`, `up` with its child processes, and the checks.

`bare` runs on a Python without packages; `servers` are the embedded PostgreSQL and Valkey.
"""
