import { describe, expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { freePort } from "../../redis/free-port.ts";
import { runIn } from "../shell.ts";

describe("parlance health", () => {
  it("tells by its exit code whether a gateway lives and takes calls", async () => {
    const gateway = await startGateway({ config: "{}", port: 0 });
    onTestFinished(gateway.close);
    const url = `${gateway.url}/`;
    const lives = { code: 0, stdout: `${gateway.url}/healthz answers 200\n`, stderr: "" };
    expect(await runIn(["health", "--url", url])).toEqual(lives);
    expect(await runIn(["health"], { env: { PARLANCE_PORT: String(gateway.port) } })).toEqual(
      lives,
    );
    const stderr = `parlance health: ${gateway.url}/readyz answers 503\n`;
    const notReady = { code: 1, stdout: "", stderr };
    expect(await runIn(["health", "--ready"], { env: { PARLANCE_URL: url } })).toEqual(notReady);
    const nobody = await runIn(["health", "--url", `http://127.0.0.1:${await freePort()}`]);
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining("ECONNREFUSED") });
  });
});
