import type { Config } from "../../../gen/parlance/config/v1/config_pb.js";
import type { SecretSources } from "../config-scope.ts";
import type { FoundSecret } from "./found-secret.ts";

/** Reads what the references of configurations name. */
export interface SecretReader {
  /** Reads all of them at the same time, each once. Never rejects. */
  read(config: Config, sources: SecretSources): Promise<SecretReading>;
}

/** What the references of a configuration were found to name. */
export interface SecretReading {
  /** By the keys of references. Threads can exchange it. */
  readonly found: ReadonlyMap<string, FoundSecret>;
  /**
   * Whether a secret, or a file that holds one, has changed since. What cannot be read has not.
   * Never rejects.
   */
  changed(): Promise<boolean>;
  /**
   * After how many milliseconds to look again: a period of the configuration, or sooner where
   * something ends before. Undefined: there is nothing to look at.
   */
  againMs(): number | undefined;
}
