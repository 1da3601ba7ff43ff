"""The HTTP connector over real sockets: what it calls, and what it refuses to."""

import contextlib
import ipaddress
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from engine.connectors import http
from engine.connectors.http import ForbiddenAddressError, InvalidRequestError, UnexpectedStatusError, http_request
from engine.handlers import BpmnError, JobContext

JOB = JobContext(key=42, type="t", attempt=1, instance_key=1, process_id="p", element_id="e", headers={})


class _Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path == "/slow":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                time.sleep(0.1)
                with contextlib.suppress(OSError):
                    self.wfile.write(b"x")
            return
        if self.path == "/headers":
            seen_headers = {name.lower(): value for name, value in self.headers.items()}
            self._answer(200, json.dumps(seen_headers).encode(), "application/json")
            return
        if self.path == "/large":
            self._answer(200, b"x" * (http.MAX_BODY + 1), "text/plain")
            return
        status = int(self.path.removeprefix("/status/")) if self.path.startswith("/status/") else 200
        length = int(self.headers.get("Content-Length") or 0)
        seen = {
            "path": self.path,
            "key": self.headers.get("Idempotency-Key"),
            "type": self.headers.get("Content-Type"),
            "body": self.rfile.read(length).decode(),
        }
        self._answer(status, json.dumps(seen).encode(), "application/json")

    do_POST = do_GET  # noqa: N815 - the name that the base class calls

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def service(settings: Settings) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings.STEPWELL_HTTP_ALLOWED_HOSTS = ("127.0.0.1",)
    settings.STEPWELL_HTTP_ALLOW_PRIVATE = True
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_request_carries_its_query_its_json_and_the_key_of_its_job(service: str) -> None:
    result = http_request(JOB, f"{service}/orders", "post", query={"a": "1 2"}, body={"total": 5})
    seen = result["response"]["body"]
    assert result["response"]["status"] == 200
    assert seen == {"path": "/orders?a=1+2", "key": "42", "type": "application/json", "body": '{"total":5}'}


def test_a_client_error_is_a_bpmn_error_and_a_server_error_is_tried_again(service: str) -> None:
    with pytest.raises(BpmnError) as caught:
        http_request(JOB, f"{service}/status/404")
    assert caught.value.code == "HTTP_404"
    assert caught.value.variables["response"]["status"] == 404
    for status in (500, 429):
        with pytest.raises(UnexpectedStatusError, match=str(status)):
            http_request(JOB, f"{service}/status/{status}")


def test_a_host_that_is_not_allowed_is_refused_before_anything_is_sent(service: str) -> None:
    with pytest.raises(ForbiddenAddressError, match="STEPWELL_HTTP_ALLOWED_HOSTS"):
        http_request(JOB, "http://localhost:1/")


def test_a_private_address_is_refused_unless_allowed(service: str, settings: Settings) -> None:
    settings.STEPWELL_HTTP_ALLOW_PRIVATE = False
    with pytest.raises(ForbiddenAddressError, match="public addresses"):
        http_request(JOB, service)


def test_a_redirect_is_followed_and_checked_like_the_first_address(service: str) -> None:
    assert http_request(JOB, f"{service}/to//there")["response"]["body"]["path"] == "/there"
    with pytest.raises(ForbiddenAddressError, match="localhost"):
        http_request(JOB, f"{service}/to/http://localhost:1/")
    with pytest.raises(InvalidRequestError, match="redirects"):
        http_request(JOB, f"{service}/to/{'/to/' * 10}")


def test_a_response_that_is_too_large_is_not_read(service: str) -> None:
    with pytest.raises(InvalidRequestError, match="at most"):
        http_request(JOB, f"{service}/large")


def test_the_connection_goes_to_the_address_that_was_checked(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["127.0.0.1"])  # a second question to the name server would fail

    def resolve(host: str, port: int, *, allow_private: bool) -> str:
        return next(answers)

    monkeypatch.setattr(http, "resolve", resolve)
    assert http_request(JOB, service)["response"]["status"] == 200


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://",
        "http://user:secret@127.0.0.1/",
        "nonsense",
        "http://[::1",
    ],
)
def test_other_urls_are_refused(url: str, service: str) -> None:
    with pytest.raises(InvalidRequestError):
        http_request(JOB, url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.1", "100.64.0.1", "224.0.0.1",
        "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_known(address: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        http.resolve(address, 80, allow_private=False)


def test_a_pattern_allows_the_hosts_below_a_domain_and_not_the_domain_itself() -> None:
    http.check_url("https://api.example.com/x", allowed_hosts=["*.example.com"])
    for host in ("example.com", "badexample.com", "example.com.evil.org"):
        with pytest.raises(ForbiddenAddressError):
            http.check_url(f"https://{host}/", allowed_hosts=["*.example.com"])


@pytest.mark.parametrize("name", ["Host", "host", "HOST", "Content-Length", "transfer-encoding", "Connection"])
def test_a_diagram_does_not_set_the_headers_of_the_connection(service: str, name: str) -> None:
    with pytest.raises(InvalidRequestError, match=name):
        http_request(JOB, f"{service}/headers", headers={name: "inner.example.com"})


def test_no_header_of_the_diagram_follows_a_redirect_to_another_host(service: str, settings: Settings) -> None:
    settings.STEPWELL_HTTP_ALLOWED_HOSTS = ("127.0.0.1", "localhost")
    secret = {"X-Api-Key": "secret", "Cookie": "a=b", "Authorization": "Bearer x"}

    def seen(target: str) -> dict[str, str]:
        found = http_request(JOB, f"{service}/to/{target}/headers", headers=secret)["response"]["body"]
        assert found["host"] in target
        return dict(found)

    here = seen(service)
    assert (here["x-api-key"], here["authorization"], here["idempotency-key"]) == ("secret", "Bearer x", "42")
    elsewhere = seen(service.replace("127.0.0.1", "localhost"))
    assert not {"x-api-key", "cookie", "authorization", "idempotency-key"} & elsewhere.keys()


def test_the_time_is_for_the_whole_call_however_slowly_the_answer_comes(service: str) -> None:
    began = time.monotonic()
    with pytest.raises(httpx.TimeoutException):
        http_request(JOB, f"{service}/slow", timeout=1.0)
    assert time.monotonic() - began < 5


def test_ports_can_be_limited(service: str, settings: Settings) -> None:
    settings.STEPWELL_HTTP_ALLOWED_PORTS = (443,)
    with pytest.raises(ForbiddenAddressError, match="STEPWELL_HTTP_ALLOWED_PORTS"):
        http_request(JOB, f"{service}/headers")
    http.check_url("https://127.0.0.1/x", allowed_hosts=["127.0.0.1"])


@pytest.mark.parametrize("address", ["fec0::1", "fd00::1", "fe80::1", "::127.0.0.1", "64:ff9b:1::7f00:1", "5f00::1"])
def test_ranges_of_ipv6_that_are_not_public_are_private(address: str) -> None:
    assert not http._is_public(ipaddress.ip_address(address))


def test_public_addresses_of_ipv6_are_public() -> None:
    for address in ("2606:4700::1111", "64:ff9b::8.8.8.8"):
        assert http._is_public(ipaddress.ip_address(address))
