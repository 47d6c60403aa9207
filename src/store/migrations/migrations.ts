import type { Kysely } from "kysely";
import type { Tables } from "../engine/tables.ts";
import { firstTables } from "./0001-first-tables.ts";
import { directoryChanges } from "./0002-directory-changes.ts";
import { configObjects } from "./0003-config-objects.ts";
import { costRevisions } from "./0004-cost-revisions.ts";
import { signingKeys } from "./0005-signing-keys.ts";
import { budgetsAndEndUsers } from "./0006-budgets-and-end-users.ts";
import { guardsOfCalls } from "./0007-guards-of-calls.ts";
import { contentOfCalls } from "./0008-content.ts";
import { erasures } from "./0009-erasures.ts";

/** A step from one schema to the next. There is no way back. */
export interface Migration {
  /** From 1, without gaps. */
  readonly version: number;
  readonly name: string;
  /** Runs in a transaction, for both databases. Must not rewrite or lock the ledger for long. */
  readonly up: (db: Kysely<Tables>) => Promise<void>;
}

/**
 * All of them, in order. What was released is never changed: what is wrong is mended by another.
 */
export const migrations: readonly Migration[] = [
  { version: 1, name: "first_tables", up: firstTables },
  { version: 2, name: "directory_changes", up: directoryChanges },
  { version: 3, name: "config_objects", up: configObjects },
  { version: 4, name: "cost_revisions", up: costRevisions },
  { version: 5, name: "signing_keys", up: signingKeys },
  { version: 6, name: "budgets_and_end_users", up: budgetsAndEndUsers },
  { version: 7, name: "guards_of_calls", up: guardsOfCalls },
  { version: 8, name: "content_of_calls", up: contentOfCalls },
  { version: 9, name: "erasures", up: erasures },
];
