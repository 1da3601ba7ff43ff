"""Evidence from outside: the public suites of betsy, the DMN TCK and the OMG's MIWG, read as their authors lay them out."""
