-- Summaries of tickets that need people above first level at once. The file of
-- one is a copy; this is the truth.
create table handoffs (
    tenant_id uuid not null,
    id uuid not null,
    ticket_id uuid,
    cause text not null,
    created_at timestamptz not null,
    window_start timestamptz,
    summarised_in uuid,
    document text,
    file_name text,
    written_at timestamptz,
    failure text,
    constraint handoffs_pkey primary key (tenant_id, id),
    constraint handoffs_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint handoffs_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
    constraint handoffs_summarised_in_fkey foreign key (tenant_id, summarised_in) references handoffs (tenant_id, id),
    constraint handoffs_cause_known check (cause in ('priority', 'user_impact', 'ladder', 'storm')),
    constraint handoffs_storm_has_window check (
        (cause = 'storm') = (ticket_id is null) and (cause = 'storm') = (window_start is not null)),
    constraint handoffs_ticket_has_document check (ticket_id is null or document is not null),
    constraint handoffs_summarised_has_no_file check (summarised_in is null or file_name is null),
    constraint handoffs_written_under_name check (written_at is null or file_name is not null),
    constraint handoffs_once unique (tenant_id, ticket_id, cause),
    constraint handoffs_window_once unique (tenant_id, window_start),
    constraint handoffs_file_name_unique unique (tenant_id, file_name)
);
comment on table handoffs is 'summaries of tickets that need people above first level at once, and of storms of them';
comment on column handoffs.document is 'Markdown; null: a summary whose window is not over';
comment on column handoffs.summarised_in is 'the summary that stands for it where it has no file of its own';
comment on column handoffs.file_name is 'taken before the file is written, so that there is never a second file';
comment on column handoffs.failure is 'why its file could not be written the last time';
create index handoffs_of_window on handoffs (tenant_id, created_at) where summarised_in is null and ticket_id is not null;
create index handoffs_of_summary on handoffs (tenant_id, summarised_in, id) where summarised_in is not null;

alter table handoffs enable row level security;
alter table handoffs force row level security;
create policy handoffs_own on handoffs using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert, update on handoffs to support_app;
