import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { expect, it, onTestFinished } from "vitest";
import { ConfigService } from "../../gen/parlance/admin/v1/config_service_pb.js";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { folderWith } from "../cli/spawn-parlance.ts";

const sim = "providers: { sim: { kind: sim } }\n";
const admin = "auth: { admin_key: { value: the-admin-key } }\n";
const keys = "keys: [{ name: app, value: { value: the-app-key } }]\n";
const open = "server: { allow_unauthenticated: true }\n";

async function start(config: string, env: Record<string, string> = {}): Promise<RunningGateway> {
  const gateway = await startGateway({ config, env, port: 0 });
  onTestFinished(gateway.close);
  return gateway;
}

/** The status of a call with a key, or without one. */
async function statusOf({ url }: RunningGateway, key?: string): Promise<number> {
  const headers: Record<string, string> =
    key === undefined ? {} : { authorization: `Bearer ${key}` };
  const response = await fetch(`${url}/v1/models`, { headers });
  await response.arrayBuffer();
  return response.status;
}

type Row = readonly [title: string, inForce: string, wanted: string, paths: readonly string[]];

/** Reloads that are refused, and the fields that are named. */
const refused: readonly Row[] = [
  ["the admin key and all keys go", sim + admin + keys, sim, ["auth.admin_key", "keys"]],
  ["the only admin key goes", sim + admin, sim, ["auth.admin_key"]],
  ["the only keys go", sim + keys, sim, ["keys"]],
  ["the list of keys is empty", sim + keys, `${sim}keys: []\n`, ["keys"]],
  ["the file is cut off before its keys", sim + keys, sim + keys.slice(0, 5), ["keys"]],
  ["keys go and the file allows it without", sim + keys, sim + open, ["keys"]],
  ["keys go and the admin key stays", sim + admin + keys, sim + admin, ["keys"]],
  ["the admin key goes and keys stay", sim + admin + keys, sim + keys, ["auth.admin_key"]],
  ["all providers go", sim + keys, keys, ["providers"]],
  ["the file is empty", sim + keys, "", [""]],
  ["the file is blank", sim + keys, " \n\n", [""]],
  ["the file holds only comments", sim + keys, "# nothing\n# at all\n", [""]],
  ["the file holds an empty mapping", sim + keys, "{}\n", [""]],
  ["the file holds an empty document", sim + keys, "---\n...\n", [""]],
  ["the file is empty where nobody needed a key", sim, "", [""]],
  ["the file is empty where there were no providers", open, "", [""]],
];

for (const [title, inForce, wanted, paths] of refused) {
  it(`a reload is refused where ${title}`, async () => {
    const gateway = await start(inForce);
    const before = [
      gateway.settings().hash,
      await statusOf(gateway),
      await statusOf(gateway, "the-app-key"),
    ];
    const result = await gateway.reload(wanted);
    expect(result.ok ? [] : result.violations.map(({ path }) => path)).toEqual(paths);
    for (const { message, hint } of result.ok ? [] : result.violations) {
      expect(message).not.toBe("");
      expect(hint).toContain("restart");
    }
    expect([
      gateway.settings().hash,
      await statusOf(gateway),
      await statusOf(gateway, "the-app-key"),
    ]).toEqual(before);
  });
}

/** Reloads that close, or change nothing of who may call. */
const taken: readonly (readonly [title: string, inForce: string, wanted: string])[] = [
  ["keys are added", sim, sim + keys],
  ["an admin key is added", sim + keys, sim + admin + keys],
  [
    "another key takes the place of the only one",
    sim + keys,
    sim + keys.replaceAll("app", "other"),
  ],
  [
    "another admin key takes the place of the one",
    sim + admin,
    sim + admin.replace("the-", "a-new-"),
  ],
  [
    "an open gateway stays open",
    sim,
    `${sim}models: [{ name: m, targets: [{ model: sim/echo }] }]\n`,
  ],
  ["it may listen without keys and has some", sim + keys, sim + keys + open],
  ["a file that was empty is filled", "", sim + keys],
  ["a file that was empty is empty", "# nothing\n", ""],
];

for (const [title, inForce, wanted] of taken) {
  it(`a reload is taken where ${title}`, async () => {
    const gateway = await start(inForce);
    expect(await gateway.reload(wanted)).toMatchObject({ ok: true });
  });
}

it("a reload is refused where a key's variable is no longer set or its file is empty or gone", async () => {
  const path = join(folderWith({ key: "the-app-key\n" }), "key");
  const env: Record<string, string> = { ADMIN_KEY: "the-admin-key" };
  const config = `${sim}auth: { admin_key: { env: ADMIN_KEY } }\nkeys: [{ name: app, value: { file: ${path} } }]\n`;
  const gateway = await start(config, env);
  const refusedAt = async () => {
    const result = await gateway.reload(config);
    expect([await statusOf(gateway), await statusOf(gateway, "the-app-key")]).toEqual([401, 200]);
    return result.ok
      ? []
      : result.violations.map(({ path: field, ruleId }) => `${field} ${ruleId}`);
  };
  writeFileSync(path, "\n");
  expect(await refusedAt()).toEqual(["keys[0].value.file secret_unset"]);
  rmSync(path);
  expect(await refusedAt()).toEqual(["keys[0].value.file secret_unreadable"]);
  writeFileSync(path, "the-app-key\n");
  delete env.ADMIN_KEY;
  expect(await refusedAt()).toEqual(["auth.admin_key.env secret_unset"]);
});

it("ConfigService tells why a reload that would open the gateway was refused", async () => {
  const gateway = await start(sim + admin + keys);
  await gateway.reload(sim);
  const client = createClient(
    ConfigService,
    createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" }),
  );
  const { lastReloadViolations } = await client.getConfig(
    {},
    { headers: { authorization: "Bearer the-admin-key" } },
  );
  expect(lastReloadViolations.map(({ path, ruleId }) => [path, ruleId])).toEqual([
    ["auth.admin_key", "reload_opens"],
    ["keys", "reload_opens"],
  ]);
});
