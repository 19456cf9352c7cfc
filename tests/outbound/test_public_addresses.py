"""Which URLs may be written, and which addresses may be reached: tables of spellings."""

import socket
import ssl
from ipaddress import ip_address, ip_network

import pytest

from api.protocol.public_addresses import UnusableUrlError, check_url, is_allowed
from tests.outbound.conftest import Post
from tests.receivers import OK, answering, receiving

INNER = (ip_network("10.0.0.0/8"), ip_network("127.0.0.0/8"), ip_network("fd00::/8"))


def words(text: str) -> list[str]:
    return text.split()


NOT_PUBLIC = words(
    """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255
198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:93.184.216.34 ::ffff:0:127.0.0.1 64:ff9b::7f00:1
64:ff9b::5db8:d822 64:ff9b:1::a00:1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1
2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%lo fec0::1
ff02::1 ff0e::1 2606:4700:4700::1111%1 4000::1
    """
)

PUBLIC = words(
    """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0 128.0.0.1 172.15.255.255 172.32.0.0
192.0.1.1 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 2001:200::1 2001:4860:4860::8888 2003::1
2606:4700:4700::1111 2a00:1450:4001:80b::200e 3ffe:ffff::1
    """
)

# Each would reach a listener of this machine on all its addresses, if it were followed. {p} is its port.
REFUSED_URLS = words(
    """
https://127.0.0.1:{p}/ https://127.0.0.1.:{p}/ https://127.1:{p}/ https://127.0.1:{p}/ https://2130706433:{p}/
https://0x7f000001:{p}/ https://0X7F000001:{p}/ https://0x7f.1:{p}/ https://0x7f.0x0.0x0.0x1:{p}/
https://0177.0.0.1:{p}/ https://0177.1:{p}/ https://017700000001:{p}/ https://127.0.0.0x1:{p}/ https://127.0.0.01:{p}/
https://0:{p}/ https://0.0.0.0:{p}/ https://1.0x:{p}/ https://127.0.0.1%00:{p}/ https://%31%32%37.0.0.1:{p}/
https://１２７.０.０.１:{p}/ https://127。0。0。1:{p}/ https://127．0．0．1:{p}/ https://①②⑦.⓪.⓪.①:{p}/
https://[::1]:{p}/ https://[0:0:0:0:0:0:0:1]:{p}/ https://[::]:{p}/ https://[::ffff:127.0.0.1]:{p}/
https://[::ffff:7f00:1]:{p}/ https://[::127.0.0.1]:{p}/ https://[fe80::1%25lo]:{p}/ https://[::1%lo]:{p}/
https://[64:ff9b::7f00:1]:{p}/ https://[127.0.0.1]:{p}/ https://[::1:{p}/ https://::1:{p}/ https://93.184.216.34:{p}/
https://localhost.:{p}/ http://localhost:{p}/ HTTP://127.0.0.1:{p}/ ftp://localhost:{p}/ //localhost:{p}/ localhost:{p}
https:localhost:{p}/ https:/localhost:{p}/ https:///localhost:{p}/ https://:{p}/ https://.:{p}/ https://localhost..:{p}/
https://user@localhost:{p}/ https://user:password@localhost:{p}/ https://@localhost:{p}/ https://a.example@127.0.0.1:{p}/
https://a.example\\@127.0.0.1:{p}/ https://a.example\\.b:{p}/ https://a.example#@127.0.0.1:{p}/ https://localhost:{p}/#top
https://localhost:{p}/# https://localhost:22/ https://localhost:80/ https://localhost:0/ https://localhost:65536/
https://localhost:-1/ https://localhost:4４3/ https://localhost:{p}x/ https://-a.example:{p}/ https://a-.example:{p}/
https://a..example:{p}/ https://a,b.example:{p}/ https://*.example:{p}/ https://xn--zzzzz99.example:{p}/
https://☃.example:{p}/ https://ü_b.example:{p}/ https://local\u00adhost.:{p}/
    """
)
REFUSED_WITH_BLANKS = [
    "",
    " https://localhost:{p}/",
    "https://local\thost:{p}/",
    "https://localhost:{p}/\r\nX-Injected: 1",
    "https://localhost:{p}/\x00",
    "https://localhost:{p}/a b",
    "https://localhost:{p}/\u2028",
    "https://localhost:{p}/\u202e",
    "https://localhost:{p}/\ud800",
    "https://" + "a" * 64 + ".example:{p}/",
    "https://" + "a." * 127 + "example:{p}/",
    "https://localhost:{p}/" + "a" * 2_000,
]

ACCEPTED_URLS = [
    ("https://hooks.example.com", "hooks.example.com", 443, "/"),
    ("HTTPS://Hooks.Example.COM/A?b=%20c&d=e%2Ff", "hooks.example.com", 443, "/A?b=%20c&d=e%2Ff"),
    ("https://hooks.example.com:443/", "hooks.example.com", 443, "/"),
    ("https://hooks.example.com:1024/a", "hooks.example.com", 1024, "/a"),
    ("https://hooks.example.com:65535?a=1", "hooks.example.com", 65535, "/?a=1"),
    ("https://bücher.example/ü", "xn--bcher-kva.example", 443, "/ü"),
    ("https://BÜCHER.example/", "xn--bcher-kva.example", 443, "/"),
    ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "/"),
    ("https://例え.テスト/", "xn--r8jz45g.xn--zckzah", 443, "/"),
    ("https://n8n/webhook", "n8n", 443, "/webhook"),
    ("https://my_service.example/", "my_service.example", 443, "/"),
    ("https://1.example/", "1.example", 443, "/"),
    ("https://0x7f.example/", "0x7f.example", 443, "/"),
    ("https://127.0.0.1.example/", "127.0.0.1.example", 443, "/"),
    ("https://hooks.example.com/a@b", "hooks.example.com", 443, "/a@b"),
    ("https://hooks.example.com//evil.example/", "hooks.example.com", 443, "//evil.example/"),
    ("https://hooks.example.com/" + "a" * 1_974, "hooks.example.com", 443, "/" + "a" * 1_974),
]


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(text: str) -> None:
    assert not is_allowed(ip_address(text))
    assert not is_allowed(ip_address(text), [ip_network("203.0.112.0/24"), ip_network("fdff::/16")])


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_allowed(text: str) -> None:
    assert is_allowed(ip_address(text))


def test_the_operator_s_networks_are_allowed_but_not_in_another_spelling() -> None:
    assert is_allowed(ip_address("10.1.2.3"), INNER)
    assert is_allowed(ip_address("fd00::1"), INNER)
    assert not is_allowed(ip_address("192.168.0.1"), INNER)
    assert is_allowed(ip_address("64:ff9b::5db8:d822"), [ip_network("64:ff9b::/96")])
    assert not is_allowed(ip_address("::ffff:10.1.2.3"), (*INNER, ip_network("::ffff:0:0/96")))
    assert not is_allowed(ip_address("fe80::1%lo"), [ip_network("fe80::/10")])


def test_no_spelling_of_an_inner_address_passes_and_none_is_reached(post: Post) -> None:
    host = "::" if socket.has_dualstack_ipv6() else "0.0.0.0"
    spellings = [*REFUSED_URLS, *REFUSED_WITH_BLANKS]
    assert len(spellings) >= 36
    with receiving(answering(OK), host=host) as receiver:
        for spelling in spellings:
            url = spelling.format(p=receiver.port)
            with pytest.raises(UnusableUrlError) as refused:
                check_url(url)
            assert str(refused.value).endswith("."), url
            attempt = post(url)
            assert (attempt.status, attempt.error) == (None, "address_not_public"), url
        assert post(f"https://localhost:{receiver.port}/").error == "address_not_public"
        assert receiver.accepted == 0
        assert post(receiver.url(), networks=INNER).status == 204, "the listener can be reached"
        assert receiver.accepted == 1


def test_no_address_that_a_name_can_have_is_reached(post: Post) -> None:
    host = "::" if socket.has_dualstack_ipv6() else "0.0.0.0"
    with receiving(answering(OK), host=host) as receiver:
        for text in NOT_PUBLIC:

            async def resolve(_: str, __: int, found: str = text) -> list[str]:
                return [found]

            attempt = post(f"https://hooks.example.com:{receiver.port}/", resolve=resolve)
            assert attempt.error == "address_not_public", text
        assert receiver.accepted == 0


@pytest.mark.parametrize(("url", "host", "port", "path"), ACCEPTED_URLS, ids=range(len(ACCEPTED_URLS)))
def test_a_url_of_a_name_is_accepted(url: str, host: str, port: int, path: str) -> None:
    target = check_url(url)
    assert (target.scheme, target.host, target.port, target.path) == ("https", host, port, path)
    assert target.address is None
    assert not target.is_inside_only


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://n8n:5678/webhook", "n8n:5678"),
        ("http://n8n/", "n8n"),
        ("http://n8n:80/", "n8n"),
        ("https://n8n:80/", "n8n:80"),
        ("http://n8n:443/", "n8n:443"),
        ("https://10.0.0.5/", "10.0.0.5"),
        ("http://10.0.0.5:25/", "10.0.0.5:25"),
        ("https://[fd00::5]:8443/", "[fd00::5]:8443"),
        ("https://[FD00:0:0::5]/", "[fd00::5]"),
    ],
)
def test_http_addresses_and_all_ports_are_allowed_only_inside_the_operator_s_networks(url: str, authority: str) -> None:
    target = check_url(url, INNER)
    assert target.authority == authority
    assert target.is_inside_only
    with pytest.raises(UnusableUrlError):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://192.168.0.1/",
        "https://93.184.216.34/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.5]/",
        "https://[fd00::5%25lo]/",
        "https://10.5/",
        "https://0x0a000005/",
        "https://012.0.0.5/",
        "https://１０.０.０.５/",
        "https://10.0.0.5./",
        "https://[10.0.0.5]/",
        "https://n8n:0/",
        "ftp://n8n/",
        "http://user@n8n/",
    ],
)
def test_with_networks_an_address_must_be_inside_and_in_its_usual_spelling(url: str) -> None:
    with pytest.raises(UnusableUrlError):
        check_url(url, INNER)


@pytest.mark.parametrize("url", ["http://hooks.example.com/", "https://hooks.example.com:25/"])
def test_what_is_allowed_only_inside_does_not_reach_a_public_address(
    url: str, post: Post, no_certificates: ssl.SSLContext
) -> None:
    async def resolve(_: str, __: int) -> list[str]:
        return ["93.184.216.34"]

    attempt = post(url, networks=INNER, resolve=resolve, tls=no_certificates)
    assert attempt.error == "address_not_public"
