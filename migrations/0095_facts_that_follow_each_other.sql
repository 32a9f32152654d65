-- What one transaction records of a ticket is told together, so it waits in one row:
-- each of its own would be written, put into the index and removed again. The column
-- has another name, because who knows of single facts alone would lose the others.
alter table outbox rename column seq to first_seq;
alter table outbox add column facts integer not null default 1 check (facts >= 1);
alter table outbox alter column facts drop default;
comment on table outbox is 'facts of histories that nobody has been told of yet, those that follow each other in one row; identifiers only, removed once deliveries are made of them';
comment on column outbox.first_seq is 'the first of them in the history of the ticket';
comment on column outbox.facts is 'how many they are';
