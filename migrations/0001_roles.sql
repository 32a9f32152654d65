-- The two roles that the service lowers itself to. Roles belong to the whole
-- cluster, so another database may have made them already.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['support_app', 'support_worker'] loop
        begin
            if not exists (select from pg_roles where rolname = wanted) then
                execute format('create role %I nologin nosuperuser nobypassrls', wanted);
            end if;
        exception when duplicate_object or unique_violation then
            null; -- another database's migration was faster
        end;
        -- The migrating role must be able to lower itself with `set role`.
        if not pg_has_role(current_user, wanted, case
            when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end) then
            execute format('grant %I to current_user', wanted);
        end if;
        execute format('grant usage on schema public to %I', wanted);
    end loop;
end
$$;

-- The tenant of the running transaction, or null: then every policy hides
-- every row. A transaction-local setting comes back as '' once it ended.
create function app_tenant() returns uuid
    language sql stable parallel safe
    as $$ select nullif(current_setting('app.tenant_id', true), '')::uuid $$;
comment on function app_tenant() is 'tenant of the running transaction; row-level security compares every row with it';
