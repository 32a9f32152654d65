-- Words are found together with the tenant that uses them: by the words alone a
-- search would visit the tickets of all tenants. Where the extension may not be
-- installed, the index of before goes on.
do $$
begin
    begin
        create extension if not exists btree_gin;
    exception when insufficient_privilege or undefined_file or feature_not_supported then
        raise notice 'btree_gin is not there: searches visit the matches of all tenants';
        return;
    end;
    drop index tickets_search;
    create index tickets_search on tickets using gin (tenant_id, search);
end
$$;
