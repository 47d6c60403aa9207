import { describe, expect, it } from "vitest";
import { createHostList } from "../../../src/config/egress/host-list.ts";
import { checkMediaAddress } from "../../../src/upstream/media/media-address.ts";

describe("an address that media would be fetched from", () => {
  const policy = {
    allowPrivateAddresses: false,
    privateHosts: ["in.test", "*.deep.test"],
    lookup: async (host: string) =>
      host.startsWith("both.")
        ? ["8.8.8.8", "127.0.0.1"]
        : host === "out.test"
          ? ["8.8.8.8"]
          : ["10.0.0.1"],
  };
  const addresses: readonly (readonly [url: string, why: string])[] = [
    ["http://2130706433/", "leads into a private network"],
    ["http://0x7f.1/", "leads into a private network"],
    ["http://0177.0.0.1/", "leads into a private network"],
    ["http://127.1/", "leads into a private network"],
    ["http://[::1]/", "leads into a private network"],
    ["http://[::ffff:7f00:1]/", "leads into a private network"],
    ["http://both.test/", "leads into a private network"],
    ["http://deep.test/", "leads into a private network"],
    ["ftp://out.test/", "must begin with http"],
    ["file:///etc/passwd", "must begin with http"],
    ["http://me:secret@out.test/", "holds a user name or password"],
    ["out.test/a.png", "is none"],
  ];
  it("is of a host that may be connected to at all", async () => {
    const allow = createHostList(["out.test:443", "in.test"]);
    const check = async (url: string) => {
      const checked = await checkMediaAddress(url, { ...policy, allow });
      return checked.ok ? "" : checked.why;
    };
    expect(await check("https://out.test/a.png")).toBe("");
    expect(await check("http://in.test/a.png")).toBe("");
    for (const url of ["http://out.test/a.png", "https://other.test/", "https://8.8.8.8/"])
      expect([url, await check(url)]).toEqual([
        url,
        expect.stringContaining("server.egress.allow"),
      ]);
  });

  for (const [url, why] of addresses) {
    it(`is refused: ${url}`, async () => {
      expect(await checkMediaAddress(url, policy)).toMatchObject({
        ok: false,
        why: expect.stringContaining(why),
      });
    });
  }
  const taken: readonly (readonly [url: string, ip: string])[] = [
    ["https://out.test/a.png", "8.8.8.8"],
    ["http://in.test/", "10.0.0.1"],
    ["http://a.deep.test/", "10.0.0.1"],
  ];
  for (const [url, ip] of taken) {
    it(`is taken, with the address to connect to: ${url}`, async () => {
      expect(await checkMediaAddress(url, policy)).toMatchObject({ ok: true, address: { ip } });
    });
  }
});
