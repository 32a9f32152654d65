-- What is urgent is asked for more often than anything else, and is little: it is
-- found however much else waits. Most tickets have no entry here.
create index tickets_urgent on tickets (tenant_id, created_at, id)
 where status in ('new', 'open', 'pending', 'on_hold') and least(priority, raised_priority) in ('P1', 'P2');
