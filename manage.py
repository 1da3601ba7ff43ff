#!/usr/bin/env python3
"""Stepwell's one command. `python3 manage.py up` and `python3 manage.py test` work on a machine with Python 3.11 alone."""

import sys

if sys.version_info < (3, 11):
    sys.exit("Stepwell needs Python 3.11 or newer; this is %d.%d. Try python3.11 manage.py ..." % sys.version_info[:2])

if __name__ == "__main__":
    from webapp.launcher.bare import bootstrap

    arguments = bootstrap.enter(sys.argv)

    # Not before: the commands import packages, which are there once this Python is the project's own.
    from webapp.launcher import commands

    commands.run(arguments[0], arguments[1:])
