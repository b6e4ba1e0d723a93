/** Written to `PRAGMA user_version`: how many of the migrations of schema.ts a store has seen. Apart, for readers need no more. */
export const SCHEMA_VERSION = 6;
