/**
 * A server that does everything that a gateway must not, one thing a path; for the tests of what
 * the attacks are judged by.
 */
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";

const kept: (Socket | number[])[] = [];

const faults: Readonly<Record<string, (argument: string) => void>> = {
  "/socket": (port) => void kept.push(connect(Number(port), "127.0.0.1")),
  "/memory": () => void kept.push(Array.from({ length: 5_000_000 }, (_, at) => at + 0.5)),
  "/bug": () =>
    void process.stderr.write(
      "2026-11-29T00:00:00.000Z bug: TypeError: no\n    at run (file:///x.ts:1:2)\n",
    ),
  "/say": (text) => void process.stdout.write(`${text}\n`),
  "/block": () => spin(400),
  "/many-short": () => spinInTurns(40),
  "/crash": () => process.exit(7),
};

/** Uses the processor for 10 ms in each of many turns of the event loop. */
function spinInTurns(count: number): void {
  spin(10);
  if (count > 1) setImmediate(spinInTurns, count - 1);
}

/** Uses the processor for a time. */
function spin(milliseconds: number): void {
  const used = process.threadCpuUsage();
  for (;;) {
    const { user, system } = process.threadCpuUsage(used);
    if ((user + system) / 1000 >= milliseconds) return;
  }
}

const server = createServer(({ url = "/" }, response) => {
  const { pathname, searchParams } = new URL(url, "http://x");
  faults[pathname]?.(searchParams.get("x") ?? "");
  response.end("done");
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) {
    process.stderr.write(`faulty listens on http://127.0.0.1:${address.port}\n`);
  }
});
process.once("SIGTERM", () => process.exit(0));
