import { randomBytes, randomUUID } from "node:crypto";
import { directoryRow } from "../../store/directory/directory-row.ts";
import { openDirectory } from "../../store/directory/read-directory.ts";
import { makeFirstAdminKey } from "../../store/directory/write-directory.ts";
import { openEngine, type StoreAddress } from "../../store/engine/engine.ts";
import { migrate } from "../../store/migrations/migrate.ts";
import { hintOf, keyedHash, newKeyValue } from "./key-value.ts";

/**
 * Makes the first admin key of a store that has none, and gives its value, which is kept nowhere.
 * Undefined where the store has one. Rejects where the store cannot be used.
 */
export async function firstAdminKey(
  address: StoreAddress,
  nowMs: number,
): Promise<string | undefined> {
  const engine = await openEngine(address, () => undefined);
  try {
    await migrate(engine, nowMs);
    const newSecret = randomBytes(32).toString("hex");
    const { secret } = await openDirectory(engine, { newSecret, nowMs });
    const value = newKeyValue();
    const row = directoryRow({
      kind: "key",
      id: randomUUID(),
      name: "first admin key",
      subtype: "admin",
      hash: keyedHash(value, secret),
      hint: hintOf(value),
      createdMs: nowMs,
      updatedMs: nowMs,
      version: 1,
    });
    const audit = {
      id: randomUUID(),
      at_ms: BigInt(nowMs),
      actor_id: "",
      actor_name: "first start",
      address: "",
      request_id: "",
      action: "key.create",
      object_kind: "key",
      object_id: row.id,
      organization_id: "",
      team_id: "",
      before_json: "",
      after_json: JSON.stringify({ id: row.id, alias: row.name, kind: "KEY_KIND_ADMIN" }),
    };
    return (await makeFirstAdminKey(engine, { row, audit })) ? value : undefined;
  } finally {
    await engine.close();
  }
}
