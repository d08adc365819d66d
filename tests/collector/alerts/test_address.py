"""Which URLs alerts may go to, however they are written."""

from ipaddress import ip_address

import pytest

from telltale_collector.alerts.address import checked_addresses, is_allowed, read_networks, read_url, resolved
from telltale_collector.errors import BadRequest


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "2606:4700:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_allowed(ip_address(address), ())


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.1.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "100.100.100.200",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:100.64.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
        "2001:db8::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "100::1",
    ],
)
def test_an_address_that_is_not_public_is_not_allowed(address: str) -> None:
    assert not is_allowed(ip_address(address), ())


def test_the_operator_may_allow_networks_but_never_where_clouds_hand_out_credentials() -> None:
    networks = read_networks(" 127.0.0.0/8, 169.254.0.0/16 ,fd00::/8,")
    assert all(
        is_allowed(ip_address(each), networks) for each in ("127.0.0.1", "::ffff:127.0.0.1", "169.254.1.1", "fd01::1")
    )
    assert not any(
        is_allowed(ip_address(each), networks)
        for each in ("10.0.0.1", "169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254")
    )


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "localhost",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "3232235777",
        "0xa9fea9fe",
        "[::ffff:a9fe:a9fe]",
    ],
)
def test_a_host_is_judged_by_what_it_leads_to(host: str) -> None:
    with pytest.raises(BadRequest, match="not a public address"):
        checked_addresses(read_url(f"http://{host}/hook"), (), resolved)


@pytest.mark.parametrize(
    ("found", "is_fine"),
    [
        (["93.184.216.34"], True),
        (["93.184.216.34", "2606:4700::1"], True),
        (["93.184.216.34", "127.0.0.1"], False),
        (["fe80::1%eth0"], False),
    ],
)
def test_all_addresses_of_a_name_have_to_be_public(found: list[str], is_fine: bool) -> None:
    url = read_url("https://hooks.example.com/x")
    if is_fine:
        assert checked_addresses(url, (), lambda *_: found) == found
    else:
        with pytest.raises(BadRequest, match="not a public address"):
            checked_addresses(url, (), lambda *_: found)


@pytest.mark.parametrize(
    ("port", "is_fine"), [(80, True), (443, True), (9093, True), (22, False), (25, False), (0, False)]
)
def test_ports_of_other_services_are_left_alone(port: int, is_fine: bool) -> None:
    url = read_url(f"http://hooks.example.com:{port}/")
    if is_fine:
        checked_addresses(url, (), lambda *_: ["93.184.216.34"])
    else:
        with pytest.raises(BadRequest, match="port"):
            checked_addresses(url, (), lambda *_: ["93.184.216.34"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hooks.example.com",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/_x",
        "http://",
        "http:///path",
        "http://user:secret@hooks.example.com/",
        "http://hooks.example.com@127.0.0.1/",
        "http://127.0.0.1\\@hooks.example.com/",
        "http://hooks.example.com/a b",
        "http://hooks.example.com/\r\nX: y",
        "http://hooks.example.com\n/",
        "http://hooks.example.com:99999/",
        "http://hooks.example.com:x/",
        "http://[::1",
        "http://[fe80::1%25eth0]/",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://exämple.com/",
        "http://hooks.example.com/" + "a" * 2048,
    ],
)
def test_what_is_no_plain_http_url_is_refused(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_url(text)
    assert "secret" not in refused.value.message + refused.value.hint


def test_a_url_is_taken_apart() -> None:
    url = read_url("https://Hooks.example.com:8443/a/b?c=d#e")
    assert (url.scheme, url.host, url.port, url.target) == ("https", "hooks.example.com", 8443, "/a/b?c=d")
    assert url.authority == "Hooks.example.com:8443"
    assert (read_url("http://h.example").port, read_url("http://h.example").target) == (80, "/")
    assert read_url("https://[2606:4700::1]/").host == "2606:4700::1"
