import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { folderWith, type Running, serve, spawnParlance, spawnProgram } from "./spawn-parlance.ts";

const sim = "providers: { sim: { kind: sim } }\n";

/** For tests of a stop that need nobody told of it beforehand. */
const atOnce = `${sim}server: { drain_delay: 0s }\n`;

function chatBody(
  model: string,
  stream = false,
  content = "one two three four five six seven eight",
): string {
  return JSON.stringify({ model, stream, messages: [{ role: "user", content }] });
}

function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const all = { "content-type": "application/json", ...headers };
  return fetch(`${url}/v1/chat/completions`, { method: "POST", headers: all, body });
}

/** A streamed answer of which the first event has arrived. */
async function startStream(
  url: string,
  model: string,
): Promise<{ readonly rest: () => Promise<string> }> {
  const response = await post(url, chatBody(model, true));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const first = await reader?.read();
  return {
    async rest() {
      let text = first?.value ?? "";
      for (let next = await reader?.read(); next?.done === false; next = await reader?.read())
        text += next.value;
      return text;
    },
  };
}

function configFile(text: string): string {
  return join(folderWith({ "parlance.yaml": text }), "parlance.yaml");
}

async function reload(gateway: Running, path: string, text: string, told: RegExp): Promise<string> {
  writeFileSync(path, text);
  gateway.child.kill("SIGHUP");
  return (await gateway.printed(told)).input;
}

describe("parlance serve", () => {
  it("prints where it listens, its models, and a line to try that works", async () => {
    const { url, printed } = await serve();
    const [banner] = await printed(/parlance \d[\s\S]*try it:\n.*\n/);
    expect(banner).toContain(`listens on ${url}`);
    expect(banner).toMatch(/access: open/);
    expect(banner).toMatch(/sim\/\* +the built-in simulator/);
    const line = banner.trimEnd().split("\n").at(-1) ?? "";
    const tried = await spawnProgram("sh", ["-c", line.trim()]).finished;
    expect(JSON.parse(tried.stdout)).toMatchObject({
      choices: [{ message: { content: "Hello!" } }],
    });
  });

  it("prints the admin key of a new store, with which the line to try works", async () => {
    const path = join(folderWith({}), "parlance.db");
    const { printed } = await serve([
      "--config",
      configFile(`store: { sqlite: { path: ${JSON.stringify(path)} } }\n${sim}`),
    ]);
    const [banner] = await printed(/admin key[\s\S]*try it:\n.*\n/);
    const key = /sk-\S+/.exec(banner)?.[0] ?? "";
    const line = banner.trimEnd().split("\n").at(-1) ?? "";
    expect(line).toContain("<a key of the store>");
    const command = line.trim().replace("<a key of the store>", key);
    const tried = await spawnProgram("sh", ["-c", command]).finished;
    expect(JSON.parse(tried.stdout)).toMatchObject({
      choices: [{ message: { content: "Hello!" } }],
    });
  });

  it("prints a line to try that takes the key from the environment", async () => {
    const env = { DEV_KEY: "the-key-of-the-developer" };
    const keys = "keys: [{ name: dev, value: { env: DEV_KEY }, models: [fast] }]\n";
    const models = "models: [{ name: fast, targets: [{ model: sim/echo }] }]\n";
    const { printed } = await serve(["--config", configFile(sim + models + keys)], { env });
    const [banner] = await printed(/parlance \d[\s\S]*try it:\n.*\n/);
    expect(banner).toContain("callers need a key");
    expect(banner).not.toContain(env.DEV_KEY);
    const line = banner.trimEnd().split("\n").at(-1) ?? "";
    const tried = await spawnProgram("sh", ["-c", line.trim()], { env }).finished;
    expect(JSON.parse(tried.stdout)).toMatchObject({
      choices: [{ message: { content: "Hello!" } }],
    });
  });

  it("logs one line of JSON for each call and nothing of what was said", async () => {
    const { url, child, finished } = await serve(["--config", configFile(atOnce)]);
    await (await post(url, chatBody("sim/echo", false, "a secret"))).text();
    await (await post(url, chatBody("sim/error-429"))).text();
    await (await startStream(url, "sim/echo")).rest();
    child.kill("SIGTERM");
    const { stdout } = await finished;
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const [whole, failed, streamed, ...more] = lines.filter(({ call_id }) => call_id !== undefined);
    expect(more).toEqual([]);
    const news = lines.filter(({ call_id }) => call_id === undefined);
    expect(news.map(({ event }) => event)).toEqual(["circuit_opened"]);
    expect(whole).toMatchObject({
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      call_id: expect.stringMatching(/.+/),
      operation: "chat",
      stream: false,
      model: "sim/echo",
      target: "sim/echo",
      status: 200,
      duration_ms: expect.any(Number),
      input_tokens: 3,
      output_tokens: 3,
      principal: "anonymous",
      attempts: 1,
      caller_gone: false,
    });
    expect(failed).toMatchObject({ status: 429, reason: "UPSTREAM_RATE_LIMITED" });
    expect(streamed).toMatchObject({ stream: true, status: 200 });
    expect(stdout).not.toContain("secret");
  });

  for (const [title, args, env, host] of [
    ["the file's host beats the default", [], {}, "127.0.0.2"],
    ["the environment beats the file", [], { PARLANCE_HOST: "127.0.0.3" }, "127.0.0.3"],
    [
      "an option beats the environment",
      ["--host", "127.0.0.4"],
      { PARLANCE_HOST: "127.0.0.3" },
      "127.0.0.4",
    ],
  ] as const) {
    it(title, async () => {
      const config = configFile(`${sim}server: { host: 127.0.0.2 }\n`);
      const { url } = await serve(args, { env: { ...env, PARLANCE_CONFIG: config } });
      expect(new URL(url).hostname).toBe(host);
    });
  }

  it("takes ./parlance.yaml where no file is named", async () => {
    const cwd = folderWith({
      "parlance.yaml": `${sim}models: [{ name: mine, targets: [{ model: sim/echo }] }]\n`,
    });
    const { printed } = await serve([], { cwd });
    expect((await printed(/config: (.*)/))[1]).toBe("parlance.yaml");
  });

  it("says what to do when the port is taken, and exits with 1", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    onTestFinished(() => void holder.close());
    const address = holder.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { code, stderr } = await spawnParlance(["serve", "--port", String(port)]).finished;
    expect(code).toBe(1);
    expect(stderr).toBe(
      `parlance serve: 127.0.0.1:${port} is in use: stop what listens there, or choose another port with --port\n`,
    );
  });

  it("prints the mistakes of a config and exits with 1", async () => {
    const path = configFile(`${sim}modles: []\n`);
    const { code, stderr } = await spawnParlance(["serve", "--port", "0", "--config", path])
      .finished;
    expect(code).toBe(1);
    expect(stderr).toContain(`${path}:2:1: modles: `);
  });

  it("refuses to listen beyond this machine without a key", async () => {
    const { code, stderr } = await spawnParlance(["serve", "--port", "0", "--host", "0.0.0.0"])
      .finished;
    expect(code).toBe(1);
    expect(stderr).toContain("no key is configured");
  });

  it("goes on serving when nobody reads its log", async () => {
    const { url, child } = await serve();
    child.stdout?.destroy();
    for (let call = 0; call < 5; call += 1) {
      expect((await post(url, chatBody("sim/echo"))).status).toBe(200);
      await vi.waitUntil(async () => (await fetch(`${url}/readyz`)).ok, { timeout: 50_000 });
    }
  });
});

describe("parlance serve, told to stop", () => {
  it("keeps its port open after SIGTERM to say that it stops, while running streams finish", async () => {
    const config = configFile(`${sim}server: { drain_delay: 600s }\n`);
    const { url, child, finished, printed } = await serve(["--config", config]);
    const stream = await startStream(url, "sim/echo?rate=20");
    child.kill("SIGTERM");
    await printed(
      /stopping: 1 calls run and have 30 s to finish, new calls are refused and the port closes in 600 s/,
    );
    const headers = { connection: "close" };
    const probes = [
      ["/healthz", 200],
      ["/readyz", 503],
      ["/health/readiness", 503],
    ] as const;
    for (const [path, status] of probes)
      expect((await fetch(url + path, { headers })).status).toBe(status);
    const refused = await post(url, chatBody("sim/echo"), headers);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await refused.json()).toMatchObject({ error: { code: "draining" } });
    expect(await stream.rest()).toMatch(/data: \[DONE\]\s*$/);
    child.kill("SIGTERM");
    expect((await finished).code).toBe(1);
  });

  for (const [signal, config] of [
    ["SIGTERM", atOnce],
    ["SIGINT", `${sim}server: { drain_delay: 600s }\n`],
  ] as const) {
    it(`finishes running streams, takes no new calls and exits with 0 on ${signal}`, async () => {
      const { url, child, finished, printed } = await serve(["--config", configFile(config)]);
      const stream = await startStream(url, "sim/echo?rate=20");
      child.kill(signal);
      await printed(/stopping: 1 calls run/);
      await vi.waitFor(() => expect(fetch(`${url}/readyz`)).rejects.toThrow(), {
        timeout: 50_000,
      });
      expect(await stream.rest()).toMatch(/data: \[DONE\]\s*$/);
      expect(await finished).toMatchObject({ code: 0, signal: null });
    });
  }

  it("ends streams with the truth when the grace is over", async () => {
    const { url, child, finished } = await serve([
      "--config",
      configFile(`${sim}server: { drain_grace: 0.1s, drain_delay: 0s }\n`),
    ]);
    const stream = await startStream(url, "sim/echo?rate=1");
    child.kill("SIGTERM");
    const text = await stream.rest();
    expect(text).not.toContain("[DONE]");
    expect(text).toMatch(/"error":/);
    expect((await finished).code).toBe(0);
  });

  it("exits at once with 1 on a second signal", async () => {
    const { url, child, finished, printed } = await serve();
    const stream = await startStream(url, "sim/echo?rate=1");
    child.kill("SIGTERM");
    await printed(/again to stop at once/);
    child.kill("SIGTERM");
    expect((await finished).code).toBe(1);
    await expect(stream.rest()).rejects.toThrow();
  });
});

describe("parlance serve, told to read its config again", () => {
  const admin = "auth: { admin_key: { value: the-admin-key-of-the-test } }\n";
  const authorization = "Bearer the-admin-key-of-the-test";

  async function modelNames(url: string): Promise<readonly string[]> {
    const { data } = (await (
      await fetch(`${url}/v1/models`, { headers: { authorization } })
    ).json()) as {
      data: { id: string }[];
    };
    return data.map(({ id }) => id);
  }

  it("puts a good file in force and keeps the old one when it is bad, and says why", async () => {
    const path = configFile(sim + admin);
    const gateway = await serve(["--config", path]);
    const better = `${sim}${admin}models: [{ name: added, targets: [{ model: sim/echo }] }]\n`;
    await reload(gateway, path, better, /reload: .* is in force/);
    expect(await modelNames(gateway.url)).toContain("added");

    const printed = await reload(gateway, path, `${better}modles: []\n`, /:4:1: modles/);
    expect(printed).toContain("reload: refused, the config in force stays:");
    expect(printed).toContain(`${path}:4:1: modles: `);
    expect(await modelNames(gateway.url)).toContain("added");
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    const response = await fetch(`${gateway.url}/parlance.admin.v1.ConfigService/GetConfig`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization },
      body: "{}",
    });
    expect(await response.json()).toMatchObject({
      file: path,
      lastReloadFailedAt: expect.any(String),
      lastReloadViolations: [{ path: "modles", line: 4, column: 1 }],
    });
  });

  it("warns of what takes a restart", async () => {
    const path = configFile(sim);
    const gateway = await serve(["--config", path]);
    const changed = `${sim}server: { drain_grace: 1s, limits: { max_body_bytes: 2000000 } }\n`;
    const printed = await reload(gateway, path, changed, /warning: has changed.*/);
    expect(printed).toContain("server.limits: warning: has changed, which takes a restart");
    expect(printed).not.toContain("server.port");
  });

  it("is not opened by a file that is cut off or emptied while it is written", async () => {
    const path = configFile(sim + admin);
    const gateway = await serve(["--config", path]);
    const statuses = async () => {
      const keyless = await fetch(`${gateway.url}/v1/models`);
      return [
        keyless.status,
        (await fetch(`${gateway.url}/v1/models`, { headers: { authorization } })).status,
      ];
    };
    for (const [text, told] of [
      [sim, /auth\.admin_key: is gone.*everybody.*restart the gateway if it is meant/],
      ["", /the file sets nothing.*restart the gateway if it is meant/],
    ] as const) {
      await reload(gateway, path, text, told);
      expect(await statuses()).toEqual([401, 200]);
    }
  });

  it("survives that its file is gone", async () => {
    const path = configFile(sim);
    const gateway = await serve(["--config", path]);
    await spawnProgram("rm", [path]).finished;
    gateway.child.kill("SIGHUP");
    await gateway.printed(/reload: refused.*it does not exist/);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    writeFileSync(path, sim);
  });
});

describe("a reader that has seen enough", () => {
  it("is no failure", async () => {
    const command = `'${process.execPath}' '${resolve("src/main.ts")}' providers; echo "code $?" >&2`;
    const { stdout, stderr } = await spawnProgram("sh", ["-c", `(${command}) | head -n 1`])
      .finished;
    expect(stdout).toMatch(/^KIND .*\n$/);
    expect(stderr).toBe("code 0\n");
  });
});
