import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GuardSchema } from "../../../gen/parlance/config/v1/guard_pb.js";
import { createGuardPorts } from "../../../src/composition/guards/guard-ports.ts";
import {
  asksService,
  compileGuardService,
} from "../../../src/config/compile/guards/compile-guard-service.ts";
import { createKnownNames } from "../../../src/config/known-names.ts";
import type { GuardQuestion } from "../../../src/core/guard/guard.ts";
import { createAsk } from "../../../src/guards/services/create-ask.ts";
import type { AskModel } from "../../../src/guards/services/ports.ts";
import { postJson } from "../../../src/guards/services/post-json.ts";
import { createUpstream } from "../../../src/upstream/client.ts";
import { failures } from "./failure-rows.ts";
import { type ServiceRow, serviceRows } from "./service-rows.ts";
import { startService } from "./service-server.ts";

const noon = Date.UTC(2026, 10, 30, 12);
const upstream = createUpstream();
/** Models answer as the service replies. */
const askModel: AskModel = async ({ about: _about, ...question }, signal) => {
  const url = `${service.url}/model`;
  const reply = await postJson(ports.post, { url, body: JSON.stringify(question) }, signal);
  return JSON.stringify(reply).startsWith('"') ? String(reply) : "";
};
const ports = createGuardPorts(upstream, () => noon, askModel);
const names = createKnownNames(["fast"], {});
let service: Awaited<ReturnType<typeof startService>>;

beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  service.close();
  await upstream.destroy();
});

function askOf(guard: JsonValue) {
  const { check } = fromJson(GuardSchema, guard);
  if (!asksService(check)) throw new Error("the guard asks no service");
  const found: string[] = [];
  const settings = compileGuardService(
    check,
    { guard: "g", names },
    {
      path: "guards[0]",
      sources: { env: {}, readText: () => "" },
      report: ({ path, message }) => void found.push(`${path} ${message}`),
    },
  );
  if (settings === undefined) throw new Error(found.join());
  return createAsk(settings, ports);
}

function questionOf(row: ServiceRow, texts = row.texts): GuardQuestion {
  return {
    stage: row.stage ?? "input",
    texts,
    about: {
      callId: "call-1",
      operation: "chat",
      model: "fast",
      key: "dev",
      team: "web",
      principal: undefined,
      endUser: "eve",
    },
  };
}

const never = new AbortController().signal;

for (const row of serviceRows) {
  describe(`a guard that asks ${row.title}`, () => {
    const ask = (texts = row.texts, signal = never) =>
      askOf({ name: "g", ...row.guard(service.url) })(questionOf(row, texts), signal);

    it("sends what the service documents", async () => {
      service.replies(...row.pass);
      await ask();
      expect(
        service.received.map(({ line, headers, body }) => ({
          line,
          headers,
          body: JSON.parse(body),
        })),
      ).toMatchObject(row.requests);
      row.check?.(service.received);
    });

    it("passes what the service finds nothing in", async () => {
      service.replies(...row.pass);
      expect(await ask()).toEqual({ kinds: [] });
    });

    for (const [title, reply, expected, texts] of row.finds)
      it(`reads ${title}`, async () => {
        service.replies(...reply);
        expect(await ask(texts)).toEqual(expected);
      });

    for (const [title, reply] of row.refuses)
      it(`takes ${title} for no verdict`, async () => {
        service.replies(...reply);
        await expect(ask()).rejects.toThrow(/^answered /);
      });

    for (const [title, reply, message] of failures)
      it(`fails where the service ${title}`, async () => {
        service.replies(reply);
        const error: unknown = await ask().catch((failure: unknown) => failure);
        expect(error).toMatchObject({ name: "GuardFailure", message });
        expect(String(error)).not.toContain("sk-secret");
      });

    it("is given up with its call", async () => {
      const life = new AbortController();
      const left = new Error("the caller left");
      service.replies(() => life.abort(left));
      await expect(ask(row.texts, life.signal)).rejects.toBe(left);
    });
  });
}
