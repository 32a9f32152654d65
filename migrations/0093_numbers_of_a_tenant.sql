-- Each tenant numbers its tickets from 1 on: by numbers of one sequence for the
-- install, a tenant could count the tickets of the others. A sequence of its own,
-- because a row that counts would let one transaction wait for the other. It is
-- made when a tenant first draws from it, and goes on after the numbers that are
-- there. Its name tells nobody which tenants there are, and no role of the service
-- may look into it.
create function draw_ticket_numbers(wanted integer) returns bigint[]
    language plpgsql security definer
    set search_path = pg_catalog, public
    set client_min_messages = warning
    as $$
declare
    tenant constant uuid := app_tenant();
    name constant text := 'ticket_number_' || left(encode(sha256(convert_to(tenant::text, 'UTF8')), 'hex'), 32);
    own regclass := to_regclass('public.' || name);
begin
    if tenant is null then
        raise insufficient_privilege using message = 'numbers are drawn for a tenant';
    end if;
    if own is null then
        -- Another transaction may be at it.
        perform pg_advisory_xact_lock(hashtextextended('ticket numbers ' || tenant::text, 0));
        execute format('create sequence if not exists public.%I start %s', name,
                       (select coalesce(max(number), 0) + 1 from tickets where tenant_id = tenant));
        own := to_regclass('public.' || name);
    end if;
    return array(select nextval(own) from generate_series(1, wanted));
end
$$;
comment on function draw_ticket_numbers(integer) is 'the next numbers for tickets of the running transaction''s tenant';
revoke execute on function draw_ticket_numbers(integer) from public;
grant execute on function draw_ticket_numbers(integer) to support_app;

drop sequence ticket_number;
