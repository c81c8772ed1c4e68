import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.config import CHECKOUT
from app.core.data_dir import default_data_dir
from app.core.secrets import SecretsUnreadable, load_or_make


def test_secrets_are_made_once_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    made = load_or_make(tmp_path / "data")

    assert load_or_make(tmp_path / "data") == made
    assert (tmp_path / "data" / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o066 == 0


def test_processes_that_ask_at_the_same_moment_get_the_same_secrets(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from app.core.secrets import load_or_make;"
        f"print(load_or_make(Path({str(tmp_path)!r}) / 'data').secret_key)"
    )
    asking = [
        subprocess.Popen([sys.executable, "-c", script], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    answers = {process.communicate()[0] for process in asking}

    assert len(answers) == 1
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secrets.json"]


def test_a_file_of_an_older_version_is_completed(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text(json.dumps({"secret_key": "kept", "of_a_newer_one": "kept too"}))

    secrets = load_or_make(tmp_path)

    assert secrets.secret_key == "kept"
    assert load_or_make(tmp_path) == secrets
    assert json.loads((tmp_path / "secrets.json").read_text())["of_a_newer_one"] == "kept too"


@pytest.mark.parametrize("text", ["{", "[]", '{"secret_key": 1}'])
def test_a_broken_file_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    (tmp_path / "secrets.json").write_text(text)

    with pytest.raises(SecretsUnreadable, match="restore it from a backup"):
        load_or_make(tmp_path)

    assert (tmp_path / "secrets.json").read_text() == text


def test_secrets_do_not_show_when_printed(tmp_path: Path) -> None:
    secrets = load_or_make(tmp_path)

    assert secrets.secret_key not in repr(secrets)


def test_two_clones_never_share_a_folder(tmp_path: Path) -> None:
    first = default_data_dir(tmp_path / "alice" / "hilo", is_root=True)
    second = default_data_dir(tmp_path / "bob" / "hilo", is_root=True)

    assert first != second
    assert first.name.startswith("hilo-hilo-")


def test_an_ordinary_user_has_data_in_the_checkout(tmp_path: Path) -> None:
    assert default_data_dir(tmp_path, is_root=False) == tmp_path / ".hilo"
