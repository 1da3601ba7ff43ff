"""The launcher runs everything around the application: the bootstrap, the embedded servers, `up`, `test`, `check-all`.

`bootstrap`, `frontend_build`, `data_folder`, `children` and `progress` run before the virtual environment exists and import
the standard library alone.
"""
