"""Which addresses may be asked: those of users, and those that servers redirect to.

Only names are resolved here; nothing is asked of the addresses themselves.
"""

import ipaddress
import socket
from contextlib import suppress
from urllib.parse import urlsplit

from penwright.errors import FetchError, printable


def check_address(url: str) -> None:
    """Check that an address that a user gives can be asked.

    Raises:
        FetchError: If it is not one of http or https with a host.
    """
    with suppress(ValueError):
        parts = urlsplit(url)
        is_plain = url.isascii() and url.isprintable() and " " not in url and not (parts.username or parts.password)
        if parts.scheme in ("http", "https") and parts.hostname and is_plain and parts.port != 0:
            return
    raise FetchError(f"'{printable(url)[:200]}' is no address to fetch from. Write it as https://host/path.")


def check_redirect(origin: str, target: str) -> None:
    """Check an address that a server sends the client to.

    Raises:
        FetchError: If it is neither http nor https, gives up encryption, or leads from the open network to this machine
            or its neighbours.
    """
    where = f"{host_of(origin)} redirects to {printable(target)[:200]}"
    try:
        check_address(target)
    except FetchError as error:
        raise FetchError(f"{where}, which is not followed. Use another mirror.") from error
    if origin.startswith("https:") and not target.startswith("https:"):
        raise FetchError(f"{where}, without encryption, which is not followed. Use another mirror.")
    if is_near(target) and not is_near(origin):
        raise FetchError(f"{where}, a machine of this network, which is not followed. Use another mirror.")


def is_near(url: str) -> bool:
    """Return True if an address leads to this machine or a private network. A name that is unknown does not."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        addresses = [ipaddress.ip_address(host)]
    except ValueError:
        try:
            addresses = [ipaddress.ip_address(entry[4][0]) for entry in socket.getaddrinfo(host, None)]
        except (OSError, ValueError):
            return False
    return any(not address.is_global for address in addresses)


def host_of(url: str) -> str:
    """Return the host and port of an address, for messages."""
    return printable(urlsplit(url).netloc)
