-- What links for requesters are signed with: one secret for each tenant, made
-- when it is first needed and the same in all processes.
create table signing_keys (
    tenant_id uuid not null,
    secret bytea not null,
    created_at timestamptz not null,
    constraint signing_keys_pkey primary key (tenant_id),
    constraint signing_keys_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint signing_keys_secret_length check (octet_length(secret) = 32)
);
comment on table signing_keys is 'secrets that links for requesters are signed with; whoever reads them can rate in their names';

alter table signing_keys enable row level security;
alter table signing_keys force row level security;
create policy signing_keys_own on signing_keys using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert on signing_keys to support_app;
