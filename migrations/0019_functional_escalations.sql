-- A tenant's own matrix, in versions that never change.
create table escalation_matrices (
    tenant_id uuid not null,
    version integer not null,
    document jsonb,
    created_at timestamptz not null,
    constraint escalation_matrices_pkey primary key (tenant_id, version),
    constraint escalation_matrices_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint escalation_matrices_version_positive check (version >= 1),
    constraint escalation_matrices_document_is_object check (document is null or jsonb_typeof(document) = 'object')
);
comment on table escalation_matrices is
    'versions of a tenant''s own escalation matrix; rows never change, so that every escalation can name its own';
comment on column escalation_matrices.document is 'null: from this version on the shipped matrix is in force again';
alter table escalation_matrices enable row level security;
alter table escalation_matrices force row level security;
create policy escalation_matrices_own on escalation_matrices
    using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
-- No update, no delete: versions are kept as they were.
grant select, insert on escalation_matrices to support_app;

-- What happens to a hand-over after it was made.
alter table escalations
    add column matrix_version text,
    add column origin text,
    add column acknowledge_within_seconds bigint,
    add column acknowledged_at timestamptz,
    add column acknowledged_by uuid,
    add column acknowledged_until timestamptz,
    add column answer text,
    add column answered_at timestamptz,
    add column declined_reason text,
    add column note text,
    add column follows uuid,
    add column followed_by uuid,
    add column version bigint not null default 1,
    add constraint escalations_acknowledged_by_fkey foreign key (tenant_id, acknowledged_by)
        references agents (tenant_id, id),
    add constraint escalations_follows_fkey foreign key (tenant_id, follows) references escalations (tenant_id, id),
    add constraint escalations_followed_by_fkey foreign key (tenant_id, followed_by)
        references escalations (tenant_id, id),
    add constraint escalations_origin_known check (origin in ('person', 'matrix', 'fallback', 'ladder', 'handoff')),
    add constraint escalations_acknowledged_has_instant check (
        acknowledged_at is not null or (acknowledged_by is null and acknowledged_until is null)),
    add constraint escalations_answered_has_instant check ((answer is null) = (answered_at is null)),
    add constraint escalations_version_positive check (version >= 1);
comment on column escalations.matrix_version is 'the version of the matrix whose row it was made by; null: made before they were told apart';
comment on column escalations.acknowledge_within_seconds is 'null: the time from requested_at to acknowledge_by';
comment on column escalations.note is 'what was said with its last step, beside answer and refusal';
create index escalations_of_state on escalations (tenant_id, state, id);
