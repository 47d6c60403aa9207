import { catalogRows } from "../adapters/catalog/catalog.ts";
import { printTable } from "./print-table.ts";
import type { Shell } from "./shell.ts";

/** `parlance providers`. */
export async function runProviders(shell: Shell): Promise<number> {
  const rows = catalogRows.map(({ id, name, dialect, credentialEnv, baseUrl, unverified }) => [
    id,
    name,
    dialect,
    credentialEnv.join(" or ") || "-",
    dialect === "sim" ? "-" : (baseUrl ?? "(say base_url)"),
    unverified.join(", ") || "-",
  ]);
  shell.stdout.write(printTable(["KIND", "VENDOR", "DIALECT", "CREDENTIAL", "BASE URL", "UNVERIFIED"], rows));
  return 0;
}
