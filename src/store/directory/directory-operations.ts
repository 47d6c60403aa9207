import { pageAudit } from "../audit/audit.ts";
import {
  changesOfDirectory,
  findKey,
  openDirectory,
  pageDirectory,
  readOneObject,
  rehashKeys,
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
  "directory.rehash": rehashKeys,
  "directory.touch": touchKeys,
  "directory.write": writeDirectory,
} as const;
