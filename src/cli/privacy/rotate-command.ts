import { rewrapKeys } from "../../composition/content/rewrap-keys.ts";
import { createVaultKeeper } from "../../composition/content/vault-keeper.ts";
import { openConfigured } from "../../composition/stored/open-configured.ts";
import { runOperation } from "../../store/operations.ts";
import type { StoreLink } from "../../store/store.ts";
import type { CommandInput } from "../command.ts";
import { loadForCommand } from "../load-for-command.ts";
import type { Shell } from "../shell.ts";

/**
 * `parlance privacy rotate`: wraps the keys of stored content by the master key of the config.
 * Exits with 1 where some need a master key that the config does not have.
 */
export async function runRotate(shell: Shell, input: CommandInput): Promise<number> {
  const settings = await loadForCommand(shell, input);
  if (settings === undefined) return 1;
  if (settings.store === undefined || settings.privacy === undefined) {
    const missing = settings.store === undefined ? "a database in store" : "privacy.master_key";
    shell.stderr.write(`parlance privacy: there is no content to rotate: add ${missing}\n`);
    return 1;
  }
  const engine = await openConfigured(settings.store);
  const request: StoreLink["request"] = async (name, argument) =>
    (await runOperation(engine, name, argument)) as never; // what the operation of the name gives
  const keeper = createVaultKeeper({ wallMs: shell.clock.nowMs, random: Math.random }, { request });
  try {
    keeper.configure(settings);
    const vault = await keeper.vault();
    if (vault === undefined) return 1;
    const { rewrapped, unreadable } = await rewrapKeys(vault, request);
    shell.stdout.write(`${rewrapped} data keys are wrapped by ${vault.masterKey} now\n`);
    for (const [id, count] of unreadable)
      shell.stderr.write(
        `parlance privacy: ${count} data keys need the master key ${id}: add it to privacy.previous_master_keys\n`,
      );
    return unreadable.size === 0 ? 0 : 1;
  } finally {
    await keeper.closeServices();
    await engine.close();
  }
}
