-- That a table is passed over because its statistics are being gathered already is
-- no news: under load a warning of it came every second.
alter function analyze_grown() set client_min_messages = error;
