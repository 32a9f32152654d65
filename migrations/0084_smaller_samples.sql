-- What the planner has to know while tables are small is how many rows there are,
-- and roughly how their values differ: a fifth of the usual sample tells, and does
-- not hold a processor for a second while tickets come in.
alter function analyze_grown() set default_statistics_target = 20;
