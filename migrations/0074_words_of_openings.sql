-- The history tells which tickets are no request at all, and what of its
-- classification somebody said when a ticket came in. Of older tickets the rows
-- know both, as far as no later word has taken the place of the first: it is
-- written where the history would have told it. The owner is bound by row-level
-- security too, and belongs to no tenant.
alter table ticket_events no force row level security;
alter table tickets no force row level security;
update ticket_events e
   set data = e.data || jsonb_build_object('spam', true)
  from tickets t
 where e.tenant_id = t.tenant_id and e.ticket_id = t.id and e.seq = 1 and e.kind = 'opened' and 'spam' = any(t.tags);
update ticket_events e
   set data = e.data || jsonb_build_object('said', s.said)
  from (select t.tenant_id, t.id, jsonb_agg(f.field order by f.place) as said
          from tickets t
         cross join unnest(array['category', 'severity', 'impact']) with ordinality as f(field, place)
         where t.triage #>> array['fields', f.field, 'decided_by'] = 'human'
           and not exists (
               select from ticket_events c
                where c.tenant_id = t.tenant_id and c.ticket_id = t.id and c.kind in ('opened', 'triaged')
                  and c.data ->> f.field is distinct from t.triage #>> array['fields', f.field, 'value'])
           -- Who confirms a word later did not say it when the ticket came in.
           and not exists (
               select from ticket_events c
                where c.tenant_id = t.tenant_id and c.ticket_id = t.id and c.kind = 'triaged'
                  and c.data ->> 'decided_by' = 'human')
         group by t.tenant_id, t.id) as s
 where e.tenant_id = s.tenant_id and e.ticket_id = s.id and e.seq = 1 and e.kind = 'opened';
alter table tickets force row level security;
alter table ticket_events force row level security;
