import { describe, expect, it } from "vitest";
import { clientAddress, createTrust } from "../../../../src/edge/http/peer/client-address.ts";

const trusts = createTrust(["10.0.0.0/8", "192.168.1.1", "fd00::/8", "::1"]);

describe("the address of a client", () => {
  const rows: readonly (readonly [string, string, string | undefined, string])[] = [
    ["is the peer's without a header", "203.0.113.5", undefined, "203.0.113.5"],
    ["is the peer's where that is no proxy", "203.0.113.5", "1.2.3.4", "203.0.113.5"],
    ["is what a proxy says", "10.1.2.3", "203.0.113.5", "203.0.113.5"],
    ["of a proxy by IPv4 in IPv6", "::ffff:10.1.2.3", "203.0.113.5", "203.0.113.5"],
    ["is not what the client made up", "10.1.2.3", "6.6.6.6, 203.0.113.5", "203.0.113.5"],
    ["is behind all proxies", "10.1.2.3", "203.0.113.5, 10.9.9.9,192.168.1.1", "203.0.113.5"],
    ["is the first proxy's where it called", "10.1.2.3", "10.4.4.4, 10.5.5.5", "10.4.4.4"],
    ["is the last that is one", "10.1.2.3", "unknown, 10.5.5.5", "10.5.5.5"],
    ["is the proxy's where it says nothing", "10.1.2.3", "", "10.1.2.3"],
    ["has no port", "10.1.2.3", "203.0.113.5:4711", "203.0.113.5"],
    ["by IPv6", "fd12::1", "[2001:db8::0:1]:443", "2001:db8::1"],
    ["is short", "2001:0db8:0:0:0:0:0:1", undefined, "2001:db8::1"],
    ["may be unknown", "", "1.2.3.4", ""],
  ];
  for (const [title, peer, header, expected] of rows)
    it(title, () => expect(clientAddress(peer, header, trusts)).toBe(expected));

  it("costs linear time", () => {
    const header = `${"10.0.0.1,".repeat(200_000)}203.0.113.5,${"10.0.0.1,".repeat(200)}10.0.0.1`;
    expect(clientAddress("10.1.2.3", header, trusts)).toBe("203.0.113.5");
  });
});

describe("a list of proxies", () => {
  it("is empty for nobody", () => expect(createTrust([])("127.0.0.1")).toBe(false));
  for (const network of ["10.0.0.0/33", "10.0.0", "::1/129", "host", "10.0.0.0/8/1", "fe80::1%lo"])
    it(`does not take ${network}`, () => expect(() => createTrust([network])).toThrow(network));
});
