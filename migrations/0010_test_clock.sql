create table test_clock (
    singleton boolean not null default true,
    now timestamptz not null,
    constraint test_clock_pkey primary key (singleton),
    constraint test_clock_one_row check (singleton)
);
comment on table test_clock is 'the hand-moved clock of tests, shared by all processes; empty in production';
grant select, insert, update on test_clock to support_app;
