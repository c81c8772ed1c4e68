"""Everything one running simulator holds, in one place for the routes to reach.

What must outlive the process is in the store. The rest (dice, rates, who is typing, open pages) may be forgotten.
"""

import asyncio
import time
from random import Random

from simulator.clock import Clock
from simulator.faults import Faults
from simulator.limits import PAIR_MEMORY_SECONDS, PairLimits, TokenBucket
from simulator.notices import Notices
from simulator.settings import Settings
from simulator.store import Store

TYPING_SECONDS = 25.0


class Dice:
    """Chances of faults. Not secrets, so a seed may repeat them."""

    def __init__(self, seed: int | None) -> None:
        self._random = Random(seed)  # noqa: S311

    def happens(self, chance: float) -> bool:
        return chance > 0 and (chance >= 1 or self._random.random() < chance)

    def between(self, span: tuple[float, float]) -> float:
        least, most = span
        return least if least == most else self._random.uniform(least, most)


class State:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.state_folder)
        self.clock = Clock(settings.clock_file)
        self.notices = Notices()
        self.pairs = PairLimits()
        self.faults = Faults.model_validate(self.store.find_fact("faults") or {})
        self._roll_anew()
        self.bucket = self._full_bucket()
        self._typing_until: dict[str, float] = {}

    def set_faults(self, faults: Faults) -> None:
        """Call within `change()`."""
        self.store.keep_fact("faults", faults.model_dump(by_alias=True, mode="json"))
        is_other_rate = faults.messages_per_second != self.faults.messages_per_second
        self.faults = faults
        self._roll_anew()
        if is_other_rate:
            self.bucket = self._full_bucket()

    def reset(self) -> None:
        """Empty all but the clock, which the app shares and which must not jump back under it. Within `change()`."""
        self.store.empty()
        self.set_faults(Faults())
        self.pairs.clear()
        self._typing_until.clear()
        self.bucket = self._full_bucket()

    def _roll_anew(self) -> None:
        # Sends and webhooks have dice of their own: webhooks roll when they please, and a seed must still strike the
        # same sends.
        self.send_dice = Dice(self.faults.seed)
        self.webhook_dice = Dice(self.faults.seed)

    def tell(self, wa_id: str | None) -> None:
        """Tell open pages, once what was changed is in the file."""
        if wa_id is not None:
            self.store.after_commit(lambda: self.notices.tell(wa_id))

    def pair_has_room(self, recipient: str, *, now: float) -> bool:
        if not self.pairs.knows(recipient):
            rows = self.store.db.execute(
                "SELECT at FROM ledger WHERE recipient = ? AND at > ? AND at <= ? ORDER BY seq",
                (recipient, now - PAIR_MEMORY_SECONDS, now),
            )
            self.pairs.recall(recipient, sent_at=[row["at"] for row in rows], now=now)
        return self.pairs.has_room(recipient, now=now)

    def start_typing(self, wa_id: str) -> None:
        self._typing_until[wa_id] = time.monotonic() + TYPING_SECONDS
        self.notices.tell(wa_id)
        asyncio.get_running_loop().call_later(TYPING_SECONDS, self.notices.tell, wa_id)

    def stop_typing(self, wa_id: str) -> None:
        self._typing_until.pop(wa_id, None)

    def is_typing(self, wa_id: str) -> bool:
        return self._typing_until.get(wa_id, 0.0) > time.monotonic()

    def callback_url(self) -> str | None:
        """Where webhooks go: the number's address, else the account's, else the app's; None when unsubscribed."""
        if self.store.find_fact("unsubscribed"):
            return None
        for key in ("callback:phone", "callback:waba", "callback:app"):
            fact = self.store.find_fact(key)
            if fact:
                return str(fact["url"])
        return self.settings.webhook_url

    def _full_bucket(self) -> TokenBucket:
        return TokenBucket(per_second=float(self.faults.messages_per_second), now=self.clock.now())
