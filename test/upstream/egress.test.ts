import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHostList } from "../../src/config/egress/host-list.ts";
import type { Gate } from "../../src/core/net/egress.ts";
import { createGate, type GateOptions } from "../../src/upstream/egress/create-gate.ts";
import { failureOf, openUpstream, post, serveHttp } from "./servers.ts";

const nobody: GateOptions = {
  privateHosts: createHostList([]),
  loopback: false,
  resolve: async (host) =>
    Promise.reject(Object.assign(new Error(host), { syscall: "getaddrinfo" })),
};

/** The kind of failure of a request through a gate. */
async function outcome(url: string, gate: Gate): Promise<string> {
  const { origin } = new URL(url);
  return (await failureOf(openUpstream().request({ ...post(origin), rules: { gate } }))).kind;
}

/** Names that resolve to what they say. */
const world: Readonly<Record<string, readonly string[]>> = {
  "public.test": ["8.8.8.8"],
  "loop.test": ["127.0.0.1"],
  "loop6.test": ["::1"],
  "mapped.test": ["::ffff:127.0.0.1"],
  "nat64.test": ["64:ff9b::a9fe:a9fe"],
  "metadata.test": ["169.254.169.254"],
  "ec2v6.test": ["fd00:ec2::254"],
  "azure.test": ["168.63.129.16"],
  "alibaba.test": ["100.100.100.200"],
  "oracle.test": ["192.0.0.192"],
  "ten.test": ["10.0.0.1"],
  "cgnat.test": ["100.64.0.1"],
  "link.test": ["fe80::1"],
  "ula.test": ["fc00::1"],
  "site.test": ["fec0::1"],
  "multicast.test": ["224.0.0.1"],
  "multicast6.test": ["ff02::1"],
  "zero.test": ["0.0.0.0"],
  "zero6.test": ["::"],
  "broadcast.test": ["255.255.255.255"],
  "sixtofour.test": ["2002:7f00:1::"],
  "teredo.test": ["2001::1"],
  "documentation.test": ["2001:db8::1"],
  "first-public.test": ["8.8.8.8", "127.0.0.1"],
  "last-public.test": ["10.0.0.1", "8.8.8.8"],
  "both-families.test": ["8.8.8.8", "::1"],
  "no-address.test": ["what"],
};
const gateOf = (more: Partial<GateOptions> = {}): Gate =>
  createGate({
    ...nobody,
    resolve: async (host) => world[host] ?? nobody.resolve(host),
    ...more,
  });

const named = Object.keys(world).filter((host) => host !== "public.test");
const written = [
  ...["127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.1"],
  ...["017700000001", "0177.0.0.1", "127.0.0.1.", "%31%32%37.0.0.1", "①②⑦.0.0.1", "127。0。0。1"],
  ...[
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[0:0:0:0:0:0:0:1]",
  ],
  ...["169.254.169.254", "0xa9fea9fe", "2852039166", "169.254.43518", "[::ffff:169.254.169.254]"],
  ...["[64:ff9b::169.254.169.254]", "[64:ff9b:1::8.8.8.8]", "[fd00:ec2::254]", "[fe80::1]"],
  ...["10.0.0.1", "012.0.0.1", "172.16.0.1", "192.168.0.1", "192.168.257", "100.64.0.1"],
  ...["198.18.0.1", "203.0.113.9", "224.0.0.1", "255.255.255.255", "[ff02::1]", "[fc00::1]"],
  ...["[2002:7f00:1::]", "[2001::1]", "168.63.129.16", "192.0.0.192", "240.0.0.1"],
];

describe("a gate to the public network", () => {
  for (const host of [...written, ...named, ...named.map((name) => `${name.toUpperCase()}.`)])
    it(`refuses http://${host}`, async () => {
      expect(await outcome(`http://${host}:9/`, gateOf())).toBe("forbidden");
    });

  it("refuses the same over TLS, and at every port", async () => {
    for (const url of ["https://127.0.0.1", "https://metadata.test", "http://ten.test:8080"])
      expect([url, await outcome(url, gateOf())]).toEqual([url, "forbidden"]);
  });

  it("says nothing of names that are not known but that", async () => {
    expect(await outcome("http://unknown.test", gateOf())).toBe("dns");
  });

  it("lets through what is public", () => {
    for (const host of ["8.8.8.8", "2606:4700::1", "64:ff9b::8.8.8.8", "public.test"])
      expect(gateOf().refusal(host, 443)).toBeUndefined();
    const found = Promise.withResolvers<unknown>();
    gateOf().lookup(443)("public.test", { all: true }, (error, addresses) =>
      found.resolve(error ?? addresses),
    );
    return expect(found.promise).resolves.toEqual([{ address: "8.8.8.8", family: 4 }]);
  });

  it("refuses hosts that are not allowed whatever they resolve to", async () => {
    const gate = gateOf({ allow: createHostList(["public.test:443"]) });
    expect(gate.refusal("public.test", 443)).toBeUndefined();
    for (const url of ["https://other.test", "http://public.test", "https://8.8.8.8"])
      expect([url, await outcome(url, gate)]).toEqual([url, "forbidden"]);
  });

  it("refuses every spelling of a private IPv4 address that a URL can have", () => {
    const part = fc.integer({ min: 0, max: 255 });
    const ipv4 = fc.oneof(
      fc.tuple(fc.constantFrom(0, 10, 127), part, part, part),
      fc.tuple(fc.constant(169), fc.constant(254), part, part),
      fc.tuple(fc.constant(192), fc.constant(168), part, part),
    );
    const print = fc.constantFrom(
      (value: number) => String(value),
      (value: number) => `0x${value.toString(16)}`,
      (value: number) => `0${value.toString(8)}`,
    );
    fc.assert(
      fc.property(ipv4, print, print, ([a, b, c, d], one, other) => {
        const rest = b * 65_536 + c * 256 + d;
        const hex = (value: number) => value.toString(16);
        for (const host of [
          [a, b, c, d].map(one).join("."),
          `${one(a)}.${other(rest)}`,
          `${one(a)}.${other(b)}.${one(c * 256 + d)}`,
          other(a * 16_777_216 + rest),
          `[::ffff:${hex(a * 256 + b)}:${hex(c * 256 + d)}]`,
          `[64:ff9b::${hex(a * 256 + b)}:${hex(c * 256 + d)}]`,
        ]) {
          const { hostname } = new URL(`http://${host}/`);
          const plain = hostname.replace(/^\[(.*)\]$/, "$1");
          expect(gateOf().refusal(plain, 80)?.message).toContain("private network");
        }
      }),
    );
  });
});

describe("a name that is let into a private network", () => {
  it("is connected to at the address that was checked, and looked up for each connection alone", async () => {
    let served = 0;
    const origin = await serveHttp((_request, response) => {
      served += 1;
      response.setHeader("connection", "close").end("hello");
    });
    const { port } = new URL(origin);
    const answers = [["127.0.0.1"], ["127.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["169.254.169.254"]];
    const asked: string[] = [];
    const gate = gateOf({
      // The address, and not the name: what it resolves to is checked each time.
      privateHosts: createHostList([`127.0.0.1:${port}`]),
      resolve: async (host) => {
        asked.push(host);
        return answers[asked.length - 1] ?? [];
      },
    });
    const upstream = openUpstream();
    const rules = { gate };
    const call = () => upstream.request({ ...post(`http://rebind.test:${port}`), rules });
    const answer = async () => (await (await call()).body.bytes()).length;
    for (const lookups of [1, 2]) {
      expect(await answer()).toBe(5);
      expect(asked).toHaveLength(lookups);
    }
    // From here on the name leads elsewhere.
    for (const lookups of [3, 4]) {
      expect((await failureOf(call())).kind).toBe("forbidden");
      expect(asked).toHaveLength(lookups);
    }
    expect((await failureOf(call())).kind).toBe("dns");
    expect(served).toBe(2);
  });

  it("may be listed by itself, or be of this machine where that is allowed", async () => {
    const origin = await serveHttp((_request, response) => response.end("hello"));
    const { port } = new URL(origin);
    const listed = gateOf({ privateHosts: createHostList([`loop.test:${port}`]) });
    const loopback = gateOf({ loopback: true });
    const asked = async (host: string, gate: Gate) => {
      const reply = await openUpstream().request({
        ...post(`http://${host}:${port}`),
        rules: { gate },
      });
      return (await reply.body.bytes()).length;
    };
    expect(await asked("loop.test", listed)).toBe(5);
    expect(await asked("loop.test", loopback)).toBe(5);
    expect(await asked("127.0.0.1", loopback)).toBe(5);
    for (const [url, gate] of [
      [`http://127.0.0.1:${port}`, listed],
      [`http://loop.test:9`, listed],
      ["http://ten.test", loopback],
    ] as const)
      expect([url, await outcome(url, gate)]).toEqual([url, "forbidden"]);
  });

  it("shares no connection with requests that go by another gate, or by none", async () => {
    const origin = await serveHttp((_request, response) => response.end("hello"));
    const upstream = openUpstream();
    const provider = upstream.forProvider("p", { total: 2, perKey: 2 });
    await (await provider.request(post(origin))).body.bytes();
    const guarded = upstream.forProvider("p", { total: 2, perKey: 2 }, { gate: gateOf() });
    expect((await failureOf(guarded.request(post(origin)))).kind).toBe("forbidden");
    await (await provider.request(post(origin))).body.bytes();
    const other = upstream.forProvider(
      "p",
      { total: 2, perKey: 2 },
      { gate: gateOf({ loopback: true }) },
    );
    await (await other.request(post(origin))).body.bytes();
    expect((await failureOf(guarded.request(post(origin)))).kind).toBe("forbidden");
    await (await other.request(post(origin))).body.bytes();
  });
});
