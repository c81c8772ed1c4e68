"""The conversation as pywa's documentation would have it: one handler, in a FastAPI application.

Runs in pywa's own environment, so it may import nothing of ours. pywa names Meta's host itself; the session is turned
to the far side afterwards. Its synchronous flavour, which is the better one here: FastAPI's 40 threads hold a burst
back, where the asynchronous one begins every handler at once, runs into httpx's limit of connections, loses most
replies, and does not recover.
"""

import os

import httpx
from fastapi import FastAPI
from pywa import WhatsApp, filters, types
from pywa.utils import UserIdentifier

app = FastAPI()
session = httpx.Client()  # what pywa makes when it is given none
whatsapp = WhatsApp(
    token="the-token-of-the-benchmark",
    session=session,
    server=app,
    webhook_endpoint=os.environ["WEBHOOK_PATH"],
    verify_token="the-verify-token-of-the-benchmark",
    app_secret=os.environ["APP_SECRET"],
    # Write to the number, as the others do.
    user_identifier_priority=(UserIdentifier.WA_ID, UserIdentifier.BSUID, UserIdentifier.PARENT_BSUID),
)
session.base_url = httpx.URL(os.environ["FAR_SIDE"])


@whatsapp.on_message(filters.text & filters.contains(os.environ["KEYWORD"], ignore_case=True))
def answer(_: WhatsApp, message: types.Message) -> None:
    first_name = message.from_user.name.split()[0]
    message.reply_text(os.environ["REPLY"].replace("{first_name}", first_name), tracker=message.id)
