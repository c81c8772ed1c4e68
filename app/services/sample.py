"""The sample shop that a newcomer finds: three customers, and the automations that answer a first "hola".

Its automations are rows of the original kind, as anybody could write them by plain SQL.
"""

from datetime import date
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.domain.phones import canonical
from app.models import Automation, Contact, ContactIdentity

# Numbers that no number plan hands out, so that nobody is written to by mistake. Year 9999: the year is unknown.
CONTACTS: tuple[tuple[str, str, str, date, list[str]], ...] = (
    ("Juan Pérez", "+52 55 0000 0001", "juan@hilo.example", date(1990, 5, 15), ["cliente"]),
    ("María García", "+52 55 0000 0002", "maria@hilo.example", date(9999, 3, 20), ["cliente", "vip"]),
    ("Carlos López", "+52 55 0000 0003", "carlos@hilo.example", date(1985, 12, 10), []),
)

# One exclusive group: whoever writes for the first time and is answered by a keyword is not welcomed as well.
AUTOMATIONS: tuple[dict[str, Any], ...] = (
    {
        "name": "Saludo",
        "description": "Answers a greeting, each time.",
        "trigger_type": "keyword",
        "trigger_conditions": {
            "keywords": ["hola", "buenas", "buenos días", "hi", "hello", "olá", "oi"],
            "exclusive_group": "greeting",
        },
        "action_type": "send_message",
        "action_payload": {
            "message_template": "¡Hola {first_name}! 👋 Gracias por escribirnos. Escribe *precio* y verás la lista."
        },
        "priority": 8,
    },
    {
        "name": "Precios",
        "description": "Answers whoever asks for prices.",
        "trigger_type": "keyword",
        "trigger_conditions": {
            "keywords": ["precio", "precios", "price", "prices", "preço", "preços"],
            "exclusive_group": "greeting",
        },
        "action_type": "send_message",
        "action_payload": {
            "message_template": "Nuestra lista de hoy:\n☕ Café de olla: $45\n🥐 Pan dulce: $20\n🍳 Desayuno: $120"
        },
        "priority": 7,
    },
    {
        "name": "Bienvenida",
        "description": "Welcomes whoever writes for the first time and says nothing that a keyword answers.",
        "trigger_type": "new_contact",
        "trigger_conditions": {"exclusive_group": "greeting"},
        "action_type": "send_message",
        "action_payload": {
            "message_template": "¡Hola {first_name}! Te damos la bienvenida. Escribe *hola* o *precio* para empezar."
        },
        "priority": 5,
    },
)


def add_sample_shop(session: Session) -> None:
    for name, written, email, birthday, tags in CONTACTS:
        phone = canonical(written)
        if phone is None:
            raise ValueError(f"{name} has no phone number")
        contact = Contact(
            name=name,
            given_name=name.partition(" ")[0],
            phone=phone,
            email=email,
            birthday=birthday,
            tags=tags,
            language="es",
        )
        session.add(contact)
        session.flush()
        session.add(ContactIdentity(contact_id=contact.id, kind="phone", value=phone))
    session.execute(insert(Automation), AUTOMATIONS)
    session.flush()
