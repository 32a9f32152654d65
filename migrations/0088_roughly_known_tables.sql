-- The sample decides how long it takes to get to know a table. While one grows from
-- nothing, roughly is enough.
alter function analyze_grown() set default_statistics_target = 10;
