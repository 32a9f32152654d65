-- A report on a window in which nothing was measured says so.
alter table health_reports drop constraint health_reports_verdict_known;
alter table health_reports add constraint health_reports_verdict_known
    check (verdict in ('nothing_yet', 'unknown', 'healthy', 'at_risk', 'failing'));
