import { once } from "node:events";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { folderWith, spawnProgram } from "../cli/spawn-parlance.ts";

const config = "providers: { sim: { kind: sim } }\nserver: { workers: 4 }\n";
const long = { timeout: 120_000 };

function start(port: number, execArgv: readonly string[] = []) {
  const path = join(folderWith({ "parlance.yaml": config }), "parlance.yaml");
  const args = ["serve", "--port", String(port), "--config", path];
  return spawnProgram(process.execPath, [...execArgv, resolve("src/main.ts"), ...args]);
}

it("where threads cannot share a port one serves, which is said in one line", long, async () => {
  const { child, printed, finished } = start(0, [
    "--import",
    resolve("test/workers/no-shared-ports.ts"),
  ]);
  const [, url = ""] = await printed(/listens on (\S+)[\s\S]*try it:/);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  child.kill("SIGINT");
  const { code, stderr } = await finished;
  expect(code).toBe(0);
  expect(stderr.match(/workers: .*/g)).toEqual([
    "workers: threads cannot share a port on this system (ENOTSUP): one serves instead of 4",
  ]);
});

it("workers do not share their port with another program, even if it would", long, async () => {
  const holder = createServer().listen({ port: 0, host: "127.0.0.1", reusePort: true });
  await once(holder, "listening");
  onTestFinished(() => void holder.close());
  const address = holder.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const { code, stderr } = await start(port).finished;
  expect(code).toBe(1);
  expect(stderr).toContain(`127.0.0.1:${port} is in use: stop what listens there`);
});
