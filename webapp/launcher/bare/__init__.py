"""These modules run before the virtual environment exists, so they import the standard library alone."""
