import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseContent } from "../../../src/composition/content/content-document.ts";
import { mastersOf } from "../../../src/composition/content/vault-keeper.ts";
import { createSecretValue } from "../../../src/config/secret-value.ts";
import type { CallContent } from "../../../src/core/ledger/call-content.ts";
import { ContentVault } from "../../../src/privacy/content-vault.ts";
import { pageContent } from "../../../src/store/content/read-content.ts";
import { openEngine, type StoreAddress } from "../../../src/store/engine/engine.ts";

/** A master key for tests, by its digits. */
export const masterKey = (digits: string) => ({ key: { value: digits.repeat(32) } });

/** What privacy says in most tests: all content of all teams is stored. */
export const allContent = { master_key: masterKey("0a"), content: {} };

/** Posts JSON with the key of `storeConfig`; gives the answer's text. */
export async function post(url: string, path: string, body: object): Promise<string> {
  const reply = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer dev-key-0123456789" },
    body: JSON.stringify(body),
  });
  return reply.text();
}

/** A vault with local master keys, the present one first. */
export async function vaultOf(...digits: readonly [string, ...string[]]): Promise<ContentVault> {
  const [current, ...previous] = digits.map((one) => ({
    kind: "local" as const,
    key: createSecretValue(one.repeat(32)),
  }));
  if (current === undefined) throw new Error("no key");
  return new ContentVault({
    masters: await mastersOf({ masterKey: current, previousMasterKeys: previous }, () => {
      throw new Error("no key service has them");
    }),
    wallMs: () => Date.now(),
    keepKey: async (key) => key,
  });
}

/** All stored content of a database, decrypted, by an engine of its own, the oldest first. */
export async function readContent(
  address: StoreAddress,
  vault?: ContentVault,
): Promise<readonly CallContent[]> {
  const opening = vault ?? (await vaultOf("0a"));
  const engine = await openEngine(address, () => undefined);
  try {
    const { contents } = await pageContent(engine, { limit: 1000, oldestFirst: true });
    return await Promise.all(
      contents.map(async (content) => parseContent(await opening.open(content))),
    );
  } finally {
    await engine.close();
  }
}

/** The files below a folder that have a text, in whatever way it is written in bytes. */
export function filesWith(folder: string, text: string): readonly string[] {
  const forms = [text, Buffer.from(text).toString("base64").slice(0, -4)];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const bytes = readFileSync(path);
      return forms.some((form) => bytes.includes(form));
    });
}
