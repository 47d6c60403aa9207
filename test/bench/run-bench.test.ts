import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { Comparison } from "../../bench/compare.ts";
import type { PreparedRequest } from "../../bench/lane.ts";
import { runRound } from "../../bench/run-round.ts";

async function runMain(
  argv: readonly string[],
): Promise<{ code: unknown; printed: string; said: string }> {
  const child = spawn(process.execPath, ["bench/main.ts", ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const code = new Promise((resolve) => child.once("close", resolve));
  const [printed, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, printed, said };
}

describe("the benchmark", { timeout: 300_000 }, () => {
  it("measures unary cases and streams of two processes, prints them and leaves the numbers as JSON", async () => {
    const folder = mkdtempSync(join(tmpdir(), "parlance-bench-test-"));
    const json = join(folder, "out.json");
    const only = ["openai-1k-c16", "stream-connect", "openai-1k-c32"];
    const { code, printed, said } = await runMain([
      ...["--smoke", "--self-check", "--only", only.join(), "--json", json],
    ]);
    expect({ code, said }).toMatchObject({ code: 0 });
    for (const name of only) expect(said).toContain(name);
    for (const row of [
      /same dialect: openai to openai, 1KB bodies \| 16 \| \d+ \| \d+ \| \d+\.\d\d \|/,
      /stream, connect to openai \| 32 \| \d+\.\d \| \d+\.\d \| \d+\.\d\d \|/,
      /first start to ready, ms \| \d+ \| \d+ \| <= 500 \| (ok|over) \|/,
      // The tail of the case with 32 callers, and what its calls leave to the old generation.
      /1KB bodies \| 32 \| p99, ms \| [\d.]+ \| [\d.]+ \| <= 1\.5 x bare \| (ok|over) \|/,
      /1KB bodies \| 32 \| bytes promoted a call \| \d+ \| \d+ \| <= 300 \| (ok|over) \|/,
    ])
      expect(printed).toMatch(row);
    const { comparisons } = JSON.parse(readFileSync(json, "utf8"));
    expect(comparisons.map((one: Comparison) => one.case.name)).toEqual(
      expect.arrayContaining(only),
    );
    for (const one of comparisons) {
      expect(one.bare.cpuUsPerUnit).toBeGreaterThan(0);
      expect(one.parlance.requests).toBeGreaterThan(0);
      expect(one.ratio).toBeGreaterThan(0);
    }
    rmSync(folder, { recursive: true });
  });

  it("drives every dialect that a call can be translated into, several workers, and first calls", async () => {
    const only = "1k-c16,workers,first-calls";
    const { code, printed, said } = await runMain(["--smoke", "--only", only]);
    expect({ code, said }).toMatchObject({ code: 0 });
    for (const name of ["openai-to-tgi-1k-c16", "workers"]) expect(said).toContain(name);
    // How far the dialects are apart.
    expect(printed).toMatch(
      /\| unary 1KB \| \w+: [\d.]+ x bare, [\d.]+ us \| \w+: .* us \| \d+\.\d\d \| <= 1\.5 \|/,
    );
    for (const workers of [1, 2, 4])
      expect(printed).toMatch(
        new RegExp(
          `\\| ${workers} \\| \\d+ \\| \\d+\\.\\d\\d \\| \\S+ \\| <= 1\\.1 \\| (ok|over) \\| \\d+ \\|`,
        ),
      );
    for (const span of ["1 to 4", "5 to 8"])
      expect(printed).toMatch(new RegExp(`\\| ${span} \\| \\d+ \\| \\d+ \\| \\d+\\.\\d\\d \\|`));
  });

  it("says so when no case has the name", async () => {
    expect(await runMain(["--only", "1k-c16,nonesuch"])).toMatchObject({
      code: 1,
      said: expect.stringContaining("nonesuch"),
    });
  });
});

describe("a round", () => {
  const request: PreparedRequest = {
    protocol: "http1",
    path: "/x",
    headers: {},
    body: Buffer.from("{}"),
  };
  const idle = { cpuUs: 0, residentBytes: 1, peakResidentBytes: 1, promotedBytes: 0 };

  async function roundAgainst(listener: RequestListener, leastBytes: number) {
    const server = createServer(listener).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    let cpuUs = 0;
    const usage = async () => {
      cpuUs += 500;
      return { ...idle, cpuUs };
    };
    const stop = () => Promise.resolve();
    const profile = { startProfile: stop, stopProfile: stop };
    const subject = {
      name: "it",
      origin: new URL(`http://127.0.0.1:${address.port}`),
      usage,
      stop,
      ...profile,
    };
    try {
      return await runRound(subject, request, { concurrency: 3, durationMs: 20, leastBytes });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it("charges each request with its part of the CPU time used meanwhile", async () => {
    const round = await roundAgainst((_, response) => response.end("0123456789"), 10);
    expect(round.requests).toBeGreaterThanOrEqual(3);
    expect(round.cpuUsPerRequest).toBeCloseTo(500 / round.requests);
    expect(round.p99Ms).toBeGreaterThanOrEqual(round.p50Ms);
  });

  const wrong: readonly (readonly [title: string, listener: RequestListener])[] = [
    ["a reply is a failure", (_, response) => response.writeHead(500).end("0123456789")],
    ["a reply is too short", (_, response) => response.end("0123")],
    ["the connection is closed", (_, response) => response.destroy()],
  ];
  for (const [title, listener] of wrong) {
    it(`fails when ${title}`, async () => {
      await expect(roundAgainst(listener, 10)).rejects.toThrow(/failed on|broke/);
    });
  }
});
