import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { openConfigured } from "../composition/stored/open-configured.ts";
import type { Engine } from "../store/engine/engine.ts";
import type { CommandInput } from "./command.ts";
import { loadForCommand } from "./load-for-command.ts";
import type { Shell } from "./shell.ts";

/** The exit code for a command line that cannot be understood. */
const usageExitCode = 2;

/** What an action needs. */
interface Action {
  readonly shell: Shell;
  readonly engine: Engine;
  readonly file: string;
}

const actions: Readonly<Record<string, (action: Action) => Promise<string>>> = {
  migrate: migrateStore,
  status: showStatus,
  export: exportFile,
  import: importFile,
};

/** `parlance store migrate | status | export FILE | import FILE | reprice`. */
export async function runStore(shell: Shell, input: CommandInput): Promise<number> {
  const [name = "", file = ""] = input.positionals;
  if (name === "reprice" && file === "")
    return (await import("./running/reprice-command.ts")).runReprice(shell, input);
  const action = actions[name];
  const wantsFile = name === "export" || name === "import";
  if (action === undefined || (file !== "") !== wantsFile) {
    const why =
      action === undefined
        ? `unknown action ${name}`
        : `${name} takes ${wantsFile ? "a FILE" : "no FILE"}`;
    shell.stderr.write(`parlance store: ${why}\nRun: parlance store --help\n`);
    return usageExitCode;
  }
  const settings = await loadForCommand(shell, input);
  if (settings === undefined) return 1;
  if (settings.store === undefined) {
    shell.stderr.write(
      "parlance store: the config keeps everything in memory: add store: { sqlite: {} }, or postgres\n",
    );
    return 1;
  }
  try {
    const engine = await openConfigured(settings.store);
    try {
      shell.stdout.write(await action({ shell, engine, file }));
    } finally {
      await engine.close();
    }
    return 0;
  } catch (error) {
    shell.stderr.write(`parlance store: ${describe(error)}\n`);
    return 1;
  }
}

async function migrateStore({ engine }: Action): Promise<string> {
  const { migrate, readSchema } = await import("../store/migrations/migrate.ts");
  const { pending } = await readSchema(engine);
  const { version } = await migrate(engine, Date.now());
  const applied = pending.length === 0 ? "nothing was pending" : `applied ${pending.join(", ")}`;
  return `${engine.kind}: schema ${version}: ${applied}\n`;
}

async function showStatus({ engine }: Action): Promise<string> {
  const { readSchema } = await import("../store/migrations/migrate.ts");
  const { readStoreStatus } = await import("../store/engine/store-status.ts");
  const { version, known, pending } = await readSchema(engine);
  const schema = `${engine.kind}: schema ${version} of ${known}`;
  if (version > known) return `${schema}: made by a later version\n`;
  if (pending.length > 0) return `${schema}: pending ${pending.join(", ")}\n`;
  const { calls, keys } = await readStoreStatus(engine, undefined);
  return `${schema}\ncalls: ${calls}\nkeys: ${keys}\n`;
}

async function exportFile({ shell, engine, file }: Action): Promise<string> {
  const { exportStore } = await import("../store/transfer/export-store.ts");
  const stream = createWriteStream(file, { mode: 0o600 });
  await once(stream, "open");
  let rows = 0;
  const bar = progressBar(shell);
  await exportStore(
    engine,
    randomUUID(),
    async (lines) => {
      if (!stream.write(lines)) await once(stream, "drain");
    },
    (done, total) => {
      rows = done;
      bar(done, total);
    },
  );
  stream.end();
  await once(stream, "finish");
  return `exported ${rows} rows to ${file}\n`;
}

async function importFile({ shell, engine, file }: Action): Promise<string> {
  const { importStore } = await import("../store/transfer/import-store.ts");
  const { migrate } = await import("../store/migrations/migrate.ts");
  const { reapplyErasures } = await import("../store/erasure/reapply-erasures.ts");
  const stream = createReadStream(file);
  await once(stream, "open");
  await migrate(engine, Date.now());
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  const rows = await importStore(engine, lines, Date.now(), progressBar(shell));
  // Records may have come to the other store while it was exported, of persons that it had erased.
  await reapplyErasures(engine, []);
  return `imported ${rows} rows from ${file}\n`;
}

/** Characters of the bar. */
const barWidth = 30;

/** Draws how far it is, once for each percent, where a person looks; else nothing. */
function progressBar({ stderr }: Shell): (done: number, total: number) => void {
  if (!stderr.isTerminal) return () => undefined;
  let drawn = -1;
  return (done, total) => {
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
    if (percent === drawn) return;
    drawn = percent;
    const full = Math.round((barWidth * percent) / 100);
    const bar = `${"#".repeat(full)}${"-".repeat(barWidth - full)}`;
    stderr.write(`\r[${bar}] ${percent}% ${done}/${total}${percent === 100 ? "\n" : ""}`);
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "" && "code" in error ? String(error.code) : error.message;
}
