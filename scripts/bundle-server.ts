// Makes the published program of `src`: one folder of modules that holds every package which a
// start needs. `npm run build` writes it to dist/server (docs/decisions/0048).
import { join } from "node:path";
import { type Plugin, rolldown } from "rolldown";

const source = join(import.meta.dirname, "../src");

/**
 * The modules that Node starts by their file names: the program, and its threads. All lie in one
 * folder, so that each finds the others beside it.
 */
const entries = {
  main: join(source, "main.ts"),
  worker: join(source, "workers/worker.ts"),
  "store-worker": join(source, "store/thread/store-worker.ts"),
  "reader-worker": join(source, "store/reader/reader-worker.ts"),
  "encode-worker": join(source, "sinks/files/encode-worker.ts"),
  "examine-worker": join(source, "config/loading/examine-worker.ts"),
};

/**
 * Packages that stay in node_modules: large ones that few calls need and that are imported then.
 */
const external = [
  /^@aws-sdk\//,
  /^@smithy\//,
  /^google-auth-library/,
  /^gpt-tokenizer/,
  // Its generated code is in the bundle, for ours imports it.
  /^@bufbuild\/protovalidate$/,
  /^@marcbachmann\/cel-js/,
  /^eld/,
  /^@nats-io\//,
  /^@platformatic\//,
];

/** What loads modules together: what only some of these reach, in one chunk for each set of them. */
const roots: Readonly<Record<string, string>> = {
  run: join(source, "cli/run.ts"),
  serve: join(source, "cli/serve/serve-command.ts"),
  config: join(source, "config/loading/load-config.ts"),
  store: join(source, "store/thread/store-host.ts"),
  engine: join(source, "store/engine/engine.ts"),
};

const registry = join(source, "adapters/registry.ts");

/**
 * Has the descriptor of a file see the types of what it imports, and not of all that these import in
 * turn. protobuf-es goes down to the last import by every way there, for each file anew, which is a
 * tenth of a start; only `import public` would need more than one step.
 */
const shallowDescriptors: Plugin = {
  name: "shallow-descriptors",
  transform: {
    filter: { id: /@bufbuild\/protobuf\/dist\/esm\/registry\.js$/ },
    handler(code) {
      const deep = "registry.addFile(dep, false, true);";
      if (code.split(deep).length !== 2) throw new Error("protobuf-es adds dependencies otherwise");
      const shallow = "registry.addFile(dep, false, dep.proto.publicDependency.length > 0);";
      return code.replace(deep, shallow);
    },
  },
};

/**
 * Has our modules require node:http. To import it reads all that it exports, so that Node compiles
 * its own undici, which costs a start 20 ms and stays in memory.
 */
const plainHttp: Plugin = {
  name: "plain-http",
  resolveId: {
    filter: { id: /^node:http$/ },
    handler: (id, importer) => (importer?.startsWith(source) === true ? `\0${id}` : undefined),
  },
  load: {
    filter: { id: /^\0node:http$/ },
    handler: () => `
      import { createRequire } from "node:module";
      const http = createRequire(import.meta.url)("node:http");
      export const { createServer, request, STATUS_CODES } = http;
    `,
  },
};

/** Of rolldown's facts about modules, what chunks are made by. */
interface ModuleFacts {
  getModuleInfo(id: string): {
    readonly importedIds: readonly string[];
    readonly dynamicallyImportedIds: readonly string[];
  } | null;
}

/**
 * Writes the program to a folder, which must be two levels below the one that has `gen`, as dist/server
 * is. Rejects where a module cannot be read or resolved.
 */
export async function bundleServer(folder: string): Promise<void> {
  const bundle = await rolldown({
    input: entries,
    platform: "node",
    external,
    preserveEntrySignatures: "allow-extension",
    logLevel: "warn",
    plugins: [shallowDescriptors, plainHttp],
  });
  const names = new Map<string, string>();
  const nameOf = (id: string, facts: ModuleFacts) => {
    if (names.size === 0) nameChunks(facts, names);
    return names.get(id);
  };
  try {
    await bundle.write({
      dir: folder,
      format: "esm",
      chunkFileNames: "[name]-[hash].js",
      comments: { legal: true, annotation: false, jsdoc: false },
      codeSplitting: {
        includeDependenciesRecursively: false,
        groups: [{ name: nameOf, debugName: "roots" }],
      },
    });
  } finally {
    await bundle.close();
  }
}

/**
 * Names the chunk of each module that the roots reach by static imports, after the roots that do:
 * whatever imports such a module is reached by no other root, so that chunks import each other in
 * no circle. What several dialects share is a chunk, too. All else stays as the bundler splits it.
 */
function nameChunks(facts: ModuleFacts, names: Map<string, string>): void {
  for (const [name, root] of Object.entries(roots))
    for (const id of reachedFrom(root, facts)) {
      const before = names.get(id);
      names.set(id, before === undefined ? name : `${before}-${name}`);
    }
  const once = new Set<string>();
  for (const dialect of facts.getModuleInfo(registry)?.dynamicallyImportedIds ?? [])
    for (const id of reachedFrom(dialect, facts)) {
      if (once.has(id) && !names.has(id)) names.set(id, "dialects");
      once.add(id);
    }
}

/** The modules that one imports, by others too, and itself. */
function reachedFrom(root: string, facts: ModuleFacts): ReadonlySet<string> {
  const reached = new Set([root]);
  for (const id of reached)
    for (const imported of facts.getModuleInfo(id)?.importedIds ?? []) reached.add(imported);
  return reached;
}

if (import.meta.main) await bundleServer(join(import.meta.dirname, "../dist/server"));
