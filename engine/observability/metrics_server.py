"""A part that serves no pages, a worker or a ticker in a container of its own, tells its metrics here. STEPWELL_METRICS_ADDRESS says
where; there is no login, so bind it to an inner network. `up` needs none: its web server tells the metrics of all its parts."""

import os

from prometheus_client import start_http_server

from engine.observability.metrics import of_processes


def start() -> None:
    """Answer in a thread of this process, when the environment asks for it. Raises ValueError for an address of another form."""
    address = os.environ.get("STEPWELL_METRICS_ADDRESS", "").strip()
    if not address:
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"Expected host:port in STEPWELL_METRICS_ADDRESS, such as 127.0.0.1:9101, found {address!r}.")
    start_http_server(int(port), addr=host.strip("[]"), registry=of_processes())
