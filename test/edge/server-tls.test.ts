import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect as connectH2 } from "node:http2";
import { get } from "node:https";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import type { TlsOptions } from "../../src/edge/server-options.ts";
import { echo, signalOnce, startServer } from "./start-server.ts";

/** A certificate for `name` that signs itself, made by the openssl command. */
function makeCertificate(name: string): TlsOptions {
  const folder = mkdtempSync(join(tmpdir(), "tls-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const subject = [
      "-subj",
      `/CN=${name}`,
      "-addext",
      "subjectAltName=DNS:localhost,IP:127.0.0.1",
    ];
    const files = ["-keyout", key, "-out", cert];
    execFileSync("openssl", ["req", "-x509", ...curve, "-days", "1", ...subject, ...files], {
      stdio: "ignore",
    });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("negotiates HTTP/2 and HTTP/1.1 by ALPN on one port, and serves clients without ALPN HTTP/1.1", async () => {
  const tls = makeCertificate("first");
  const { url, port } = await startServer({ tls });
  expect(url).toMatch(/^https:/);
  const ca = Buffer.from(tls.cert);

  const session = connectH2(url, { ca });
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":path": "/two", ":method": "POST" });
  stream.end("x");
  expect(JSON.parse(Buffer.concat(await stream.toArray()).toString())).toMatchObject({
    protocol: "h2",
    path: "/two",
  });

  for (const ALPNProtocols of [["http/1.1"], undefined]) {
    const call = get(`${url}/one`, {
      ca,
      agent: false,
      ...(ALPNProtocols === undefined ? {} : { ALPNProtocols }),
    });
    const [reply] = await once(call, "response");
    expect(JSON.parse(Buffer.concat(await reply.toArray()).toString())).toMatchObject({
      protocol: "h1",
      path: "/one",
    });
  }
  const bare = connectTls({ port, host: "127.0.0.1", ca, ALPNProtocols: ["spdy/3"] });
  await once(bare, "error");
});

test("serves new connections with a reloaded certificate", async () => {
  const { server, port } = await startServer({ tls: makeCertificate("first") });
  const names: unknown[] = [];
  for (const name of ["first", "second"]) {
    if (name === "second") server.reloadTls(makeCertificate(name));
    const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
    await once(socket, "secureConnect");
    names.push(socket.getPeerCertificate().subject.CN);
    socket.destroy();
  }
  expect(names).toEqual(["first", "second"]);
});

test("speaks no version of TLS below the configured one, and never one below 1.2", async () => {
  const certificate = makeCertificate("first");
  const speaks = async (port: number, version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3") => {
    const socket = connectTls({
      port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      // OpenSSL's own clients would not speak old versions either.
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    const spoken = await Promise.race([
      once(socket, "secureConnect").then(() => socket.getProtocol()),
      once(socket, "close").then(() => "closed"),
    ]).catch(() => "refused");
    socket.destroy();
    return spoken;
  };
  const usual = await startServer({ tls: certificate });
  expect(await speaks(usual.port, "TLSv1.1")).toBe("refused");
  expect(await speaks(usual.port, "TLSv1.2")).toBe("TLSv1.2");
  expect(await speaks(usual.port, "TLSv1.3")).toBe("TLSv1.3");
  const strict = await startServer({ tls: { ...certificate, minVersion: "TLSv1.3" } });
  expect(await speaks(strict.port, "TLSv1.2")).toBe("refused");
  expect(await speaks(strict.port, "TLSv1.3")).toBe("TLSv1.3");
  strict.server.reloadTls(certificate);
  expect(await speaks(strict.port, "TLSv1.2")).toBe("TLSv1.2");
});

test("refuses to reload a certificate without TLS", async () => {
  const { server } = await startServer();
  expect(() => server.reloadTls({ cert: "", key: "" })).toThrow("without TLS");
});

test("drains a running call over TLS, and cuts handshakes that never end", async () => {
  const tls = makeCertificate("first");
  const running = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const { server, url, port } = await startServer({
    tls,
    handler: async (exchange) => {
      running.resolve();
      await release.promise;
      exchange.respond(200, [], "done");
    },
  });
  const silent = connectTcp({ port, host: "127.0.0.1" });
  await once(silent, "connect");
  const call = get(url, { ca: Buffer.from(tls.cert), agent: false });
  await running.promise;
  const drained = server.drain(10_000);
  await once(silent, "close");
  release.resolve();
  const [reply] = await once(call, "response");
  expect(Buffer.concat(await reply.toArray()).toString()).toBe("done");
  await drained;
  expect(server.connections).toBe(0);
});

test("takes a request of several TLS records while replies before it wait to be sent", async () => {
  const tls = makeCertificate("first");
  const first = signalOnce();
  const second = signalOnce();
  const { port } = await startServer({
    tls,
    async handler(exchange) {
      if (exchange.path === "/first") await first.promise;
      if (exchange.path === "/third") first.fire();
      if (exchange.path !== "/second") return echo(exchange);
      exchange.respond(200, ["content-type", "text/plain"], "x".repeat(300_000));
      second.fire();
    },
  });
  const socket = connectTls({ port, host: "127.0.0.1", ca: Buffer.from(tls.cert) });
  onTestFinished(() => void socket.destroy());
  const received = (async () => Buffer.concat(await socket.toArray()).toString("latin1"))();
  socket.write("GET /first HTTP/1.1\r\nhost: x\r\n\r\nGET /second HTTP/1.1\r\nhost: x\r\n\r\n");
  await second.promise;
  const body = "y".repeat(60_000);
  const head = "POST /third HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 60000";
  socket.write(`${head}\r\n\r\n${body}`);
  const text = await received;
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(Array(3).fill("HTTP/1.1 200"));
  expect(text).toContain(`"body":"${body}"`);
});
