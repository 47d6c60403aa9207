import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import type { CatalogRow } from "../../src/adapters/catalog/catalog-row.ts";
import { openaiChatRow } from "../../src/adapters/catalog/rows/openai-chat-row.ts";
import type { Finding } from "../../src/config/config-scope.ts";
import { createSettings } from "../../src/config/create-settings.ts";
import type { ConfiguredProvider, Settings } from "../../src/config/settings.ts";
import { finish } from "../../src/core/steps.ts";

/** What a config with one provider, named `p`, compiles to. */
export interface Compiled {
  readonly settings: Settings;
  readonly provider: ConfiguredProvider | undefined;
  /** Paths of what is wrong, without `providers.p`. */
  readonly wrong: readonly string[];
  readonly findings: readonly Finding[];
}

/** A row for a test, of kind `test`. */
export function testRow(
  row: Pick<CatalogRow, "auth"> & Partial<Pick<CatalogRow, "baseUrl">>,
): CatalogRow {
  const facts = {
    id: "test",
    name: "Test",
    baseUrl: "https://vendor.example",
    credentialEnv: ["TEST_KEY"],
  };
  return openaiChatRow({ ...facts, credentialOptional: true, docs: "https://example.com", ...row });
}

/** Compiles a provider of kind `test`; files are found by their path. */
export function compileWith(
  row: CatalogRow,
  provider: JsonObject,
  env: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Compiled {
  const findings: Finding[] = [];
  const readText = (path: string) => {
    const text = files[path];
    if (text !== undefined) return text;
    throw Object.assign(new Error(path), { code: "ENOENT" });
  };
  const config = fromJson(ConfigSchema, { providers: { p: { kind: "test", ...provider } } });
  const catalog = new Map([["test", row]]);
  const settings = finish(
    createSettings(config, catalog, {
      path: "",
      sources: { env, readText },
      report: (finding) => findings.push(finding),
    }),
  );
  const wrong = findings.map(({ path }) => path.replace(/^providers\.p\.?/, ""));
  return { settings, provider: settings.providers.get("p"), wrong, findings };
}
