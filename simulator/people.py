"""The people with phones. Someone new exists from the first message on; name and ids follow from the number.

A person has two ids: wa_id (the number) and user_id (the BSUID). With `bsuid_only` webhooks leave the number out.
"""

import hashlib
import sqlite3
from dataclasses import dataclass, replace

import phonenumbers

_FIRST_NAMES = (
    "Ana", "Bruno", "Carla", "Diego", "Elena", "Felipe", "Gabriela", "Hugo", "Inés", "Joaquín", "Karina", "Lucas",
    "Marta", "Nicolás", "Olga", "Pablo", "Quique", "Rosa", "Samuel", "Teresa", "Úrsula", "Valeria", "Ximena", "Yago",
)  # fmt: skip
_LAST_NAMES = (
    "Acosta", "Benítez", "Castro", "Domínguez", "Espinoza", "Ferreira", "Guzmán", "Herrera", "Ibáñez", "Jiménez",
    "Lozano", "Medina", "Navarro", "Ortega", "Paredes", "Quiroga", "Ríos", "Salinas", "Torres", "Uribe", "Vargas",
)  # fmt: skip


@dataclass(frozen=True)
class User:
    wa_id: str
    user_id: str
    name: str
    username: str | None = None
    bsuid_only: bool = False
    read_receipts: bool = True
    online: bool = True
    blocked: bool = False
    opted_out: bool = False
    wrote_at: float | None = None


def make(wa_id: str) -> User:
    """Whom this number belongs to when nobody has said otherwise: the same person every time."""
    digest = hashlib.sha256(wa_id.encode()).digest()
    name = f"{_FIRST_NAMES[digest[0] % len(_FIRST_NAMES)]} {_LAST_NAMES[digest[1] % len(_LAST_NAMES)]}"
    number = int.from_bytes(digest[2:12], "big") % 10**20
    return User(wa_id=wa_id, user_id=f"{_region(wa_id)}.{number:020d}", name=name)


def _region(wa_id: str) -> str:
    """The country code that begins a BSUID."""
    try:
        number = phonenumbers.parse(f"+{wa_id}")
    except phonenumbers.NumberParseException:
        return "US"
    region = phonenumbers.region_code_for_country_code(number.country_code or 1)
    return region if region.isalpha() and region != "ZZ" else "US"


def find(db: sqlite3.Connection, wa_id: str) -> User | None:
    return _user(db.execute("SELECT * FROM users WHERE wa_id = ?", (wa_id,)).fetchone())


def find_by_user_id(db: sqlite3.Connection, user_id: str) -> User | None:
    return _user(db.execute("SELECT * FROM users WHERE user_id = ?", (user_id,)).fetchone())


def get_or_make(db: sqlite3.Connection, wa_id: str) -> User:
    user = find(db, wa_id)
    if user is None:
        user = make(wa_id)
        save(db, user)
    return user


def save(db: sqlite3.Connection, user: User) -> None:
    db.execute(
        "INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            user.wa_id, user.user_id, user.name, user.username, user.bsuid_only, user.read_receipts, user.online,
            user.blocked, user.opted_out, user.wrote_at,
        ),
    )  # fmt: skip


def move(db: sqlite3.Connection, user: User, *, wa_id: str) -> User:
    """The same person and thread under another number. WhatsApp gives a new BSUID with it."""
    moved = replace(user, wa_id=wa_id, user_id=make(wa_id).user_id)
    db.execute("DELETE FROM users WHERE wa_id = ?", (user.wa_id,))
    save(db, moved)
    db.execute("UPDATE messages SET wa_id = ?, user_id = ? WHERE wa_id = ?", (wa_id, moved.user_id, user.wa_id))
    return moved


def resolve(db: sqlite3.Connection, digits: str) -> str:
    """The wa_id that answers to these digits: WhatsApp knows some numbers with and without a mobile digit."""
    for candidate in (digits, *_variants(digits)):
        if find(db, candidate) is not None:
            return candidate
    return digits


def _variants(digits: str) -> list[str]:
    """Brazil's ninth digit, Mexico's 1 and Argentina's 9, which come and go."""
    if digits.startswith("55") and len(digits) == 12 and digits[4] in "6789":
        return [f"{digits[:4]}9{digits[4:]}"]
    if digits.startswith("55") and len(digits) == 13 and digits[4] == "9":
        return [digits[:4] + digits[5:]]
    for country, mobile in (("52", "1"), ("54", "9")):
        if digits.startswith(country + mobile) and len(digits) == 13:
            return [country + digits[3:]]
        if digits.startswith(country) and len(digits) == 12:
            return [country + mobile + digits[2:]]
    return []


def _user(row: sqlite3.Row | None) -> User | None:
    if row is None:
        return None
    return User(
        wa_id=row["wa_id"],
        user_id=row["user_id"],
        name=row["name"],
        username=row["username"],
        bsuid_only=bool(row["bsuid_only"]),
        read_receipts=bool(row["read_receipts"]),
        online=bool(row["online"]),
        blocked=bool(row["blocked"]),
        opted_out=bool(row["opted_out"]),
        wrote_at=row["wrote_at"],
    )
