-- Who may lead customers of a tier, as its version in force says: one of these qualifications. Transfers ask for it
-- without reading the version.
alter table tier add column served_by text[] not null default '{}';
