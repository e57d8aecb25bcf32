-- The budget or quota that refused a call: how often each did so lately is a question to an index.
alter table request add column refused_by uuid;
create index request_refused_by_idx on request (refused_by, id) where refused_by is not null;
