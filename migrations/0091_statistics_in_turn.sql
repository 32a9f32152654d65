-- A table whose statistics somebody else gathers already is passed over by what is
-- known of its locks: neither the caller nor the server's log is told of it each
-- time, and it isn't counted as if it had been done here, but where somebody comes
-- just between. Whatever else goes wrong is told again.
create or replace function analyze_grown() returns integer
    language plpgsql security definer
    set search_path = pg_catalog, public
    set default_statistics_target = 10
    as $$
declare
    grown record;
    done integer := 0;
begin
    for grown in
        select c.oid::regclass as name
          from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
           and pg_relation_size(c.oid) / current_setting('block_size')::bigint between 4 and 32768
           and pg_relation_size(c.oid) / current_setting('block_size')::bigint >= 4 * c.relpages
           and not exists (
               select from pg_locks l
                where l.locktype = 'relation' and l.relation = c.oid and l.granted and l.pid <> pg_backend_pid()
                  and l.database = (select oid from pg_database where datname = current_database())
                  and l.mode in ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                                 'AccessExclusiveLock'))
         order by c.oid
    loop
        execute format('analyze (skip_locked) %s', grown.name);
        done := done + 1;
    end loop;
    return done;
end
$$;
