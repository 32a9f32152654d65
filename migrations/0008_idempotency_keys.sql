create table idempotency_keys (
    tenant_id uuid not null,
    api_key_id uuid not null,
    key text not null,
    fingerprint bytea not null,
    status smallint not null,
    location text,
    etag text,
    body bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint idempotency_keys_pkey primary key (tenant_id, api_key_id, key),
    constraint idempotency_keys_key_length check (char_length(key) between 1 and 255),
    constraint idempotency_keys_fingerprint_is_sha256 check (octet_length(fingerprint) = 32)
);
create index idempotency_keys_expiry on idempotency_keys (tenant_id, expires_at);
comment on table idempotency_keys is 'answers kept for callers that repeat a request; each insertion clears away expired ones';

alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;
create policy idempotency_keys_own on idempotency_keys using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert, update, delete on idempotency_keys to support_app;
