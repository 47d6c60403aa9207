import { create } from "@bufbuild/protobuf";
import { type Config, ConfigSchema } from "../../../gen/parlance/config/v1/config_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { Steps } from "../../core/steps.ts";

/** As many providers, models or keys are in one part. */
const partSize = 100;

/**
 * Cuts a config into parts, which are configs themselves: everything but its providers, models and
 * keys first, then these, a hundred in a part. Shares memory with the config.
 */
export function* splitConfig(config: Config): Generator<Config, undefined> {
  yield { ...config, providers: {}, models: [], keys: [] };
  for (const providers of chunks(Object.entries(config.providers))) {
    yield create(ConfigSchema, { providers: Object.fromEntries(providers) });
  }
  for (const models of chunks(config.models)) yield { ...create(ConfigSchema), models };
  for (const keys of chunks(config.keys)) yield { ...create(ConfigSchema), keys };
}

/** Puts parts together again, a step for each. Shares memory with them. */
export function* joinConfig(parts: Iterable<Config>): Steps<Config> {
  let joined: Config | undefined;
  for (const part of parts) {
    yield;
    if (joined === undefined) {
      joined = {
        ...part,
        providers: { ...part.providers },
        models: [...part.models],
        keys: [...part.keys],
      };
      continue;
    }
    Object.assign(joined.providers, part.providers);
    appendAll(joined.models, part.models);
    appendAll(joined.keys, part.keys);
  }
  return joined ?? create(ConfigSchema);
}

function* chunks<T>(all: readonly T[]): Generator<T[], undefined> {
  for (let start = 0; start < all.length; start += partSize)
    yield all.slice(start, start + partSize);
}
