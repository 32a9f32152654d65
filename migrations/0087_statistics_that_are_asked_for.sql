-- Whoever looks at a table for the planner reads every column of its sample, long
-- documents and texts too, which takes a processor for tenths of a second while
-- tickets come in. No condition that is looked up by is about these columns.
alter table tickets
    alter column subject set statistics 0,
    alter column custom set statistics 0,
    alter column language set statistics 0,
    alter column triage set statistics 0,
    alter column required_context set statistics 0,
    alter column policy_version set statistics 0,
    alter column sla_version set statistics 0,
    alter column opened_by_agent set statistics 0,
    alter column occurrences set statistics 0,
    alter column escalations set statistics 0,
    alter column reopen_count set statistics 0,
    alter column resolution set statistics 0,
    alter column first_resolved_at set statistics 0,
    alter column version set statistics 0,
    alter column raised_at set statistics 0,
    alter column raised_step set statistics 0,
    alter column untold_repeats set statistics 0;
alter table messages alter column body set statistics 0;
alter table ticket_events alter column data set statistics 0;
alter table ladder_plans alter column items set statistics 0;
alter table idempotency_keys
    alter column fingerprint set statistics 0,
    alter column location set statistics 0,
    alter column etag set statistics 0,
    alter column body set statistics 0;

-- The sample decides how long it takes. While a table is small, roughly is enough;
-- autovacuum comes back for more.
alter function analyze_grown() set default_statistics_target = 10;
