-- Rows of a ticket are long enough to be compressed, which takes pglz several
-- times as long as lz4. A server that was built without lz4 goes on as it was.
do $$
declare
    long record;
begin
    if not exists (select from pg_settings where name = 'default_toast_compression' and 'lz4' = any (enumvals)) then
        return;
    end if;
    for long in
        select * from (values
            ('tickets', 'custom'), ('tickets', 'triage'), ('tickets', 'search'),
            ('ticket_events', 'data'), ('messages', 'body'), ('idempotency_keys', 'body'),
            ('kpi_deltas', 'whole')
        ) as l (place, name)
    loop
        execute format('alter table %I alter column %I set compression lz4', long.place, long.name);
    end loop;
end
$$;
