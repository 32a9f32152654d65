-- Where teams and people can be reached, and who of them is there.
alter table teams
    add column address text,
    add column webhook uuid,
    add column version bigint not null default 1,
    add constraint teams_name_length check (char_length(name) between 1 and 200),
    add constraint teams_address_length check (char_length(address) between 3 and 254),
    add constraint teams_version_positive check (version >= 1);
comment on column teams.address is 'where mail to the queue goes; without one it goes to each of the team''s people';
comment on column teams.webhook is 'the webhook endpoint that notices to the team go to';

alter table agents
    add column active boolean not null default true,
    add column version bigint not null default 1,
    add constraint agents_email_length check (char_length(email) between 3 and 254),
    add constraint agents_version_positive check (version >= 1);
comment on column agents.active is 'whether they can be given tickets and notices';
create index agents_of_team on agents (tenant_id, team) where team is not null;
