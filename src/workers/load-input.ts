import type { ReadText } from "../config/config-scope.ts";
import type { LoadResult } from "../config/loading/load-config.ts";
import { loadInSlices } from "../config/loading/load-in-slices.ts";
import { loadWithStore } from "../config/stored/load-with-store.ts";
import type { LazyValidator } from "../validation/validator.ts";
import type { ConfigInput } from "./messages.ts";
import { recordSecrets } from "./recorded-secrets.ts";
import type { WorkersOptions } from "./workers-options.ts";

/** A configuration that was loaded, and what secret managers have for it. */
export interface LoadedInput {
  readonly result: LoadResult;
  readonly secrets: ConfigInput["secrets"];
}

/** Loads a configuration for workers. The secrets that it names are read anew. */
export async function loadInput(
  { source, stored }: ConfigInput,
  readText: ReadText,
  options: Pick<WorkersOptions, "env" | "host" | "port" | "secrets"> & {
    readonly validator: LazyValidator;
  },
): Promise<LoadedInput> {
  const { env, host, port, validator } = options;
  const secrets = recordSecrets(options.secrets.reader);
  const overrides = {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
  };
  const result = await loadWithStore({ source, stored, overrides }, (text, more) =>
    loadInSlices(text, env, readText, { validator, secrets, ...overrides, ...more }),
  );
  return { result, secrets: secrets.found };
}
