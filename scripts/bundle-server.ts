// Makes the published program of `src`: one folder of modules that holds every package which a
// start needs. `npm run build` writes it to dist/server (docs/decisions/0048).
import { join } from "node:path";
import { rolldown } from "rolldown";

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
  /^@bufbuild\/protovalidate/,
  /^@marcbachmann\/cel-js/,
  /^eld/,
  /^@nats-io\//,
  /^@platformatic\//,
];

/**
 * Writes the program to a folder, which must be two levels below the one that has `gen`, as dist/server
 * is. Rejects where a module cannot be read or resolved.
 */
export async function bundleServer(folder: string): Promise<void> {
  const bundle = await rolldown({ input: entries, platform: "node", external, logLevel: "warn" });
  try {
    await bundle.write({ dir: folder, format: "esm", chunkFileNames: "[name]-[hash].js" });
  } finally {
    await bundle.close();
  }
}

if (import.meta.main) await bundleServer(join(import.meta.dirname, "../dist/server"));
