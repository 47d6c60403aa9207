import type { DescService } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";
import { presentKey } from "../../../src/composition/own-key.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import type { StoreAddress } from "../../../src/store/engine/engine.ts";
import { temporaryJournal } from "../../store/temporary-journal.ts";

/** The admin key of the config. */
export const adminKey = "admin-key-0123456789";

/** A key of 32 bytes. */
export const encryptionKey = "ab".repeat(32);

/** A gateway whose configuration the store adds to, as admins see it. */
export interface StoredGateway {
  readonly gateway: RunningGateway;
  readonly client: <S extends DescService>(service: S, key?: string) => Client<S>;
  /** The status of a chat. */
  readonly chat: (model: string) => Promise<number>;
  /** All that it has logged and noticed, as text. */
  readonly logged: () => string;
  readonly close: () => Promise<void>;
}

/** What it is started with. */
export interface StoredGatewayOptions {
  readonly address: StoreAddress;
  /** Default: `encryptionKey`. "": none. */
  readonly key?: string;
  /** Settings of the config beside those that every gateway has. */
  readonly more?: object;
  /** Of `server`, beside the host and the port. */
  readonly server?: object;
  /** The addresses that names resolve to. Default: those of the system. */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
}

/** The text of the config. */
export function configText({
  address,
  key = encryptionKey,
  more,
  server,
}: StoredGatewayOptions): string {
  return JSON.stringify({
    server: { host: "127.0.0.1", port: 0, ...server },
    auth: { admin_key: { value: adminKey } },
    store: { ...storeOf(address), ...(key !== "" && { encryption_key: { value: key } }) },
    providers: { sim: { kind: "sim" } },
    models: [{ name: "fast", targets: [{ model: "sim/echo" }] }],
    ...more,
  });
}

/** Starts a gateway, which ends with the test. */
export async function startStored(options: StoredGatewayOptions): Promise<StoredGateway> {
  const log: string[] = [];
  const print = (one: unknown) =>
    JSON.stringify(one, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value));
  const gateway = await startGateway({
    config: { filename: "gateway.yaml", text: configText(options) },
    env: { SOME_KEY: "secret-of-the-environment" },
    world: {
      record: (record) => void log.push(print(record)),
      notice: (notice) => void log.push(print(notice)),
      ...(options.lookup && { lookup: options.lookup }),
    },
  });
  onTestFinished(() => gateway.close());
  return {
    gateway,
    client: (service, key) => clientOf(gateway.url, service, key),
    chat: (model) => chatWith(gateway.url, model),
    logged: () => log.join("\n"),
    close: () => gateway.close(),
  };
}

/** A client of a gateway, as its admin unless another key is named. */
export function clientOf<S extends DescService>(
  url: string,
  service: S,
  key = adminKey,
): Client<S> {
  const interceptors = [presentKey(() => key)];
  return createClient(
    service,
    createConnectTransport({ baseUrl: url, httpVersion: "1.1", interceptors }),
  );
}

/** The status of a chat. */
export async function chatWith(url: string, model: string): Promise<number> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** The code and the words of a refusal, which is a failure of the test where there is none. */
export async function refusal(
  call: Promise<unknown>,
): Promise<{ readonly code: string | undefined; readonly message: string }> {
  const error = ConnectError.from(
    await call.then(
      () => "was not refused",
      (reason: unknown) => reason,
    ),
  );
  return { code: Code[error.code], message: error.rawMessage };
}

function storeOf(address: StoreAddress): object {
  if (address.kind === "memory") return { memory: {} };
  if (address.kind === "sqlite") return { sqlite: { path: address.path } };
  return {
    postgres: { url: { value: address.url } },
    journal: { path: temporaryJournal() },
  };
}
