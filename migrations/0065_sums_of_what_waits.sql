-- What waits is counted by sums too, and entries of tickets that came in tell in
-- which state they are. All of it follows from histories: it is made anew from
-- them when the service starts.
truncate kpi_entries, kpi_deltas, kpi_cubes;
alter table kpi_cubes
    add column waits bytea not null,
    drop constraint kpi_cubes_span_known,
    add constraint kpi_cubes_span_known check (span in ('hour', 'day', 'week', 'month'));
comment on table kpi_cubes is 'entries summed up over hours, days, weeks and months of UTC, without those still in kpi_deltas';
comment on column kpi_cubes.total is 'over all tickets; single: by each trait alone; whole: by all of them; waits: those that wait by state';
alter table kpi_deltas set (vacuum_truncate = on);
