-- No condition that might tell of a row may reach an index before row-level
-- security has let the row pass, unless its function is known not to tell, and
-- that of `@@` is not: every search read all tickets of its tenant. What a policy
-- says may reach an index. So a role of its own searches, which its policy shows
-- nothing but what is searched for.
do $$
declare
    latest constant boolean := current_setting('server_version_num')::integer >= 160000;
begin
    -- Roles belong to the whole cluster, and another database may be at it.
    for attempt in 1..20 loop
        begin
            if not exists (select from pg_roles where rolname = 'support_search') then
                create role support_search nologin nosuperuser nobypassrls;
            end if;
            -- Whoever may become it is not bound by its policy before. From 16 on the grant says so.
            if not latest and (select rolinherit from pg_roles where rolname = 'support_app') then
                alter role support_app noinherit;
            end if;
            if not pg_has_role('support_app', 'support_search', case when latest then 'set' else 'member' end) then
                execute 'grant support_search to support_app'
                    || case when latest then ' with inherit false, set true' else '' end;
            end if;
            exit;
        exception when duplicate_object or unique_violation or internal_error or insufficient_privilege then
            if attempt = 20 then
                raise;
            end if;
            perform pg_sleep(0.02);
        end;
    end loop;
    if pg_has_role('support_app', 'support_search', 'usage') then
        raise insufficient_privilege using message = 'support_app inherits from support_search';
    end if;
end
$$;

create function app_search() returns tsquery
    language sql stable parallel safe
    as $$ select websearch_to_tsquery('english', current_setting('app.search', true)) $$;
comment on function app_search() is 'words that the running transaction searches for; its policy compares tickets with them';

create function app_number() returns bigint
    language sql stable parallel safe
    as $$ select nullif(current_setting('app.number', true), '')::bigint $$;
comment on function app_number() is 'the number that the words searched for are, if they are one';

grant usage on schema public to support_search;
grant select on tickets, requesters, agents to support_search;
create policy tickets_searched on tickets as restrictive for select to support_search
    using (search @@ app_search() or number = app_number());
