-- Between two looks a table may grow from nothing beyond what was taken for
-- small: answers kept for repeats, a KiB or two each, did within a few seconds of a
-- flood, and were looked for by the wrong index for the minute that autovacuum
-- took. Each table is taken once for four times its size, so that those of some
-- hundred MiB cost no more.
create or replace function analyze_grown() returns integer
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
           and pg_relation_size(c.oid) / current_setting('block_size')::bigint between 4 and 32768
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
