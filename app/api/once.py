"""POSTs that carry an `Idempotency-Key`: done once, and answered the same when they come again."""

import re
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from app.core.errors import AppError
from app.dependencies import CurrentUser, Db, Now
from app.services import idempotency
from app.services.idempotency import Answer, Ticket

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class InvalidIdempotencyKey(AppError):
    code, status = "invalid_idempotency_key", 400


class Once:
    """Does a request's work, or gives the answer that it got the first time."""

    def __init__(
        self,
        request: Request,
        session: Db,
        user: CurrentUser,
        now: Now,
        idempotency_key: Annotated[
            str | None,
            Header(description="1 to 255 visible ASCII characters; the same key and body are done once in 7 days."),
        ] = None,
    ) -> None:
        if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
            raise InvalidIdempotencyKey("An Idempotency-Key has 1 to 255 visible ASCII characters.")
        self._session = session
        self._principal = f"user:{user.id}"
        self._route = f"{request.method} {request.url.path}"
        self._key = idempotency_key
        self._now = now

    def answer(
        self, body: BaseModel | None, *, status: int, work: Callable[[], BaseModel], hidden: str | None = None
    ) -> JSONResponse:
        """`status` is that of the first answer; refusals rise from `work` and are not kept.

        `hidden` is a field of body or answer that is shown once and never kept, not even as a hash: a password's
        could be guessed from it.
        """
        if self._key is None:
            return JSONResponse(work().model_dump(mode="json", by_alias=True), status)
        ticket = Ticket(
            principal=self._principal,
            route=self._route,
            key=self._key,
            request_hash=idempotency.hash_request(
                body and body.model_dump(mode="json", exclude_unset=True, exclude={hidden} if hidden else None)
            ),
        )
        kept = idempotency.claim(self._session, ticket, now=self._now)
        if kept is not None:
            return JSONResponse(kept.body, kept.status, headers={"Idempotency-Replayed": "true"})
        content = work().model_dump(mode="json", by_alias=True)
        kept_content = content if hidden is None else content | {hidden: None}
        idempotency.keep(self._session, ticket, Answer(status=status, body=kept_content))
        return JSONResponse(content, status)


OnceDep = Annotated[Once, Depends()]
