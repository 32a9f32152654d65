-- Entries follow from the histories alone, mean more than they did, and are made
-- for a target of first responses, which is a setting. All of them are made anew
-- when the service starts; the version of the numbers goes on growing.
alter table kpi_deltas no force row level security;
alter table kpi_states no force row level security;
insert into kpi_states (tenant_id, folded) select tenant_id, sum(changes) + 1 from kpi_deltas group by tenant_id
on conflict (tenant_id) do update set folded = kpi_states.folded + excluded.folded;
alter table kpi_states force row level security;
alter table kpi_deltas force row level security;
update kpi_states set folded = folded + 1;
truncate kpi_entries, kpi_deltas, kpi_cubes;
alter table kpi_entries drop constraint kpi_entries_kind_known;
alter table kpi_entries add constraint kpi_entries_kind_known check (kind in (
    'answered', 'overdue_business', 'overdue_elapsed', 'unanswered', 'created', 'first_resolution',
    'last_resolution', 'resolved', 'decided', 'surveyed', 'rated'));
alter table kpi_states
    add column first_response_seconds bigint,
    add constraint kpi_states_target_known check (first_response_seconds >= 0);
comment on column kpi_states.first_response_seconds is
    'the target that entries were made for; null: 1800; 0: they are being made anew, or were when that was cut off';
alter table tenants no force row level security;
alter table tickets no force row level security;
alter table kpi_states no force row level security;
insert into kpi_states (tenant_id, folded, first_response_seconds)
select tenant_id, 1, 0 from tenants where exists (select from tickets where tickets.tenant_id = tenants.tenant_id)
on conflict (tenant_id) do update set first_response_seconds = 0;
alter table kpi_states force row level security;
alter table tickets force row level security;
alter table tenants force row level security;
