"""Carry rows from contact to contact, and write conversations' summaries anew from their messages."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.windows import FREE_ENTRY_WINDOW, OPENING_KINDS, SERVICE_WINDOW
from app.services import notices


def absorb(session: Session, *, loser: int, winner: int) -> None:
    """Give all that one contact has to another, and delete it; its id leads to the winner from then on."""
    parameters = {"loser": loser, "winner": winner}
    for statement in (
        """
        UPDATE contacts w SET
            name = COALESCE(w.name, l.name), given_name = COALESCE(w.given_name, l.given_name),
            phone = COALESCE(w.phone, l.phone), email = COALESCE(w.email, l.email),
            birthday = COALESCE(w.birthday, l.birthday), notes = COALESCE(w.notes, l.notes),
            language = COALESCE(w.language, l.language), time_zone = COALESCE(w.time_zone, l.time_zone),
            is_active = w.is_active AND l.is_active, metadata = l.metadata || w.metadata,
            last_contacted = GREATEST(w.last_contacted, l.last_contacted),
            tags = (SELECT COALESCE(jsonb_agg(DISTINCT tag), '[]') FROM jsonb_array_elements(w.tags || l.tags) AS tag),
            created_at = LEAST(w.created_at, l.created_at), created_by = COALESCE(w.created_by, l.created_by)
        FROM contacts l WHERE w.id = :winner AND l.id = :loser
        """,
        "UPDATE contact_identities SET contact_id = :winner WHERE contact_id = :loser",
        "UPDATE consents SET contact_id = :winner WHERE contact_id = :loser",
        "UPDATE merged_by_hand SET contact_id = :winner WHERE contact_id = :loser",
        """
        INSERT INTO shared_numbers (phone, contact_id)
        SELECT phone, :winner FROM shared_numbers WHERE contact_id = :loser ON CONFLICT DO NOTHING
        """,
        """
        INSERT INTO contact_groups (group_id, contact_id, added_at)
        SELECT group_id, :winner, added_at FROM contact_groups WHERE contact_id = :loser ON CONFLICT DO NOTHING
        """,
        """
        INSERT INTO conversations (channel_id, contact_id)
        SELECT channel_id, :winner FROM conversations WHERE contact_id = :loser ON CONFLICT DO NOTHING
        """,
        """
        UPDATE conversations w SET
            assignee_id = COALESCE(w.assignee_id, l.assignee_id), read_until = GREATEST(w.read_until, l.read_until)
        FROM conversations l
        WHERE w.contact_id = :winner AND l.contact_id = :loser AND l.channel_id = w.channel_id
        """,
        """
        UPDATE messages m SET contact_id = :winner, conversation_id = w.id
        FROM conversations w WHERE w.contact_id = :winner AND w.channel_id = m.channel_id AND m.contact_id = :loser
        """,
        "UPDATE send_attempts SET contact_id = :winner WHERE contact_id = :loser",
        # Two runs of one automation may meet in one person: the loser's keeps its row under a key of its own.
        """
        UPDATE automation_runs r SET contact_id = :winner,
            conversation_id = (SELECT id FROM conversations w
                               WHERE w.contact_id = :winner AND w.channel_id = r.channel_id),
            entry_key = CASE WHEN same_entry THEN r.entry_key || ':merged:' || r.id ELSE r.entry_key END,
            active_key = CASE WHEN same_active THEN r.active_key || ':merged:' || r.id ELSE r.active_key END
        FROM (
            SELECT l.id,
                EXISTS (SELECT FROM automation_runs w WHERE w.contact_id = :winner
                        AND w.automation_id = l.automation_id AND w.entry_key = l.entry_key) AS same_entry,
                EXISTS (SELECT FROM automation_runs w WHERE w.contact_id = :winner
                        AND w.automation_id = l.automation_id AND w.active_key = l.active_key
                        AND w.ended_at IS NULL) AS same_active
            FROM automation_runs l WHERE l.contact_id = :loser
        ) AS clash
        WHERE r.id = clash.id
        """,
        "UPDATE automation_logs SET contact_id = :winner WHERE contact_id = :loser",
        "UPDATE contact_merges SET contact_id = :winner WHERE contact_id = :loser",
        "DELETE FROM contacts WHERE id = :loser",
        "INSERT INTO contact_merges (old_contact_id, contact_id) VALUES (:loser, :winner)",
    ):
        session.execute(text(statement), parameters)
    notices.changed(session, "contact", loser, winner)
    notices.changed(session, "conversation")


def move_messages(session: Session, contact_of: dict[int, int]) -> list[tuple[int, str, str | None]]:
    """Put inbound messages (id → contact) into that contact's conversation on their channel; returns what moved, as
    (channel, wamid, wamid that it amends).
    """
    if not contact_of:
        return []
    parameters = {"ids": list(contact_of), "contacts": list(contact_of.values())}
    session.execute(
        text("""
            INSERT INTO conversations (channel_id, contact_id)
            SELECT DISTINCT m.channel_id, v.contact_id
            FROM unnest(CAST(:ids AS bigint[]), CAST(:contacts AS bigint[])) AS v (id, contact_id)
            JOIN messages m ON m.id = v.id
            ON CONFLICT DO NOTHING
        """),
        parameters,
    )
    moved = session.execute(
        text("""
            UPDATE messages m SET contact_id = v.contact_id, conversation_id = c.id
            FROM unnest(CAST(:ids AS bigint[]), CAST(:contacts AS bigint[])) AS v (id, contact_id), conversations c
            WHERE m.id = v.id AND c.channel_id = m.channel_id AND c.contact_id = v.contact_id
            RETURNING m.channel_id, m.whatsapp_message_id, m.amends
        """),
        parameters,
    )
    return [(channel_id, wamid, amends) for channel_id, wamid, amends in moved]


def remember(session: Session, *, loser: int, winner: int, now: datetime) -> None:
    """That somebody said these two to be one person: before they are.

    By the ids that are a person's for ever, where there are any; a number is handed on, so it speaks for whoever has
    nothing else. Of somebody whom nothing identifies to WhatsApp there is nothing to remember.
    """
    session.execute(
        text("""
            WITH known AS (
                SELECT contact_id, kind, value, rank() OVER (
                    PARTITION BY contact_id
                    ORDER BY CASE kind WHEN 'bsuid' THEN 1 WHEN 'phone' THEN 2 ELSE 3 END) AS place
                FROM contact_identities
                WHERE contact_id IN (:loser, :winner) AND kind IN ('bsuid', 'phone', 'parent_bsuid') AND scope = '')
            INSERT INTO merged_by_hand (old_contact_id, contact_id, kind, value, at)
            SELECT :loser, :winner, kind, value, :now FROM known
            WHERE place = 1 AND (SELECT count(DISTINCT contact_id) FROM known) = 2
        """),
        {"loser": loser, "winner": winner, "now": now},
    )


def move_consents(session: Session, contact_of: dict[int, int]) -> None:
    session.execute(
        text("""
            UPDATE consents SET contact_id = v.contact_id
            FROM unnest(CAST(:ids AS bigint[]), CAST(:contacts AS bigint[])) AS v (id, contact_id)
            WHERE consents.id = v.id
        """),
        {"ids": list(contact_of), "contacts": list(contact_of.values())},
    )


def move_consents_of_messages(session: Session, message_ids: list[int]) -> None:
    """A consent that a message expressed goes where the message went."""
    session.execute(
        text("""
            UPDATE consents SET contact_id = m.contact_id FROM messages m
            WHERE m.id = ANY(:ids) AND consents.source = 'keyword'
              AND consents.source_key = m.channel_id || ':' || m.whatsapp_message_id
        """),
        {"ids": message_ids},
    )


def drop_empty(session: Session, contact_ids: Collection[int]) -> None:
    """Delete those of the contacts that nobody wrote down and of whom nothing is left."""
    session.execute(
        text("""
            DELETE FROM contacts c WHERE c.id = ANY(:ids) AND c.created_by IS NULL AND c.name IS NULL
              AND NOT EXISTS (SELECT FROM contact_identities i WHERE i.contact_id = c.id)
              AND NOT EXISTS (SELECT FROM messages m WHERE m.contact_id = c.id)
              AND NOT EXISTS (SELECT FROM consents k WHERE k.contact_id = c.id)
              AND NOT EXISTS (SELECT FROM automation_runs r WHERE r.contact_id = c.id)
        """),
        {"ids": list(contact_ids)},
    )


def summarise(session: Session, contact_ids: set[int]) -> None:
    """Write what conversations say of their messages anew; one that lost all of them goes, unless a run waits in it."""
    parameters = {"ids": sorted(contact_ids)}
    session.execute(
        text("""
            DELETE FROM conversations c WHERE c.contact_id = ANY(:ids)
              AND NOT EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id)
              AND NOT EXISTS (SELECT FROM automation_runs r WHERE r.conversation_id = c.id AND r.ended_at IS NULL)
        """),
        parameters,
    )
    session.execute(
        text("""
            UPDATE conversations c SET
                service_window_expires_at = w.opened_at + CAST(:service AS interval),
                entry_window_expires_at = w.referred_at + CAST(:entry AS interval),
                last_inbound_at = w.last_inbound_at,
                wa_id = a.wa_id, wa_id_at = a.at, wa_id_key = a.key,
                bsuid = b.bsuid, bsuid_at = b.at, bsuid_key = b.key,
                profile_name = p.profile ->> 'name', username = p.profile ->> 'username',
                profile_at = p.at, profile_key = p.key,
                last_message_at = l.at, last_message_key = l.key,
                last_message_text = l.text, last_message_direction = l.direction
            FROM conversations o
            LEFT JOIN LATERAL (
                SELECT max(m.happened_at) FILTER (WHERE m.message_type = ANY(:opening)) AS opened_at,
                       max(m.happened_at) FILTER (WHERE m.content ? 'referral') AS referred_at,
                       max(m.happened_at) AS last_inbound_at
                FROM messages m WHERE m.conversation_id = o.id AND m.direction = 'inbound'
            ) w ON true
            LEFT JOIN LATERAL (
                SELECT m.wa_id, m.happened_at AS at, m.whatsapp_message_id AS key FROM messages m
                WHERE m.conversation_id = o.id AND m.direction = 'inbound' AND m.wa_id IS NOT NULL
                ORDER BY m.happened_at DESC, m.whatsapp_message_id COLLATE "C" DESC LIMIT 1
            ) a ON true
            LEFT JOIN LATERAL (
                SELECT m.bsuid, m.happened_at AS at, m.whatsapp_message_id AS key FROM messages m
                WHERE m.conversation_id = o.id AND m.direction = 'inbound' AND m.bsuid IS NOT NULL
                ORDER BY m.happened_at DESC, m.whatsapp_message_id COLLATE "C" DESC LIMIT 1
            ) b ON true
            LEFT JOIN LATERAL (
                SELECT m.profile, m.happened_at AS at, m.whatsapp_message_id AS key FROM messages m
                WHERE m.conversation_id = o.id AND m.direction = 'inbound' AND m.profile IS NOT NULL
                ORDER BY m.happened_at DESC, m.whatsapp_message_id COLLATE "C" DESC LIMIT 1
            ) p ON true
            LEFT JOIN LATERAL (
                SELECT m.text, m.direction, m.happened_at AS at, COALESCE(m.whatsapp_message_id, '') AS key
                FROM messages m
                WHERE m.conversation_id = o.id AND m.amends IS NULL
                ORDER BY m.happened_at DESC, COALESCE(m.whatsapp_message_id, '') COLLATE "C" DESC LIMIT 1
            ) l ON true
            WHERE c.id = o.id AND o.contact_id = ANY(:ids)
        """),
        parameters | {"opening": sorted(OPENING_KINDS), "service": SERVICE_WINDOW, "entry": FREE_ENTRY_WINDOW},
    )
    refresh_profiles(session, contact_ids)


def refresh_profiles(session: Session, contact_ids: set[int]) -> None:
    """A contact's profile is the latest that any of its conversations saw."""
    if not contact_ids:
        return
    notices.changed(session, "contact", *contact_ids)
    session.execute(
        text("""
            UPDATE contacts SET profile_name = p.profile_name, username = p.username
            FROM (
                SELECT DISTINCT ON (k.id) k.id AS contact_id, c.profile_name, c.username
                FROM contacts k LEFT JOIN conversations c ON c.contact_id = k.id AND c.profile_at IS NOT NULL
                WHERE k.id = ANY(:ids)
                ORDER BY k.id, c.profile_at DESC, c.profile_key COLLATE "C" DESC,
                         c.profile_name COLLATE "C" DESC, c.username COLLATE "C" DESC
            ) AS p
            WHERE contacts.id = p.contact_id
              AND (contacts.profile_name, contacts.username) IS DISTINCT FROM (p.profile_name, p.username)
        """),
        {"ids": sorted(contact_ids)},
    )
