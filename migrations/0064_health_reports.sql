-- System health reports that were made by themselves, and what they read.
alter table timers drop constraint timers_kind_known;
alter table timers add constraint timers_kind_known
    check (kind in ('ticket', 'webhook', 'mail', 'handoff', 'metrics', 'monitor', 'report'));

create index alert_groups_by_last on alert_groups (tenant_id, last_at);
create index alert_groups_firing on alert_groups (tenant_id, id) where state = 'firing';
create index escalations_by_request on escalations (tenant_id, requested_at);

create table health_reports (
    tenant_id uuid not null,
    id uuid not null,
    cadence text not null,
    from_at timestamptz not null,
    to_at timestamptz not null,
    time_zone text not null,
    verdict text not null,
    recommendations integer not null,
    markdown text not null,
    html text not null,
    due_at timestamptz not null,
    made_at timestamptz not null,
    written_at timestamptz,
    failure text,
    constraint health_reports_pkey primary key (tenant_id, id),
    constraint health_reports_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint health_reports_once unique (tenant_id, cadence, from_at, to_at),
    constraint health_reports_cadence_known check (cadence in ('daily', 'weekly', 'monthly')),
    constraint health_reports_verdict_known check (verdict in ('nothing_yet', 'healthy', 'at_risk', 'failing')),
    constraint health_reports_forward check (to_at > from_at),
    constraint health_reports_recommendations_count check (recommendations between 0 and 2)
);
comment on table health_reports is 'system health reports that were made when they were due, one for each period; they name tickets by number and hold no text of them';
comment on column health_reports.written_at is 'when its files were there';
comment on column health_reports.failure is 'why its files could not be written, the last time';

create table health_report_mails (
    tenant_id uuid not null,
    id uuid not null,
    report_id uuid not null,
    recipient bytea not null,
    state text not null,
    attempts integer not null default 0,
    reason text,
    message_id text not null,
    created_at timestamptz not null,
    sent_at timestamptz,
    constraint health_report_mails_pkey primary key (tenant_id, id),
    constraint health_report_mails_report_fkey foreign key (tenant_id, report_id) references health_reports (tenant_id, id),
    constraint health_report_mails_once unique (tenant_id, report_id, recipient),
    constraint health_report_mails_recipient_is_sha256 check (octet_length(recipient) = 32),
    constraint health_report_mails_state_known check (state in ('pending', 'sent', 'dead', 'moot', 'skipped')),
    constraint health_report_mails_sent_has_instant check ((state = 'sent') = (sent_at is not null)),
    constraint health_report_mails_attempts_count check (attempts >= 0)
) with (fillfactor = 85);
comment on table health_report_mails is 'reports sent by mail; addresses stand in the configuration alone';
comment on column health_report_mails.recipient is 'SHA-256 of the address, by which it is found in the configuration';

do $$
declare
    wanted text;
begin
    foreach wanted in array array['health_reports', 'health_report_mails'] loop
        execute format('alter table %I enable row level security', wanted);
        execute format('alter table %I force row level security', wanted);
        execute format(
            'create policy %I on %I using (tenant_id = app_tenant()) with check (tenant_id = app_tenant())',
            wanted || '_own', wanted);
        execute format('grant select, insert, update on %I to support_app', wanted);
    end loop;
end
$$;
