"""Preparing a database: new, known, older, newer, somebody else's."""

import threading
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from app.core.config import ConfigError, get_settings
from app.core.secrets import first_login_file, load_or_make
from app.core.security import verify_password
from app.database import conninfo_of, url_of
from app.models import AuditEntry, Automation, Channel, Contact, ContactIdentity, RefreshToken, User
from app.services import setup
from app.services.partitions import make_partitions
from app.services.sessions import open_session
from app.services.setup import prepare
from tests.services.catalog import catalog_of, differences

TODAY = date(2026, 3, 14)


def settings_for(url, **changes):
    return get_settings().model_copy(update={"database_url": url} | changes)


def ask(url, statement, *parameters):
    with psycopg.connect(conninfo_of(url)) as connection:
        cursor = connection.execute(statement, parameters)
        return [row[0] for row in cursor] if cursor.description else []


@pytest.fixture
def look():
    """Opens a session on a database that the test names."""
    engines = []

    def open_session(url):
        engines.append(create_engine(url_of(url)))
        return Session(engines[-1])

    yield open_session
    for engine in engines:
        engine.dispose()


def test_an_empty_database_gets_the_number_and_an_admin(make_database, look):
    url = make_database()

    prepare(settings_for(url), sample=False)

    with look(url) as session:
        channel = session.scalars(select(Channel)).one()
        admin = session.scalars(select(User)).one()
        settings = get_settings()
        assert (channel.phone_number_id, channel.state) == (settings.phone_number_id, "active")
        assert (channel.waba_id, channel.display_number) == (settings.business_id, "15550783881")
        assert (admin.role, admin.email, admin.username) == ("admin", "admin@hilo.example", "admin")
        assert verify_password(load_or_make(settings.data_dir).admin_password, admin.hashed_password)


def test_preparing_again_changes_nothing(make_database):
    url = make_database()
    prepare(settings_for(url), sample=True)
    before = catalog_of(conninfo_of(url))
    rows = "SELECT u.xmin::text || c.xmin FROM users u, channels c"
    versions = ask(url, rows)

    prepare(settings_for(url), sample=True)

    assert not differences(before, catalog_of(conninfo_of(url)))
    assert ask(url, rows) == versions
    assert ask(url, "SELECT count(*) FROM contacts") == [3]


def test_what_the_app_applies_is_the_schema_file(make_database):
    by_file, by_app = make_database(), make_database()
    with psycopg.connect(conninfo_of(by_file), autocommit=True) as connection:
        connection.execute(setup.SCHEMA.read_text(encoding="utf-8"))

    prepare(settings_for(by_app), sample=False)
    prepare(settings_for(by_file), sample=False)

    assert not differences(catalog_of(conninfo_of(by_file)), catalog_of(conninfo_of(by_app)))


def test_many_processes_may_prepare_at_once(make_database):
    url = make_database()
    failures = []

    def work():
        try:
            prepare(settings_for(url), sample=True)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failures
    assert ask(url, "SELECT count(*) FROM contacts") == [3]
    assert ask(url, "SELECT count(*) FROM users") == [1]


def test_the_sample_shop_is_there_on_the_first_start_only(make_database, look):
    url, other = make_database(), make_database()

    prepare(settings_for(url), sample=True)
    prepare(settings_for(other), sample=False)
    prepare(settings_for(other), sample=True)

    with look(url) as session:
        birthdays = dict(session.execute(select(Contact.name, Contact.birthday)).all())
        assert birthdays == {
            "Juan Pérez": date(1990, 5, 15),
            "María García": date(9999, 3, 20),
            "Carlos López": date(1985, 12, 10),
        }
        identities = session.execute(
            select(ContactIdentity.kind, ContactIdentity.value, Contact.phone).join(Contact)
        ).all()
        assert len(identities) == 3
        assert all(kind == "phone" and value == phone for kind, value, phone in identities)
        greeting = session.scalars(select(Automation).where(Automation.trigger_type == "new_contact")).one()
        answers = session.scalars(select(Automation).where(Automation.trigger_type == "keyword")).all()
        assert any("hola" in answer.trigger_conditions["keywords"] for answer in answers)
        assert {each.trigger_conditions["exclusive_group"] for each in [greeting, *answers]} == {"greeting"}
        assert greeting.priority < min(answer.priority for answer in answers)
    assert ask(other, "SELECT count(*) FROM contacts") == [0]


def test_a_column_added_by_hand_stops_nothing(make_database):
    url = make_database(prepared=True)
    ask(url, "ALTER TABLE contacts ADD COLUMN loyalty_number text")

    prepare(settings_for(url), sample=False)

    assert ask(url, "SELECT count(loyalty_number) FROM contacts") == [0]


def test_a_newer_database_is_refused(make_database):
    url = make_database(prepared=True)
    ask(url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(ConfigError, match="revision 9999, which this version of Hilo does not know"):
        prepare(settings_for(url), sample=False)


def test_an_older_database_is_upgraded(make_database):
    url, new = make_database(), make_database(prepared=True)
    # As Alembic leaves a database before the first migration.
    ask(
        url,
        "CREATE TABLE alembic_version"
        " (version_num varchar(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))",
    )

    prepare(settings_for(url), sample=False)

    assert not differences(catalog_of(conninfo_of(url)), catalog_of(conninfo_of(new)))


def test_a_table_of_somebody_else_with_our_name_is_refused(make_database):
    url = make_database()
    ask(url, "CREATE TABLE contacts (id integer)")

    with pytest.raises(ConfigError, match="a table named contacts that is not Hilo's"):
        prepare(settings_for(url), sample=False)

    assert ask(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [1]


def test_a_function_of_somebody_else_with_our_name_is_refused(make_database):
    url = make_database()
    ask(url, "CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")

    with pytest.raises(ConfigError, match="not empty and not Hilo's"):
        prepare(settings_for(url), sample=False)


def test_tables_of_somebody_else_with_other_names_stay(make_database):
    url = make_database()
    ask(url, "CREATE TABLE invoices (id integer)")

    prepare(settings_for(url), sample=False)

    assert ask(url, "SELECT count(*) FROM invoices") == [0]


def test_a_server_that_does_not_answer_is_one_sentence():
    with pytest.raises(ConfigError, match="cannot be reached") as refused:
        prepare(settings_for("postgresql://hilo:secret@127.0.0.1:1/hilo"), sample=False)

    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_halted_number_stays_halted_and_an_unclaimed_one_is_opened(make_database, look):
    url = make_database(prepared=True)
    ask(url, "UPDATE channels SET state = 'halted'")
    ask(url, "INSERT INTO channels (phone_number_id) VALUES ('77')")

    prepare(settings_for(url), sample=False)
    prepare(settings_for(url, phone_number_id="77"), sample=False)

    with look(url) as session:
        assert sorted(session.scalars(select(Channel.state))) == ["active", "halted"]


def test_a_login_is_written_down_only_where_its_password_was_made(make_database, tmp_path):
    made, known = tmp_path / "made", tmp_path / "known"
    url = make_database()

    prepare(settings_for(url, data_dir=made), sample=False)
    prepare(settings_for(url, data_dir=known), sample=False)

    assert first_login_file(made).read_text().startswith("admin@hilo.example\n")
    assert not first_login_file(known).exists()  # that database had its admin


def test_admin_email_and_password_set_that_password_again(make_database, look):
    url = make_database(prepared=True)
    ask(url, "UPDATE users SET is_active = false")
    given = {"admin_email": "admin@hilo.example", "admin_password": SecretStr("a new password")}

    prepare(settings_for(url, **given), sample=False)

    with look(url) as session:
        admin = session.scalars(select(User)).one()
        assert verify_password("a new password", admin.hashed_password)
        assert admin.is_active


def test_a_password_without_an_email_changes_nobodys(make_database, look):
    url = make_database(prepared=True)

    prepare(settings_for(url, admin_password=SecretStr("a new password")), sample=False)

    with look(url) as session:
        assert not verify_password("a new password", session.scalars(select(User.hashed_password)).one())


def test_a_password_from_settings_ends_sessions_only_when_it_is_a_new_one(make_database, look):
    url = make_database(prepared=True)
    given = {"admin_email": "admin@hilo.example", "admin_password": SecretStr("a new password")}

    def alive():
        with look(url) as session:
            return session.scalars(select(RefreshToken).where(RefreshToken.revoked_at.is_(None))).all()

    def log_in():
        with look(url) as session:
            user = session.scalars(select(User)).one()
            open_session(session, user.id, user_agent=None, lifetime=timedelta(days=1), now=datetime.now(UTC))
            session.commit()

    log_in()
    prepare(settings_for(url, **given), sample=False)
    assert not alive()

    log_in()
    prepare(settings_for(url, **given), sample=False)
    assert len(alive()) == 1
    with look(url) as session:
        told = session.execute(select(AuditEntry.actor_kind, AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [tuple(row) for row in told] == [
        ("start", "user.created"),
        ("start", "session.ended"),
        ("start", "user.password_reset"),
    ]


def test_another_admin_may_be_added_by_settings(make_database, look):
    url = make_database(prepared=True)
    given = {"admin_email": "Admin@shop.example", "admin_password": SecretStr("a new password")}

    prepare(settings_for(url, **given), sample=False)

    with look(url) as session:
        found = session.execute(select(User.username, User.email, User.role).order_by(User.id)).all()
        assert [tuple(row) for row in found] == [
            ("admin", "admin@hilo.example", "admin"),
            ("admin@shop.example", "admin@shop.example", "admin"),
        ]


def test_production_without_an_admin_password_is_refused_at_the_first_start_only(make_database):
    new, old = make_database(), make_database(prepared=True)
    production = {"whatsapp_token": SecretStr("token")}

    prepare(settings_for(old, **production), sample=False)
    with pytest.raises(ConfigError, match="ADMIN_PASSWORD must be set"):
        prepare(settings_for(new, **production), sample=False)

    assert ask(new, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [0]


def test_partitions_are_made_from_yesterday_to_a_week_ahead(make_database, look):
    url = make_database(prepared=True)

    with look(url) as session:
        make_partitions(session, TODAY)
        session.commit()

    found = ask(url, "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'webhook_events'::regclass")
    assert {f"webhook_events_{TODAY + timedelta(days=n):%Y%m%d}" for n in range(-1, 8)} <= set(found)


def test_a_body_lands_in_the_partition_of_its_utc_day(make_database, look):
    url = make_database(prepared=True)
    with look(url) as session:
        make_partitions(session, TODAY)
        session.commit()

    ask(
        url,
        "INSERT INTO webhook_events (body, received_at)"
        " VALUES ('', '2026-03-14 23:59:59.9+00'), ('', '2026-03-15 00:00+00')",
    )

    found = ask(url, "SELECT tableoid::regclass::text FROM webhook_events ORDER BY received_at")
    assert found == ["webhook_events_20260314", "webhook_events_20260315"]


def test_a_day_whose_bodies_lie_in_the_default_partition_stays_there(make_database, look):
    url = make_database(prepared=True)
    ask(url, "INSERT INTO webhook_events (body, received_at) VALUES ('', '2026-03-15 12:00+00')")

    with look(url) as session:
        make_partitions(session, TODAY)
        session.commit()

    assert ask(url, "SELECT tableoid::regclass::text FROM webhook_events") == ["webhook_events_default"]
    assert ask(url, "SELECT to_regclass('webhook_events_20260315') IS NULL") == [True]
    assert ask(url, "SELECT to_regclass('webhook_events_20260316') IS NOT NULL") == [True]


def test_a_busy_table_postpones_partitions_and_fails_nothing(make_database, look):
    url = make_database(prepared=True)

    with psycopg.connect(conninfo_of(url)) as busy, look(url) as session:
        busy.execute("LOCK TABLE webhook_events_default IN ACCESS SHARE MODE")
        session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        make_partitions(session, TODAY)
        still_usable = session.scalar(select(func.count()).select_from(User))
        session.commit()

    assert still_usable == 1
    assert ask(url, "SELECT to_regclass('webhook_events_20260314') IS NULL") == [True]


def test_today_has_a_partition_when_the_database_is_prepared(make_database):
    url = make_database()

    prepare(settings_for(url), sample=False)

    assert ask(url, "SELECT to_regclass(%s) IS NOT NULL", f"webhook_events_{datetime.now(UTC):%Y%m%d}") == [True]
