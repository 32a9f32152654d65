-- What people are told: requesters are asked how it was, and teams are told by
-- way of their endpoints.
alter table mails
    drop constraint mails_kind_known,
    add constraint mails_kind_known check (kind in (
        'message', 'reopened', 'survey', 'escalation_requested', 'escalation_returned', 'escalation_declined',
        'escalation_answered', 'notice', 'page'));

alter table webhook_deliveries add column is_notice boolean not null default false;
comment on column webhook_deliveries.is_notice is 'made because a team is told by this endpoint, whose own choice of events it is not; moot once the team need not know';
