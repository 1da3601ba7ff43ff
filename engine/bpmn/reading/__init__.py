"""The elements of a file become the model here, with one module for each family of elements."""
