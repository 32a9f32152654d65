-- Words of new tickets wait in a list of the index until somebody sorts them in.
-- Left to itself that is whoever writes the ticket that is one too many, who then
-- waits, and everybody of that transaction. The worker does it every second
-- instead; only where no worker runs may the list get as long as this (in KiB).
alter index tickets_search set (gin_pending_list_limit = 32768);

create function sort_in_words() returns bigint
    language plpgsql security definer set search_path = pg_catalog, public
    as $$
begin
    return gin_clean_pending_list('tickets_search');
end
$$;
revoke all on function sort_in_words() from public;
grant execute on function sort_in_words() to support_app;
comment on function sort_in_words() is 'sorts words of new tickets into the index; answers from how many pages';

-- What the planner has to know while tables are small is how many rows there are,
-- and roughly how their values differ: a fifth of the usual sample tells, and does
-- not hold a processor for a second while tickets come in.
alter function analyze_grown() set default_statistics_target = 20;

-- Nobody may remove people or teams, and the transaction that makes a ticket has
-- found or made its requester: looking both up again proves nothing, and locks the
-- few teams that all tickets share.
alter table tickets drop constraint tickets_requester_fkey;
alter table tickets drop constraint tickets_team_fkey;

-- Each ticket has a plan, long enough to be compressed.
do $$
begin
    if exists (select from pg_settings where name = 'default_toast_compression' and 'lz4' = any (enumvals)) then
        alter table ladder_plans alter column items set compression lz4;
    end if;
end
$$;
