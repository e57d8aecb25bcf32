-- The version of the allowance that last changed a window: whoever has an older one in mind must look again.
alter table allowance_window add column edited integer not null default 0;
-- The limit at the end of a period, where it was another one than today's.
alter table allowance_window add column amount bigint;
