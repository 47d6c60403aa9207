import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLoopbackAddress, isPublicAddress } from "../../../src/config/egress/public-address.ts";

const cases: readonly (readonly [address: string, open: boolean])[] = [
  ["8.8.8.8", true],
  ["1.1.1.1", true],
  ["2606:4700:4700::1111", true],
  ["::ffff:8.8.8.8", true],
  ["64:ff9b::8.8.8.8", true],
  ["127.0.0.1", false],
  ["0.0.0.0", false],
  ["10.1.2.3", false],
  ["172.16.0.1", false],
  ["192.168.1.1", false],
  ["169.254.169.254", false],
  ["100.64.0.1", false],
  ["100.100.100.200", false],
  ["168.63.129.16", false],
  ["192.0.0.192", false],
  ["198.18.0.1", false],
  ["203.0.113.9", false],
  ["224.0.0.1", false],
  ["255.255.255.255", false],
  ["::1", false],
  ["::", false],
  ["::127.0.0.1", false],
  ["::ffff:127.0.0.1", false],
  ["::ffff:169.254.169.254", false],
  ["64:ff9b::127.0.0.1", false],
  ["64:ff9b::a9fe:a9fe", false],
  ["64:ff9b:1::8.8.8.8", false],
  ["2002:7f00:1::", false],
  ["2002:808:808::", false],
  ["2001::1", false],
  ["fc00::1", false],
  ["fd00:ec2::254", false],
  ["fe80::1", false],
  ["fec0::1", false],
  ["ff02::1", false],
  ["2001:db8::1", false],
  ["4000::1", false],
  ["localhost", false],
  ["", false],
];

const octet = fc.integer({ min: 0, max: 255 });
const privateIpv4 = fc.oneof(
  fc.tuple(fc.constantFrom(0, 10, 127), octet, octet, octet),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
  fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
  fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
  fc.tuple(fc.integer({ min: 224, max: 255 }), octet, octet, octet),
);

const hex = (value: number): string => value.toString(16);

describe("isPublicAddress", () => {
  for (const [address, open] of cases) {
    it(`${open ? "takes" : "refuses"} ${address === "" ? "nothing" : address}`, () => {
      expect(isPublicAddress(address)).toBe(open);
    });
  }

  it("knows what is of this machine alone", () => {
    const loopback = ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"];
    expect(loopback.filter((address) => !isLoopbackAddress(address))).toEqual([]);
    const others = ["10.0.0.1", "0.0.0.0", "::", "8.8.8.8", "localhost", "169.254.169.254", ""];
    expect(others.filter(isLoopbackAddress)).toEqual([]);
  });

  it("refuses every private IPv4 address in every form that stands for it", () => {
    fc.assert(
      fc.property(privateIpv4, ([a, b, c, d]) => {
        const dotted = `${a}.${b}.${c}.${d}`;
        const groups = `${hex(a * 256 + b)}:${hex(c * 256 + d)}`;
        for (const form of [
          dotted,
          `::ffff:${dotted}`,
          `::ffff:${groups}`,
          `64:ff9b::${groups}`,
          `2002:${groups}::1`,
        ]) {
          expect(isPublicAddress(form)).toBe(false);
        }
      }),
    );
  });

  it("is the same for an IPv4 address and its mapped form", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPublicAddress(`::ffff:${address}`)).toBe(isPublicAddress(address));
      }),
    );
  });
});
