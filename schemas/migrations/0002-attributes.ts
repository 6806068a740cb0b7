/** Dated attributes of accounts and subscriptions, as a JSON list: they are read and replaced as a whole. */
export const registryAttributes0002 = [
  `alter table account add column attributes text not null default '[]'`,
  `alter table subscription add column attributes text not null default '[]'`,
];
