"""Backups: what was saved comes back whole or not at all, and nothing is sent afterwards."""

import os
import time
from contextlib import closing

import psycopg
import pytest

from app.core.config import ConfigError, get_settings
from app.database import conninfo_of
from app.services.backups import back_up, backups_folder, is_recent, save_before_update
from app.services.restoring import restore
from app.services.setup import current_revision, prepare
from tests.services.test_schema import alembic


@pytest.fixture
def settings_for(tmp_path):
    def make(url, **changes):
        return get_settings().model_copy(update={"database_url": url, "data_dir": tmp_path / "data"} | changes)

    return make


def ask(url, statement, *parameters):
    with closing(psycopg.connect(conninfo_of(url), autocommit=True)) as connection:
        cursor = connection.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def names(url):
    return [name for (name,) in ask(url, "SELECT name FROM contacts ORDER BY name")]


def add_contact(url, name):
    ask(url, "INSERT INTO contacts (name) VALUES (%s)", name)


def files(settings, kind):
    return sorted(backups_folder(settings).glob(f"*-{kind}.dump"))


def test_what_was_saved_comes_back_and_everything_is_paused(make_database, settings_for):
    url = make_database(prepared=True)
    settings = settings_for(url)
    add_contact(url, "Alice")
    saved = back_up(settings)
    add_contact(url, "Bob")
    ask(url, "CREATE TABLE later (user_id bigint REFERENCES users)")  # as a newer version may have made
    ask(url, "CREATE TABLE webhook_events_20990101 PARTITION OF webhook_events"
        " FOR VALUES FROM ('2099-01-01') TO ('2099-01-02')")  # fmt: skip

    restore(settings, saved)

    assert names(url) == ["Alice"]
    assert ask(url, "SELECT to_regclass('later'), to_regclass('webhook_events_20990101')") == [(None, None)]
    assert ask(url, "SELECT is_paused FROM settings") == [(True,)]
    assert ask(url, "SELECT kind, severity FROM alerts WHERE resolved_at IS NULL") == [("workspace_paused", "critical")]
    assert saved.stat().st_mode & 0o777 == 0o600


def test_it_comes_back_into_an_empty_database_too(make_database, settings_for):
    url, other = make_database(prepared=True), make_database()
    add_contact(url, "Alice")
    saved = back_up(settings_for(url))

    restore(settings_for(other), saved)

    assert names(other) == ["Alice"]


def test_a_database_that_somebody_uses_is_not_replaced(make_database, settings_for):
    url = make_database(prepared=True)
    saved = back_up(settings_for(url))

    with closing(psycopg.connect(conninfo_of(url))), pytest.raises(ConfigError, match="1 other connections use"):
        restore(settings_for(url), saved)


def test_a_backup_that_breaks_off_changes_nothing(make_database, settings_for, tmp_path):
    url = make_database(prepared=True)
    ask(url, "INSERT INTO contacts (name) SELECT 'Contact ' || n FROM generate_series(1, 2000) AS n")
    saved = back_up(settings_for(url))
    broken = tmp_path / "broken.dump"
    broken.write_bytes(saved.read_bytes()[:-100])
    add_contact(url, "Alice")

    with pytest.raises(ConfigError, match="the database is as it was"):
        restore(settings_for(url), broken)

    assert "Alice" in names(url)
    assert ask(url, "SELECT is_paused FROM settings") == [(False,)]


def test_what_is_no_backup_of_ours_is_refused_in_a_sentence(make_database, settings_for, tmp_path):
    url, other = make_database(prepared=True), make_database(prepared=True)
    text = tmp_path / "text.dump"
    text.write_text("hola")
    newer = back_up(settings_for(url), tmp_path / "newer.dump")
    ask(other, "UPDATE alembic_version SET version_num = '9999'")
    newer = back_up(settings_for(other), tmp_path / "newer.dump")

    for file, why in (
        (tmp_path / "none.dump", "There is no file"),
        (text, "not a backup that can be read"),
        (newer, "revision 9999, which this version of Hilo does not know"),
    ):
        with pytest.raises(ConfigError, match=why):
            restore(settings_for(url), file)


def test_an_empty_database_has_nothing_to_save(make_database, settings_for):
    settings = settings_for(make_database())

    with pytest.raises(ConfigError, match="nothing to save"):
        back_up(settings)

    assert not backups_folder(settings).exists()


def test_a_place_that_cannot_be_written_is_a_sentence_and_leaves_nothing(make_database, settings_for, tmp_path):
    settings = settings_for(make_database(prepared=True))

    with pytest.raises(ConfigError, match="could not be saved"):
        back_up(settings, tmp_path / "nowhere" / "hilo.dump")

    assert not list(tmp_path.rglob("*.part"))


def test_the_latest_of_each_kind_are_kept(make_database, settings_for):
    url = make_database(prepared=True)
    settings = settings_for(url, backups_kept=2)
    folder = backups_folder(settings)
    folder.mkdir(parents=True)
    for day in range(1, 5):
        (folder / f"hilo-2026010{day}-000000-0001-backup.dump").touch()
        (folder / f"hilo-2026010{day}-000000-0001-before-update.dump").touch()

    saved = back_up(settings)

    assert files(settings, "backup") == [folder / "hilo-20260104-000000-0001-backup.dump", saved]
    assert len(files(settings, "before-update")) == 4


def test_an_update_saves_the_database_first(make_database, settings_for):
    url = make_database()
    alembic(url, "upgrade", "0001")
    settings, said = settings_for(url), []

    prepare(settings, sample=False, say=said.append)

    [saved] = files(settings, "before-update")
    assert said == [f"The database was saved to {saved} before its update."]
    assert "-0001-" in saved.name
    assert ask(url, "SELECT version_num FROM alembic_version") == [(current_revision(),)]
    restore(settings, saved)
    assert ask(url, "SELECT version_num FROM alembic_version") == [(current_revision(),)]


def test_an_update_without_a_client_says_so_and_goes_on(make_database, settings_for):
    settings, said = settings_for(make_database(prepared=True)), []

    save_before_update(settings, server=99, revision="0001", say=said.append)

    [sentence] = said
    assert sentence.startswith("The database is updated without a backup: there is no pg_dump for PostgreSQL 99")
    assert not backups_folder(settings).exists()


def test_no_backups_before_updates_are_made_where_none_are_wanted(make_database, settings_for):
    url = make_database()
    alembic(url, "upgrade", "0001")
    settings, said = settings_for(url, backups_kept=0), []

    prepare(settings, sample=False, say=said.append)

    assert not said
    assert not backups_folder(settings).exists()


def test_a_repeated_backup_counts_as_missing_once_it_is_late(make_database, settings_for):
    settings = settings_for(make_database(prepared=True), backup_every_hours=2)
    assert not is_recent(settings)

    saved = back_up(settings)

    assert is_recent(settings)
    os.utime(saved, (time.time() - 4 * 3600,) * 2)
    assert not is_recent(settings)
