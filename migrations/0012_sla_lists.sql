-- What is about to be late, what was late and what was kept, each by index: old
-- and finished clocks cost these reads nothing.
create index sla_clocks_at_risk on sla_clocks (tenant_id, due_at, ticket_id, metric, cycle) where state = 'running';
-- Deadlines that fall on closing may be kept until the calendar opens again.
create index sla_clocks_grace on sla_clocks (tenant_id, due_at, ticket_id, metric, cycle)
    where state = 'running' and late_after > due_at;
create index sla_clocks_breach on sla_clocks (tenant_id, breach_at, ticket_id, metric, cycle) where breach_at is not null;
-- Clocks that ended undecided are found by the end of their tickets.
create index tickets_closed on tickets (tenant_id, closed_at) where closed_at is not null;
