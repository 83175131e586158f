-- What other systems know of service comes by feed too: complaints, papers on file, contacts logged
-- elsewhere. They are found again by the key of their source system, like accounts. And whatever a page
-- shows says where it came from and of which day it speaks, so the lists that could not tell so far get
-- the day; rows that are there already say nothing, since nobody knows.

alter table complaint
    add column source text not null default 'guanhu',
    add column source_key text not null default '',
    add column business_date date;
alter table document
    add column source_key text not null default '',
    add column business_date date;
alter table activity
    add column source text not null default 'guanhu',
    add column source_key text not null default '',
    add column business_date date;

alter table customer_identity add column business_date date;
alter table contract add column business_date date;
alter table card add column business_date date;
alter table standing_order add column business_date date;
alter table guarantee add column business_date date;
alter table assignment add column source text not null default 'guanhu';
