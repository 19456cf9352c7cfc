"""Mails to a real mail server on this machine: encryption, signing in, and refusals on one connection."""

import smtplib
import socket
import ssl
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from api.settings import Settings
from api.workers import smtp
from api.workers.smtp import RefusedError, post_office
from tests.mail_server import MailServer, mail_server
from tests.outbound.conftest import Certificate

ELSEWHERE = "127.0.0.3"  # an address of the certificate that the client does not take for its own machine
KIM, LEE = "kim@example.com", "lee@example.com"


def settings_of(url: str) -> Settings:
    return Settings(smtp_url=url, mail_from="Afterword <a@example.com>", public_url="https://example.org")


def mail_to(address: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Afterword <a@example.com>", address, "Hello"
    mail.set_content("A mail.")
    return mail


def send(url: str, *addresses: str) -> None:
    with post_office(settings_of(url)) as post:
        for address in addresses:
            post(mail_to(address))


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch, certificate: Certificate) -> None:
    """Trust the certificate of the tests as if it were one of the system's."""
    monkeypatch.setattr(smtp, "ssl", SimpleNamespace(create_default_context=lambda: certificate.client))


def with_password(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    is_right = isinstance(given, LoginPassword) and (given.login, given.password) == (b"kim@x", b"a:b/c")
    return AuthResult(success=is_right, handled=False)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(
    ("user", "is_sent"), [("kim%40x:a%3Ab%2Fc", True), ("kim%40x:wrong", False), ("kim%40x", False)]
)
def test_user_and_password_of_the_address_are_decoded_and_used_to_sign_in(user: str, *, is_sent: bool) -> None:
    options: dict[str, Any] = {"auth_required": True, "auth_require_tls": False, "authenticator": with_password}
    with mail_server(**options) as server:
        url = f"smtp://{user}@{server.host}:{server.port}"
        if is_sent:
            send(url, KIM)
        else:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                send(url, KIM)
    assert server.recipients == [KIM] * is_sent


@pytest.mark.usefixtures("trusting")
def test_a_mail_to_an_smtps_address_is_encrypted_from_the_start(certificate: Certificate) -> None:
    with mail_server(MailServer(host=ELSEWHERE), ssl_context=certificate.receiver) as server:
        send(f"smtps://{ELSEWHERE}:{server.port}", KIM)
    assert server.recipients == [KIM]


@pytest.mark.usefixtures("trusting")
def test_a_mail_to_another_machine_is_encrypted_with_starttls(certificate: Certificate) -> None:
    options: dict[str, Any] = {"tls_context": certificate.receiver, "require_starttls": True}
    with mail_server(MailServer(host=ELSEWHERE), **options) as server:
        send(server.url, KIM)
    assert server.recipients == [KIM]


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail(certificate: Certificate, scheme: str) -> None:
    options: dict[str, Any] = {"ssl_context" if scheme == "smtps" else "tls_context": certificate.receiver}
    with mail_server(MailServer(host=ELSEWHERE), **options) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            send(f"{scheme}://{ELSEWHERE}:{server.port}", KIM)
        assert server.received == []


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        pytest.param({"at_data": {KIM: "451 4.3.0 later"}}, smtplib.SMTPDataError, id="a-message-for-now"),
        pytest.param({"at_data": {KIM: "554 5.7.1 no"}}, RefusedError, id="a-message-for-good"),
        pytest.param({"at_data": {KIM: "421 4.7.0 too many"}}, smtplib.SMTPDataError, id="with-the-connection"),
        pytest.param({"at_rcpt": {KIM: "451 4.3.0 later"}}, smtplib.SMTPRecipientsRefused, id="a-recipient-for-now"),
        pytest.param({"at_rcpt": {KIM: "550 5.1.1 no"}}, RefusedError, id="a-recipient-for-good"),
        pytest.param({"at_rcpt": {KIM: "421 4.7.0 too many"}}, smtplib.SMTPRecipientsRefused, id="and-its-connection"),
    ],
)
def test_after_a_refusal_the_next_mail_is_sent(answers: dict[str, Any], error: type[Exception]) -> None:
    with mail_server(MailServer(**answers)) as server, post_office(settings_of(server.url)) as post:
        with pytest.raises(error):
            post(mail_to(KIM))
        post(mail_to(LEE))
    assert server.recipients == [LEE]


def test_after_the_server_ended_the_connection_the_next_mail_opens_another() -> None:
    with mail_server() as server, post_office(settings_of(server.url)) as post:
        post(mail_to(KIM))
        connection = post.__self__.server  # type: ignore[attr-defined]  # of the method
        connection.sock.shutdown(socket.SHUT_RDWR)
        with pytest.raises((OSError, smtplib.SMTPException)):
            post(mail_to(KIM))
        post(mail_to(LEE))
    assert server.recipients == [KIM, LEE]
