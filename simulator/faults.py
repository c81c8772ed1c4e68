"""Everything that can be made to go wrong, as one document: `GET` and `PUT /_sim/faults`.

    {"seed": 7,                                  repeats the same dice, send by send; null rolls anew
     "messages_per_second": 80,                  the number's rate, both directions
     "throttle_status": 400,                     or 429: the HTTP status of rate errors
     "send_errors": [{"code": 131000, "probability": 0.1, "http_status": 500, "async": false}],
     "send_latency_seconds": [0, 0],             before the answer, after the message was accepted
     "reset_before_accepting": 0,                the connection is reset, and nothing was accepted
     "reset_after_accepting": 0,                 accepted, then the connection is reset without an answer
     "500_after_accepting": 0,                   accepted, then a 500 that is no Graph error
     "invalid_json_after_accepting": 0,          accepted, then a 200 that cannot be read
     "status_delay_seconds": {"sent": 0.01, "delivered": 0.03, "read": 0.4},    counted from acceptance
     "skip_delivered": 0,                        read straight after sent
     "webhook_delay_seconds": [0, 0],
     "webhook_duplicate": 0,                     the same body twice
     "webhook_reorder": 0,                       held back until later ones have passed
     "webhook_batch_size": 1,                    at most 1,000 updates in one body
     "webhook_drop_messages": 0,                 never delivered, not even later
     "webhook_drop_statuses": 0,
     "retry_max_gap_seconds": 60}

A PUT replaces the document: what it leaves out returns to the default shown here. Chances are from 0 to 1.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Chance = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=7 * 86400, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class SendError(_Strict):
    code: int = Field(ge=0)
    probability: Chance = 1.0
    http_status: int | None = Field(default=None, ge=400, le=599)
    is_async: bool = Field(default=False, alias="async")


class StatusDelays(_Strict):
    sent: Seconds = 0.01
    delivered: Seconds = 0.03
    read: Seconds = 0.4


class Faults(_Strict):
    seed: int | None = None
    messages_per_second: int = Field(default=80, ge=1, le=1_000_000)
    throttle_status: Literal[400, 429] = 400
    send_errors: tuple[SendError, ...] = ()
    send_latency_seconds: tuple[Seconds, Seconds] = (0.0, 0.0)
    reset_before_accepting: Chance = 0.0
    reset_after_accepting: Chance = 0.0
    server_error_after_accepting: Chance = Field(default=0.0, alias="500_after_accepting")
    invalid_json_after_accepting: Chance = 0.0
    status_delay_seconds: StatusDelays = StatusDelays()
    skip_delivered: Chance = 0.0
    webhook_delay_seconds: tuple[Seconds, Seconds] = (0.0, 0.0)
    webhook_duplicate: Chance = 0.0
    webhook_reorder: Chance = 0.0
    webhook_batch_size: int = Field(default=1, ge=1, le=1000)
    webhook_drop_messages: Chance = 0.0
    webhook_drop_statuses: Chance = 0.0
    retry_max_gap_seconds: Seconds = 60.0

    @model_validator(mode="after")
    def _spans_run_forward(self) -> Self:
        for name in ("send_latency_seconds", "webhook_delay_seconds"):
            least, most = getattr(self, name)
            if least > most:
                raise ValueError(f"{name} must be [least, most]")
        return self
