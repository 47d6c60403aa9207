import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { startGateway } from "../../src/serve.ts";
import { folderWith } from "../cli/spawn-parlance.ts";
import { makeCertificates } from "../edge/make-certificates.ts";
import { forAnotherHost, selfSigned } from "../upstream/self-signed.ts";
import { startRecordingVendor } from "./stored/openai-vendor.ts";

const print = (text: string | Uint8Array): string => Buffer.from(text).toString();

describe("TLS with a provider", () => {
  it("trusts, shows and speaks what the config says, and nothing else after a reload", async () => {
    const { ca, server, client } = makeCertificates("DNS:gateway.internal");
    const { ca: otherCa, client: named } = makeCertificates("DNS:vendor.internal");
    const folder = folderWith({
      "ca.pem": print(ca),
      "other.pem": print(otherCa),
      "client.pem": print(client.cert),
      "client.key": print(client.key),
    });
    const file = (name: string): string => join(folder, name);
    const trust = { ca_file: file("ca.pem") };
    const mutual = { ...trust, cert_file: file("client.pem"), key: { file: file("client.key") } };
    const vendorWith = async (tls: object, { cert, key } = server): Promise<string> =>
      (await startRecordingVendor({ cert: print(cert), key: print(key), ca, ...tls })).baseUrl;
    const asking = await vendorWith({ requestCert: true });
    const old = await vendorWith({ maxVersion: "TLSv1.2" });
    const inside = await vendorWith({}, named);
    const trustNamed = { ca_file: file("other.pem") };
    const cases: readonly (readonly [title: string, url: string, tls: object, status: number])[] = [
      ["an authority that nobody trusts", asking, {}, 502],
      ["a server that wants a certificate", asking, trust, 502],
      ["a server that is shown one", asking, mutual, 200],
      ["TLS 1.2, which is enough", old, trust, 200],
      ["TLS 1.2, which is too old", old, { ...trust, min_version: "TLS_1_3" }, 502],
      ["a certificate for another name", inside, trustNamed, 502],
      ["the name of that", inside, { ...trustNamed, server_name: "vendor.internal" }, 200],
    ];
    const config = (of: typeof cases) =>
      JSON.stringify({
        server: { host: "127.0.0.1", port: 0 },
        providers: Object.fromEntries(
          of.map(([, url, tls], at) => [
            `p${at}`,
            {
              kind: "openai_compatible",
              base_url: url,
              ...(Object.keys(tls).length > 0 && { tls }),
            },
          ]),
        ),
      });
    const gateway = await startGateway({ config: config(cases) });
    onTestFinished(() => gateway.close());
    const statusOf = async (at: number) => {
      const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: `p${at}/m`, messages: [{ role: "user", content: "hi" }] }),
      });
      await reply.arrayBuffer();
      return reply.status;
    };
    for (const [at, [title, , , status]] of cases.entries())
      expect([title, await statusOf(at)]).toEqual([title, status]);
    // What was trusted before is not now: no connection of before is taken.
    const reloaded = await gateway.reload(
      config(cases.map(([title, url, , status]) => [title, url, {}, status])),
    );
    expect(reloaded.ok).toBe(true);
    for (const at of cases.keys()) expect(await statusOf(at)).toBe(502);
  });

  const files: Readonly<Record<string, string>> = {
    "a.pem": selfSigned.cert,
    "a.key": selfSigned.key,
    "other.pem": forAnotherHost.cert,
  };
  const wrong: readonly (readonly [provider: object, path: string, message: string])[] = [
    [
      { base_url: "http://a.test", tls: { ca_file: "a.pem" } },
      "tls",
      "says nothing of an address without TLS",
    ],
    [{ tls: { ca_file: "none.pem" } }, "tls.ca_file", "cannot be read"],
    [{ tls: { ca_file: "a.key" } }, "tls.ca_file", "holds no certificate"],
    [{ tls: { cert_file: "a.pem" } }, "tls.key", "is missing beside cert_file"],
    [{ tls: { key: { file: "a.key" } } }, "tls.cert_file", "is missing beside key"],
    [{ tls: { cert_file: "other.pem", key: { file: "a.key" } } }, "tls", "cannot be used together"],
    [{ tls: { server_name: "a b" } }, "tls.server_name", ""],
  ];
  for (const [provider, path, message] of wrong)
    it(`is refused: ${path} ${message}`, () => {
      const base = { kind: "openai_compatible", base_url: "https://a.test" };
      const text = JSON.stringify({ providers: { p: { ...base, ...provider } } });
      const readText = (name: string) => {
        const found = files[name];
        if (found === undefined) throw Object.assign(new Error(name), { code: "ENOENT" });
        return found;
      };
      const result = loadConfig({ text, filename: "c.yaml" }, {}, readText);
      const violations = result.ok ? [] : result.violations;
      expect(violations).toHaveLength(1);
      expect(violations[0]?.path).toBe(`providers.p.${path}`);
      expect(violations[0]?.message).toContain(message);
    });
});
