"""The HTTP connector calls allowed hosts, and no address inside the network unless that is allowed too.

A host name is resolved once; the connection goes to the very address that was checked, so that a name server which answers
otherwise the second time gains nothing. Redirects are followed by us, each checked like the first.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
from django.conf import settings

from engine import exact_json
from engine.handlers import BpmnError, JobContext, handler

TIMEOUT = 20.0
MAX_TIMEOUT = 120.0
MAX_REDIRECTS = 5
MAX_BODY = 4 * 1024 * 1024
"""A response may have so many bytes; a longer one raises InvalidRequestError."""
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect"}
)
"""These headers belong to the connection, or say to which site of a server a request goes: a diagram must not set them."""
_UNICAST = ipaddress.ip_network("2000::/3")
"""All public addresses of IPv6 are in here. What is outside of it is of a network, of a machine, or not given out."""
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})


class ForbiddenAddressError(Exception):
    """The installation does not allow this address; trying again changes nothing."""


class InvalidRequestError(Exception):
    """The element's inputs make no request; trying again changes nothing."""


class UnexpectedStatusError(Exception):
    """The server answered with 5xx or 429: another attempt may succeed."""


@handler(
    "stepwell:http-request",
    retries=3,
    backoff="PT5S",
    timeout=MAX_TIMEOUT + 10,
    title="HTTP request",
    non_retryable=(ForbiddenAddressError, InvalidRequestError),
)
def http_request(
    job: JobContext,
    url: str,
    method: str = "GET",
    headers: Any = None,
    query: Any = None,
    body: Any = None,
    timeout: float = TIMEOUT,
) -> dict[str, Any]:
    """Call a web service. The result is `response` with `status`, `headers` and `body` (JSON where the server says so).

    A JSON `body` is sent as JSON. A status of 4xx throws the BPMN error `HTTP_` and the status; 5xx and 429 are tried again. The
    header Idempotency-Key is the same for every attempt. `timeout` is for the whole call, redirects included. None of the headers
    follows a redirect to another host.
    """
    method = method.upper()
    if method not in METHODS:
        raise InvalidRequestError(f"Expected one of {', '.join(sorted(METHODS))} as method, found {method!r}.")
    sent = {"Idempotency-Key": job.idempotency_key, **_allowed(_texts(headers, "headers"))}
    content: bytes | None = None
    if body is not None:
        content = body.encode() if isinstance(body, str) else exact_json.encode(body)
        if not isinstance(body, str) and not any(name.lower() == "content-type" for name in sent):
            sent["Content-Type"] = "application/json"
    with _client(within=min(float(timeout), MAX_TIMEOUT)) as client:
        response = _send(client, method, url, query=_texts(query, "query"), headers=sent, content=content)
    answer = {
        "status": response.status_code,
        "headers": {name.lower(): value for name, value in response.headers.items()},
        "body": _body(response),
    }
    if response.status_code >= 500 or response.status_code == 429:
        raise UnexpectedStatusError(f"{method} {url} answered {response.status_code}: {str(answer['body'])[:500]}")
    if response.status_code >= 400:
        raise BpmnError(
            f"HTTP_{response.status_code}", f"{method} {url} answered {response.status_code}", {"response": answer}
        )
    return {"response": answer}


def check_url(url: str, *, allowed_hosts: Iterable[str]) -> None:
    """Check that the installation allows this address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidRequestError(f"Expected a URL, found {url!r}.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidRequestError(f"Expected a URL that begins with http:// or https://, found {url!r}.")
    if parts.username or parts.password:
        raise InvalidRequestError("Expected a URL without user and password; use the header Authorization.")
    if not any(_matches(host, pattern) for pattern in allowed_hosts):
        raise ForbiddenAddressError(
            f"Expected a host that STEPWELL_HTTP_ALLOWED_HOSTS names, found '{host}'. Ask the operator to allow it."
        )
    ports = settings.STEPWELL_HTTP_ALLOWED_PORTS
    port = port or (443 if parts.scheme == "https" else 80)
    if ports and port not in ports:
        raise ForbiddenAddressError(
            f"Expected a port that STEPWELL_HTTP_ALLOWED_PORTS names, found {port}. Ask the operator to allow it."
        )


def resolve(host: str, port: int, *, allow_private: bool) -> str:
    """Return an address of the host, none of whose addresses is forbidden. Raises ForbiddenAddressError, OSError."""
    found = [entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for text in found:
        if not allow_private and not _is_public(ipaddress.ip_address(str(text).partition("%")[0])):
            raise ForbiddenAddressError(
                f"Expected public addresses of '{host}', found {text}. STEPWELL_HTTP_ALLOW_PRIVATE=1 allows private ones."
            )
    return str(found[0])


class _TimedStream(httpcore.NetworkStream):
    """This connection ends at a moment, however little comes at a time: httpcore's own time-outs begin anew with each byte."""

    def __init__(self, stream: httpcore.NetworkStream, *, ends_at: float) -> None:
        self._stream = stream
        self._ends_at = ends_at

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=_left(self._ends_at, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_left(self._ends_at, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, timeout=_left(self._ends_at, timeout))
        return _TimedStream(secured, ends_at=self._ends_at)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(ends_at: float, timeout: float | None) -> float:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("The time of the whole call is over.")
    return left if timeout is None else min(left, timeout)


class _CheckedNetwork(httpcore.SyncBackend):
    """This network connects to the address that was checked, for some time. httpcore still sends and verifies the host's name."""

    def __init__(self, *, ends_at: float) -> None:
        self._ends_at = ends_at

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        address = resolve(host, port, allow_private=settings.STEPWELL_HTTP_ALLOW_PRIVATE)
        stream = super().connect_tcp(
            address,
            port,
            timeout=_left(self._ends_at, timeout),
            local_address=local_address,
            socket_options=socket_options,
        )
        return _TimedStream(stream, ends_at=self._ends_at)


def _client(*, within: float) -> httpx.Client:
    """Return a client whose connections end after so many seconds from now."""
    network = _CheckedNetwork(ends_at=time.monotonic() + within)
    transport = httpx.HTTPTransport()
    # httpx has no door for a network backend of one's own; the pool that it made is replaced by one that has
    transport._pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(), network_backend=network, max_connections=1
    )
    return httpx.Client(transport=transport, timeout=within, follow_redirects=False, trust_env=False)


def _send(
    client: httpx.Client,
    method: str,
    url: str,
    *,
    query: dict[str, str],
    headers: dict[str, str],
    content: bytes | None,
) -> httpx.Response:
    check_url(url, allowed_hosts=settings.STEPWELL_HTTP_ALLOWED_HOSTS)
    try:
        request = client.build_request(method, url, params=query or None, headers=headers, content=content)
    except (httpx.InvalidURL, ValueError) as error:
        raise InvalidRequestError(f"Expected a request that can be sent: {error}.") from error
    for _ in range(MAX_REDIRECTS + 1):
        response = client.send(request, stream=True)
        try:
            if response.next_request is None:
                _read(response)
                return response
        finally:
            response.close()
        request, before = response.next_request, request
        check_url(str(request.url), allowed_hosts=settings.STEPWELL_HTTP_ALLOWED_HOSTS)
        if _site(request.url) != _site(before.url):
            _forget(headers, request)
    raise InvalidRequestError(f"Expected at most {MAX_REDIRECTS} redirects from {url}.")


def _site(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _forget(headers: Mapping[str, str], request: httpx.Request) -> None:
    """Take these headers out of a request to another site, whatever is in them: a key for one is not for the other. The type of a body
    stays with it."""
    for name in headers:
        if name.lower() != "content-type":
            request.headers.pop(name, None)


def _read(response: httpx.Response) -> None:
    """Read the body, as far as it is allowed to go."""
    received = bytearray()
    for chunk in response.iter_bytes():
        received += chunk
        if len(received) > MAX_BODY:
            raise InvalidRequestError(f"Expected a response of at most {MAX_BODY} bytes from {response.request.url}.")
    response._content = bytes(received)


def _body(response: httpx.Response) -> Any:
    if "json" in response.headers.get("content-type", ""):
        return exact_json.checked(exact_json.decode(response.content or b"null"), what="the response")
    return response.text.replace("\x00", "")


def _texts(value: Any, name: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidRequestError(f"Expected an object of texts in '{name}', found {type(value).__name__}.")
    return {str(key): str(item) for key, item in value.items()}


def _allowed(headers: dict[str, str]) -> dict[str, str]:
    """Return the headers. Raises InvalidRequestError where one is ours to set."""
    for name in headers:
        if name.strip().lower() in _OURS:
            raise InvalidRequestError(f"Expected headers of the application alone, found '{name}': remove it.")
    return headers


def _matches(host: str, pattern: str) -> bool:
    host, pattern = host.lower().rstrip("."), pattern.lower()
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return host == pattern


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return _is_public(inner)
        if address in ipaddress.ip_network("64:ff9b::/96"):  # NAT64 (RFC 6052): the last 32 bits are an IPv4 address
            return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast
