-- Each entry that hangs on the target of first responses says by which it was
-- judged: while that changes from process to process, those of the old one are
-- found and made anew. Those that do not say it, because they are older or a
-- process of an older version wrote them, are found the same way while the
-- service works; nothing is rewritten here.
alter table kpi_entries add column target bigint;
create index kpi_entries_target on kpi_entries (tenant_id, target)
 where kind in ('answered', 'overdue_business', 'overdue_elapsed');
comment on column kpi_entries.target is
    'the target of first responses that it was judged by, in seconds; null: it does not hang on one, or does not say it yet';
