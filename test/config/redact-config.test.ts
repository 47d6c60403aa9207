import { create, toJsonString } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import { redactConfig } from "../../src/config/redact-config.ts";

const shown = (providers: object) =>
  redactConfig(create(ConfigSchema, { providers: { p: { kind: "k", ...providers } } }));

describe("a config that is shown", () => {
  const names = [
    "X-Pass",
    "X-Signature",
    "X-Team",
    "CF-Access-Client-Id",
    "Authorization",
    "cookie",
    "pin",
  ];

  it("has no value of a header, whatever the header's name", () => {
    const headers = Object.fromEntries(names.map((name, at) => [name, `planted-${at}`]));
    const config = shown({ headers });
    expect(toJsonString(ConfigSchema, config)).not.toContain("planted");
    expect(config.providers.p?.headers).toEqual(
      Object.fromEntries(names.map((name) => [name, "[redacted]"])),
    );
  });

  it("has no value of a parameter of a token request, whatever its name", () => {
    const parameters = Object.fromEntries(names.map((name, at) => [name, `planted-${at}`]));
    const config = shown({ oauth2: { tokenUrl: "https://t.example/token", parameters } });
    expect(toJsonString(ConfigSchema, config)).not.toContain("planted");
    expect(Object.keys(config.providers.p?.oauth2?.parameters ?? {})).toEqual(names);
  });

  const urls: readonly (readonly [given: string, told: string])[] = [
    ["", ""],
    ["http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"],
    [
      "https://bedrock-runtime.{region}.amazonaws.com",
      "https://bedrock-runtime.{region}.amazonaws.com",
    ],
    [
      "https://h.example/v1/projects/p-1/locations/europe-west4",
      "https://h.example/v1/projects/p-1/locations/europe-west4",
    ],
    ["https://user:planted@h.example/v1", "https://[redacted]@h.example/v1"],
    ["https://h.example/v1?sig=planted", "https://h.example/v1?[redacted]"],
    ["https://h.example/v1#planted", "https://h.example/v1#[redacted]"],
    ["https://h.example/t/planted0123456789abcdef/v1/", "https://h.example/t/[redacted]/v1/"],
    [`https://h.example/${"planted".repeat(10)}`, "https://h.example/[redacted]"],
    ["planted and no URL at all", "[redacted]"],
  ];
  for (const [given, told] of urls) {
    it(`tells the address ${JSON.stringify(given)} as ${JSON.stringify(told)}`, () => {
      const config = shown({ baseUrl: given, oauth2: { tokenUrl: given } });
      expect([config.providers.p?.baseUrl, config.providers.p?.oauth2?.tokenUrl]).toEqual([
        told,
        told,
      ]);
    });
  }

  it("shares what holds no secret, and leaves the config as it was", () => {
    const config = create(ConfigSchema, {
      models: [{ name: "m", targets: [{ model: "p/m" }] }],
      keys: [
        { name: "literal", value: { source: { case: "value", value: "planted" } }, models: ["m"] },
        { name: "named", value: { source: { case: "env", value: "KEY" } } },
      ],
    });
    const before = toJsonString(ConfigSchema, config);
    const shown = redactConfig(config);
    expect(toJsonString(ConfigSchema, shown)).toBe(before.replace("planted", "[redacted]"));
    expect(toJsonString(ConfigSchema, config)).toBe(before);
    expect(shown.models).toBe(config.models);
    expect(shown.keys[0]?.models).toBe(config.keys[0]?.models);
    expect(shown.keys[1]).toBe(config.keys[1]);
  });
});
