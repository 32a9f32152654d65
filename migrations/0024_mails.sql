-- Mail that goes out: references alone. Texts and addresses are read from the
-- rows they belong to when it is sent, so that erased people get nothing.
create table mails (
    tenant_id uuid not null,
    id uuid not null,
    ticket_id uuid not null,
    kind text not null,
    recipient text not null,
    requester_id uuid,
    agent_id uuid,
    team text,
    about uuid,
    cause uuid not null,
    at timestamptz not null,
    state text not null,
    attempts integer not null default 0,
    reason text,
    message_id text not null,
    created_at timestamptz not null,
    sent_at timestamptz,
    constraint mails_pkey primary key (tenant_id, id),
    constraint mails_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
    constraint mails_requester_fkey foreign key (tenant_id, requester_id) references requesters (tenant_id, id),
    constraint mails_agent_fkey foreign key (tenant_id, agent_id) references agents (tenant_id, id),
    constraint mails_team_fkey foreign key (tenant_id, team) references teams (tenant_id, slug),
    constraint mails_once unique nulls not distinct
        (tenant_id, cause, kind, requester_id, agent_id, team),
    constraint mails_kind_known check (kind in (
        'message', 'reopened', 'escalation_requested', 'escalation_returned', 'escalation_declined',
        'escalation_answered', 'notice', 'page')),
    constraint mails_recipient_known check (recipient in ('requester', 'agent', 'team')),
    constraint mails_recipient_named check (
        (recipient = 'requester') = (requester_id is not null)
        and (recipient = 'agent') = (agent_id is not null)
        and (recipient = 'team') = (team is not null)),
    constraint mails_state_known check (state in ('pending', 'sent', 'dead', 'moot', 'skipped')),
    constraint mails_sent_has_instant check ((state = 'sent') = (sent_at is not null)),
    constraint mails_ended_has_reason check (state in ('pending', 'sent') or reason is not null),
    constraint mails_attempts_count check (attempts >= 0)
) with (fillfactor = 85);
create index mails_of_ticket on mails (tenant_id, ticket_id, id);
comment on table mails is 'mail to requesters, agents and teams: what it tells, to whom, and what became of it; no text and no address';
comment on column mails.about is 'the message or hand-over that it tells of';
comment on column mails.cause is 'the fact of the ticket''s history that it follows from';
comment on column mails.reason is 'why it was not sent, the last time; without anybody''s address';
comment on column mails.message_id is 'its Message-ID, the same however often it is sent';

alter table mails enable row level security;
alter table mails force row level security;
create policy mails_own on mails using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
grant select, insert, update on mails to support_app;
