-- A tenant's own policies and calendars, in versions that never change.
create table sla_books (
    tenant_id uuid not null,
    revision bigint not null,
    constraint sla_books_pkey primary key (tenant_id),
    constraint sla_books_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint sla_books_revision_counts check (revision >= 0)
);
comment on table sla_books is 'how often a tenant''s own policies and calendars were edited; locked by edits alone';

create table sla_calendars (
    tenant_id uuid not null,
    key text not null,
    version integer not null,
    origin text not null,
    name text,
    hours jsonb not null,
    reason text,
    revision bigint not null,
    created_at timestamptz not null,
    constraint sla_calendars_pkey primary key (tenant_id, key, version),
    constraint sla_calendars_book_fkey foreign key (tenant_id) references sla_books (tenant_id),
    constraint sla_calendars_key_shape check (key ~ '^[a-z0-9_-]{1,64}$'),
    constraint sla_calendars_version_positive check (version >= 1),
    constraint sla_calendars_origin_known check (origin in ('shipped', 'own')),
    constraint sla_calendars_revision_positive check (revision >= 1)
);
comment on table sla_calendars is 'versions of calendars that a tenant made or that its policies count in; rows never change';
comment on column sla_calendars.origin is 'shipped: a copy, kept because a policy of the tenant counts in it';
comment on column sla_calendars.revision is 'the edit that made it';

create table sla_policies (
    tenant_id uuid not null,
    key text not null,
    version integer not null,
    position integer not null,
    enabled boolean not null,
    document jsonb not null,
    reason text,
    revision bigint not null,
    created_at timestamptz not null,
    constraint sla_policies_pkey primary key (tenant_id, key, version),
    constraint sla_policies_book_fkey foreign key (tenant_id) references sla_books (tenant_id),
    constraint sla_policies_key_shape check (key ~ '^[a-z0-9_-]{1,64}$'),
    constraint sla_policies_version_positive check (version >= 1),
    constraint sla_policies_revision_positive check (revision >= 1)
);
comment on table sla_policies is 'versions of policies that a tenant made; rows never change, so that every ticket can name its own';
comment on column sla_policies.document is 'name, calendars with their versions, conditions, rules and targets';
comment on column sla_policies.revision is 'the edit that made it';

do $$
declare
    wanted text;
begin
    foreach wanted in array array['sla_books', 'sla_calendars', 'sla_policies'] loop
        execute format('alter table %I enable row level security', wanted);
        execute format('alter table %I force row level security', wanted);
        execute format(
            'create policy %I on %I using (tenant_id = app_tenant()) with check (tenant_id = app_tenant())',
            wanted || '_own', wanted);
        execute format('grant select, insert on %I to support_app', wanted);
    end loop;
end
$$;
grant update (revision) on sla_books to support_app;
