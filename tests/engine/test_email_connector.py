import pytest
from django.core import mail

from engine.connectors.email import InvalidMailError, send_email
from engine.handlers import JobContext

JOB = JobContext(key=42, type="t", attempt=1, instance_key=1, process_id="p", element_id="e", headers={})


def test_a_mail_goes_out_with_a_message_id_made_of_its_job() -> None:
    send_email(JOB, ["alice@example.com"], "Two\r\nBcc: eve@example.com", "Text", cc="bob@example.com")
    [sent] = mail.outbox
    assert (sent.to, sent.cc, sent.subject) == (["alice@example.com"], ["bob@example.com"], "Two Bcc: eve@example.com")
    assert sent.extra_headers["Message-ID"].startswith("<42@stepwell.")


@pytest.mark.parametrize("to", [[], "", "alice", ["alice@example.com", "x\n@example.com"], [7]])
def test_what_is_no_address_is_refused_and_nothing_goes_out(to: object) -> None:
    with pytest.raises(InvalidMailError):
        send_email(JOB, to, "s", "b")
    assert mail.outbox == []
