import { setImmediate } from "node:timers/promises";
import type { Config } from "../../../gen/parlance/config/v1/config_pb.js";
import { compileSecretManager } from "../../config/compile/compile-secret-managers.ts";
import type { Finding, ReadText, SecretSources } from "../../config/config-scope.ts";
import { configDefaults } from "../../config/defaults.ts";
import { finishInSlices } from "../../config/loading/finish-in-slices.ts";
import { type NamedSecrets, namedSecrets } from "../../config/loading/named-secrets.ts";
import type { FoundSecret } from "../../config/references/found-secret.ts";
import type {
  ManagerSettings,
  SecretManager,
} from "../../config/references/secret-manager-settings.ts";
import type { SecretReader } from "../../config/references/secret-reader.ts";
import {
  documentKey,
  referenceKey,
  type SecretReference,
} from "../../config/references/secret-reference.ts";
import { readOrReason } from "../../config/resolve-secret.ts";
import type { Notice } from "../../core/notice.ts";
import { durationMs } from "../../core/time/duration-ms.ts";
import { fieldOf } from "../../secrets/field-of.ts";
import type { Managers } from "../../secrets/managers.ts";
import { managerOf, readReference } from "../../secrets/read-reference.ts";
import { type ManagerWorld, openManagers } from "./create-managers.ts";
import { type FoundSecrets, SecretMemory, type SecretProblem } from "./secret-memory.ts";

/** The world as a reader of secrets sees it. */
export interface SecretWorld extends ManagerWorld {
  /** Reads a file as it is now; throws when it cannot. */
  readonly readText: ReadText;
}

/** Hears of what is read. */
export interface SecretListener {
  /** A secret was read from a service, or not. */
  readonly count: (manager: SecretManager, outcome: "read" | "failed") => void;
  readonly notice: (notice: Notice) => void;
}

/** A reader with what it has opened. */
export interface OwnedSecretReader extends SecretReader {
  /** Has a listener hear of what is read from now on, in the place of the one before. */
  listen(listener: SecretListener): void;
  /** Closes the connections to services. */
  close(): Promise<void>;
}

/** How services are called, or why they cannot be. */
type Connections = ReadonlyMap<SecretManager, ManagerSettings | SecretProblem>;

/** As many secrets are read at the same time. */
const maxParallel = 8;

/**
 * Makes a reader of secrets, which remembers what it has read: where a service fails later, that
 * holds, and the listener hears of it.
 */
export function createSecretReader(world: SecretWorld): OwnedSecretReader {
  const managers = openManagers(world);
  let listener: SecretListener = { count: ignore, notice: ignore };
  const memory = new SecretMemory((notice) => listener.notice(notice));
  const readAll = async (
    { references }: NamedSecrets,
    connections: Connections,
  ): Promise<FoundSecrets> => {
    const found = await readDocuments([...references.values()], connections, managers);
    for (const [key, one] of found) {
      const reference = references.get(key);
      if (reference !== undefined)
        listener.count(managerOf(reference), "text" in one ? "read" : "failed");
    }
    return memory.update(references, found);
  };
  return {
    async read(config, sources) {
      const named = await finishInSlices(namedSecrets(config));
      const connections = connect(named, config, sources);
      const [found, files] = await Promise.all([
        readAll(named, connections),
        readFiles(named.files, sources.readText),
      ]);
      return {
        found,
        async changed() {
          const [next, nextFiles] = await Promise.all([
            readAll(named, connections),
            readFiles(named.files, world.readText),
          ]);
          const differs = [...next].some(([key, one]) => textOf(one) !== textOf(found.get(key)));
          return differs || [...nextFiles].some(([path, text]) => files.get(path) !== text);
        },
        againMs: () =>
          named.references.size + named.files.size === 0
            ? undefined
            : againMs(config, connections, managers, world.wallMs()),
      };
    },
    listen(next) {
      listener = next;
    },
    close: managers.close,
  };
}

function ignore(): undefined {
  return undefined;
}

function textOf(found: FoundSecret | undefined): string | undefined {
  return found !== undefined && "text" in found ? found.text : undefined;
}

/** How the services are called that a configuration names secrets of. */
function connect(
  { references }: NamedSecrets,
  { secretManagers }: Config,
  sources: SecretSources,
): Connections {
  const connections = new Map<SecretManager, ManagerSettings | SecretProblem>();
  for (const manager of new Set([...references.values()].map(managerOf))) {
    const findings: Finding[] = [];
    const settings = compileSecretManager(manager, secretManagers, {
      path: "secret_managers",
      sources,
      report: (finding) => void findings.push(finding),
    });
    const [first] = findings;
    if (first !== undefined) connections.set(manager, problemOf(first));
    else if (settings !== undefined) connections.set(manager, settings);
  }
  return connections;
}

function problemOf({ path, message, hint }: Finding): SecretProblem {
  return { problem: `${path} ${message}`, hint: typeof hint === "string" ? hint : hint() };
}

const notConnected: SecretProblem = { problem: "its service is not known", hint: "" };

/** Reads each document once, however many of its fields are named. */
async function readDocuments(
  references: readonly SecretReference[],
  connections: Connections,
  managers: Managers,
): Promise<FoundSecrets> {
  const found = new Map<string, FoundSecret>();
  const waiting = [...Map.groupBy(references, documentKey).values()];
  const read = async (one: readonly SecretReference[], first: SecretReference): Promise<void> => {
    const settings = connections.get(managerOf(first)) ?? notConnected;
    const document =
      "problem" in settings ? settings : await readReference(first, settings, managers);
    for (const reference of one) {
      const text = "problem" in document ? document : fieldOf(document, reference.value.field);
      found.set(referenceKey(reference), text);
    }
  };
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next?.[0] !== undefined; next = waiting.pop())
      await read(next, next[0]);
  };
  await Promise.all(Array.from({ length: maxParallel }, work));
  return found;
}

/** After so many files others have their turn. */
const filesInSlice = 64;

async function readFiles(
  paths: ReadonlySet<string>,
  readText: ReadText,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  let count = 0;
  for (const path of paths) {
    const read = readOrReason(path, readText);
    if (read.ok) texts.set(path, read.text);
    count += 1;
    if (count % filesInSlice === 0) await setImmediate();
  }
  return texts;
}

/** A lease and a token are looked after four times in what is left of their life. */
const shareOfLife = 4;
const minAgainMs = 1_000;

function againMs(
  { secretManagers }: Config,
  connections: Connections,
  managers: Managers,
  nowMs: number,
): number {
  const refreshMs = durationMs(secretManagers?.refresh ?? configDefaults.secretManagers.refresh);
  const vault = connections.get("vault");
  const endsAtMs =
    vault !== undefined && "kind" in vault && vault.kind === "vault"
      ? managers.vault(vault).endsAtMs()
      : undefined;
  if (endsAtMs === undefined) return refreshMs;
  return Math.min(refreshMs, Math.max(minAgainMs, (endsAtMs - nowMs) / shareOfLife));
}
