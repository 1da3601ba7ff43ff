"""`python -m webapp.launcher COMMAND`: how an installed Stepwell starts its own children."""

from webapp.launcher.commands import main

main()
