-- Lists of varchar, which PostgreSQL prints in words that it reads otherwise.
CREATE TABLE tasks (
    status varchar(10) CHECK (status IN ('open', 'it''s done')),
    code char(3) CHECK (code NOT IN ('x', 'y')),
    label varchar,
    side varchar(2) CHECK (side IN (NULL, 'l', 'r')),
    is_open boolean GENERATED ALWAYS AS (status IN ('open', 'new')) STORED,
    CONSTRAINT label_ok CHECK (lower(label) IN ('m', 'n') AND label NOT IN ('r', 's')),
    CONSTRAINT one EXCLUDE (label WITH =) WHERE (status IN ('open', 'new'))
);
CREATE INDEX tasks_open ON tasks (status) WHERE status IN ('open', 'new');
CREATE STATISTICS tasks_length ON (length(label) % 3) FROM tasks;
CREATE INDEX tasks_case ON tasks ((CASE WHEN status IN ('open', 'new') THEN 1 ELSE 0 END));
CREATE VIEW open_tasks AS SELECT * FROM tasks WHERE status IN ('open', 'new') OR label NOT IN ('z', 'w');
CREATE POLICY open_only ON tasks USING (status IN ('open', 'new'));
CREATE DOMAIN level AS varchar CHECK (VALUE IN ('low', 'high'));
CREATE TRIGGER unchanged BEFORE UPDATE ON tasks FOR EACH ROW WHEN (NEW.status IN ('open', 'new'))
EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE FUNCTION is_open(s varchar) RETURNS boolean LANGUAGE sql RETURN s IN ('open', 'new');
