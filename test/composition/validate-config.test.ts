import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { expect, it, onTestFinished } from "vitest";
import {
  ConfigService,
  type ValidateConfigResponse,
} from "../../gen/parlance/admin/v1/config_service_pb.js";
import { startGateway } from "../../src/serve.ts";
import { selfSigned } from "../upstream/self-signed.ts";

const sim = "providers: { sim: { kind: sim } }\n";
const admin = "auth: { admin_key: { value: the-admin-key } }\n";

interface Validator {
  validate(text: string): Promise<ValidateConfigResponse>;
  /** The files that the gateway has read or tried to. */
  readonly read: readonly string[];
}

/**
 * Validates at a gateway in whose environment SET is set, as its admin or, where it has none, as
 * anybody.
 */
async function validatorOf(
  config: string,
  files: Readonly<Record<string, string>>,
): Promise<Validator> {
  const read: string[] = [];
  const readText = (path: string): string => {
    read.push(path);
    const text = files[path];
    if (text === undefined)
      throw Object.assign(new Error(path), { code: path.endsWith("/") ? "EISDIR" : "ENOENT" });
    return text;
  };
  const env = { SET: "a-secret-of-the-gateway", EMPTY: "" };
  const gateway = await startGateway({ config, env, readText, port: 0 });
  onTestFinished(gateway.close);
  const client = createClient(
    ConfigService,
    createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" }),
  );
  const headers = { authorization: "Bearer the-admin-key" };
  return { validate: (text) => client.validateConfig({ text }, { headers }), read };
}

const files = {
  "/key": "a-key",
  "/empty": "",
  "/other": "another key\nof two lines",
  "/server.crt": selfSigned.cert,
  "/server.key": selfSigned.key,
};

/** Texts that differ in one place, `*`, by what stands there and is looked up. */
const lookUps: readonly (readonly [
  title: string,
  text: string,
  named: readonly string[],
  at: string,
])[] = [
  [
    "the file of an API key",
    "providers: { openai: { kind: openai, api_key: { file: '*' } } }",
    ["/key", "/empty", "/other", "/none", "/folder/"],
    "providers.openai.api_key",
  ],
  [
    "the variable of an API key",
    "providers: { openai: { kind: openai, api_key: { env: * } } }",
    ["SET", "EMPTY", "UNSET"],
    "providers.openai.api_key",
  ],
  [
    "the file of a caller's key",
    `${sim}keys: [{ name: app, value: { file: '*' } }]`,
    ["/key", "/empty", "/none"],
    "keys[0].value",
  ],
  [
    "the file of the admin key",
    `${sim}auth: { admin_key: { file: '*' } }`,
    ["/key", "/empty", "/none"],
    "auth.admin_key",
  ],
  [
    "a certificate and its key",
    `${sim}server: { tls: { cert_file: '*', key_file: /server.key } }`,
    ["/server.crt", "/server.key", "/empty", "/none"],
    "server.tls",
  ],
  [
    "a credentials file of Google Cloud",
    "providers: { v: { kind: vertex_ai, google: { credentials: { file: '*' } } } }",
    ["/key", "/empty", "/none"],
    "providers.v.google.credentials",
  ],
  [
    "the secret of an OAuth 2.0 client",
    "providers: { o: { kind: openai, oauth2: { token_url: 'https://a.example', client_id: c, client_secret: { file: '*' } } } }",
    ["/key", "/empty", "/none"],
    "providers.o.oauth2.client_secret",
  ],
];

for (const [title, text, named, at] of lookUps) {
  it(`where nobody needs a key, ValidateConfig looks up nothing for ${title}, and says so`, async () => {
    const { validate, read } = await validatorOf(sim, files);
    const answers = new Set<string>();
    for (const name of named) {
      const { violations, warnings } = await validate(text.replace("*", name));
      const answer = { violations, warnings };
      answers.add(JSON.stringify(answer));
      expect(answer).toEqual({
        violations: [],
        warnings: [
          expect.objectContaining({
            path: at,
            ruleId: "not_checked",
            message: expect.stringMatching(/^was not/),
          }),
        ],
      });
    }
    expect(answers.size).toBe(1);
    expect(read).toEqual([]);
  });
}

it("where nobody needs a key, ValidateConfig still finds what is wrong in the text itself", async () => {
  const { validate } = await validatorOf(sim, files);
  const { violations } = await validate(
    "providers: { o: { kind: opnai, api_key: { file: /key }, hedders: {} } }",
  );
  expect(violations.map(({ path }) => path)).toEqual(["providers.o.kind", "providers.o.hedders"]);
});

it("for an admin ValidateConfig looks up what a start would look up", async () => {
  const { validate, read } = await validatorOf(sim + admin, files);
  const text = (file: string) =>
    `providers: { openai: { kind: openai, api_key: { file: ${file} } } }`;
  expect((await validate(text("/key"))).violations).toEqual([]);
  expect((await validate(text("/none"))).violations).toMatchObject([
    { ruleId: "secret_unreadable" },
  ]);
  expect([...new Set(read)]).toEqual(["/key", "/none"]);
});

it("ValidateConfig lists no more violations than its contract allows", async () => {
  const { validate } = await validatorOf(sim, files);
  const { violations } = await validate(`models:\n${"- 1\n".repeat(10_500)}`);
  expect(violations).toHaveLength(1001);
});
