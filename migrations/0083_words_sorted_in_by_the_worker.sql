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
