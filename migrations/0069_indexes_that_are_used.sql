-- Each index costs every ticket that comes in. These are left from before
-- numbers were summed up: nothing looks for clocks or tickets by them any more.
drop index sla_clocks_due;
drop index sla_clocks_stopped;
drop index tickets_resolved;
drop index tickets_closed;

-- Messages are found by their ticket, in the order of their identifiers: one
-- index does for both.
alter table messages drop constraint messages_pkey;
drop index messages_of_ticket;
alter table messages add constraint messages_pkey primary key (tenant_id, ticket_id, id);

-- History and messages are written by transactions that have made the ticket or
-- have locked it, and no role of the service may remove tickets: looking it up for each
-- row proves nothing, and takes a lock that has to be written, too. The tenant of
-- a ticket is the one of its requester.
alter table ticket_events drop constraint ticket_events_ticket_fkey;
alter table messages drop constraint messages_ticket_fkey;
alter table messages drop constraint messages_requester_fkey;
alter table tickets drop constraint tickets_tenant_fkey;

-- An answer that is kept is some KiB of JSON. Compressed it fits into its row;
-- moved out of it, it would cost rows of its own and their index. Most tickets
-- fit into theirs as they are.
alter table idempotency_keys alter column body set storage main;
alter table tickets set (toast_tuple_target = 4080);
