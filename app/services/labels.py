"""What people call the values of dimensions: names in place of ids."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Automation, Channel, User

WITHOUT = "—"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def labels(session: Session, dimension: str | None, values: Collection[str]) -> Mapping[str, str]:
    """By value; of one that nobody names any more, the value itself."""
    found = {value: value for value in values} | {"": WITHOUT}
    ids = [int(value) for value in values if value.isdecimal()]
    match dimension:
        case "channel":
            for channel in session.scalars(select(Channel).where(Channel.id.in_(ids))):
                found[str(channel.id)] = channel.name or channel.display_number or channel.phone_number_id
        case "automation":
            rows = session.execute(select(Automation.id, Automation.name).where(Automation.id.in_(ids)))
            found |= {str(row.id): row.name for row in rows}
        case "user":
            for user in session.scalars(select(User).where(User.id.in_(ids))):
                found[str(user.id)] = user.full_name or user.username
        case "weekday":
            found |= {str(place): name for place, name in enumerate(WEEKDAYS, start=1)}
        case _:
            pass
    return found
