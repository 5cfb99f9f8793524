"""Every code there is and what it stands for; each has a page in ``docs/hazards``.

A code never changes its meaning: reasons in migration files refer to it.
"""

from __future__ import annotations

CODES = {
    "NB101": "a table is dropped",
    "NB102": "a column is dropped",
    "NB103": "a schema is dropped",
    "NB104": "a sequence is dropped",
    "NB105": "an extension is dropped",
    "NB106": "a materialized view is dropped",
    "NB107": "an enum, a domain or another type is dropped",
    "NB201": "the type of a column changes and the table is rewritten",
    "NB202": "an enum is built anew",
    "NB203": "a domain or type is built anew",
    "NB204": "a table becomes logged or unlogged",
    "NB205": "a new column rewrites the table",
    "NB206": "an index is built while writes wait",
    "NB207": "a primary key is added",
    "NB208": "a unique constraint is added",
    "NB209": "a check is added",
    "NB210": "a foreign key is added",
    "NB211": "a change of collation rebuilds indexes",
    "NB212": "rows get their values inside the transaction",
    "NB213": "a domain gets a condition",
    "NB214": "a lock is waited for behind open transactions",
    "NB215": "an existing column gets a sequence",
    "NB216": "the access method of a table changes",
    "NB217": "a materialized view is built anew",
    "NB301": "a NOT NULL column without a default",
    "NB302": "a column becomes NOT NULL",
    "NB303": "a partition is attached",
    "NB304": "an exclusion constraint is added",
    "NB305": "a constraint is validated",
}
