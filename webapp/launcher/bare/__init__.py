"""What runs before the virtual environment exists: it imports the standard library alone."""
