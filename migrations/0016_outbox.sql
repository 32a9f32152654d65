-- Facts that were committed and that nobody has been told of yet. They are
-- read in order, by one at a time for each tenant, and removed.
create table outbox (
    tenant_id uuid not null,
    position bigint generated always as identity,
    ticket_id uuid not null,
    seq bigint not null,
    constraint outbox_pkey primary key (tenant_id, position)
) with (fillfactor = 100);
comment on table outbox is 'facts of histories that nobody has been told of yet; identifiers only, removed once deliveries are made of them';
comment on column outbox.position is 'order in which they are told; facts of one ticket are in the order of its history';
grant select, insert, delete on outbox to support_app;
