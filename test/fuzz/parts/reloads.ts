import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { postJson } from "../client/post-json.ts";
import type { Report } from "../finding.ts";
import { callerKeys } from "../fuzz-config.ts";
import type { FuzzPart } from "../fuzz-part.ts";
import type { AttackedGateway } from "../fuzz-world.ts";
import { createRandom, type Random } from "../random.ts";

/**
 * A file that a reload finds, and whether the gateway may take it: undefined where both are right.
 */
interface NewFile {
  readonly what: string;
  readonly taken: boolean | undefined;
  readonly write: (file: string) => Promise<void> | void;
}

const loadLanes = 4;

/** How long the gateway may take to say what became of a reload, on the wall. */
const noticeMs = 60_000;

/**
 * Configurations that come while calls run. Whatever comes, who has a key is served and who has
 * none is not.
 */
export const reloadsPart: FuzzPart = {
  name: "reloads",
  title: "reloads under load",
  count: 200,
  short: 14,
  concurrency: 1,
  gateways: ["plain"],
  async begin(world) {
    const agent = new Agent({ keepAlive: true });
    const load = { on: true, calls: 0, faults: new Map<string, number>() };
    const lanes = Array.from({ length: loadLanes }, async () => {
      while (load.on) {
        const { port } = await world.gateway("plain");
        const fault = await judgeCalls(port, agent);
        load.calls += 2;
        if (fault !== undefined) load.faults.set(fault, (load.faults.get(fault) ?? 0) + 1);
      }
    });
    // The next calls meet what is now in force.
    const judge = async (what: string, report: Report): Promise<void> => {
      const before = load.calls;
      for (let step = 0; step < 1000 && load.calls < before + 2 * loadLanes; step += 1)
        await pause(10);
      if (load.calls === before) report("no call was answered after a reload", what);
      for (const [fault, count] of load.faults)
        report("a reload changed who is served", `${fault}, ${count} times, after ${what}`);
      load.faults.clear();
    };
    return {
      async run(at, report) {
        const gateway = await world.gateway("plain");
        const text = world.configText("plain", `number ${at}`);
        const file = newFile(text, createRandom("reloads", world.seed, at));
        await reload(gateway, file, report);
        await judge(file.what, report);
      },
      async end(report) {
        load.on = false;
        await Promise.all(lanes);
        agent.destroy();
        const gateway = await world.gateway("plain");
        await reload(
          gateway,
          {
            what: "the first file again",
            taken: true,
            write: atomically(world.configText("plain")),
          },
          report,
        );
      },
    };
  },
};

/** A call with a key, which must be answered, and one without, which must not. */
async function judgeCalls(port: number, agent: Agent): Promise<string | undefined> {
  const call = { port, kind: "plain", path: "/v1/chat/completions", agent } as const;
  const body = { model: "sim/echo", messages: [{ role: "user", content: "hi" }] };
  try {
    const keyed = await postJson({ ...call, key: callerKeys.caller, body });
    if (keyed.status !== 200) return `a caller with a key got ${keyed.status}`;
    const stranger = await postJson({ ...call, key: undefined, body });
    if (stranger.status !== 401) return `a caller without a key got ${stranger.status}`;
  } catch (error) {
    return `a call failed: ${String(error)}`;
  }
  return undefined;
}

async function reload(
  { process, configFile }: AttackedGateway,
  file: NewFile,
  report: Report,
): Promise<void> {
  await file.write(configFile);
  const notice = process.printed(/ reload: /);
  process.child.kill("SIGHUP");
  const line = await Promise.race([notice, pause(noticeMs, undefined)]);
  if (line === undefined) return report("a reload was not answered", file.what);
  const taken = line.includes("is in force");
  if (file.taken !== undefined && taken !== file.taken) {
    report(
      taken ? "a reload was taken that must not be" : "a good reload was refused",
      `${file.what}: ${line}`,
    );
  }
}

function newFile(text: string, random: Random): NewFile {
  const cut = random.int(text.length);
  const garbage = Buffer.from(text);
  garbage[random.int(garbage.length)] = 0;
  return random.pick<NewFile>([
    { what: "a good file, moved into place", taken: true, write: atomically(text) },
    { what: "a good file, written in place", taken: true, write: inPlace(text) },
    { what: "a good file, written slowly in place", taken: true, write: slowly(text, cut) },
    {
      what: `a file cut after ${cut} of ${text.length} bytes`,
      taken: false,
      write: inPlace(text.slice(0, cut)),
    },
    {
      what: `a file cut after ${cut} of ${text.length} bytes, moved into place`,
      taken: false,
      write: atomically(text.slice(0, cut)),
    },
    {
      what: "a file that is cut after a line",
      taken: false,
      write: inPlace(cutAfterLine(text, random)),
    },
    { what: "an empty file", taken: false, write: inPlace("") },
    { what: "a file of spaces and comments", taken: false, write: inPlace("# nothing\n\n   \n") },
    { what: "a file without keys", taken: false, write: inPlace(without(text, "keys", "auth")) },
    { what: "a file without an admin key", taken: false, write: inPlace(without(text, "auth")) },
    {
      what: "a file with an unknown setting",
      taken: false,
      write: inPlace(`${text}\nunknown: 1\n`),
    },
    { what: "a file that is no YAML", taken: false, write: inPlace(`${text}\n\t{]\n`) },
    { what: "a file with a NUL", taken: undefined, write: inPlace(garbage.toString("latin1")) },
    { what: "a file of aliases of aliases", taken: false, write: inPlace(aliases()) },
    {
      what: "a file of 1,000 levels",
      taken: false,
      write: inPlace(`a: ${"[".repeat(1000)}${"]".repeat(1000)}\n`),
    },
    { what: "a folder", taken: false, write: folder },
    {
      what: "no file",
      taken: false,
      write: (file) => rmSync(file, { recursive: true, force: true }),
    },
  ]);
}

function inPlace(text: string): NewFile["write"] {
  return (file) => {
    clear(file);
    writeFileSync(file, text);
  };
}

function atomically(text: string): NewFile["write"] {
  return (file) => {
    writeFileSync(`${file}.new`, text);
    clear(file);
    renameSync(`${file}.new`, file);
  };
}

/** Half of it is there when the reload begins. */
function slowly(text: string, half: number): NewFile["write"] {
  return (file) => {
    clear(file);
    writeFileSync(file, text.slice(0, half));
    setTimeout(() => writeFileSync(file, text), 10);
  };
}

function folder(file: string): void {
  clear(file);
  mkdirSync(file);
}

/** A folder may stand in the file's place. */
function clear(file: string): void {
  if (!file.endsWith(".yaml")) throw new Error("only a configuration is removed");
  rmSync(file, { recursive: true, force: true });
}

/** Keys are the last section, so that none of them is left. */
function cutAfterLine(text: string, random: Random): string {
  const lines = text.slice(0, text.indexOf("\nkeys:")).split("\n");
  return `${lines.slice(0, random.int(lines.length)).join("\n")}\n`;
}

function without(text: string, ...names: readonly string[]): string {
  const entries = Object.entries(parse(text)).filter(([name]) => !names.includes(name));
  return stringify(Object.fromEntries(entries));
}

function aliases(): string {
  const lines = Array.from(
    { length: 9 },
    (_, at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(", ")}]`,
  );
  return `a0: &a0 [x]\n${lines.join("\n")}\n`;
}
