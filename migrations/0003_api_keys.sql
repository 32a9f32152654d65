create table api_keys (
    tenant_id uuid not null,
    id uuid not null,
    role text not null,
    name text not null,
    secret_hash bytea not null,
    hint text not null,
    agent_id uuid,
    origins text[] not null default '{}',
    creates_tenants boolean not null default false,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    constraint api_keys_pkey primary key (tenant_id, id),
    constraint api_keys_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint api_keys_agent_fkey foreign key (tenant_id, agent_id) references agents (tenant_id, id),
    constraint api_keys_role_known check (role in ('form', 'service', 'dashboard', 'agent', 'lead', 'admin')),
    constraint api_keys_secret_is_sha256 check (octet_length(secret_hash) = 32),
    constraint api_keys_people_are_agents check ((role in ('agent', 'lead', 'admin')) = (agent_id is not null))
);
-- Looked up before the tenant is known. 256 random bits need no unique constraint.
create index api_keys_secret_hash on api_keys (secret_hash);
comment on table api_keys is 'what callers show; only the SHA-256 of the secret is kept';

alter table api_keys enable row level security;
alter table api_keys force row level security;
create policy api_keys_own on api_keys using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
-- The look-up function below runs as the owner of the schema.
create policy api_keys_owner on api_keys to current_user using (true) with check (true);
grant select, insert, update on api_keys to support_app;

create table operator_keys (
    id uuid not null,
    name text not null,
    secret_hash bytea not null,
    hint text not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    constraint operator_keys_pkey primary key (id),
    constraint operator_keys_secret_is_sha256 check (octet_length(secret_hash) = 32)
);
create index operator_keys_secret_hash on operator_keys (secret_hash);
comment on table operator_keys is 'keys of whoever runs the install: they create tenants and nothing else; the app role cannot read them';

-- The one way to a key before its tenant is known.
create function find_api_key(wanted bytea)
    returns table (
        tenant_id uuid, id uuid, role text, name text, agent_id uuid,
        origins text[], creates_tenants boolean, expires_at timestamptz, revoked_at timestamptz)
    language sql stable security definer set search_path = pg_catalog, public
    as $$
        select k.tenant_id, k.id, k.role, k.name, k.agent_id, k.origins, k.creates_tenants, k.expires_at, k.revoked_at
          from public.api_keys k where k.secret_hash = wanted
        union all
        select null, o.id, 'operator', o.name, null, '{}', true, o.expires_at, o.revoked_at
          from public.operator_keys o where o.secret_hash = wanted
    $$;
revoke all on function find_api_key(bytea) from public;
grant execute on function find_api_key(bytea) to support_app;
comment on function find_api_key(bytea) is 'a key by the SHA-256 of its secret, over all tenants';
