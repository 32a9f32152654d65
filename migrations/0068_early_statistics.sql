-- Until it has statistics of a table, the planner thinks all its indexes alike
-- that begin with the tenant, and may look for one ticket among all of a tenant;
-- what gathers statistics looks once a minute. A table of a new install has
-- thousands of rows by then, so the service gathers them as soon as a table is
-- several times as large as it was known to be. Larger ones are left to
-- autovacuum.
create function analyze_grown() returns integer
    language plpgsql security definer set search_path = pg_catalog, public
    as $$
declare
    grown record;
    done integer := 0;
begin
    for grown in
        select c.oid::regclass as name
          from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
           and pg_relation_size(c.oid) / current_setting('block_size')::bigint between 4 and 512
           and pg_relation_size(c.oid) / current_setting('block_size')::bigint >= 4 * c.relpages
         order by c.oid
    loop
        -- Whoever gathers them already does it for us.
        execute format('analyze (skip_locked) %s', grown.name);
        done := done + 1;
    end loop;
    return done;
end
$$;
revoke all on function analyze_grown() from public;
grant execute on function analyze_grown() to support_app;
comment on function analyze_grown() is 'gathers statistics of small tables that have grown; answers of how many';
