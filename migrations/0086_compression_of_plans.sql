-- Each ticket has a plan, long enough to be compressed, for which lz4 takes a
-- fraction of the time. A server that was built without it goes on as it was.
do $$
begin
    if exists (select from pg_settings where name = 'default_toast_compression' and 'lz4' = any (enumvals)) then
        alter table ladder_plans alter column items set compression lz4;
    end if;
end
$$;
