"""Stored mail and pages become what they say."""

import pytest

from penwright.corpus.formats.mail import read_mail
from penwright.errors import ReadingError

MHT = b"""From: <Saved by a browser>
Subject: A page
MIME-Version: 1.0
Content-Type: multipart/related; boundary="B"; type="text/html"

--B
Content-Type: text/html; charset="windows-1251"
Content-Transfer-Encoding: quoted-printable

<html><body><p>=D1=F2=E0=F0=FB=E9 =E4=EE=EC</p></body></html>
--B
Content-Type: image/png
Content-Transfer-Encoding: base64

aGVsbG8gaGVsbG8gaGVsbG8=
--B--
"""
MBOX = b"""From ann@example.org Mon Jan  1 00:00:00 2024
Subject: One
Content-Type: text/plain; charset=utf-8

The first letter.

From bob@example.org Mon Jan  2 00:00:00 2024
Subject: Two
Content-Type: multipart/alternative; boundary="B"

--B
Content-Type: text/plain

The second letter.
--B
Content-Type: text/html

<p>The second letter.</p>
--B--
"""


def test_a_stored_page_loses_its_pictures() -> None:
    assert read_mail(MHT, name="a.mht").text == "Старый дом\n"


def test_a_mailbox_becomes_its_letters() -> None:
    mail = read_mail(MBOX, name="a.mbox", is_mailbox=True)
    assert mail.text.split("\n\n") == ["The first letter.", "The second letter.\n"]
    assert mail.reason == "mail of 2 messages"


def test_a_message_without_text_is_refused() -> None:
    with pytest.raises(ReadingError, match="a.eml holds no message with text in it"):
        read_mail(b"Subject: x\nContent-Type: image/png\n\nabc", name="a.eml")


def test_parts_within_parts_without_end_are_refused_or_read() -> None:
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (number, number) for number in range(3_000)
    )
    with pytest.raises(ReadingError, match="a.eml"):
        read_mail(head, name="a.eml")
