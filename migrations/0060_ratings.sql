-- What requesters say about how they were helped: one answer for each resolution.
-- The score is in the history too; the words are theirs, and are here alone.
create table ratings (
    tenant_id uuid not null,
    ticket_id uuid not null,
    event_seq bigint not null,
    score smallint not null,
    comment text,
    rated_at timestamptz not null,
    changed_at timestamptz,
    constraint ratings_pkey primary key (tenant_id, ticket_id, event_seq),
    constraint ratings_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
    constraint ratings_score_known check (score between 1 and 5)
);
comment on table ratings is 'how satisfied requesters were with a resolution';
comment on column ratings.event_seq is 'the place of the resolution in the history of the ticket';
comment on column ratings.changed_at is 'when the last answer was given, where it took the place of another';

alter table ratings enable row level security;
alter table ratings force row level security;
create policy ratings_own on ratings using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert, update on ratings to support_app;
