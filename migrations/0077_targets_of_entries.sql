-- Each entry that hangs on the target of first responses says by which it was
-- judged: while that changes from process to process, those of the old one are
-- found and made anew. What there is was judged by the one that the tenant's
-- entries are noted for; where they are being made anew, all of it will be.
alter table kpi_entries add column target bigint;
alter table kpi_entries no force row level security;
alter table kpi_states no force row level security;
update kpi_entries e
   set target = coalesce(
           nullif((select s.first_response_seconds from kpi_states s where s.tenant_id = e.tenant_id), 0), 1800)
 where e.kind in ('answered', 'overdue_business', 'overdue_elapsed');
alter table kpi_states force row level security;
alter table kpi_entries force row level security;
create index kpi_entries_target on kpi_entries (tenant_id, target) where target is not null;
comment on column kpi_entries.target is
    'the target of first responses that it was judged by, in seconds; null: it does not hang on one';
