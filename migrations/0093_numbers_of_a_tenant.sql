-- Each tenant numbers its tickets from 1 on: by numbers of one sequence for the
-- install, a tenant could count the tickets of the others. A sequence, because a
-- row that counts would let one transaction wait for the other.
create function number_tickets(tenant uuid) returns void
    language plpgsql security definer
    set search_path = pg_catalog, public
    as $$
declare
    own constant text := 'ticket_number_' || replace(tenant::text, '-', '');
begin
    if not exists (select from tenants t where t.tenant_id = tenant) then
        raise foreign_key_violation using message = 'there is no such tenant';
    end if;
    execute format('create sequence public.%I', own);
    execute format('grant usage on sequence public.%I to support_app', own);
end
$$;
comment on function number_tickets(uuid) is 'makes the sequence that numbers the tickets of a new tenant';
revoke execute on function number_tickets(uuid) from public;
grant execute on function number_tickets(uuid) to support_app;

create function draw_ticket_number(tenant uuid) returns bigint
    language sql
    as $$ select nextval(('public.ticket_number_' || replace(tenant::text, '-', ''))::regclass) $$;
comment on function draw_ticket_number(uuid) is 'the next number of a tenant''s tickets';

-- Those that are there go on after their last one. The owner is bound by row-level
-- security too, and belongs to no tenant.
alter table tickets no force row level security;
alter table tenants no force row level security;
do $$
declare
    own record;
begin
    for own in select t.tenant_id, (select max(number) from tickets k where k.tenant_id = t.tenant_id) as last
                 from tenants t
    loop
        perform number_tickets(own.tenant_id);
        perform setval(('public.ticket_number_' || replace(own.tenant_id::text, '-', ''))::regclass, own.last)
          where own.last is not null;
    end loop;
end
$$;
alter table tenants force row level security;
alter table tickets force row level security;

drop sequence ticket_number;
