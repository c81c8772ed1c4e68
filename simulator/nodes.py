"""The Graph nodes beside messages: the number, the account, the app, the token, and where webhooks go."""

import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import aiohttp
import phonenumbers
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser

from simulator.errors import GraphError
from simulator.settings import Settings
from simulator.wire import JsonObject, parse_object
from simulator.world import World

HANDSHAKE_TIMEOUT_SECONDS = 10.0
MAX_CALLBACK_LENGTH = 200
_DEFAULT_PHONE_FIELDS = (
    "verified_name,code_verification_status,display_phone_number,quality_rating,platform_type,throughput,id"
)
# Fields that the node has, and that mean nothing for a number that is make-believe.
_EMPTY_PHONE_FIELDS = (
    "certificate", "conversational_automation", "country_code", "country_dial_code",
    "eligibility_for_api_business_global_search", "last_onboarded_time", "messaging_limit_tier", "new_certificate",
    "search_visibility", "unified_cert_status", "username",
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    node: str
    query: Mapping[str, str]
    body: JsonObject


Handler = Callable[[World, Call], Awaitable[JsonObject]]


async def read_fields(raw: bytes, *, content_type: str) -> JsonObject | None:
    """A form body as Graph reads it: fields that hold JSON objects are objects."""
    pairs: list[tuple[str, str]]
    if content_type.lower().startswith("multipart/"):

        async def chunks() -> AsyncGenerator[bytes, None]:
            yield raw

        try:
            form = await MultiPartParser(Headers({"content-type": content_type}), chunks()).parse()
        except (MultiPartException, KeyError):
            return None
        pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    else:
        pairs = parse_qsl(raw.decode(errors="replace"), keep_blank_values=True)
    fields: JsonObject = {}
    for name, value in pairs:
        parsed = parse_object(value) if value.startswith("{") else None
        fields[name] = value if parsed is None else parsed
    return fields


def split_fields(text: str) -> dict[str, str]:
    """`id,events{timestamp}` as {"id": "", "events": "timestamp"}."""
    found: dict[str, str] = {}
    depth, name, inside = 0, "", ""
    for char in text + ",":
        if char == "," and depth == 0:
            if name.strip():
                found[name.strip().partition(".")[0]] = inside
            name, inside = "", ""
            continue
        if char == "}":
            depth -= 1
        if depth > 0:
            inside += char
        elif char not in "{}":
            name += char
        if char == "{":
            depth += 1
    return found


def pick(node: JsonObject, fields: str, *, kind: str) -> JsonObject:
    """What `fields` asks for, and the id. None is a field that exists and has no value: Graph leaves it out."""
    wanted = split_fields(fields)
    for name in wanted:
        if name not in node:
            raise GraphError(100, message=f"(#100) Tried accessing nonexisting field ({name}) on node type ({kind})")
    return {name: node[name] for name in wanted if node[name] is not None} | {"id": node["id"]}


def _phone_node(world: World) -> JsonObject:
    settings = world.state.settings
    entities = [("PHONE_NUMBER", settings.phone_number_id), ("WABA", settings.waba_id), ("APP", settings.app_id)]
    return {
        "id": settings.phone_number_id,
        "display_phone_number": _formatted(settings.display_number),
        "verified_name": settings.verified_name,
        "quality_rating": "GREEN",
        "quality_score": {"score": "GREEN"},
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "new_name_status": "NONE",
        "status": "CONNECTED",
        "throughput": {"level": "HIGH" if world.state.faults.messages_per_second >= 1000 else "STANDARD"},
        "platform_type": "CLOUD_API",
        "host_platform": "CLOUD_API",
        "account_mode": "LIVE",
        "whatsapp_business_manager_messaging_limit": "TIER_UNLIMITED",
        "is_official_business_account": False,
        "is_on_biz_app": False,
        "is_pin_enabled": False,
        "is_preverified_number": False,
        "webhook_configuration": _webhook_configuration(world),
        "health_status": {
            "can_send_message": "AVAILABLE",
            "entities": [{"entity_type": kind, "id": node, "can_send_message": "AVAILABLE"} for kind, node in entities],
        },
    } | dict.fromkeys(_EMPTY_PHONE_FIELDS)


def _formatted(number: str) -> str:
    """`+1 555-078-3881`: nodes show it for people, webhooks in bare digits."""
    try:
        parsed = phonenumbers.parse(f"+{number}")
    except phonenumbers.NumberParseException:
        return f"+{number}"
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _webhook_configuration(world: World) -> JsonObject:
    facts = {name: world.state.store.find_fact(f"callback:{key}") for name, key in _OVERRIDES.items()}
    found = {name: fact["url"] for name, fact in facts.items() if fact}
    return {"application": world.state.settings.webhook_url} | found


_OVERRIDES = {"application": "app", "whatsapp_business_account": "waba", "phone_number": "phone"}


async def _get_phone(world: World, call: Call) -> JsonObject:
    fields = call.query.get("fields", _DEFAULT_PHONE_FIELDS)
    return pick(_phone_node(world), fields, kind="WhatsAppBusinessPhoneNumber")


async def _change_phone(world: World, call: Call) -> JsonObject:
    configuration = call.body.get("webhook_configuration")
    if not isinstance(configuration, dict):
        raise GraphError(100, "The parameter webhook_configuration is required.")
    await _set_override(world, "phone", configuration)
    return {"success": True}


async def _get_waba(world: World, call: Call) -> JsonObject:
    settings = world.state.settings
    node = {"id": settings.waba_id, "name": settings.verified_name, "currency": "USD", "timezone_id": "1"}
    return pick(node, call.query.get("fields", ",".join(node)), kind="WhatsAppBusinessAccount")


async def _list_phones(world: World, call: Call) -> JsonObject:
    node = _phone_node(world)
    fields = call.query.get("fields", _DEFAULT_PHONE_FIELDS)
    item = pick(node, fields, kind="WhatsAppBusinessPhoneNumber")
    return {"data": [item], "paging": {"cursors": {"before": "MAZDZD", "after": "MAZDZD"}}}


async def _list_subscriptions(world: World, _: Call) -> JsonObject:
    if world.state.store.find_fact("unsubscribed"):
        return {"data": []}
    item: JsonObject = {"whatsapp_business_api_data": _app(world.state.settings)}
    override = world.state.store.find_fact("callback:waba")
    if override:
        item["override_callback_uri"] = override["url"]
    return {"data": [item]}


async def _subscribe(world: World, call: Call) -> JsonObject:
    if call.body.get("override_callback_uri"):
        await _set_override(world, "waba", call.body)
    with world.state.store.change():
        world.state.store.keep_fact("unsubscribed", None)
        if not call.body.get("override_callback_uri"):
            world.state.store.keep_fact("callback:waba", None)
    await world.state.store.committed()
    return {"success": True}


async def _unsubscribe(world: World, _: Call) -> JsonObject:
    with world.state.store.change():
        world.state.store.keep_fact("unsubscribed", {"is": True})
        world.state.store.keep_fact("callback:waba", None)
    await world.state.store.committed()
    return {"success": True}


async def _list_app_subscriptions(world: World, _: Call) -> JsonObject:
    url = _webhook_configuration(world)["application"]
    fields = [{"name": "messages", "version": "v26.0"}, {"name": "user_preferences", "version": "v26.0"}]
    return {"data": [{"object": "whatsapp_business_account", "callback_url": url, "active": True, "fields": fields}]}


async def _subscribe_app(world: World, call: Call) -> JsonObject:
    if call.body.get("object") != "whatsapp_business_account":
        raise GraphError(100, "Param object must be whatsapp_business_account.")
    override = {"override_callback_uri": call.body.get("callback_url"), "verify_token": call.body.get("verify_token")}
    await _set_override(world, "app", override)
    return {"success": True}


async def _debug_token(world: World, call: Call) -> JsonObject:
    given = call.query.get("input_token")
    if not given:
        raise GraphError(100, message="(#100) The parameter input_token is required")
    settings = world.state.settings
    if not secrets.compare_digest(given.encode(), settings.token.encode()):
        error = {"code": 190, "message": "Invalid OAuth access token."}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    scopes = ["whatsapp_business_management", "whatsapp_business_messaging"]
    return {
        "data": {
            "app_id": settings.app_id,
            "type": "SYSTEM_USER",
            "application": settings.verified_name,
            "expires_at": 0,
            "is_valid": True,
            "scopes": scopes,
            "granular_scopes": [{"scope": scope, "target_ids": [settings.waba_id]} for scope in scopes],
            "user_id": "122100000000000000",
        }
    }


def _app(settings: Settings) -> JsonObject:
    link = f"https://www.facebook.com/games/?app_id={settings.app_id}"
    return {"id": settings.app_id, "name": settings.verified_name, "link": link}


async def _set_override(world: World, level: str, given: JsonObject) -> None:
    """Point webhooks elsewhere, after the far end proved that it knows the token; an empty address clears."""
    url, token = given.get("override_callback_uri"), given.get("verify_token")
    if url == "" and level != "app":
        with world.state.store.change():
            world.state.store.keep_fact(f"callback:{level}", None)
        await world.state.store.committed()
        return
    if not isinstance(url, str) or not url.startswith(("http://", "https://")) or len(url) > MAX_CALLBACK_LENGTH:
        raise GraphError(100, f"The callback must be an address of at most {MAX_CALLBACK_LENGTH} characters.")
    if not isinstance(token, str) or not token:
        raise GraphError(100, "The parameter verify_token is required.")
    await _shake_hands(url, token)
    with world.state.store.change():
        world.state.store.keep_fact(f"callback:{level}", {"url": url})
    await world.state.store.committed()


async def _shake_hands(url: str, token: str) -> None:
    challenge = str(secrets.randbelow(9 * 10**9) + 10**9)
    query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
    timeout = aiohttp.ClientTimeout(total=HANDSHAKE_TIMEOUT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, params=query, allow_redirects=False) as response,
        ):
            answer = (await response.content.read(1000)).decode(errors="replace").strip()
            if response.status == 200 and answer == challenge:
                return
            reason = f"HTTP Status Code = {response.status}; Challenge Match = {answer == challenge}"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        reason = type(error).__name__
    raise GraphError(2200, message=f"(#2200) Callback verification failed with the following errors: {reason}")


HANDLERS: Mapping[tuple[str, str, str], Handler] = {
    ("phone", "", "GET"): _get_phone,
    ("phone", "", "POST"): _change_phone,
    ("waba", "", "GET"): _get_waba,
    ("waba", "phone_numbers", "GET"): _list_phones,
    ("waba", "subscribed_apps", "GET"): _list_subscriptions,
    ("waba", "subscribed_apps", "POST"): _subscribe,
    ("waba", "subscribed_apps", "DELETE"): _unsubscribe,
    ("app", "subscriptions", "GET"): _list_app_subscriptions,
    ("app", "subscriptions", "POST"): _subscribe_app,
    ("debug_token", "", "GET"): _debug_token,
}
