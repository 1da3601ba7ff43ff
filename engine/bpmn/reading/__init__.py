"""From the elements of a file to the model: one module per family of elements."""
