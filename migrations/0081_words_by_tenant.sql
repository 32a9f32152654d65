-- Words are found together with the tenant that uses them: by the words alone a
-- search would visit the tickets of all tenants. Where the extension may not be
-- installed, the index of before goes on. Tickets are read while it is made.
do $$
begin
    begin
        create extension if not exists btree_gin;
    exception when insufficient_privilege or undefined_file or feature_not_supported then
        raise notice 'btree_gin is not there: searches visit the matches of all tenants';
        return;
    end;
    create index tickets_words on tickets using gin (tenant_id, search);
    drop index tickets_search;
    alter index tickets_words rename to tickets_search;
end
$$;
