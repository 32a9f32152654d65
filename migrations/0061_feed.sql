-- Every fact that was told, in the order of telling. Places are given by one
-- transaction of a tenant at a time, so whoever has read up to a place has seen
-- all before it, however facts were committed.
create table feed (
    tenant_id uuid not null,
    position bigint not null,
    event_id uuid not null,
    ticket_id uuid not null,
    seq bigint not null,
    constraint feed_pkey primary key (tenant_id, position),
    constraint feed_event_unique unique (tenant_id, event_id),
    constraint feed_event_fkey foreign key (tenant_id, ticket_id, seq)
        references ticket_events (tenant_id, ticket_id, seq),
    constraint feed_position_positive check (position >= 1)
);
comment on table feed is 'the order in which facts are told to readers of the feed, without gaps; identifiers only';
comment on column feed.position is 'place in the tenant''s feed, from 1';

create table feed_ends (
    tenant_id uuid not null,
    position bigint not null,
    constraint feed_ends_pkey primary key (tenant_id),
    constraint feed_ends_tenant_fkey foreign key (tenant_id) references tenants (tenant_id)
);
comment on table feed_ends is 'the last place that was given in a tenant''s feed; a place is never given twice';

-- What was told before there was a feed comes first. The owner is bound by
-- row-level security too, and belongs to no tenant.
alter table ticket_events no force row level security;
alter table tenants no force row level security;
insert into feed (tenant_id, position, event_id, ticket_id, seq)
select e.tenant_id, row_number() over (partition by e.tenant_id order by e.at, e.ticket_id, e.seq), e.id, e.ticket_id, e.seq
  from ticket_events e
 where not exists (select from outbox o
                    where o.tenant_id = e.tenant_id and o.ticket_id = e.ticket_id and o.seq = e.seq);
insert into feed_ends (tenant_id, position) select tenant_id, max(position) from feed group by tenant_id;
alter table tenants force row level security;
alter table ticket_events force row level security;

alter table feed enable row level security;
alter table feed force row level security;
create policy feed_own on feed using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert on feed to support_app;
alter table feed_ends enable row level security;
alter table feed_ends force row level security;
create policy feed_ends_own on feed_ends using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert, update on feed_ends to support_app;
