create table escalation_policies (
    tenant_id uuid not null,
    version integer not null,
    origin text not null,
    document jsonb,
    reason text,
    created_at timestamptz not null,
    constraint escalation_policies_pkey primary key (tenant_id, version),
    constraint escalation_policies_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint escalation_policies_version_positive check (version >= 1),
    constraint escalation_policies_origin_known check (origin in ('shipped', 'own')),
    constraint escalation_policies_own_has_document check ((origin = 'own') = (document is not null))
);
comment on table escalation_policies is 'editions of a tenant''s ladders, each the whole list; rows never change, so that every ticket can name its own';
comment on column escalation_policies.origin is 'shipped: from here on those that the service comes with';

alter table escalation_policies enable row level security;
alter table escalation_policies force row level security;
create policy escalation_policies_own on escalation_policies
    using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert on escalation_policies to support_app;

-- Shipped by the service, so no tenant's own.
create table ladder_texts (
    version text not null,
    source text not null,
    first_used_at timestamptz not null,
    constraint ladder_texts_pkey primary key (version)
);
comment on table ladder_texts is 'each text of shipped ladders that tickets may name, by its SHA-256';
grant select, insert on ladder_texts to support_app;
