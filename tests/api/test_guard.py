import pytest

from api.guard import (
    GUESSES_S,
    LOCKED_S,
    MOST_GUESSES,
    Lockout,
    Rates,
    client_address,
    network_of,
)


def guess(lockout, n, *, address="192.0.2.1", start=0, at=0.0):
    return [lockout.failed(address, bytes([start + i]), at) for i in range(n)]


def test_an_address_that_tries_many_wrong_secrets_waits_and_may_try_again_after_that():
    lockout = Lockout()
    guess(lockout, MOST_GUESSES - 1)
    assert lockout.wait_s("192.0.2.1", b"x", 0.0) == 0
    guess(lockout, 1, start=MOST_GUESSES)
    assert lockout.wait_s("192.0.2.1", b"x", 1.0) == LOCKED_S - 1
    assert lockout.wait_s("192.0.2.2", b"x", 1.0) == 0
    assert lockout.wait_s("192.0.2.1", b"x", LOCKED_S) == 0


def test_one_wrong_secret_sent_again_and_again_is_one_guess():
    lockout = Lockout()
    assert [lockout.failed("192.0.2.1", b"old session", 0.0) for _ in range(50)] == (
        [True] + 49 * [False]
    )
    assert lockout.wait_s("192.0.2.1", b"x", 0.0) == 0


def test_guesses_long_apart_lock_nobody_out():
    lockout = Lockout()
    for i in range(3 * MOST_GUESSES):
        guess(lockout, 1, start=i, at=i * GUESSES_S / 5)
    assert lockout.wait_s("192.0.2.1", b"x", 0.0) == 0


def test_a_secret_good_a_moment_ago_passes_a_lock_until_it_is_not():
    lockout = Lockout()
    lockout.opened(b"good")
    guess(lockout, MOST_GUESSES)
    assert lockout.wait_s("192.0.2.1", b"good", 0.0) == 0
    lockout.failed("192.0.2.1", b"good", 0.0)
    assert lockout.wait_s("192.0.2.1", b"good", 0.0) > 0


def test_addresses_remembered_are_bounded_and_so_are_their_guesses():
    lockout = Lockout(size=5)
    for i in range(100):
        guess(lockout, 2, address=f"192.0.2.{i}")
        lockout.opened(bytes([100 + i]))
    assert len(lockout._guesses) == 5
    assert len(lockout._good) == 5


def test_a_host_has_a_whole_64_of_ipv6():
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1")
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert network_of("unix") == "unix"


def test_a_credential_has_a_burst_and_then_its_rate():
    rates = Rates(per_s=2.0, burst=3)
    assert [rates.take("a", 0.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert rates.take("b", 0.0) == 0
    assert rates.take("a", 0.5) == 0
    assert rates.take("a", 0.5) == 0.5
    assert [rates.take("a", 100.0) for _ in range(4)] == [0, 0, 0, 0.5]


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "6.6.6.6, nonsense", "nonsense"),
    ],
)
def test_only_what_trusted_proxies_add_is_believed(peer, forwarded, seen):
    assert client_address(peer, forwarded, ("10.0.0.0/8",)) == seen
