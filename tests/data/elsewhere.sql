-- Extensions in a schema that no session searches: their types, operators and operator classes.
create schema tools;
create extension pg_trgm schema tools;
create extension citext schema tools;
create extension btree_gist schema tools;
create table person (
    name text,
    mail tools.citext,
    aliases tools.citext[],
    stay int4range,
    constraint person_stay exclude using gist (name with =, stay with &&)
);
create index person_name on person using gin (name tools.gin_trgm_ops);
create index person_shout on person using gist (upper(name) tools.gist_trgm_ops (siglen = 64));
create view similar_person as
select name, name operator(tools.%) 'smith' as is_smith from person;
