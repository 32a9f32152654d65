-- What late words about alerts, frequent repeats of them and large reports need.
alter table alerts add column as_of timestamptz;
comment on column alerts.as_of is 'the instant that the last word on it is about, by the sender; null: the sender gave none';

alter table tickets add column untold_repeats integer not null default 0;
alter table tickets add constraint tickets_untold_repeats_not_negative check (untold_repeats >= 0);
comment on column tickets.untold_repeats is 'repeats that no fact of the history counts yet';

alter table alert_groups add column groups_held bigint not null default 1;
alter table alert_groups add constraint alert_groups_holds_one check (groups_held >= 1);
comment on column alert_groups.groups_held is 'for how many groups it stands; more than 1: for those beyond the ones that are taken one by one';
