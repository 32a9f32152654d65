-- What ties tickets together, and notes that were shown later.
alter table tickets
    add column merged_into uuid,
    add column follow_up_of uuid,
    add constraint tickets_merged_into_fkey foreign key (tenant_id, merged_into) references tickets (tenant_id, id),
    add constraint tickets_follow_up_of_fkey foreign key (tenant_id, follow_up_of) references tickets (tenant_id, id),
    add constraint tickets_merged_into_another check (merged_into <> id),
    add constraint tickets_merged_is_closed check (merged_into is null or status = 'closed');
create index tickets_merged_into on tickets (tenant_id, merged_into) where merged_into is not null;
create index tickets_follow_up_of on tickets (tenant_id, follow_up_of) where follow_up_of is not null;

alter table messages
    add column published_at timestamptz,
    add constraint messages_published_is_public check (published_at is null or visibility = 'public');
grant update (visibility, published_at) on messages to support_app;

alter table sla_clocks add column breach_at timestamptz;
-- The owner is bound by row-level security too, and belongs to no tenant.
alter table sla_clocks no force row level security;
update sla_clocks set breach_at = coalesce(breached_at, due_at) where breached_at is not null or late_after is not null;
alter table sla_clocks force row level security;
comment on column sla_clocks.breach_at is
    'the instant a breach is stamped with: recorded, or to come unless something else happens to the ticket';
