import { catalogRows } from "../adapters/catalog/catalog.ts";
import { everyOperation } from "../adapters/catalog/every-operation.ts";
import { printTable } from "./print-table.ts";
import type { Shell } from "./shell.ts";

/** `parlance providers`. */
export async function runProviders(shell: Shell): Promise<number> {
  const rows = catalogRows.map(
    ({ id, name, dialect, credentialEnv, baseUrl, unverified, ...row }) => [
      id,
      name,
      dialect,
      everyOperation(row).join(", "),
      credentialEnv.join(" or ") || "-",
      dialect === "sim" ? "-" : (baseUrl ?? "(say base_url)"),
      unverified.join(", ") || "-",
    ],
  );
  shell.stdout.write(
    printTable(
      ["KIND", "VENDOR", "DIALECT", "SERVES", "CREDENTIAL", "BASE URL", "UNVERIFIED"],
      rows,
    ),
  );
  return 0;
}
