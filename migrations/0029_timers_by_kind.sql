-- Each kind of timer has workers of its own, so that servers elsewhere which are
-- slow to take mail or events keep nobody from climbing a ladder.
create index timers_ready_of_kind on timers (kind, ready_at);
create index timers_ready_of_kind_and_tenant on timers (kind, tenant_id, ready_at);
drop index timers_ready;
drop index timers_ready_of_tenant;
-- What is in somebody's hands: few of many.
create index timers_leased on timers (ready_at) where lease is not null;

-- Queues leave a dead row for each one that was worked off.
alter table timers set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
alter table outbox set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
