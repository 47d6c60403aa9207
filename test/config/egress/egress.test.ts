import { describe, expect, it } from "vitest";
import { createHostList, parseHostEntry } from "../../../src/config/egress/host-list.ts";
import { loadConfig } from "../../../src/config/loading/load-config.ts";

/** What is wrong with a config, by path. */
function wrongWith(text: string, env: Record<string, string> = {}): readonly string[] {
  const result = loadConfig({ text, filename: "c.yaml" }, env, () => "");
  return result.ok ? [] : result.violations.map(({ path, message }) => `${path} ${message}`);
}

function egressOf(server: string) {
  const result = loadConfig({ text: `server: { ${server} }`, filename: "c.yaml" }, {}, () => "");
  if (!result.ok) throw new Error(JSON.stringify(result.violations));
  return result.settings.egress;
}

describe("a list of hosts", () => {
  const cases: readonly (readonly [entry: string, has: string[], hasNot: string[]])[] = [
    ["api.a.test", ["api.a.test:1", "api.a.test:443"], ["a.test:443", "x.api.a.test:443"]],
    ["API.A.test", ["api.a.test:443"], []],
    ["*.a.test", ["x.a.test:443", "x.y.a.test:443"], ["a.test:443", "xa.test:443"]],
    ["a.test:443", ["a.test:443"], ["a.test:80", "a.test:4430"]],
    ["*.a.test:443", ["x.a.test:443"], ["x.a.test:80"]],
    ["localhost", ["localhost:1"], ["127.0.0.1:1"]],
    ["10.0.0.0/8", ["10.1.2.3:1", "::ffff:10.1.2.3:1"], ["11.0.0.1:1", "10.test:1", "a.test:1"]],
    ["10.0.0.7:8000", ["10.0.0.7:8000"], ["10.0.0.7:80", "10.0.0.8:8000"]],
    ["fd00::/8", ["fd12::1:1"], ["fe80::1:1"]],
    ["[fd00::1]:8000", ["fd00::1:8000"], ["fd00::1:80"]],
  ];
  for (const [entry, has, hasNot] of cases)
    it(`with ${entry} has ${has} and not ${hasNot}`, () => {
      const list = createHostList([entry]);
      const asks = (text: string) => {
        const at = text.lastIndexOf(":");
        return list(text.slice(0, at), Number(text.slice(at + 1)));
      };
      expect(has.filter((one) => !asks(one))).toEqual([]);
      expect(hasNot.filter(asks)).toEqual([]);
    });

  const none = [
    ...[
      "",
      "*",
      "*.",
      "a b",
      "https://a.test",
      "a.test/v1",
      "a.test:0",
      "a.test:65536",
      "a.test:x",
    ],
    ...[
      "10.0.0.0/33",
      "2130706433",
      "0x7f.0.0.1",
      "10.0.0",
      "me@a.test",
      "a..test",
      "fe80::1%eth0",
    ],
    ...["[::1", "a.*.test"],
  ];
  for (const text of none)
    it(`takes no ${JSON.stringify(text)}`, () => expect(parseHostEntry(text)).toBeUndefined());
});

describe("server.egress", () => {
  it("names each entry that is none", () => {
    const lists = 'allow: [a.test, "https://b.test"], private_hosts: ["10.0.0.0/40"]';
    expect(wrongWith(`server: { egress: { ${lists} } }`)).toEqual([
      expect.stringContaining("server.egress.allow[1] is neither a host name"),
      expect.stringContaining("server.egress.private_hosts[0] is neither a host name"),
    ]);
  });

  it("lets loopback be named where all callers are on this machine, unless it says otherwise", () => {
    const open = 'allow_unauthenticated: true, host: "0.0.0.0"';
    for (const [server, loopback] of [
      ["port: 0", true],
      ['trusted_proxies: ["127.0.0.1"]', false],
      [open, false],
      [`${open}, egress: { allow_loopback: true }`, true],
      ["egress: { allow_loopback: false }", false],
    ] as const)
      expect([server, egressOf(server).loopback]).toEqual([server, loopback]);
  });

  // Everything that has the gateway connect to h.test, and the field that is named.
  const connecting: readonly (readonly [yaml: string, field: string])[] = [
    ['providers: { p: { kind: openai_compatible, base_url: "http://h.test/v1" } }', "providers.p"],
    [
      'providers: { p: { kind: openai_compatible, base_url: "http://ok.test/v1", oauth2: { token_url: "https://h.test/t", client_id: a, client_secret: { value: s } } } }',
      "providers.p",
    ],
    ['guards: [{ name: g, webhook: { url: "http://h.test/" }, stages: [INPUT] }]', "guards[0]"],
    [
      'guards: [{ name: g, presidio: { url: "http://ok.test", anonymizer_url: "http://h.test" }, stages: [INPUT] }]',
      "guards[0]",
    ],
    [
      'identity: { issuers: [{ name: i, issuer: "https://h.test", audiences: [a], mappings: [{ models: ["*"] }] }] }',
      "issuers[0]",
    ],
    ['observe: { sinks: [{ name: s, webhook: { url: { value: "https://h.test/" } } }] }', "sinks"],
    ['observe: { sinks: [{ name: s, slack: { url: { value: "https://h.test/" } } }] }', "sinks"],
    [
      'observe: { sinks: [{ name: s, email: { url: { value: "smtp://h.test" }, sender: a@b.test, to: [c@d.test] } }] }',
      "sinks",
    ],
    ['observe: { sinks: [{ name: s, kafka: { brokers: ["h.test:9092"], topic: t } }] }', "sinks"],
    ['observe: { sinks: [{ name: s, nats: { url: "nats://h.test:1", subject: t } }] }', "sinks"],
    ['observe: { sinks: [{ name: s, clickhouse: { url: "http://h.test" } }] }', "sinks"],
    ['observe: { tracing: { otlp: { url: "http://h.test:4318" } } }', "observe.tracing"],
    ['observe: { log: { otlp: { url: "http://h.test:4318" } } }', "observe.log"],
    ['observe: { metrics: { otlp: { url: "http://h.test:4318" } } }', "observe.metrics"],
  ];
  for (const [yaml, field] of connecting)
    it(`allows no other host than those listed: ${yaml.slice(0, 70)}`, () => {
      const allow = (hosts: string) => `server: { egress: { allow: [${hosts}] } }\n${yaml}`;
      const wrong = wrongWith(allow("ok.test"));
      expect(wrong).toHaveLength(1);
      expect(wrong[0]).toContain(field);
      expect(wrong[0]).toContain(
        "would connect to h.test, which server.egress.allow does not have",
      );
      expect(wrongWith(allow("ok.test, h.test"))).toEqual([]);
      expect(wrongWith(yaml)).toEqual([]);
    });

  it("holds for the vendor's own addresses, and for no simulator", () => {
    const own = "providers: { o: { kind: openai, api_key: { value: k } }, s: { kind: sim } }";
    const allow = (hosts: string) => `server: { egress: { allow: ["${hosts}"] } }\n${own}`;
    expect(wrongWith(allow("api.openai.com:443"))).toEqual([]);
    expect(wrongWith(allow("api.openai.com:80"))).toHaveLength(1);
    expect(wrongWith(allow("*.openai.com"))).toEqual([]);
  });
});
