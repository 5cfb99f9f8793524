"""``%db_pull``: the code in the next cell."""

from __future__ import annotations

SHOP = (
    "CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL)",
    "CREATE TABLE orders (id serial PRIMARY KEY, user_id integer REFERENCES users)",
)


def test_the_next_cell_declares_the_database(shell, database):
    database.execute(*SHOP)
    result = shell.run("%db_pull")
    assert "The code is in the next cell." in repr(result)
    cell = shell.ip.rl_next_input
    assert cell.startswith("%%schema\nclass User(Base):")
    assert "The database has it all" in repr(shell.run(cell))
    shell.run("%db_push")
    assert "Nothing to push" in repr(shell.run("%db_push"))
    user = shell.run("User(name='Ada', orders=[Order()])")
    assert user.orders[0].user is user


def test_sql_goes_into_a_sql_cell(shell, database):
    database.execute(*SHOP)
    shell.run("%db_pull --sql >> pulled")
    assert shell.ip.rl_next_input.startswith("%%schema --sql\nCREATE TABLE")
    assert "The database has it all" in repr(shell.run(shell.ip.rl_next_input))
    assert list(shell.run("pulled")["table"]) == ["public.orders", "public.users"]
