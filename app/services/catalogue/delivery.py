"""What became of messages that somebody wanted sent, each counted at the moment when it was asked for."""

from functools import partial

from app.domain.metrics import Count, Duration, Ledger, Metric, MetricType, Share, Unit

_SENDS = ("channel", "automation", "category", "kind", "template", "origin")
_TIMES = ("channel", "automation", "category")

_metric = partial(Metric, type=MetricType.MESSAGE_DELIVERY)
_count = partial(_metric, unit=Unit.MESSAGES, dimensions=_SENDS)
_share = partial(_metric, unit=Unit.SHARE, dimensions=_SENDS)
_time = partial(_metric, unit=Unit.SECONDS, dimensions=_TIMES)

DELIVERY = (
    _count(
        slug="requested",
        title="Requested",
        definition="Messages that somebody or something asked to send, by the moment at which it was asked for. All"
        " other delivery metrics count a message at that same moment, whenever its reports come.",
        measure=Count(ledger=Ledger.OUTBOUND),
    ),
    _count(
        slug="sent",
        title="Sent",
        definition="Of these, those that WhatsApp reported as sent, delivered or read.",
        measure=Count(ledger=Ledger.OUTBOUND, where="is_sent"),
        is_good=True,
    ),
    _count(
        slug="delivered",
        title="Delivered",
        definition="Of these, those that WhatsApp reported as delivered or read.",
        measure=Count(ledger=Ledger.OUTBOUND, where="is_delivered"),
        is_good=True,
    ),
    _count(
        slug="read",
        title="Read",
        definition="Of these, those that WhatsApp reported as read or played. People may have switched that off.",
        measure=Count(ledger=Ledger.OUTBOUND, where="is_read"),
        is_good=True,
    ),
    _count(
        slug="failed",
        title="Failed",
        definition="Of these, those that show `failed`: WhatsApp's class of error, or the reason why we did not send.",
        measure=Count(ledger=Ledger.OUTBOUND, where="is_failed"),
        dimensions=(*_SENDS, "error_class"),
        is_good=False,
    ),
    _share(
        slug="delivery_rate",
        title="Delivery rate",
        definition="Delivered messages as a share of those sent.",
        measure=Share(of="delivered", per="sent"),
        is_good=True,
    ),
    _share(
        slug="read_rate",
        title="Read rate",
        definition="Read messages as a share of those delivered.",
        measure=Share(of="read", per="delivered"),
        is_good=True,
    ),
    _share(
        slug="failure_rate",
        title="Failure rate",
        definition="Failed messages as a share of those requested.",
        measure=Share(of="failed", per="requested"),
        is_good=False,
    ),
    _time(
        slug="time_to_sent",
        title="Time to sent",
        definition="From the moment a message was asked for to WhatsApp's time of `sent`; its wait included.",
        measure=Duration(ledger=Ledger.OUTBOUND, of="to_sent"),
        is_good=False,
    ),
    _time(
        slug="time_to_delivered",
        title="Time to delivered",
        definition="From the moment a message was asked for to WhatsApp's time of `delivered`.",
        measure=Duration(ledger=Ledger.OUTBOUND, of="to_delivered"),
        is_good=False,
    ),
    _time(
        slug="time_to_read",
        title="Time to read",
        definition="From the moment a message was asked for to WhatsApp's time of `read`.",
        measure=Duration(ledger=Ledger.OUTBOUND, of="to_read"),
    ),
)
