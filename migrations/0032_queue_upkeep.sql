-- What a queue leaves behind lies exactly where its next rows are looked for, so
-- dead rows are removed by their number, not by their share of a table that may
-- hold millions which wait, and always with their entries in the indexes. Pages
-- are kept: they are needed again, and giving them back locks everybody out.
alter table timers set (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000,
    vacuum_index_cleanup = on, vacuum_truncate = off);
alter table outbox set (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000,
    vacuum_index_cleanup = on, vacuum_truncate = off);
