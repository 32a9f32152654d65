-- Whoever gets to know a table for the planner sorts every column of its sample, and
-- reads long documents for that, which takes a processor for tenths of a second
-- while tickets come in. No condition of a statement is about these columns.
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
