/** The registry's first tables. PostgreSQL and PGlite. */
export const registryTables0001 = [
  `create table meta (
     one boolean primary key default true check (one),
     applied_entry bigint not null
   )`,
  `insert into meta (applied_entry) values (0)`,

  `create table party (
     id text collate "C" primary key,
     name text not null,
     division text not null
   )`,

  `create table account (
     id text collate "C" primary key,
     no integer not null unique check (no > 0),
     party_id text collate "C" not null references party (id),
     currency text not null check (currency ~ '^[A-Z]{3}$'),
     time_zone text not null,
     division text not null
   )`,

  `create table subscription (
     id text collate "C" primary key,
     no integer not null unique check (no > 0),
     account_no integer not null references account (no),
     usage_point boolean not null,
     division text not null
   )`,
  `create index subscription_account on subscription (account_no)`,

  `create table identifier (
     subscription_no integer not null,
     position integer not null,
     kind text not null,
     value text collate "C" not null,
     from_ms bigint,
     to_ms bigint,
     multiplier double precision,
     digits integer,
     primary key (subscription_no, position),
     check (from_ms < to_ms)
   )`,
  `create index identifier_value on identifier (kind, value)`,

  `create table tariff_assignment (
     subscription_no integer not null,
     position integer not null,
     view text not null,
     service text not null,
     tariff text not null,
     from_ms bigint,
     to_ms bigint,
     primary key (subscription_no, position),
     check (from_ms < to_ms)
   )`,
  `create index tariff_assignment_tariff on tariff_assignment (tariff)`,
];
