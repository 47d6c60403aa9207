import type { ClientBase } from "pg";
import type { ImportNotes } from "../composition/litellm/import-db/import-notes.ts";
import type { StoreSettings } from "../config/settings.ts";
import type { Engine } from "../store/engine/engine.ts";
import type { CommandInput } from "./command.ts";
import { loadForCommand } from "./load-for-command.ts";
import { printTable } from "./print-table.ts";
import type { Shell } from "./shell.ts";

/** Exit codes beside 0, all is imported: it failed, something has no counterpart. */
const exitCodes = { failed: 1, partly: 3 } as const;

/** `parlance import litellm-db URL [--dry-run] [--with-spend-logs]`. */
export async function runImportDb(shell: Shell, input: CommandInput): Promise<number> {
  const [, url = ""] = input.positionals;
  const isDry = input.values["dry-run"] === true;
  const settings = isDry ? undefined : await loadForCommand(shell, input);
  if (!isDry && settings === undefined) return exitCodes.failed;
  if (settings !== undefined && settings.store === undefined)
    return fail(
      shell,
      "the config keeps everything in memory: add store: { sqlite: {} }, or postgres",
    );
  try {
    const engine = settings?.store && (await openStore(settings.store));
    try {
      const notes = await withLitellm(url, async (client) => {
        const { importLitellm } = await import(
          "../composition/litellm/import-db/import-litellm.ts"
        );
        const withSpendLogs = input.values["with-spend-logs"] === true;
        return importLitellm({ client, engine, withSpendLogs, nowMs: Date.now() });
      });
      shell.stdout.write(printNotes(notes, isDry));
      return notes.all().some(({ outcome }) => outcome === "lost") ? exitCodes.partly : 0;
    } finally {
      await engine?.close();
    }
  } catch (error) {
    return fail(shell, wordsOf(error, url));
  }
}

function fail(shell: Shell, message: string): number {
  shell.stderr.write(`parlance import: ${message}\n`);
  return exitCodes.failed;
}

async function openStore(store: StoreSettings): Promise<Engine> {
  const { openConfigured } = await import("../composition/stored/open-configured.ts");
  const { migrate } = await import("../store/migrations/migrate.ts");
  const engine = await openConfigured(store);
  await migrate(engine, Date.now());
  return engine;
}

/** Reads LiteLLM's database as it is at one moment, and changes nothing of it. */
async function withLitellm<T>(url: string, run: (client: ClientBase) => Promise<T>): Promise<T> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const schema = schemaOf(url);
    await client.query("begin transaction isolation level repeatable read, read only");
    if (schema !== "") await client.query("select set_config('search_path', $1, true)", [schema]);
    return await run(client);
  } finally {
    await client.end();
  }
}

/** Prisma's way to name a schema: `?schema=name`. */
function schemaOf(url: string): string {
  const named = URL.canParse(url) ? new URL(url).searchParams.get("schema") : null;
  return named === null || named === "" ? "" : `"${named.replaceAll('"', '""')}"`;
}

function printNotes(notes: ImportNotes, isDry: boolean): string {
  const counts = [...notes.counts].map(([kind, { imported, known, skipped }]) => [
    kind,
    String(imported),
    String(known),
    String(skipped),
  ]);
  const done = isDry ? "WOULD BE IMPORTED" : "IMPORTED";
  const table = printTable(["OBJECTS", done, "THERE ALREADY", "SKIPPED"], counts);
  const said = notes
    .all()
    .map(({ kind, member, outcome, message, count, examples }) => [
      outcome === "lost" ? "NOT HONOURED" : "changed",
      member === "" ? kind : `${kind}.${member}`,
      String(count),
      message,
      examples.join(", "),
    ]);
  const deserves =
    said.length === 0
      ? ""
      : `\n${printTable(["OUTCOME", "LITELLM", "OBJECTS", "HERE", "SUCH AS"], said)}`;
  return `${table}${deserves}`;
}

/** What went wrong, without the address, which may hold a password. */
function wordsOf(error: unknown, url: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const words =
    message === "" && error instanceof Error && "code" in error ? String(error.code) : message;
  return url === "" ? words : words.replaceAll(url, "the database");
}
