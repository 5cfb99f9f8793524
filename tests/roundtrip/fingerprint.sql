-- PostgreSQL 15-18. Every object of the user's schemas as (class, name, definition), told by the
-- server's own functions alone: pg_get_*def, format_type, obj_description. No object of an
-- extension, no oid, no statistics.
with
own_schema as (
    select n.oid, n.nspname
    from pg_namespace n
    where
        n.nspname !~ '^pg_'
        and n.nspname not in ('information_schema', 'drizzle', 'nbmigrate', 'nbmigrate_trash')
        and not exists (
            select 1 from pg_depend d
            where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e'
        )
),

extension_object as (
    select d.classid, d.objid from pg_depend d where d.deptype = 'e'
),

relation as (
    select
        c.*,
        format('%%I.%%I', n.nspname, c.relname) as called
    from pg_class c
    join own_schema n on n.oid = c.relnamespace
    where not exists (
        select 1 from extension_object e
        where e.classid = 'pg_class'::regclass and e.objid = c.oid
    )
),

routine as (
    select
        p.*,
        p.oid::regprocedure::text as called
    from pg_proc p
    join own_schema n on n.oid = p.pronamespace
    where not exists (
        select 1 from extension_object e
        where e.classid = 'pg_proc'::regclass and e.objid = p.oid
    )
    -- the functions of a range type come with it
    and not exists (
        select 1 from pg_depend d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i'
    )
),

own_type as (
    select
        t.*,
        format('%%I.%%I', n.nspname, t.typname) as called
    from pg_type t
    join own_schema n on n.oid = t.typnamespace
    where not exists (
        select 1 from extension_object e
        where e.classid = 'pg_type'::regclass and e.objid = t.oid
    )
),

-- that all may do what they may do anyway can be written down, and says nothing
acl (class, called, entries, owner, usual) as (
    select
        relkind::text, called, relacl, relowner,
        acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner)
    from relation where relkind <> 'i'
    union all
    select 'routine', called, proacl, proowner, acldefault('f', proowner) from routine
    union all
    select 'schema', nspname, nspacl, nspowner, acldefault('n', nspowner)
    from pg_namespace where oid in (select s.oid from own_schema s)
    union all
    select 'type', called, typacl, typowner, acldefault('T', typowner) from own_type
),

found (class, called, definition) as (
    select 'schemas', nspname::text, obj_description(oid, 'pg_namespace') from own_schema
    union all
    select
        'extensions',
        e.extname::text,
        (select nspname from pg_namespace where oid = e.extnamespace)
    from pg_extension e
    where e.extname <> 'plpgsql'
    union all
    select
        'tables',
        c.called,
        concat_ws(
            ' ', c.relkind, c.relpersistence, c.reloptions::text, c.relrowsecurity,
            c.relforcerowsecurity, c.relreplident, pg_get_partkeydef(c.oid),
            pg_get_expr(c.relpartbound, c.oid), am.amname,
            (
                select string_agg(p.called, ', ' order by i.inhseqno)
                from pg_inherits i
                join relation p on p.oid = i.inhparent
                where i.inhrelid = c.oid
            ),
            (select spcname from pg_tablespace s where s.oid = c.reltablespace),
            (
                select string_agg(a.attname, ',' order by a.attnum)
                from pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            ),
            c.reloftype::regtype
        )
    from relation c
    left join pg_am am on am.oid = c.relam
    where c.relkind in ('r', 'p')
    union all
    select
        case when c.relkind in ('r', 'p') then 'columns' else 'columns of others' end,
        c.called || '.' || quote_ident(a.attname),
        concat_ws(
            ' | ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
            a.attgenerated, a.attstorage, a.attcompression, a.attislocal,
            nullif(greatest(coalesce(a.attstattarget, -1), -1), -1), (
                -- PostgreSQL 15.20 notes a version of its own there
                select pg_catalog.array_agg(o) from pg_catalog.unnest(a.attoptions) as o where o not like 'pg_attver=%%'
            )::text,
            a.attcollation::regcollation,
            pg_get_expr(d.adbin, d.adrelid)
        )
    from relation c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
    union all
    select
        'constraints',
        coalesce(c.called, t.called) || '.' || quote_ident(k.conname),
        concat_ws(
            ' ', pg_get_constraintdef(k.oid), k.condeferrable, k.condeferred, k.convalidated,
            -- NOT NULL of a partition is its own when it was attached before PARTITION OF named it
            k.conislocal or (k.contype::text = 'n' and c.relispartition),
            -- keys say there whether they were made before ATTACH PARTITION; nothing reads it
            k.contype in ('c', 'n') and k.connoinherit
        )
    from pg_constraint k
    left join relation c on c.oid = k.conrelid
    left join own_type t on t.oid = k.contypid
    where coalesce(c.oid, t.oid) is not null and k.contype not in ('t')
    -- a partition's copies of its parent's foreign keys to partitions
    and not (k.contype = 'f' and k.conparentid <> 0 and k.conrelid = any(
        select p.conrelid from pg_constraint p where p.oid = k.conparentid
    ))
    union all
    select
        'indexes',
        i.called,
        concat_ws(
            ' ', pg_get_indexdef(x.indexrelid), x.indisunique, x.indisprimary,
            x.indimmediate, x.indisreplident, x.indisclustered, x.indisvalid,
            (
                select string_agg(a.attnum || ':' || a.attstattarget, ',' order by a.attnum)
                from pg_attribute a
                where a.attrelid = x.indexrelid and a.attstattarget > -1
            ),
            (
                select p.relname from pg_inherits h
                join pg_class p on p.oid = h.inhparent
                where h.inhrelid = i.oid
            )
        )
    from pg_index x
    join relation i on i.oid = x.indexrelid
    join relation c on c.oid = x.indrelid
    where c.relkind <> 't'
    union all
    select
        'enums',
        t.called,
        (
            select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)
            from pg_enum e
            where e.enumtypid = t.oid
        )
    from own_type t
    where t.typtype = 'e'
    union all
    select
        'sequences',
        c.called,
        concat_ws(
            ' ', format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmax, s.seqmin,
            s.seqcache, s.seqcycle, c.relpersistence,
            (
                select string_agg(
                    concat_ws(' ', d.deptype, d.refobjid::regclass, a.attname), ', '
                )
                from pg_depend d
                join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                where
                    d.classid = 'pg_class'::regclass and d.objid = c.oid
                    and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
            )
        )
    from pg_sequence s
    join relation c on c.oid = s.seqrelid
    union all
    select
        'views',
        c.called,
        concat_ws(
            ' ', c.relkind, c.reloptions::text, pg_get_viewdef(c.oid), c.relispopulated, am.amname
        )
    from relation c
    left join pg_am am on am.oid = c.relam
    where c.relkind in ('v', 'm')
    union all
    select
        'foreign tables', c.called, s.srvname || ' ' || coalesce(f.ftoptions::text, '')
    from relation c
    join pg_foreign_table f on f.ftrelid = c.oid
    join pg_foreign_server s on s.oid = f.ftserver
    union all
    select
        case p.prokind when 'a' then 'aggregates' else 'functions' end,
        p.called,
        case
            when p.prokind <> 'a' then pg_get_functiondef(p.oid)
            else concat_ws(
                ' ', pg_get_function_result(p.oid), a.aggtransfn, a.aggfinalfn, a.aggcombinefn,
                a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn,
                a.aggsortop::regoperator, a.aggtranstype::regtype, a.aggtransspace,
                a.agginitval, a.aggminitval, a.aggkind, a.aggnumdirectargs, a.aggfinalmodify,
                a.aggmfinalmodify, a.aggfinalextra, p.proparallel
            )
        end
    from routine p
    left join pg_aggregate a on a.aggfnoid = p.oid
    union all
    select
        'triggers',
        c.called || '.' || quote_ident(t.tgname),
        concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
    from pg_trigger t
    join relation c on c.oid = t.tgrelid
    where not t.tgisinternal
    union all
    select
        'rules',
        c.called || '.' || quote_ident(r.rulename),
        concat_ws(' ', pg_get_ruledef(r.oid), r.ev_enabled)
    from pg_rewrite r
    join relation c on c.oid = r.ev_class
    where r.rulename <> '_RETURN'
    union all
    select
        'policies',
        c.called || '.' || quote_ident(p.polname),
        concat_ws(
            ' ', p.polpermissive, p.polcmd,
            (select string_agg(coalesce(rolname, 'public'), ',' order by rolname)
             from unnest(p.polroles) r left join pg_roles on pg_roles.oid = r),
            pg_get_expr(p.polqual, p.polrelid), '/', pg_get_expr(p.polwithcheck, p.polrelid)
        )
    from pg_policy p
    join relation c on c.oid = p.polrelid
    union all
    select
        'domains',
        t.called,
        concat_ws(
            ' ', format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,
            t.typcollation::regcollation
        )
    from own_type t
    where t.typtype = 'd'
    union all
    select
        'types',
        t.called,
        concat_ws(
            ' ', t.typtype, r.rngsubtype::regtype, r.rngsubdiff, r.rngmultitypid::regtype,
            (select opcname from pg_opclass where oid = r.rngsubopc), t.typinput, t.typoutput
        )
    from own_type t
    left join pg_range r on r.rngtypid = t.oid
    where
        (t.typtype in ('r', 'b') and t.typelem = 0)
        or exists (select 1 from pg_class c where c.oid = t.typrelid and c.relkind = 'c')
    union all
    select
        'statistics',
        format('%%I.%%I', n.nspname, s.stxname),
        concat_ws(' ', pg_get_statisticsobjdef(s.oid), nullif(coalesce(s.stxstattarget, -1), -1))
    from pg_statistic_ext s
    join own_schema n on n.oid = s.stxnamespace
    union all
    select
        'operators',
        o.oid::regoperator::text,
        concat_ws(' ', o.oprcode, o.oprcom::regoperator, o.oprnegate::regoperator, o.oprrest,
        o.oprjoin, o.oprcanmerge, o.oprcanhash)
    from pg_operator o
    join own_schema n on n.oid = o.oprnamespace
    where not exists (
        select 1 from extension_object e
        where e.classid = 'pg_operator'::regclass and e.objid = o.oid
    )
    union all
    select
        'operator classes', n.nspname || '.' || c.opcname,
        concat_ws(' ', c.opcmethod, c.opcintype::regtype, c.opcdefault)
    from pg_opclass c
    join own_schema n on n.oid = c.opcnamespace
    where not exists (
        select 1 from extension_object e
        where e.classid = 'pg_opclass'::regclass and e.objid = c.oid
    )
    union all
    select
        'casts',
        c.castsource::regtype || ' as ' || c.casttarget::regtype,
        concat_ws(' ', c.castfunc::regprocedure, c.castcontext, c.castmethod)
    from pg_cast c
    where c.oid >= 16384 and not exists (
        select 1 from extension_object e
        where e.classid = 'pg_cast'::regclass and e.objid = c.oid
    )
    union all
    select 'collations', n.nspname || '.' || c.collname, c.collprovider::text
    from pg_collation c
    join own_schema n on n.oid = c.collnamespace
    union all
    select
        'text search configurations', n.nspname || '.' || c.cfgname,
        (
            select string_agg(
                m.maptokentype || ':' || m.mapdict::regdictionary, ','
                order by m.maptokentype, m.mapseqno
            )
            from pg_ts_config_map m
            where m.mapcfg = c.oid
        )
    from pg_ts_config c
    join own_schema n on n.oid = c.cfgnamespace
    where not exists (
        select 1 from extension_object e
        where e.classid = 'pg_ts_config'::regclass and e.objid = c.oid
    )
    union all
    select 'text search dictionaries', n.nspname || '.' || d.dictname, d.dictinitoption
    from pg_ts_dict d
    join own_schema n on n.oid = d.dictnamespace
    where not exists (
        select 1 from extension_object e
        where e.classid = 'pg_ts_dict'::regclass and e.objid = d.oid
    )
    union all
    select 'event triggers', evtname::text, evtevent || ' ' || evtfoid::regprocedure
    from pg_event_trigger
    where not exists (
        select 1 from extension_object e
        where e.classid = 'pg_event_trigger'::regclass and e.objid = pg_event_trigger.oid
    )
    union all
    select
        'privileges',
        a.class || ' ' || a.called,
        (
            select string_agg(
                concat_ws(
                    ' ', case when x.grantee = a.owner then '(owner)' else coalesce(r.rolname, 'public') end,
                    x.privilege_type, x.is_grantable
                ), ', ' order by x.grantee = a.owner, r.rolname, x.privilege_type
            )
            from aclexplode(a.entries) x
            left join pg_roles r on r.oid = x.grantee
        )
    from acl a
    where
        a.entries is not null
        and not (a.entries @> a.usual and a.usual @> a.entries)
    union all
    select
        'privileges',
        'column ' || c.called || '.' || a.attname,
        (
            select string_agg(
                concat_ws(
                    ' ', coalesce(r.rolname, 'public'), x.privilege_type, x.is_grantable
                ), ', ' order by r.rolname, x.privilege_type
            )
            from aclexplode(a.attacl) x
            left join pg_roles r on r.oid = x.grantee
        )
    from relation c
    join pg_attribute a on a.attrelid = c.oid
    where a.attacl is not null
    union all
    select
        'comments', i.type || ' ' || i.identity, d.description
    from pg_description d
    cross join lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i
    where
        d.objoid >= 16384
        and (i.schema is null or i.schema in (select s.nspname from own_schema s))
        and not exists (
            select 1 from extension_object e
            where e.classid = d.classoid and e.objid = d.objoid
        )
        and i.type <> 'extension'
)

select class, called, coalesce(definition, '') from found order by class, called, definition
