import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, it, onTestFinished, vi } from "vitest";
import { startGateway } from "../../src/serve.ts";
import { folderWith } from "../cli/spawn-parlance.ts";
import { makeCertificates } from "../edge/make-certificates.ts";
import { createFakeClock } from "../fake-clock.ts";

/** What identifies the certificate that a listener shows a new connection. */
async function shownBy(port: number): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

it("shows new connections the certificate that its file has now, once its key is there", async () => {
  const { server: first, client: second } = makeCertificates("DNS:localhost");
  const [cert, key] = [String(first.cert), String(first.key)];
  const folder = folderWith({ "cert.pem": cert, "key.pem": key });
  const write = (name: string, text: unknown) => writeFileSync(join(folder, name), String(text));
  const tls = { cert_file: join(folder, "cert.pem"), key_file: join(folder, "key.pem") };
  const clock = createFakeClock();
  const events: string[] = [];
  const gateway = await startGateway({
    config: JSON.stringify({
      server: { host: "127.0.0.1", port: 0, tls },
      auth: { admin_key: { value: "admin-key-0123456789" } },
      providers: { sim: { kind: "sim" } },
      secret_managers: { refresh: "60s" },
    }),
    world: {
      schedule: clock.schedule,
      record: () => undefined,
      notice: ({ event }) => events.push(event),
    },
  });
  onTestFinished(() => gateway.close());
  const heard = async (event: string): Promise<void> => {
    clock.advance(60_000);
    await vi.waitFor(() => expect(events).toContain(event), 20_000);
  };
  const of = ({ cert: pem }: typeof first) => new X509Certificate(String(pem)).fingerprint256;
  expect(await shownBy(gateway.port)).toBe(of(first));
  write("cert.pem", second.cert);
  await heard("secrets_refused");
  expect(await shownBy(gateway.port)).toBe(of(first));
  write("key.pem", second.key);
  await heard("secrets_changed");
  expect(await shownBy(gateway.port)).toBe(of(second));
});
