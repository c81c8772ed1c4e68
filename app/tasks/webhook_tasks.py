"""Look at stored webhook bodies."""

from app.core.celery import app
from app.core.config import get_settings
from app.core.nudges import nudger
from app.database import in_transaction
from app.services import lanes
from app.services.drain import drain
from app.tasks.clock import clock


@app.task(name="webhooks.drain")
def drain_webhooks(lane: str = "intake") -> None:
    """Work for a slice, then ask to go on; a body that came meanwhile has a nudge of its own."""
    if drain(lane=lane, batch_items=get_settings().drain_batch_items, now=clock().now()):
        nudger.nudge("webhooks.drain", lane=lane)


@app.task(name="pulse.intake")
def pulse() -> None:
    in_transaction(lambda session: lanes.pulse(session, "intake"))
