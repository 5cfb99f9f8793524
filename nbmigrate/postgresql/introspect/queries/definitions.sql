-- PostgreSQL 15-18. What is known by the statement that makes it, which PostgreSQL has no function to
-- show. Columns that not every version has are read as a document. Objects made by initdb have
-- oids below 16384 and are not looked at; extensions' own are left out.
with extension_objects as (
    select e.classid, e.objid
    from pg_catalog.pg_depend e
    where e.deptype = 'e'
),

-- what stands on a function or type of a schema that is not read is not read either
unread (catalog, oid) as (
    select p.tableoid, p.oid
    from pg_catalog.pg_proc p
    where
        p.oid >= 16384 and not p.pronamespace = any(%(namespaces)s::oid[])
        and (p.tableoid, p.oid) not in (select e.classid, e.objid from extension_objects e)
    union all
    select t.tableoid, t.oid
    from pg_catalog.pg_type t
    where
        t.oid >= 16384 and not t.typnamespace = any(%(namespaces)s::oid[])
        and (t.tableoid, t.oid) not in (select e.classid, e.objid from extension_objects e)
        and (t.tableoid, t.typelem) not in (select e.classid, e.objid from extension_objects e)
),

member (family, class_oid, place, number_, member_text) as (
    select
        o.amopfamily, d.refobjid, 1, o.amopstrategy::int4,
        pg_catalog.format(
            'OPERATOR %%s %%I.%%s (%%s, %%s)%%s', o.amopstrategy, n.nspname, r.oprname,
            pg_catalog.format_type(o.amoplefttype, null),
            pg_catalog.format_type(o.amoprighttype, null),
            (
                select pg_catalog.format(' FOR ORDER BY %%I.%%I', fn.nspname, f.opfname)
                from pg_catalog.pg_opfamily f
                join pg_catalog.pg_namespace fn on fn.oid = f.opfnamespace
                where f.oid = o.amopsortfamily
            )
        )
    from pg_catalog.pg_amop o
    join pg_catalog.pg_operator r on r.oid = o.amopopr
    join pg_catalog.pg_namespace n on n.oid = r.oprnamespace
    left join pg_catalog.pg_depend d
        on
            d.classid = o.tableoid and d.objid = o.oid and d.deptype in ('i', 'a')
            and d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass
    where o.oid >= 16384
    union all
    select
        s.amprocfamily, d.refobjid, 2, s.amprocnum::int4,
        pg_catalog.format(
            'FUNCTION %%s (%%s, %%s) %%s', s.amprocnum,
            pg_catalog.format_type(s.amproclefttype, null),
            pg_catalog.format_type(s.amprocrighttype, null),
            s.amproc::pg_catalog.oid::pg_catalog.regprocedure
        )
    from pg_catalog.pg_amproc s
    left join pg_catalog.pg_depend d
        on
            d.classid = s.tableoid and d.objid = s.oid and d.deptype in ('i', 'a')
            and d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass
    where s.oid >= 16384
),

-- an option that may hold a secret is not read
option_text (catalog, oid, number_, options) as (
    select
        h.catalog, h.oid, h.number_,
        pg_catalog.format(
            ' OPTIONS (%%s)',
            pg_catalog.string_agg(
                pg_catalog.format('%%I %%L', p.option_name, p.option_value), ', ' order by p.option_name
            )
        )
    from (
        select s.tableoid as catalog, s.oid, 0 as number_, s.srvoptions as options
        from pg_catalog.pg_foreign_server s
        union all
        select w.tableoid, w.oid, 0, w.fdwoptions from pg_catalog.pg_foreign_data_wrapper w
        union all
        select 'pg_catalog.pg_class'::pg_catalog.regclass, t.ftrelid, 0, t.ftoptions
        from pg_catalog.pg_foreign_table t
        union all
        select 'pg_catalog.pg_class'::pg_catalog.regclass, a.attrelid, a.attnum, a.attfdwoptions
        from pg_catalog.pg_foreign_table t
        join pg_catalog.pg_attribute a on a.attrelid = t.ftrelid
    ) as h
    cross join lateral pg_catalog.pg_options_to_table(h.options) as p
    where p.option_name !~* '(pass|pwd|secret|token)'
    group by h.catalog, h.oid, h.number_
),

foreign_part (relid, place, number_, part_text) as (
    select
        a.attrelid, 1, a.attnum::int4,
        pg_catalog.concat(
            pg_catalog.format(
                '%%I %%s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
            ),
            x.options,
            case
                when a.attcollation <> y.typcollation
                    then pg_catalog.format(' COLLATE %%I.%%I', ln.nspname, l.collname)
            end,
            case a.attgenerated
                when 's' then ' GENERATED ALWAYS AS (' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) || ') STORED'
                when 'v' then ' GENERATED ALWAYS AS (' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) || ') VIRTUAL'
                else ' DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid)
            end,
            case when a.attnotnull then ' NOT NULL' end
        )
    from pg_catalog.pg_foreign_table t
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    join pg_catalog.pg_attribute a
        on a.attrelid = t.ftrelid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type y on y.oid = a.atttypid
    left join pg_catalog.pg_collation l on l.oid = a.attcollation
    left join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join option_text x
        on
            x.catalog = c.tableoid and x.oid = a.attrelid and x.number_ = a.attnum
    where a.attislocal or c.relispartition
    union all
    select
        k.conrelid, 2, pg_catalog.row_number() over (order by k.conname)::int4,
        pg_catalog.format(
            'CONSTRAINT %%I %%s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)
        )
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_foreign_table t on t.ftrelid = k.conrelid
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    where k.contype = 'c' and (k.conislocal or c.relispartition)
),

-- what stands behind a foreign table: it becomes a partition, and what hangs on it
foreign_more (relid, place, name_, more_text) as (
    select
        c.oid, 1, '',
        pg_catalog.format(
            'ALTER TABLE ONLY %%I.%%I ATTACH PARTITION %%I.%%I %%s',
            pn.nspname, p.relname, n.nspname, c.relname,
            pg_catalog.pg_get_expr(c.relpartbound, c.oid)
        )
    from pg_catalog.pg_foreign_table t
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_inherits i on i.inhrelid = c.oid
    join pg_catalog.pg_class p on p.oid = i.inhparent
    join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
    where c.relispartition
    union all
    select c.oid, 2, g.tgname, pg_catalog.pg_get_triggerdef(g.oid)
    from pg_catalog.pg_foreign_table t
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    join pg_catalog.pg_trigger g on g.tgrelid = c.oid
    where not g.tgisinternal and g.tgparentid = 0
    union all
    select
        c.oid, 3, g.tgname,
        pg_catalog.format(
            'ALTER FOREIGN TABLE %%I.%%I %%s TRIGGER %%I', n.nspname, c.relname,
            case g.tgenabled
                when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' else 'ENABLE ALWAYS'
            end,
            g.tgname
        )
    from pg_catalog.pg_foreign_table t
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    join pg_catalog.pg_trigger g on g.tgrelid = c.oid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where not g.tgisinternal and g.tgparentid = 0 and g.tgenabled <> 'O'
    union all
    select
        c.oid, 4, a.attname,
        pg_catalog.format(
            'COMMENT ON COLUMN %%I.%%I.%%I IS %%L', n.nspname, c.relname, a.attname, m.description
        )
    from pg_catalog.pg_foreign_table t
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_description m
        on m.classoid = c.tableoid and m.objoid = c.oid and m.objsubid > 0
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = m.objsubid
),

published (publication, place, name_, published_text) as (
    select
        r.prpubid, 1, n.nspname || '.' || c.relname,
        pg_catalog.concat(
            pg_catalog.format('TABLE ONLY %%I.%%I', n.nspname, c.relname),
            (
                select
                    pg_catalog.format(
                        ' (%%s)',
                        pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum)
                    )
                from pg_catalog.pg_attribute a
                where a.attrelid = c.oid and a.attnum = any(r.prattrs)
                having pg_catalog.count(*) > 0
            ),
            ' WHERE (' || pg_catalog.pg_get_expr(r.prqual, c.oid) || ')'
        )
    from pg_catalog.pg_publication_rel r
    join pg_catalog.pg_class c on c.oid = r.prrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    union all
    select
        s.pnpubid, 2, n.nspname, pg_catalog.format('TABLES IN SCHEMA %%I', n.nspname)
    from pg_catalog.pg_publication_namespace s
    join pg_catalog.pg_namespace n on n.oid = s.pnnspid
),

found (
    place, kind, catalog, oid, schema_name, object_name, definition_text, first_text, second_text
) as (
    select
        1, 'collation', l.tableoid, l.oid, n.nspname, l.collname,
        pg_catalog.format(
            'CREATE COLLATION %%I.%%I (%%s)', n.nspname, l.collname,
            pg_catalog.concat_ws(
                ', ',
                'provider = ' || case l.collprovider
                    when 'i' then 'icu' when 'b' then 'builtin' else 'libc'
                end,
                case
                    when l.collprovider <> 'c' then
                        'locale = ' || pg_catalog.quote_literal(
                            coalesce(
                                d.doc ->> 'colllocale', d.doc ->> 'colliculocale',
                                d.doc ->> 'collcollate'
                            )
                        )
                    when d.doc ->> 'collcollate' = d.doc ->> 'collctype' then
                        'locale = ' || pg_catalog.quote_literal(d.doc ->> 'collcollate')
                    else
                        'lc_collate = ' || pg_catalog.quote_literal(d.doc ->> 'collcollate')
                        || ', lc_ctype = ' || pg_catalog.quote_literal(d.doc ->> 'collctype')
                end,
                case when not l.collisdeterministic then 'deterministic = false' end,
                'rules = ' || pg_catalog.quote_literal(d.doc ->> 'collicurules')
            )
        ), null::text, null::text
    from pg_catalog.pg_collation l
    join pg_catalog.pg_namespace n on n.oid = l.collnamespace
    cross join lateral (select pg_catalog.to_jsonb(l) as doc) as d
    where l.oid >= 16384 and l.collnamespace = any(%(namespaces)s::oid[])
    union all
    select
        2, 'text search dictionary', t.tableoid, t.oid, n.nspname, t.dictname,
        pg_catalog.format(
            'CREATE TEXT SEARCH DICTIONARY %%I.%%I (TEMPLATE = %%I.%%I%%s)',
            n.nspname, t.dictname, tn.nspname, tt.tmplname, ', ' || t.dictinitoption
        ), null, null
    from pg_catalog.pg_ts_dict t
    join pg_catalog.pg_namespace n on n.oid = t.dictnamespace
    join pg_catalog.pg_ts_template tt on tt.oid = t.dicttemplate
    join pg_catalog.pg_namespace tn on tn.oid = tt.tmplnamespace
    where t.oid >= 16384 and t.dictnamespace = any(%(namespaces)s::oid[])
    union all
    select
        3, 'text search configuration', c.tableoid, c.oid, n.nspname, c.cfgname,
        pg_catalog.concat(
            pg_catalog.format(
                'CREATE TEXT SEARCH CONFIGURATION %%I.%%I (PARSER = %%I.%%I)',
                n.nspname, c.cfgname, pn.nspname, p.prsname
            ),
            (
                select
                    pg_catalog.string_agg(
                        pg_catalog.format(
                            E';\nALTER TEXT SEARCH CONFIGURATION %%I.%%I ADD MAPPING FOR %%s WITH %%s',
                            n.nspname, c.cfgname, w.words, w.dictionaries
                        ),
                        '' order by w.first_word
                    )
                from (
                    select
                        m.dictionaries,
                        pg_catalog.min(m.word) as first_word,
                        pg_catalog.string_agg(k.alias, ', ' order by m.word) as words
                    from (
                        select
                            o.maptokentype as word,
                            pg_catalog.string_agg(
                                pg_catalog.format('%%I.%%I', dn.nspname, d.dictname),
                                ', ' order by o.mapseqno
                            ) as dictionaries
                        from pg_catalog.pg_ts_config_map o
                        join pg_catalog.pg_ts_dict d on d.oid = o.mapdict
                        join pg_catalog.pg_namespace dn on dn.oid = d.dictnamespace
                        where o.mapcfg = c.oid
                        group by o.maptokentype
                    ) as m
                    join pg_catalog.ts_token_type(c.cfgparser) k on k.tokid = m.word
                    group by m.dictionaries
                ) as w
            )
        ), null, null
    from pg_catalog.pg_ts_config c
    join pg_catalog.pg_namespace n on n.oid = c.cfgnamespace
    join pg_catalog.pg_ts_parser p on p.oid = c.cfgparser
    join pg_catalog.pg_namespace pn on pn.oid = p.prsnamespace
    where c.oid >= 16384 and c.cfgnamespace = any(%(namespaces)s::oid[])
    union all
    select
        4, 'cast', a.tableoid, a.oid, 'public', '',
        pg_catalog.format(
            'CREATE CAST (%%s AS %%s) %%s%%s',
            pg_catalog.format_type(a.castsource, null), pg_catalog.format_type(a.casttarget, null),
            case a.castmethod
                when 'f' then 'WITH FUNCTION ' || a.castfunc::pg_catalog.regprocedure
                when 'i' then 'WITH INOUT'
                else 'WITHOUT FUNCTION'
            end,
            case a.castcontext when 'a' then ' AS ASSIGNMENT' when 'i' then ' AS IMPLICIT' end
        ),
        pg_catalog.format_type(a.castsource, null), pg_catalog.format_type(a.casttarget, null)
    from pg_catalog.pg_cast a
    where
        a.oid >= 16384
        and not exists (
            select from pg_catalog.pg_depend i
            where i.classid = a.tableoid and i.objid = a.oid and i.deptype = 'i'
        )
        and not exists (
            select from unread u
            where
                u.oid in (a.castsource, a.casttarget)
                and u.catalog = 'pg_catalog.pg_type'::pg_catalog.regclass
                or u.oid = a.castfunc and u.catalog = 'pg_catalog.pg_proc'::pg_catalog.regclass
        )
    union all
    select
        5, 'operator', r.tableoid, r.oid, n.nspname, r.oprname,
        pg_catalog.format(
            'CREATE OPERATOR %%I.%%s (%%s)', n.nspname, r.oprname,
            pg_catalog.concat_ws(
                ', ',
                'FUNCTION = ' || r.oprcode,
                'LEFTARG = ' || pg_catalog.format_type(nullif(r.oprleft, 0), null),
                'RIGHTARG = ' || pg_catalog.format_type(nullif(r.oprright, 0), null),
                (
                    select pg_catalog.format('COMMUTATOR = OPERATOR(%%I.%%s)', m.nspname, c.oprname)
                    from pg_catalog.pg_operator c
                    join pg_catalog.pg_namespace m on m.oid = c.oprnamespace
                    where c.oid = r.oprcom
                ),
                (
                    select pg_catalog.format('NEGATOR = OPERATOR(%%I.%%s)', m.nspname, c.oprname)
                    from pg_catalog.pg_operator c
                    join pg_catalog.pg_namespace m on m.oid = c.oprnamespace
                    where c.oid = r.oprnegate
                ),
                'RESTRICT = ' || nullif(r.oprrest::text, '-'),
                'JOIN = ' || nullif(r.oprjoin::text, '-'),
                case when r.oprcanhash then 'HASHES' end,
                case when r.oprcanmerge then 'MERGES' end
            )
        ),
        pg_catalog.format_type(nullif(r.oprleft, 0), null),
        pg_catalog.format_type(nullif(r.oprright, 0), null)
    from pg_catalog.pg_operator r
    join pg_catalog.pg_namespace n on n.oid = r.oprnamespace
    -- one without a function is only spoken of
    where r.oid >= 16384 and r.oprcode <> 0 and r.oprnamespace = any(%(namespaces)s::oid[])
    union all
    select
        6, 'operator family', f.tableoid, f.oid, n.nspname, f.opfname,
        pg_catalog.concat(
            pg_catalog.format(
                'CREATE OPERATOR FAMILY %%I.%%I USING %%I', n.nspname, f.opfname, m.amname
            ),
            (
                select
                    pg_catalog.format(
                        E';\nALTER OPERATOR FAMILY %%I.%%I USING %%I ADD %%s',
                        n.nspname, f.opfname, m.amname,
                        pg_catalog.string_agg(
                            b.member_text, ', ' order by b.place, b.number_, b.member_text
                        )
                    )
                from member b
                where b.family = f.oid and b.class_oid is null
                having pg_catalog.count(*) > 0
            )
        ), m.amname, null
    from pg_catalog.pg_opfamily f
    join pg_catalog.pg_namespace n on n.oid = f.opfnamespace
    join pg_catalog.pg_am m on m.oid = f.opfmethod
    where f.oid >= 16384 and f.opfnamespace = any(%(namespaces)s::oid[])
    union all
    select
        7, 'operator class', o.tableoid, o.oid, n.nspname, o.opcname,
        pg_catalog.format(
            'CREATE OPERATOR CLASS %%I.%%I %%sFOR TYPE %%s USING %%I FAMILY %%I.%%I AS %%s',
            n.nspname, o.opcname, case when o.opcdefault then 'DEFAULT ' end,
            pg_catalog.format_type(o.opcintype, null), m.amname, fn.nspname, f.opfname,
            coalesce(
                pg_catalog.concat_ws(
                    ', ',
                    'STORAGE ' || pg_catalog.format_type(nullif(o.opckeytype, 0), null),
                    (
                        select
                            pg_catalog.string_agg(
                                b.member_text, ', ' order by b.place, b.number_, b.member_text
                            )
                        from member b
                        where b.class_oid = o.oid
                    ),
                    -- something must stand there, and this changes nothing
                    case
                        when
                            o.opckeytype = 0
                            and not exists (select from member b where b.class_oid = o.oid)
                            then 'STORAGE ' || pg_catalog.format_type(o.opcintype, null)
                    end
                ),
                ''
            )
        ), m.amname, null
    from pg_catalog.pg_opclass o
    join pg_catalog.pg_namespace n on n.oid = o.opcnamespace
    join pg_catalog.pg_am m on m.oid = o.opcmethod
    join pg_catalog.pg_opfamily f on f.oid = o.opcfamily
    join pg_catalog.pg_namespace fn on fn.oid = f.opfnamespace
    where o.oid >= 16384 and o.opcnamespace = any(%(namespaces)s::oid[])
    union all
    select
        8, 'event trigger', v.tableoid, v.oid, 'public', v.evtname,
        pg_catalog.concat(
            pg_catalog.format('CREATE EVENT TRIGGER %%I ON %%I', v.evtname, v.evtevent),
            (
                select
                    pg_catalog.format(
                        ' WHEN TAG IN (%%s)',
                        pg_catalog.string_agg(pg_catalog.quote_literal(g.tag), ', ' order by g.nr)
                    )
                from pg_catalog.unnest(v.evttags) with ordinality as g (tag, nr)
                having pg_catalog.count(*) > 0
            ),
            pg_catalog.format(' EXECUTE FUNCTION %%s()', v.evtfoid::pg_catalog.regproc),
            case v.evtenabled
                when 'O' then null
                else pg_catalog.format(
                    E';\nALTER EVENT TRIGGER %%I %%s', v.evtname,
                    case v.evtenabled
                        when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' else 'ENABLE ALWAYS'
                    end
                )
            end
        ), null, null
    from pg_catalog.pg_event_trigger v
    where
        v.evtfoid not in (
            select u.oid from unread u
            where u.catalog = 'pg_catalog.pg_proc'::pg_catalog.regclass
        )
    union all
    select
        9, 'conversion', v.tableoid, v.oid, n.nspname, v.conname,
        pg_catalog.format(
            'CREATE %%sCONVERSION %%I.%%I FOR %%L TO %%L FROM %%s',
            case when v.condefault then 'DEFAULT ' end, n.nspname, v.conname,
            pg_catalog.pg_encoding_to_char(v.conforencoding),
            pg_catalog.pg_encoding_to_char(v.contoencoding), v.conproc
        ), null, null
    from pg_catalog.pg_conversion v
    join pg_catalog.pg_namespace n on n.oid = v.connamespace
    where v.oid >= 16384 and v.connamespace = any(%(namespaces)s::oid[])
    union all
    select
        10, 'foreign data wrapper', w.tableoid, w.oid, 'public', w.fdwname,
        pg_catalog.concat(
            pg_catalog.format('CREATE FOREIGN DATA WRAPPER %%I', w.fdwname),
            ' HANDLER ' || nullif(w.fdwhandler, 0)::pg_catalog.regproc,
            ' VALIDATOR ' || nullif(w.fdwvalidator, 0)::pg_catalog.regproc,
            x.options
        ), null, null
    from pg_catalog.pg_foreign_data_wrapper w
    left join option_text x on x.catalog = w.tableoid and x.oid = w.oid
    union all
    select
        11, 'server', s.tableoid, s.oid, 'public', s.srvname,
        pg_catalog.concat(
            pg_catalog.format('CREATE SERVER %%I', s.srvname),
            ' TYPE ' || pg_catalog.quote_literal(s.srvtype),
            ' VERSION ' || pg_catalog.quote_literal(s.srvversion),
            pg_catalog.format(' FOREIGN DATA WRAPPER %%I', w.fdwname),
            x.options
        ), null, null
    from pg_catalog.pg_foreign_server s
    join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
    left join option_text x on x.catalog = s.tableoid and x.oid = s.oid
    union all
    select
        12, 'foreign table', c.tableoid, c.oid, n.nspname, c.relname,
        pg_catalog.concat(
            pg_catalog.format('CREATE FOREIGN TABLE %%I.%%I (', n.nspname, c.relname),
            (
                select
                    E'\n    '
                    || pg_catalog.string_agg(
                        p.part_text, E',\n    ' order by p.place, p.number_
                    )
                    || E'\n'
                from foreign_part p
                where p.relid = c.oid
            ),
            ')',
            (
                select
                    pg_catalog.format(
                        ' INHERITS (%%s)',
                        pg_catalog.string_agg(
                            pg_catalog.format('%%I.%%I', pn.nspname, p.relname), ', '
                            order by i.inhseqno
                        )
                    )
                from pg_catalog.pg_inherits i
                join pg_catalog.pg_class p on p.oid = i.inhparent
                join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
                where i.inhrelid = c.oid and not c.relispartition
                having pg_catalog.count(*) > 0
            ),
            pg_catalog.format(' SERVER %%I', s.srvname),
            x.options,
            (
                select
                    pg_catalog.string_agg(E';\n' || m.more_text, '' order by m.place, m.name_)
                from foreign_more m
                where m.relid = c.oid
            )
        ), null, null
    from pg_catalog.pg_foreign_table t
    join pg_catalog.pg_class c on c.oid = t.ftrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_foreign_server s on s.oid = t.ftserver
    left join option_text x on x.catalog = c.tableoid and x.oid = c.oid and x.number_ = 0
    where c.relnamespace = any(%(namespaces)s::oid[])
    union all
    select
        13, 'publication', b.tableoid, b.oid, 'public', b.pubname,
        pg_catalog.concat(
            pg_catalog.format('CREATE PUBLICATION %%I', b.pubname),
            case when b.puballtables then ' FOR ALL TABLES' end,
            (
                select
                    ' FOR '
                    || pg_catalog.string_agg(
                        r.published_text, ', ' order by r.place, r.name_
                    )
                from published r
                where r.publication = b.oid
            ),
            pg_catalog.format(
                ' WITH (%%s)',
                pg_catalog.concat_ws(
                    ', ',
                    pg_catalog.format(
                        'publish = %%L',
                        pg_catalog.concat_ws(
                            ', ', case when b.pubinsert then 'insert' end,
                            case when b.pubupdate then 'update' end,
                            case when b.pubdelete then 'delete' end,
                            case when b.pubtruncate then 'truncate' end
                        )
                    ),
                    case when b.pubviaroot then 'publish_via_partition_root = true' end,
                    case
                        when d.doc ->> 'pubgencols' in ('s', 'true')
                            then 'publish_generated_columns = stored'
                    end
                )
            )
        ), null, null
    from pg_catalog.pg_publication b
    cross join lateral (select pg_catalog.to_jsonb(b) as doc) as d
)

select
    f.kind,
    f.schema_name,
    f.object_name,
    f.definition_text,
    f.first_text,
    f.second_text,
    ds.description as comment_text
from found f
left join pg_catalog.pg_description ds
    on ds.classoid = f.catalog and ds.objoid = f.oid and ds.objsubid = 0
where (f.catalog, f.oid) not in (select e.classid, e.objid from extension_objects e)
order by f.place, f.schema_name, f.object_name, f.oid
