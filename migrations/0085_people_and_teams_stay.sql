-- No role of the service may remove people or teams. The transaction that makes a
-- ticket has found or made its requester among those of its tenant, and a team is
-- one that every tenant has from the beginning, or was looked for there: looking
-- both up again proves nothing, and locks the few teams that all tickets share.
alter table tickets drop constraint tickets_requester_fkey;
alter table tickets drop constraint tickets_team_fkey;
