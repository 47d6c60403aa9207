import { inspect } from "node:util";
import { toJsonString } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ConfigSchema } from "../../../gen/parlance/config/v1/config_pb.js";
import { loadConfig } from "../../../src/config/loading/load-config.ts";
import type { ConfiguredProvider } from "../../../src/config/settings.ts";

const env = { AWS_REGION: "eu-west-3", ID: "id", SECRET: "secret" };
const key = "access_key_id: { env: ID }, secret_access_key: { env: SECRET }";

function load(provider: string, environment: Readonly<Record<string, string>> = env) {
  return loadConfig(
    { text: `providers: { p: ${provider} }`, filename: "c.yaml" },
    environment,
    () => "",
  );
}

function shown(provider: ConfiguredProvider | undefined): unknown {
  if (provider?.aws === undefined) return undefined;
  const { accessKeyId, secretAccessKey, sessionToken, service, ...rest } = provider.aws;
  const { region, roleArn } = provider.settings.aws ?? {};
  expect(service).toBe("bedrock");
  return {
    region,
    ...(roleArn === "" ? {} : { roleArn }),
    ...rest,
    key: [accessKeyId, secretAccessKey, sessionToken].flatMap((secret) => secret?.reveal() ?? []),
  };
}

describe("a provider on AWS", () => {
  const region = "eu-west-3";
  const cases: readonly [
    title: string,
    provider: string,
    env: Readonly<Record<string, string>>,
    aws: unknown,
  ][] = [
    [
      "leaves to the standard chain what is not said",
      "{ kind: bedrock }",
      env,
      { region, key: [] },
    ],
    [
      "takes the access key of the gateway's environment",
      "{ kind: bedrock }",
      { ...env, AWS_ACCESS_KEY_ID: "I", AWS_SECRET_ACCESS_KEY: "S", AWS_SESSION_TOKEN: "T" },
      { region, key: ["I", "S", "T"] },
    ],
    [
      "takes the profile of the gateway's environment",
      "{ kind: bedrock }",
      { ...env, AWS_PROFILE: "work" },
      { region, profile: "work", key: [] },
    ],
    [
      "takes what the file says before the environment",
      `{ kind: bedrock, aws: { region: us-east-1, ${key}, role_arn: "arn:aws:iam::123456789012:role/r" } }`,
      { ...env, AWS_ACCESS_KEY_ID: "I", AWS_SECRET_ACCESS_KEY: "S", AWS_PROFILE: "work" },
      { region: "us-east-1", roleArn: "arn:aws:iam::123456789012:role/r", key: ["id", "secret"] },
    ],
    ["signs nothing with an API key", "{ kind: bedrock, api_key: { env: ID } }", env, undefined],
  ];
  for (const [title, provider, environment, aws] of cases) {
    it(title, () => {
      const result = load(provider, environment);
      if (!result.ok) throw new Error(JSON.stringify(result.violations));
      const configured = result.settings.providers.get("p");
      expect(shown(configured)).toEqual(aws);
      expect(configured?.auth).toEqual(aws === undefined ? "bearer" : { sigv4: "bedrock" });
      expect(configured?.baseUrl.origin).toMatch(
        /^https:\/\/bedrock-runtime\.(us-east-1|eu-west-3)\.amazonaws\.com$/,
      );
    });
  }

  const wrong: readonly [
    title: string,
    provider: string,
    env: Readonly<Record<string, string>>,
    at: string,
  ][] = [
    ["no region", "{ kind: bedrock }", {}, "aws.region"],
    [
      "no region where requests are signed",
      '{ kind: bedrock, base_url: "http://h" }',
      {},
      "aws.region",
    ],
    [
      "a region of the environment that is none",
      "{ kind: bedrock }",
      { AWS_REGION: "x.evil.example/" },
      "aws.region",
    ],
    ["a region that is none", '{ kind: bedrock, aws: { region: "x.evil/" } }', {}, "aws.region"],
    [
      "a key without its secret",
      "{ kind: bedrock, aws: { access_key_id: { env: ID } } }",
      env,
      "aws.secret_access_key",
    ],
    [
      "a secret without its key",
      "{ kind: bedrock, aws: { secret_access_key: { env: ID } } }",
      env,
      "aws.access_key_id",
    ],
    [
      "a token alone",
      "{ kind: bedrock, aws: { session_token: { env: ID } } }",
      env,
      "aws.session_token",
    ],
    ["a key and a profile", `{ kind: bedrock, aws: { ${key}, profile: p } }`, env, "aws.profile"],
    [
      "an API key and a profile",
      "{ kind: bedrock, api_key: { env: ID }, aws: { profile: p } }",
      env,
      "aws.profile",
    ],
    [
      "a secret that is not set",
      "{ kind: bedrock, aws: { access_key_id: { env: ID }, secret_access_key: { env: NONE } } }",
      env,
      "aws.secret_access_key.env",
    ],
    ["a role that is none", "{ kind: bedrock, aws: { role_arn: admin } }", env, "aws.role_arn"],
    ["settings of AWS at another vendor", "{ kind: sim, aws: {} }", env, "aws"],
  ];
  for (const [title, provider, environment, at] of wrong) {
    it(`is refused for ${title}`, () => {
      const result = load(provider, environment);
      expect(result.ok ? [] : result.violations.map(({ path }) => path)).toEqual([
        `providers.p.${at}`,
      ]);
    });
  }

  it("shows no secret of the file", () => {
    const literal =
      "access_key_id: { value: shown-never }, secret_access_key: { value: shown-never }";
    const result = load(
      `{ kind: bedrock, aws: { ${literal}, session_token: { value: shown-never } } }`,
    );
    if (!result.ok) throw new Error(JSON.stringify(result.violations));
    expect(result.settings.providers.get("p")?.aws?.accessKeyId?.reveal()).toBe("shown-never");
    expect(toJsonString(ConfigSchema, result.settings.config)).not.toContain("shown-never");
    expect(inspect(result.settings, { depth: 9 })).not.toContain("shown-never");
  });

  it("needs no region with an API key and an address", () => {
    expect(
      load('{ kind: bedrock, base_url: "http://127.0.0.1:9/x", api_key: { env: ID } }', { ID: "k" })
        .ok,
    ).toBe(true);
  });
});
