"""The launcher runs everything around the application: the commands of `manage.py`, `up` with its children, the checks.

`bare` runs on a Python without packages; `servers` are the embedded PostgreSQL and Valkey.
"""
