import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readProxyHeader } from "../../../../src/edge/http/peer/proxy-header.ts";

const mark = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

/** A header of version 2: command, family, and what follows the length. */
function binary(command: number, family: number, rest: readonly number[]): Buffer {
  const head = Buffer.from([0x20 | command, family, rest.length >> 8, rest.length & 0xff]);
  return Buffer.concat([mark, head, Buffer.from(rest)]);
}

const ipv4 = [192, 0, 2, 7, 198, 51, 100, 1, 0x30, 0x39, 0x01, 0xbb];
const ipv6 = [
  0x20,
  1,
  0xd,
  0xb8,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  9,
  ...Array(16).fill(1),
  0,
  1,
  0,
  2,
];

const rows: readonly (readonly [title: string, header: Buffer, address: string | undefined])[] = [
  ["version 1, IPv4", Buffer.from("PROXY TCP4 192.0.2.7 198.51.100.1 12345 443\r\n"), "192.0.2.7"],
  ["version 1, IPv6", Buffer.from("PROXY TCP6 2001:db8::9 2001:db8::1 1 2\r\n"), "2001:db8::9"],
  ["version 1, unknown", Buffer.from("PROXY UNKNOWN\r\n"), undefined],
  ["version 2, IPv4", binary(1, 0x11, ipv4), "192.0.2.7"],
  ["version 2, IPv4 with extensions", binary(1, 0x11, [...ipv4, 4, 0, 2, 9, 9]), "192.0.2.7"],
  ["version 2, IPv6", binary(1, 0x21, ipv6), "2001:db8::9"],
  ["version 2, a health check of the proxy", binary(0, 0, []), undefined],
  ["version 2, a socket of the proxy's system", binary(1, 0x31, Array(216).fill(0)), undefined],
];

describe("a header of the PROXY protocol", () => {
  for (const [title, header, address] of rows) {
    it(`is read and nothing behind it: ${title}`, () => {
      const behind = Buffer.concat([header, Buffer.from("GET / HTTP/1.1\r\n")]);
      const expected = { kind: "header", length: header.length, address };
      expect(readProxyHeader(behind)).toEqual(expected);
      expect(readProxyHeader(header)).toEqual(expected);
    });
    it(`is waited for until it is whole: ${title}`, () => {
      for (let length = 0; length < header.length; length += 1)
        expect(readProxyHeader(header.subarray(0, length))).toEqual({ kind: "more" });
    });
  }

  const wrong: readonly (readonly [string, Buffer])[] = [
    ["a request", Buffer.from("GET / HTTP/1.1\r\n")],
    ["the preface of HTTP/2", Buffer.from("PRI * HTTP/2.0\r\n")],
    ["a TLS handshake", Buffer.from([0x16, 3, 1, 2, 0])],
    ["a line without an end", Buffer.from(`PROXY TCP4 ${"1".repeat(200)}`)],
    ["an address that is none", Buffer.from("PROXY TCP4 999.0.2.7 198.51.100.1 1 2\r\n")],
    ["an address of the other family", Buffer.from("PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n")],
    ["version 3", Buffer.concat([mark, Buffer.from([0x31, 0x11, 0, 12, ...ipv4])])],
    ["addresses that are cut", binary(1, 0x11, ipv4.slice(0, 6))],
    ["more than is held", Buffer.concat([mark, Buffer.from([0x21, 0x11, 0xff, 0xff])])],
  ];
  for (const [title, bytes] of wrong)
    it(`is not ${title}`, () => expect(readProxyHeader(bytes)).toEqual({ kind: "bad" }));

  it("is never more than 4 KiB, whatever comes", () => {
    const start = fc.constantFrom(mark, Buffer.from("PROXY "), Buffer.alloc(0));
    fc.assert(
      fc.property(start, fc.uint8Array({ minLength: 4096, maxLength: 5000 }), (mark, rest) => {
        expect(readProxyHeader(Buffer.concat([mark, rest])).kind).not.toBe("more");
      }),
    );
  });
});
