"""SQL of comments on things that are there, and of statistics objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from nbmigrate.operations import CreateStatistics, DropStatistics, SetComment
from nbmigrate.postgresql.identifiers import literal, qualified, quote
from nbmigrate.postgresql.render.clauses import closed, comment_on

if TYPE_CHECKING:
    from nbmigrate.model import Statistics
    from nbmigrate.operations import Id, StatisticsOp


def set_comment(operation: SetComment) -> tuple[str, ...]:
    """COMMENT ON the thing; NULL takes the comment away."""
    text = literal(operation.text) if operation.text else "NULL"
    return (f"COMMENT ON {operation.kind.upper()} {_place(operation)} IS {text};",)


def _place(operation: SetComment) -> str:
    path = operation.path
    match operation.kind:
        case "schema":
            return quote(path[0])
        case "table" | "view" | "materialized view" | "type":
            return qualified((path[0], path[1]))
        case "column":
            return f"{qualified((path[0], path[1]))}.{quote(path[2])}"
        case "index" | "statistics":
            return qualified((path[0], path[2]))
        case "constraint":
            return f"{quote(path[2])} ON {qualified((path[0], path[1]))}"
        case _:
            assert_never(operation.kind)


def render_statistics(operation: StatisticsOp) -> tuple[str, ...]:
    """The statements of an operation on a statistics object."""
    table, statistics = operation.table, operation.statistics
    name = qualified((table[0], statistics.name))
    match operation:
        case CreateStatistics():
            return create_statistics(table, name, statistics)
        case DropStatistics():
            return (f"DROP STATISTICS {name};",)
        case _:
            assert_never(operation)


def create_statistics(table: Id, name: str, statistics: Statistics) -> tuple[str, ...]:
    """CREATE STATISTICS with its target and comment."""
    kinds = f" ({', '.join(statistics.kinds)})" if statistics.kinds else ""
    on = f"{closed(statistics.definition)} FROM {qualified(table)}"
    target = statistics.target
    return (
        f"CREATE STATISTICS {name}{kinds} ON {on};",
        *((f"ALTER STATISTICS {name} SET STATISTICS {target};",) if target is not None else ()),
        *comment_on(f"STATISTICS {name}", statistics.comment),
    )
