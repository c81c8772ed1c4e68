"""Bodies are what our own parser takes for Meta's, and requests come back from their file as they were."""

from pathlib import Path

from app.whatsapp.inbound import MessageItem, StatusItem, parse
from app.whatsapp.signature import is_signed
from benchmarks import bodies


def test_a_text_is_a_message_of_a_person_on_a_channel() -> None:
    [item] = parse(bodies.text_body(person=7, channel=2, text="Hola, quiero la oferta001")).items

    assert isinstance(item, MessageItem)
    assert item.number.phone_number_id == bodies.phone_number_id(2)
    assert (item.sender.wa_id, item.sender.phone) == ("34600000007", "+34600000007")
    assert item.sender.bsuid == bodies.bsuid(7)
    assert item.text == "Hola, quiero la oferta001"


def test_a_report_is_a_status() -> None:
    [item] = parse(bodies.status_body(wamid="wamid.X", kind="read", recipient="34600000007", channel=1)).items

    assert isinstance(item, StatusItem)
    assert (item.wamid, item.status) == ("wamid.X", "read")


def test_no_two_messages_are_alike() -> None:
    made = {bodies.text_body(person=7, channel=1, at=0) for _ in range(100)}

    assert len(made) == 100


def test_small_talk_holds_no_keyword() -> None:
    assert not any("oferta" in said or "promo" in said for said in bodies.SMALL_TALK)


def test_requests_come_back_from_their_file_whole_and_signed(tmp_path: Path) -> None:
    made = [bodies.text_body(person=person, channel=1) for person in range(1, 4)]

    count = bodies.write_requests(tmp_path / "requests", made, host="127.0.0.1:1")

    found = bodies.read_requests(tmp_path / "requests")
    assert count == 3
    assert [request.partition(b"\r\n\r\n")[2] for request in found] == made
    head = dict(line.split(b": ", 1) for line in found[0].partition(b"\r\n\r\n")[0].split(b"\r\n")[1:])
    assert is_signed(made[0], head[b"X-Hub-Signature-256"], [bodies.APP_SECRET.encode()])


def test_a_channel_is_known_by_its_number() -> None:
    assert bodies.channel_of_number(bodies.phone_number_id(5)) == 5
