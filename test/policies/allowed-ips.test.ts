import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { GatewayError } from "../../src/core/faults/gateway-error.ts";
import { createAuthenticator } from "../../src/policies/authenticate.ts";

const config = (ranges: string) => `
providers: { sim: { kind: sim } }
keys:
  - { name: near, value: { value: near-key }, allowed_ips: ${ranges} }
  - { name: free, value: { value: free-key } }`;

function load(ranges: string) {
  return loadConfig({ text: config(ranges), filename: "c.yaml" }, {}, () => "");
}

describe("addresses of a key of the config", () => {
  const cases: readonly (readonly [key: string, address: string | undefined, may: boolean])[] = [
    ["near-key", "10.1.2.3", true],
    ["near-key", "2001:db8::7", true],
    ["near-key", "192.168.1.1", true],
    ["near-key", "192.168.1.2", false],
    ["near-key", "::1", false],
    ["near-key", "", false],
    ["near-key", "no address", false],
    ["near-key", undefined, true],
    ["free-key", "203.0.113.9", true],
  ];
  const loaded = load('[10.0.0.0/8, 192.168.1.1, "2001:db8::/32"]');
  if (!loaded.ok) throw new Error("the config is wrong");
  const authenticator = createAuthenticator(loaded.settings);
  for (const [key, clientAddress, may] of cases)
    it(`${may ? "let" : "do not let"} ${key} call from ${JSON.stringify(clientAddress)}`, () => {
      const header = (name: string) => (name === "authorization" ? `Bearer ${key}` : undefined);
      // The second time it is remembered.
      for (let time = 0; time < 2; time += 1) {
        const call = () =>
          authenticator(header, [], clientAddress === undefined ? {} : { clientAddress });
        if (may) expect(call()).toMatchObject({ name: key.replace("-key", "") });
        else expect(call).toThrow(GatewayError);
      }
    });

  for (const wrong of ["10.0.0.0/33", "10.0.0", "fe80::1%eth0", "::/129", "10.0.0.0/8/8", "a/8"])
    it(`cannot be ${wrong}`, () => {
      const result = load(JSON.stringify([wrong]));
      if (result.ok) throw new Error("it was taken");
      expect(result.violations.map(({ path, message }) => `${path} ${message}`)).toEqual([
        "keys[0].allowed_ips[0] is neither an address nor a network",
      ]);
    });
});
