import { toJsonString } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { UnknownFields } from "../../gen/parlance/config/v1/model_pb.js";
import { loadEveryDialect } from "../../src/adapters/dialects.ts";
import { facades, isFacadeName } from "../../src/adapters/registry.ts";
import type { BesideRequest } from "../../src/core/beside-request.ts";
import type { Facade } from "../../src/core/dialect.ts";
import { clientCodecOf, codecOf } from "../../src/core/dialect.ts";
import { adjustUnknown } from "../../src/core/fidelity/unknown-fields.ts";
import { operations, type RequestMessage } from "../../src/core/operation.ts";
import { isObject, type Json, type JsonObject } from "../../src/json/json.ts";
import { plantedBodies } from "./planted-bodies.ts";

const KEY = "zz_unknown";
/** Facades that name an element of a list as the Messages API does: `messages.0`. */
const DOTTED = new Set(["anthropic-messages", "bedrock-invoke", "vertex-messages"]);

const loaded = await loadEveryDialect();

/** A body with a member planted into one of its objects, and the path of the object. */
interface Planted {
  readonly path: string;
  readonly body: JsonObject;
}

/** One body for each object that a body holds. */
function plant(body: JsonObject, dotted: boolean): readonly Planted[] {
  const found: Planted[] = [];
  const visit = (at: Json, path: string, put: (changed: Json) => JsonObject): void => {
    if (Array.isArray(at)) {
      at.forEach((item: Json, index) => {
        const place = dotted ? `${path}.${index}` : `${path}[${index}]`;
        visit(item, place, (changed) =>
          put(at.map((one: Json, n) => (n === index ? changed : one))),
        );
      });
    } else if (isObject(at)) {
      found.push({ path, body: put({ ...at, [KEY]: "planted" }) });
      for (const [key, value] of Object.entries(at)) {
        const place = path === "" ? key : `${path}.${key}`;
        visit(value ?? null, place, (changed) => put({ ...at, [key]: changed }));
      }
    }
  };
  visit(body, "", (changed) => (isObject(changed) ? changed : {}));
  return found;
}

const withoutExtras = (json: string) =>
  JSON.stringify(JSON.parse(json), (key, value: unknown) =>
    key === "extras" || key === "extrasJson" ? undefined : value,
  );

/** How a planted member fares where it is read; "" where it is lost. */
function fate(facade: Facade, operation: (typeof plantedBodies)[number][1], planted: Planted) {
  const codec = clientCodecOf(facade, operations[operation]);
  if (codec === undefined) throw new Error(`no ${operation}`);
  const bytes = Buffer.from(JSON.stringify(planted.body));
  const decoded = codec.decodeRequest({ json: planted.body, bytes });
  const path = planted.path === "" ? KEY : `${planted.path}.${KEY}`;
  if (!decoded.ok)
    return decoded.fault.fields?.some(({ field }) => field === path) === true
      ? "refused"
      : decoded.fault.message;
  const { value, beside } = decoded;
  const named = beside?.members.filter(({ path: told }) => told === path).length ?? 0;
  const whole = beside?.members.some(
    ({ path: told }) => told !== "" && (path.startsWith(`${told}.`) || path.startsWith(`${told}[`)),
  );
  const json = toJsonString(operations[operation].request, value.message);
  const kept = withoutExtras(json).includes(KEY) || whole === true;
  return { named, kept, message: value.message, beside, inExtras: json.includes(KEY) };
}

for (const [name, operation, bodies] of plantedBodies) {
  if (!isFacadeName(name)) throw new Error(name);
  const facade = await facades[name].load();
  describe(`an unknown member of a ${name} request to ${operation}`, () => {
    const planted = bodies.flatMap((body) => plant(body, operation === "chat" && DOTTED.has(name)));
    for (const one of planted) {
      it(`in ${one.path === "" ? "the body" : one.path} is named once, or kept with its object`, () => {
        const found = fate(facade, operation, one);
        if (typeof found === "string") expect(found).toBe("refused");
        else expect([found.named, found.kept]).toEqual(found.kept ? [0, true] : [1, false]);
      });
    }

    it("reaches a vendor of the same dialect in its place, or is reported", () => {
      const dialect = loaded.get(name === "cohere-v1" ? "cohere" : name);
      if (dialect === undefined) throw new Error(name);
      for (const one of planted) {
        const found = fate(facade, operation, one);
        if (typeof found === "string" || found.named === 0) continue;
        const lost = isLost(dialect, operation, found.message, found.beside);
        expect([one.path, lost]).toEqual([one.path, false]);
      }
    });
  });
}

/** Whether a vendor gets nothing of a planted member, which the report does not say. */
function isLost(
  dialect: NonNullable<ReturnType<(typeof loaded)["get"]>>,
  name: (typeof plantedBodies)[number][1],
  message: RequestMessage,
  beside: BesideRequest | undefined,
): boolean {
  const operation = operations[name];
  const codec = codecOf(dialect, operation);
  if (codec === undefined) return false;
  const own = dialect.fidelity[operation.table]?.dialect ?? dialect.name;
  const rule = { dialect: own, policy: UnknownFields.DROP, beside };
  const adjusted = adjustUnknown(message, rule);
  const options = { model: "m", stream: false, quirks: {} };
  const encoded = codec.encodeRequest(adjusted.request, options);
  if (!encoded.ok) return false;
  const { body } = encoded.value.request;
  const sent = (typeof body === "string" ? body : Buffer.from(body).toString()).includes(KEY);
  const told = adjusted.report(encoded.value.report).some(({ field }) => field.includes(KEY));
  return !sent && !told;
}
