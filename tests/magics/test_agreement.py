"""What keeps others waiting for long waits for a yes; everything else goes at once."""

from __future__ import annotations

WIDE = "%%schema big --sql\nCREATE TABLE big (id int PRIMARY KEY, n bigint, pad text);"
NARROW = WIDE.replace("bigint", "int")


def fill(database, rows, width):
    database.execute(
        "CREATE TABLE big (id int PRIMARY KEY, n int, pad text)",
        "ALTER TABLE big ALTER pad SET STORAGE PLAIN",
        f"INSERT INTO big SELECT n, n, repeat('x', {width}) FROM generate_series(1, {rows}) AS n",
        "ANALYZE big",
    )


def test_a_small_table_is_rewritten_at_once(shell, database):
    fill(database, 100, 10)
    shell.run(NARROW)
    shell.run("%db_push")
    shell.run(WIDE)
    assert shell.run("%db_push").applied


def test_a_large_table_is_rewritten_when_somebody_says_yes(shell, database):
    fill(database, 26_000, 7_000)
    shell.run(NARROW)
    shell.run("%db_push")
    shell.run(WIDE)
    stopped = shell.attempt("%db_push")
    assert type(stopped.error).__name__ == "AnswerNeededError"
    assert stopped.error.hint == "%db_push --yes"
    assert "public.big" in stopped.error.message
    assert "bigint" not in database.dump()
    assert shell.run("%db_push --yes").applied
    assert "bigint" in database.dump()
