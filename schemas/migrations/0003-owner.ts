/** Whose log the database follows: on a server it could be anybody's. Null until somebody took it. */
export const registryOwner0003 = [`alter table meta add column owner text`];
