import { pageAudit } from "../audit/audit.ts";
import {
  changesOfDirectory,
  findKey,
  openDirectory,
  pageDirectory,
  readOneObject,
  touchKeys,
} from "./read-directory.ts";
import { makeFirstAdminKey, writeDirectory } from "./write-directory.ts";

/** What may be requested of the directory of a store, by name. */
export const directoryOperations = {
  "audit.page": pageAudit,
  "directory.changes": changesOfDirectory,
  "directory.find": findKey,
  "directory.first_admin_key": makeFirstAdminKey,
  "directory.open": openDirectory,
  "directory.page": pageDirectory,
  "directory.read": readOneObject,
  "directory.touch": touchKeys,
  "directory.write": writeDirectory,
} as const;

type Operations = typeof directoryOperations;

/** Has an operation of the directory done. Rejects where the store does not answer. */
export type RequestDirectory = <Name extends keyof Operations>(
  name: Name,
  argument: Parameters<Operations[Name]>[1],
) => Promise<Awaited<ReturnType<Operations[Name]>>>;
