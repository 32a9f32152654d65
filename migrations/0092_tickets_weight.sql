-- How many tickets have which priority. Without, the planner takes a list of the
-- urgent ones by their last change for nearly empty, and reads and sorts all of
-- them where the first ones of an index would do.
create statistics tickets_weight on (least(priority, raised_priority)) from tickets;

-- A table that is still empty shall not be taken for one that stays so.
do $$
begin
    if pg_relation_size('tickets') > 0 then
        analyze tickets;
    end if;
end
$$;
