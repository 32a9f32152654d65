create table tenants (
    tenant_id uuid not null,
    slug text not null,
    name text not null,
    created_at timestamptz not null,
    constraint tenants_pkey primary key (tenant_id),
    constraint tenants_slug_shape check (slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    constraint tenants_name_length check (char_length(name) between 1 and 200)
);
-- Slugs are names of the whole install, not of one tenant.
create unique index tenants_slug_unique on tenants (slug);
comment on table tenants is 'customer organisations; each owns all of its data';

alter table tenants enable row level security;
alter table tenants force row level security;
create policy tenants_own on tenants using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
-- Migrations, bootstrap and the command line see all tenants.
create policy tenants_owner on tenants to current_user using (true) with check (true);
grant select, insert on tenants to support_app;

create table teams (
    tenant_id uuid not null,
    slug text not null,
    name text not null,
    persona text,
    created_at timestamptz not null,
    constraint teams_pkey primary key (tenant_id, slug),
    constraint teams_tenant_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint teams_slug_shape check (slug ~ '^[a-z0-9][a-z0-9_-]{0,62}$')
);
comment on table teams is 'who works tickets: first level, and one team with a queue for each persona';

create table agents (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    email text,
    team text,
    created_at timestamptz not null,
    constraint agents_pkey primary key (tenant_id, id),
    constraint agents_name_unique unique (tenant_id, name),
    constraint agents_team_fkey foreign key (tenant_id, team) references teams (tenant_id, slug),
    constraint agents_name_length check (char_length(name) between 1 and 200)
);
comment on table agents is 'people who work tickets; every agent, lead and admin key acts as one of them';

do $$
declare
    wanted text;
begin
    foreach wanted in array array['teams', 'agents'] loop
        execute format('alter table %I enable row level security', wanted);
        execute format('alter table %I force row level security', wanted);
        execute format(
            'create policy %I on %I using (tenant_id = app_tenant()) with check (tenant_id = app_tenant())',
            wanted || '_own', wanted);
        execute format('grant select, insert, update on %I to support_app', wanted);
    end loop;
end
$$;
