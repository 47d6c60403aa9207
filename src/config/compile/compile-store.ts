import { dirname, join } from "node:path";
import {
  type Journal,
  OnStoreDown,
  type Store,
  WhenFull,
} from "../../../gen/parlance/config/v1/storage_pb.js";
import { type ConfigScope, inField, problem } from "../config-scope.ts";
import { storeDefaults } from "../defaults.ts";
import { resolveSecret } from "../resolve-secret.ts";
import type { JournalSettings, StoreSettings } from "../settings.ts";

/**
 * Where lasting records are kept; undefined where that is in memory, or after a report. `scope` is
 * that of `store`. Reports never repeat what an address holds.
 */
export function compileStore(store: Store, scope: ConfigScope): StoreSettings | undefined {
  const address = compileAddress(store, scope);
  if (address === undefined) return undefined;
  return {
    address,
    refuseDown: store.onStoreDown === OnStoreDown.REFUSE,
    journal: compileJournal(store.journal, address),
  };
}

function compileAddress({ kind }: Store, scope: ConfigScope): StoreSettings["address"] | undefined {
  if (kind.case === "sqlite")
    return { kind: "sqlite", path: kind.value.path || storeDefaults.path };
  if (kind.case !== "postgres") return undefined;
  const scopeOfUrl = inField(inField(scope, "postgres"), "url");
  const url = resolveSecret(kind.value.url, scopeOfUrl);
  const looksUp = kind.value.url?.source.case === "value" || scope.sources.leaveOut === undefined;
  if (url === undefined || !looksUp) return undefined;
  if (/^postgres(ql)?:\/\/[^/]/.test(url.reveal()) && URL.canParse(url.reveal()))
    return { kind: "postgres", url };
  return problem(scopeOfUrl, {
    message: "is not the address of a PostgreSQL database",
    hint: "write postgres://user:password@host:5432/database; in user and password write @, :, / and % as %40, %3A, %2F and %25",
    ruleId: "postgres_url",
  });
}

function compileJournal(
  journal: Journal | undefined,
  address: StoreSettings["address"],
): JournalSettings {
  const folder = address.kind === "sqlite" ? dirname(address.path) : storeDefaults.folder;
  return {
    path: journal?.path || join(folder, storeDefaults.journalName),
    maxBytes: journal?.maxBytes ?? storeDefaults.journalMaxBytes,
    refuseFull: journal?.whenFull === WhenFull.REFUSE,
    intents: journal?.intents === true,
  };
}
