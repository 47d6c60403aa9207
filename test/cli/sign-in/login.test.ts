import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { type FormAnswer, startIssuer, startMs } from "../../identity/token-issuer-server.ts";
import { type Ran, runIn } from "../shell.ts";
import { folderWith } from "../spawn-parlance.ts";

const pending: FormAnswer = { status: 400, body: { error: "authorization_pending" } };
const refused = (error: string): FormAnswer => ({ status: 400, body: { error } });

/** Where people sign in, a gateway that takes its tokens, and somebody with a shell. */
async function startWithIssuer({ groups = "admins", device = {}, more = "" } = {}) {
  const issuer = await startIssuer();
  const folder = folderWith({});
  let nowMs = startMs;
  const waits: number[] = [];
  const clock = {
    nowMs: () => nowMs,
    wait: async (ms: number) => {
      waits.push(ms);
      nowMs += ms;
    },
  };
  const config = `
server: { port: 0 }
providers: { sim: { kind: sim } }
keys: [{ name: shop, value: { value: sk-shop }, models: ["sim/*"] }]
identity:
  issuers:
    - name: corp
      issuer: ${issuer.issuer}
      audiences: [parlance]
      cli_client_id: parlance-cli
      mappings: [{ claim: groups, value: admins, admin: true }, { claim: groups, value: shop, key: shop }]
${more}`;
  const gateway = await startGateway({
    config,
    world: { record: () => undefined, wallMs: () => nowMs },
  });
  onTestFinished(() => gateway.close());
  const tokens = async (): Promise<FormAnswer> => ({
    body: {
      access_token: await issuer.sign({
        groups: [groups],
        exp: Math.floor(nowMs / 1000) + 600,
        jti: String(issuer.forms.length),
      }),
      refresh_token: `refresh-${issuer.forms.length}`,
      expires_in: 600,
    },
  });
  /** The answers to polls, the last of which repeats. */
  let polls: readonly FormAnswer[] = [];
  issuer.answerForm = async (path, form) => {
    if (path === "/device")
      return {
        body: {
          device_code: "device-1",
          user_code: "ABCD-EFGH",
          verification_uri: "https://login.example/device",
          verification_uri_complete: "https://login.example/device?user_code=ABCD-EFGH",
          expires_in: 60,
          interval: 5,
          ...device,
        },
      };
    if (path === "/revoke") return { body: {} };
    if (form.grant_type === "refresh_token")
      return form.refresh_token === "revoked" ? refused("invalid_grant") : tokens();
    const [first, ...rest] = polls;
    if (rest.length > 0) polls = rest;
    return first ?? tokens();
  };
  const env = { XDG_CONFIG_HOME: folder, PARLANCE_URL: gateway.url };
  return {
    ...{ issuer, waits, gateway },
    file: join(folder, "parlance", "sign-in.json"),
    passMs: (ms: number) => {
      nowMs += ms;
    },
    parlance: (...args: readonly string[]): Promise<Ran> => runIn(args, { env, clock }),
    login: (answers: readonly (FormAnswer | "tokens")[], ...args: readonly string[]) => {
      return Promise.all(answers.map((one) => (one === "tokens" ? tokens() : one))).then((all) => {
        polls = all;
        return runIn(["login", ...args], { env, clock });
      });
    },
  };
}

describe("parlance login", () => {
  it("signs in by the device flow, and other commands then call as who has", async () => {
    const { login, parlance, issuer, waits, file } = await startWithIssuer();
    const before = await parlance("key", "list");
    expect([before.code, before.stderr]).toEqual([1, expect.stringContaining("UNAUTHENTICATED")]);
    const { code, stderr, stdout } = await login([
      pending,
      refused("slow_down"),
      pending,
      "tokens",
    ]);
    expect([code, stderr]).toEqual([
      0,
      `open https://login.example/device and enter the code ABCD-EFGH
or open https://login.example/device?user_code=ABCD-EFGH
waiting until you have signed in ...
`,
    ]);
    expect(stdout).toContain(`by ${issuer.issuer}; kept in ${file}`);
    expect(waits).toEqual([5_000, 5_000, 10_000, 10_000]);
    expect(issuer.forms.slice(0, 2)).toEqual([
      { client_id: "parlance-cli", scope: "openid offline_access" },
      {
        client_id: "parlance-cli",
        grant_type: "urn:ietf:params:oauth:grant-type:device_code",
        device_code: "device-1",
      },
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const listed = await parlance("key", "list");
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining("shop") });
    const withKey = await parlance("key", "list", "--key", "sk-wrong");
    expect(withKey.stderr).toContain("UNAUTHENTICATED");
  });

  it("renews a token that has expired, and ends with logout", async () => {
    const { login, parlance, issuer, file, passMs, gateway } = await startWithIssuer();
    await login(["tokens"]);
    const first = readFileSync(file, "utf8");
    passMs(3_600_000);
    expect((await parlance("key", "list")).code).toBe(0);
    expect(issuer.forms.at(-1)).toMatchObject({ grant_type: "refresh_token" });
    expect(readFileSync(file, "utf8")).not.toBe(first);
    const count = issuer.forms.length;
    expect((await parlance("chat", "sim/echo", "hi", "--url", gateway.url)).stdout).toBe("hi\n");
    expect(issuer.forms).toHaveLength(count);
    expect((await parlance("logout")).stdout).toBe(`signed out of ${gateway.url}\n`);
    expect(issuer.forms.at(-1)).toMatchObject({ token_type_hint: "refresh_token" });
    expect((await parlance("key", "list")).stderr).toContain("UNAUTHENTICATED");
    expect((await parlance("logout")).stdout).toBe(`nobody is signed in at ${gateway.url}\n`);
  });

  it("says that a sign-in has ended where its issuer says so, or cannot be reached", async () => {
    const { login, parlance, issuer, passMs, gateway } = await startWithIssuer();
    await login(["tokens"]);
    passMs(3_600_000);
    issuer.status = 503;
    expect((await parlance("key", "list")).stderr).toMatch(
      /^parlance key: the sign-in cannot be renewed now: 127\.0\.0\.1:\d+ answered with status 503\n$/,
    );
    issuer.status = 200;
    issuer.answerForm = () => refused("invalid_grant");
    expect((await parlance("key", "list")).stderr).toBe(
      `parlance key: the sign-in has ended (${issuer.issuer} refused: invalid_grant): run parlance login --url ${gateway.url}\n`,
    );
  });

  it("asks an issuer in trouble less often, and gives up when the code has expired", async () => {
    const { login, waits } = await startWithIssuer({ device: { interval: 2 } });
    const { code, stderr } = await login([{ status: 500, body: {} }]);
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000]);
    expect([code, stderr.split("\n").at(-2)]).toEqual([
      1,
      "parlance login: nobody entered the code in time: run parlance login again",
    ]);
  });

  it.each([
    ["access_denied", "the sign-in was denied"],
    ["expired_token", "the code has expired: run parlance login again"],
    ["invalid_client\u001b[2J", "refused: invalid_client [2J"],
  ])("ends with %s", async (error, words) => {
    const { login, parlance } = await startWithIssuer();
    const { code, stderr } = await login([pending, refused(error)]);
    expect([code, stderr.split("\n").at(-2)]).toEqual([1, expect.stringContaining(words)]);
    expect((await parlance("logout")).stdout).toContain("nobody is signed in");
  });

  it.each([
    ["a code that a terminal would obey", { user_code: "\u001b[2J" }, "is no device code"],
    ["an address that is no page", { verification_uri: "file:///etc/passwd" }, "is no device code"],
  ])("refuses %s", async (_, device, words) => {
    const { login } = await startWithIssuer({ device });
    const { code, stderr } = await login(["tokens"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
  });

  it("keeps no token that the gateway does not take", async () => {
    const { login, parlance } = await startWithIssuer({ groups: "sales" });
    const { code, stderr } = await login(["tokens"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("no mapping of the issuer corp")]);
    expect((await parlance("logout")).stdout).toContain("nobody is signed in");
  });

  it("wants to know which of several issuers, and takes one that the gateway does not name", async () => {
    const other = `
    - { name: other, issuer: "https://other.example", audiences: [a], cli_client_id: a, mappings: [{}] }`;
    const { login, issuer, gateway } = await startWithIssuer({ more: other });
    expect((await login(["tokens"])).stderr).toContain("write --issuer with one of corp, other");
    expect((await login(["tokens"], "--issuer", "nobody")).stderr).toContain("has corp, other");
    expect((await login(["tokens"], "--issuer", "corp")).code).toBe(0);
    const own = ["--issuer", issuer.issuer, "--client-id", "mine", "--scope", "openid,groups"];
    expect((await login(["tokens"], ...own)).code).toBe(0);
    expect(issuer.forms.at(-2)).toEqual({ client_id: "mine", scope: "openid groups" });
    expect((await login(["tokens"], ...own.slice(0, 4), "--id-token")).stderr).toContain(
      "gave no ID token: ask for the scope openid",
    );
    const open = await fetch(`${gateway.url}/.well-known/parlance-sign-in`);
    expect(await open.json()).toMatchObject({
      sign_ins: [
        { name: "corp", client_id: "parlance-cli", scopes: [], token: "access_token" },
        { name: "other", client_id: "a", token: "id_token" },
      ],
    });
  });

  it("asks for a token that refreshes only where the issuer has it", async () => {
    const { login, issuer } = await startWithIssuer();
    issuer.described.scopes_supported = ["openid", "email"];
    await login(["tokens"]);
    expect(issuer.forms[0]).toMatchObject({ scope: "openid" });
    issuer.described.device_authorization_endpoint = "http://login.example/device";
    expect((await login(["tokens"])).stderr).toContain("does not say that it has the device flow");
  });
});
