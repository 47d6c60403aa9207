// Asks guards that are processes of their own: `ask-live.ts KIND PORT` for example, example-grpc and presidio.
import { deepStrictEqual } from "node:assert";
import { createGuardPorts } from "../../../../src/composition/guards/guard-ports.ts";
import type { GuardServiceSettings } from "../../../../src/config/guard-service-settings.ts";
import { createSecretValue } from "../../../../src/config/secret-value.ts";
import type { GuardVerdict } from "../../../../src/core/guard/guard.ts";
import { createAsk } from "../../../../src/guards/services/create-ask.ts";
import { createUpstream } from "../../../../src/upstream/client.ts";

const [kind = "", port = ""] = process.argv.slice(2);
const url = `http://127.0.0.1:${port}`;
const upstream = createUpstream();
const ports = createGuardPorts(upstream, Date.now, () => Promise.resolve(""));
const about = {
  callId: "c",
  operation: "chat",
  model: "m",
  key: "",
  team: "",
  endUser: "",
  principal: undefined,
};

function ask(settings: GuardServiceSettings, ...texts: readonly string[]): Promise<GuardVerdict> {
  const question = { stage: "input", texts, about } as const;
  return createAsk(settings, ports)(question, AbortSignal.timeout(60_000));
}

async function askExample(protocol: "connect" | "grpc"): Promise<void> {
  const address = createSecretValue(url);
  const settings = { kind: "rpc", url: address, protocol, authorization: undefined } as const;
  deepStrictEqual(await ask(settings, "all is well"), { kinds: [] });
  deepStrictEqual(await ask(settings, "none", "😀 Bluebird"), {
    kinds: ["PROJECT"],
    findings: [[], [{ start: 3, end: 11, kind: "PROJECT" }]],
  });
}

async function askPresidio(): Promise<void> {
  const settings = {
    kind: "presidio",
    url,
    anonymizerUrl: "",
    language: "en",
    entities: ["EMAIL_ADDRESS", "CREDIT_CARD", "ZIP"],
    scoreThreshold: 0.4,
    recognizersJson: JSON.stringify([
      {
        name: "zip",
        supported_language: "en",
        supported_entity: "ZIP",
        patterns: [{ name: "zip", regex: "\\bZIP-\\d{5}\\b", score: 0.9 }],
      },
    ]),
    anonymizersJson: "",
  } as const;
  const text = "😀 mail ada@example.com, card 4111 1111 1111 1111, ZIP-12345";
  const finding = (kind: string, found: string) => {
    const start = text.indexOf(found);
    return { start, end: start + found.length, kind };
  };
  deepStrictEqual(await ask(settings, "nothing here", text), {
    kinds: ["EMAIL_ADDRESS", "CREDIT_CARD", "ZIP"],
    findings: [
      [],
      [
        finding("EMAIL_ADDRESS", "ada@example.com"),
        finding("CREDIT_CARD", "4111 1111 1111 1111"),
        finding("ZIP", "ZIP-12345"),
      ],
    ],
  });
  const anonymizersJson = '{"EMAIL_ADDRESS": {"type": "replace", "new_value": "[MAIL]"}}';
  deepStrictEqual(await ask({ ...settings, anonymizerUrl: url, anonymizersJson }, "none", text), {
    kinds: ["EMAIL_ADDRESS", "CREDIT_CARD", "ZIP"],
    texts: ["none", "😀 mail [MAIL], card <CREDIT_CARD>, <ZIP>"],
  });
}

if (kind === "presidio") await askPresidio();
else await askExample(kind === "example-grpc" ? "grpc" : "connect");
await upstream.destroy();
process.exit(0);
