import type { OwnedSecretReader } from "../composition/secrets/secret-reader.ts";
import type { FoundSecret } from "../config/references/found-secret.ts";
import type { SecretReader, SecretReading } from "../config/references/secret-reader.ts";

/** Reads secrets, and remembers all that the configurations were found to name. */
export interface SecretRecorder extends SecretReader {
  readonly found: ReadonlyMap<string, FoundSecret>;
  /** Reads them in the end. */
  readonly reader: OwnedSecretReader;
}

/** Makes a recorder of the secrets of one configuration, which may be loaded from several texts. */
export function recordSecrets(reader: OwnedSecretReader): SecretRecorder {
  const found = new Map<string, FoundSecret>();
  return {
    found,
    reader,
    async read(config, sources) {
      const reading = await reader.read(config, sources);
      for (const [key, one] of reading.found) found.set(key, one);
      return reading;
    },
  };
}

/** Gives what was recorded, while a configuration is loaded from it. */
export interface SecretReplay extends SecretReader {
  replay(found: ReadonlyMap<string, FoundSecret>): void;
}

/** Makes a reader that asks nobody. */
export function replaySecrets(recorded: ReadonlyMap<string, FoundSecret>): SecretReplay {
  let found = recorded;
  return {
    read: async (): Promise<SecretReading> => ({
      found,
      changed: async () => false,
      againMs: () => undefined,
    }),
    replay(next) {
      found = next;
    },
  };
}
