import type { SecretReading } from "../../config/references/secret-reader.ts";
import type { World } from "../world.ts";

/** How a gateway follows the secrets of its configuration. */
export interface FollowSecretsOptions extends Pick<World, "schedule" | "notice"> {
  /** What the configuration in force was found to name. Undefined: nothing. */
  readonly reading: () => SecretReading | undefined;
  /** Loads the configuration in force anew. Rejects where it cannot be used. */
  readonly reload: () => Promise<void>;
}

/** The following of secrets. */
export interface SecretFollowing {
  /** Begins again: another configuration is in force. */
  restart(): void;
  close(): void;
}

/** Looks at the secrets of the configuration in force, again and again, and reloads when one changes. */
export function followSecrets({
  schedule,
  notice,
  reading,
  reload,
}: FollowSecretsOptions): SecretFollowing {
  let callOff = (): void => undefined;
  let turn = 0;
  let refusal = "";
  const look = async (mine: number): Promise<void> => {
    if ((await reading()?.changed()) !== true || mine !== turn) return;
    try {
      await reload();
      refusal = "";
      notice({ event: "secrets_changed", level: "info", message: changed });
    } catch (error) {
      const message = `secrets have changed, and the configuration cannot be used with them: ${String(error)}`;
      if (message !== refusal) notice({ event: "secrets_refused", message });
      refusal = message;
    }
  };
  const plan = (mine: number): void => {
    const delayMs = reading()?.againMs();
    if (mine !== turn || delayMs === undefined) return;
    callOff = schedule(() => void look(mine).finally(() => plan(mine)), delayMs);
  };
  const restart = (): void => {
    callOff();
    turn += 1;
    plan(turn);
  };
  restart();
  return {
    restart,
    close() {
      callOff();
      turn += 1;
    },
  };
}

const changed = "secrets have changed, and are in force";
