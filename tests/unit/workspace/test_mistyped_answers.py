"""An answer about what is not declared is refused: passed over, it would be taken for given."""

from __future__ import annotations

import re

import pytest

from nbmigrate.errors import LockTimeoutError, UsageConflictError
from nbmigrate.plan import Answers
from nbmigrate.workspace import Workspace


@pytest.fixture
def workspace(tmp_path, database):
    (tmp_path / "s.sql").write_text("CREATE TABLE t (id integer PRIMARY KEY, n integer);")
    with Workspace(database.url, root=tmp_path) as found:
        found.push("s.sql")
        yield found


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (Answers(backfills={"public.t.m": "1"}), "--backfill: `public.t.m` is no column"),
        (Answers(backfills={"t.m": "1"}), "--backfill: `public.t.m` is no column"),
        (Answers(casts={"public.u.n": "1"}), "--using: `public.u.n` is no column"),
        (Answers(labels={"public.mood.sad": "ok"}), "--map: `public.mood.sad` is no label"),
        (Answers(backfills={"a..b": "1"}), "--backfill: 'a..b' is not a name"),
    ],
)
def test_it_is_named_with_what_there_is(workspace, answers, message):
    with pytest.raises(UsageConflictError) as caught:
        workspace.push("s.sql", answers=answers)
    assert caught.value.message.startswith(message)
    assert caught.value.exit_code == 2


def test_an_answer_about_a_column_that_is_there_may_stay(workspace):
    answers = Answers(backfills={"public.t.n": "1"}, drops=("public.gone",))
    assert workspace.push("s.sql", answers=answers).plan.is_empty


def test_a_push_rolls_back_its_own_kernel(workspace, database, monkeypatch):
    forgotten = database.connect(autocommit=False)
    forgotten.execute("SELECT * FROM t")
    path = workspace.root / "s.sql"
    path.write_text(path.read_text().replace("n integer", "n integer, m text"))
    settings = workspace.executor_settings
    monkeypatch.setattr(workspace, "executor_settings", lambda **more: settings(attempts=1, **more))
    with pytest.raises(LockTimeoutError) as caught:
        workspace.push("s.sql")
    assert "this is your own kernel" in caught.value.message
    assert "--release-own" in caught.value.hint
    monkeypatch.undo()
    assert workspace.push("s.sql", release_own=True).applied


def test_an_undo_does_not_wait_long_for_its_own_kernel_and_rolls_it_back(workspace, database):
    forgotten = database.connect(autocommit=False)
    forgotten.execute("SELECT * FROM t")
    with pytest.raises(LockTimeoutError) as caught:
        workspace.undo()
    assert re.search(r"tried [1-5] times", caught.value.message)
    assert "--release-own" in caught.value.hint
    workspace.undo(release_own=True)
    assert database.connect().execute("SELECT to_regclass('t')").fetchone() == (None,)
