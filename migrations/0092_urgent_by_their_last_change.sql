-- What is urgent and waits, by its last change: it is asked for in this order, too,
-- and few of the tickets that changed last are urgent, or nearly all.
create index tickets_urgent_updated on tickets (tenant_id, updated_at, id)
 where status in ('new', 'open', 'pending', 'on_hold') and least(priority, raised_priority) in ('P1', 'P2');
