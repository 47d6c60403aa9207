import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  createSecretReader,
  type OwnedSecretReader,
} from "../../src/composition/secrets/secret-reader.ts";
import { loadAtOnce, loadConfig } from "../../src/config/loading/load-config.ts";
import { printViolation } from "../../src/config/violation.ts";
import type { Notice } from "../../src/core/notice.ts";
import { startGateway } from "../../src/serve.ts";
import { createFakeClock, type FakeClock } from "../fake-clock.ts";
import { deadOrigin, serveHttp } from "../upstream/servers.ts";
import { cloudEnv, startAws, startAzure, startGoogle } from "./cloud-servers.ts";
import { startVault, type VaultServer, versioned } from "./vault-server.ts";

const secretText = "kept-elsewhere-0123456789";

/** A reader of secrets at a clock that stands, which waits for nothing. */
function openReader(nowMs: () => number = () => 1_700_000_000_000, clock?: FakeClock) {
  const waits: number[] = [];
  const notices: Notice[] = [];
  const counts: string[] = [];
  const reader: OwnedSecretReader = createSecretReader({
    wallMs: nowMs,
    random: () => 0,
    wait: async (ms) => void waits.push(ms),
    readText: () => "",
    clock,
  });
  reader.listen({
    notice: (notice) => notices.push(notice),
    count: (manager, outcome) => counts.push(`${manager} ${outcome}`),
  });
  onTestFinished(() => reader.close());
  return { reader, waits, notices, counts };
}

/** The admin key that a configuration finds, or what is wrong with it. */
async function adminKey(
  secret: string,
  { env = {}, more = "", opened = openReader() }: Partial<Asking> = {},
): Promise<string> {
  const text = `auth: { admin_key: ${secret} }\n${more}`;
  const options = { secrets: opened.reader };
  const loaded = await loadAtOnce({ text, filename: "c.yaml" }, env, () => "", options);
  if (loaded.ok) return loaded.settings.auth.adminKey?.reveal() ?? "";
  return loaded.violations.map((one) => printViolation("c.yaml", one)).join("\n");
}

interface Asking {
  readonly env: Record<string, string>;
  /** More of the configuration. */
  readonly more: string;
  readonly opened: ReturnType<typeof openReader>;
}

/** A file for one test; gives its path. */
function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "parlance-secrets-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "secret");
  writeFileSync(file, `${text}\n`);
  return file;
}

function vaultEnv({ origin }: Pick<VaultServer, "origin">): Record<string, string> {
  return { VAULT_ADDR: `${origin}/`, VAULT_TOKEN: "root" };
}

describe("a secret in Vault", () => {
  const reference = "{ vault: { path: gateway/admin, field: key } }";

  it("is read with the token, in the namespace, in the version that is named", async () => {
    const vault = await startVault();
    vault.secrets.set("kv/data/gateway/admin?version=2", versioned({ key: ` ${secretText}\n` }));
    const env = { ...vaultEnv(vault), VAULT_NAMESPACE: "team" };
    const found = await adminKey(
      "{ vault: { path: gateway/admin, field: key, mount: kv, version: 2 } }",
      { env },
    );
    expect(found).toBe(secretText);
    expect(vault.asked.at(-1)?.headers).toMatchObject({
      "x-vault-token": "root",
      "x-vault-namespace": "team",
      "x-vault-request": "true",
    });
  });

  it("is asked for once, however many fields of it are named", async () => {
    const vault = await startVault();
    vault.secrets.set(
      "secret/data/app",
      versioned({ value: secretText, dev: "dev-key-0123456789" }),
    );
    const more = "keys: [{ name: dev, value: { vault: { path: app, field: dev } } }]";
    const found = await adminKey("{ vault: { path: app } }", { env: vaultEnv(vault), more });
    expect(found).toBe(secretText);
    expect(vault.asked.filter(({ path }) => path.includes("/data/app"))).toHaveLength(1);
  });

  const logins = [
    ["AppRole", () => "app_role: { role_id: { value: role }, secret_id: { env: ROLE_SECRET } }"],
    [
      "its service account",
      () => `kubernetes: { role: gateway, token_file: ${JSON.stringify(fileWith("pod-token"))} }`,
    ],
  ] as const;
  for (const [who, login] of logins)
    it(`is read by ${who}, and once more where the token was revoked`, async () => {
      const vault = await startVault();
      vault.secrets.set("secret/data/gateway/admin", versioned({ key: secretText }));
      const asking = {
        env: { ROLE_SECRET: "role-secret" },
        more: `secret_managers: { vault: { address: "${vault.origin}", ${login()} } }`,
        opened: openReader(),
      };
      expect(await adminKey(reference, asking)).toBe(secretText);
      vault.tokens.clear();
      expect(await adminKey(reference, asking)).toBe(secretText);
      expect(vault.asked.at(-1)?.headers["x-vault-token"]).toBe("login-2");
    });

  it("keeps a token alive, and one that was made for it", async () => {
    const vault = await startVault();
    vault.tokenSeconds = 3600;
    const made = { lease_id: "database/creds/app/1", lease_duration: 3600, renewable: true };
    vault.secrets.set("database/creds/app", { ...made, data: { password: secretText } });
    let nowMs = 0;
    const opened = openReader(() => nowMs);
    const asking = { env: vaultEnv(vault), opened };
    const dynamic =
      "{ vault: { path: creds/app, mount: database, engine: PLAIN, field: password } }";
    const paths = () => vault.asked.splice(0).map(({ path }) => path.replace("/v1/", ""));
    await adminKey(dynamic, asking);
    expect(paths()).toEqual(["auth/token/lookup-self", "database/creds/app"]);
    nowMs = 20 * 60_000;
    await adminKey(dynamic, asking);
    expect(paths()).toEqual([]);
    nowMs = 50 * 60_000;
    expect(await adminKey(dynamic, asking)).toBe(secretText);
    expect(paths().toSorted()).toEqual(["auth/token/renew-self", "sys/leases/renew"]);
  });

  const wrong: readonly (readonly [string, (vault: VaultServer) => void, string, string])[] = [
    [
      "that it does not have",
      () => undefined,
      "it answered 404",
      "write its name as the service has it",
    ],
    [
      "that the gateway may not read",
      (vault) => vault.tokens.clear(),
      "it answered 403",
      "allow the identity of secret_managers.vault",
    ],
    [
      "without the field",
      (vault) => vault.secrets.set("secret/data/gateway/admin", versioned({ other: secretText })),
      'it has no text in the field "key"',
      "write the name of one of its fields",
    ],
    [
      "whose field is empty",
      (vault) => vault.secrets.set("secret/data/gateway/admin", versioned({ key: " " })),
      "it is empty",
      "set its value",
    ],
  ];
  for (const [which, change, what, hint] of wrong)
    it(`${which} is a mistake of the configuration, by its place`, async () => {
      const vault = await startVault();
      change(vault);
      const told = await adminKey(reference, { env: vaultEnv(vault) });
      expect(told).toBe(
        `c.yaml:1:22: auth.admin_key.vault: secret/gateway/admin#key cannot be read: ${what} (${told.split(" (").at(-1)}`,
      );
      expect(told).toContain(hint);
      expect(told).not.toContain(secretText);
    });

  it("is asked for again while Vault is overloaded, three times at most", async () => {
    const vault = await startVault();
    vault.fails = [503, { errors: ["Vault is sealed"] }];
    const opened = openReader();
    const told = await adminKey(reference, { env: vaultEnv(vault), opened });
    expect(told).toContain("cannot be read: it answered 503");
    expect(told).not.toContain("sealed");
    expect([opened.waits, vault.asked.length]).toEqual([[250, 500], 3]);
  });

  it("is not waited for without end", async () => {
    const asked: string[] = [];
    const origin = await serveHttp(({ url = "" }) => void asked.push(url));
    const clock = createFakeClock();
    const env = { VAULT_ADDR: origin, VAULT_TOKEN: "root" };
    const found = adminKey(reference, { env, opened: openReader(undefined, clock) });
    for (const tries of [1, 2, 3]) {
      await vi.waitUntil(() => asked.length === tries, 20_000);
      clock.advance(10_000);
    }
    expect(await found).toContain("cannot be read: no reply in time");
  });

  it("needs a Vault that can be reached, whose address is known", async () => {
    expect(await adminKey(reference)).toContain("secret_managers.vault.address is missing");
    const env = { VAULT_ADDR: await deadOrigin(), VAULT_TOKEN: "root" };
    expect(await adminKey(reference, { env })).toContain("cannot be read: could not connect");
  });

  it("is not needed to ask Vault, nor asked for by a configuration with other mistakes", async () => {
    const vault = await startVault();
    const token = "secret_managers: { vault: { token: { vault: { path: token } } } }";
    expect(await adminKey(reference, { env: vaultEnv(vault), more: token })).toContain(
      "secret_managers.vault.token.vault secrets of secret managers cannot be used here",
    );
    const told = await adminKey(reference, { env: vaultEnv(vault), more: "models: [{ name: a }]" });
    expect(told).toContain("models[0].targets: must not be empty");
    expect(told.split("\n")).toHaveLength(1);
    expect(vault.asked).toEqual([]);
    expect(
      loadConfig({ text: `auth: { admin_key: ${reference} }`, filename: "c" }, {}, () => ""),
    ).toMatchObject({ ok: false });
  });
});

describe("a secret at a cloud", () => {
  it("is read from AWS with a signature, as a text or a member of it, in the region of its ARN", async () => {
    const ids: unknown[] = [];
    const aws = await startAws("secretsmanager", (action, { body }) => {
      ids.push(action, body.SecretId);
      return [200, { SecretString: JSON.stringify({ password: secretText }) }];
    });
    const env = { ...cloudEnv({ aws: aws.origin }), AWS_REGION: "us-east-1" };
    const id = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-a1b2c3";
    expect(await adminKey(`{ aws_secret: { id: "${id}", field: password } }`, { env })).toBe(
      secretText,
    );
    expect(ids).toEqual(["secretsmanager.GetSecretValue", id]);
    const named = `{ aws_secret: { id: prod/db, region: eu-west-1 } }`;
    expect(await adminKey(named, { env })).toBe(JSON.stringify({ password: secretText }));
    const wrong = { ...env, AWS_SECRET_ACCESS_KEY: "another-secret-access-key" };
    expect(await adminKey(named, { env: wrong })).toContain(
      "prod/db cannot be read: it answered 400 (InvalidSignatureException) (allow the identity of secret_managers.aws",
    );
  });

  it("is asked of AWS again where it throttles, which is a 400 there", async () => {
    let left = 2;
    const aws = await startAws("secretsmanager", () => {
      left -= 1;
      return left < 0
        ? [200, { SecretBinary: Buffer.from(secretText).toString("base64") }]
        : [400, { __type: "ThrottlingException" }];
    });
    const opened = openReader();
    const asking = { env: cloudEnv({ aws: aws.origin }), opened };
    expect(await adminKey("{ aws_secret: { id: a } }", asking)).toBe(secretText);
    expect(opened.waits).toEqual([250, 500]);
    expect(opened.counts).toEqual(["aws read"]);
  });

  it("is read from Google Cloud with a token, in a version", async () => {
    const google = await startGoogle(({ path }) =>
      path === "/v1/projects/p/secrets/admin/versions/7:access"
        ? [200, { payload: { data: Buffer.from(secretText).toString("base64") } }]
        : [404, { error: { status: "NOT_FOUND" } }],
    );
    const env = cloudEnv({ google: google.origin });
    const reference = '{ gcp_secret: { project: p, secret: admin, version: "7" } }';
    expect(await adminKey(reference, { env })).toBe(secretText);
    const other = "{ gcp_secret: { project: p, secret: admin } }";
    expect(await adminKey(other, { env })).toContain("it answered 404 (NOT_FOUND)");
    expect(await adminKey("{ gcp_secret: { secret: a } }", { env })).toContain(
      "no project is known",
    );
  });

  it("is read from Azure with a token for its vaults", async () => {
    const azure = await startAzure(({ path }) =>
      path === "/secrets/admin/v1?api-version=7.4"
        ? [200, { value: secretText }]
        : [403, { error: { code: "Forbidden" } }],
    );
    const env = cloudEnv({ azure: azure.origin });
    const at = `vault_url: "${azure.origin}/"`;
    expect(await adminKey(`{ azure_secret: { ${at}, name: admin, version: v1 } }`, { env })).toBe(
      secretText,
    );
    expect(await adminKey(`{ azure_secret: { ${at}, name: admin } }`, { env })).toContain(
      "it answered 403 (Forbidden)",
    );
    const stranger = { ...env, AZURE_CLIENT_SECRET: "wrong-client-secret" };
    const told = await adminKey(`{ azure_secret: { ${at}, name: admin } }`, { env: stranger });
    expect(told).toContain("credentials were refused");
    expect(told).not.toContain("wrong-client-secret");
  });
});

describe("a gateway whose secrets are kept elsewhere", () => {
  const config = (file: string) => `
server: { host: 127.0.0.1, port: 0 }
auth: { admin_key: { vault: { path: admin } } }
keys: [{ name: dev, value: { file: ${JSON.stringify(file)} } }]
providers: { sim: { kind: sim } }
secret_managers: { refresh: 60s }
`;

  /** A gateway at a clock that the test moves. */
  async function start() {
    const vault = await startVault();
    vault.secrets.set("secret/data/admin", versioned({ value: "admin-key-0123456789" }));
    const file = fileWith("dev-key-0123456789");
    const clock = createFakeClock();
    const notices: Notice[] = [];
    const gateway = await startGateway({
      config: config(file),
      env: vaultEnv(vault),
      world: {
        schedule: clock.schedule,
        record: () => undefined,
        notice: (notice) => notices.push(notice),
      },
    });
    onTestFinished(() => gateway.close());
    const statusOf = async (key: string): Promise<number> => {
      const headers = { authorization: `Bearer ${key}` };
      return (await fetch(`${gateway.url}/v1/models`, { headers })).status;
    };
    const heard = async (event: string): Promise<Notice | undefined> => {
      await vi.waitFor(
        () => expect(notices.map((notice) => notice.event)).toContain(event),
        20_000,
      );
      return notices.find((notice) => notice.event === event);
    };
    return { vault, file, clock, gateway, statusOf, heard, notices };
  }

  it("takes what has changed there and in files, and no longer what was there before", async () => {
    const { vault, file, clock, statusOf, heard, notices, gateway } = await start();
    const { hash } = gateway.settings();
    expect(await statusOf("admin-key-0123456789")).toBe(200);
    vault.secrets.set("secret/data/admin", versioned({ value: "admin-key-9876543210" }));
    clock.advance(60_000);
    await heard("secrets_changed");
    expect(await statusOf("admin-key-0123456789")).toBe(401);
    expect(await statusOf("admin-key-9876543210")).toBe(200);
    expect(gateway.settings().hash).toBe(hash);
    notices.length = 0;
    writeFileSync(file, "dev-key-9876543210");
    clock.advance(60_000);
    await heard("secrets_changed");
    expect(await statusOf("dev-key-0123456789")).toBe(401);
    expect(await statusOf("dev-key-9876543210")).toBe(200);
  });

  it("keeps the last values while they cannot be read, in a reload too, and says so once", async () => {
    const { vault, file, clock, statusOf, heard, gateway, notices } = await start();
    vault.fails = [403, { errors: [] }];
    clock.advance(60_000);
    const told = await heard("secrets_stale");
    expect(told?.message).toContain("secret/admin#value: it answered 403");
    expect(await gateway.reload(config(file))).toMatchObject({ ok: true });
    expect(await statusOf("admin-key-0123456789")).toBe(200);
    expect(notices.filter(({ event }) => event === "secrets_stale")).toHaveLength(1);
    const metrics = await (
      await fetch(`${gateway.url}/metrics`, {
        headers: { authorization: "Bearer admin-key-0123456789" },
      })
    ).text();
    expect(metrics).toMatch(/parlance_secret_reads_total\{manager="vault",outcome="failed"\} [12]/);
    vault.fails = undefined;
    clock.advance(60_000);
    await heard("secrets_fresh");
  });

  it("keeps the configuration in force where it cannot be used with what has changed", async () => {
    const { file, clock, statusOf, heard } = await start();
    writeFileSync(file, " ");
    clock.advance(60_000);
    expect((await heard("secrets_refused"))?.message).toContain("the file is empty");
    expect(await statusOf("dev-key-0123456789")).toBe(200);
  });

  it("does not start without them", async () => {
    const vault = await startVault();
    await expect(
      startGateway({ config: config(fileWith("dev-key-0123456789")), env: vaultEnv(vault) }),
    ).rejects.toThrow("auth.admin_key.vault: secret/admin#value cannot be read: it answered 404");
  });
});
