import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadAtOnce } from "../../src/config/loading/load-config.ts";
import { namedSecrets } from "../../src/config/loading/named-secrets.ts";
import type { SecretReader } from "../../src/config/references/secret-reader.ts";

import { finish } from "../../src/core/steps.ts";

const page = readFileSync("docs/credentials.md", "utf8");
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = JSON.stringify({
  type: "service_account",
  client_email: "sa@my-project.iam.gserviceaccount.com",
  private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
});

/** Knows all secrets. */
const secrets: SecretReader = {
  async read(config) {
    const { references } = finish(namedSecrets(config));
    const found = new Map([...references.keys()].map((name, at) => [name, { text: `text-${at}` }]));
    return { found, changed: async () => false, againMs: () => undefined };
  },
};

describe("the page on credentials", () => {
  const blocks = [...page.matchAll(/## (.*)\n[^#]*?```yaml\n([\s\S]*?)```/g)];

  it("shows an example for each way but IBM's, which adds nothing", () => {
    expect(blocks.map(([, title]) => title)).toEqual([
      "API keys",
      "AWS",
      "Google Cloud",
      "Azure",
      "OAuth 2.0",
      "Secret managers",
    ]);
    expect(page.match(/```yaml/g)).toHaveLength(blocks.length);
  });

  for (const [, title = "", text = ""] of blocks) {
    it(`shows a config that can be used: ${title}`, async () => {
      const names = [...text.matchAll(/env: (\w+)/g)].map(([, name]) => [
        name,
        `the-value-of-${name}`,
      ]);
      const loaded = await loadAtOnce(
        { text, filename: "credentials.md" },
        Object.fromEntries(names),
        () => key,
        { secrets },
      );
      expect(loaded).toMatchObject({ ok: true, warnings: [] });
      const providers = loaded.ok ? [...loaded.settings.providers.values()] : [];
      for (const { credentials, aws, google, azure, oauth2 } of providers) {
        expect(
          credentials.length > 0 || (aws ?? google?.tokens ?? azure ?? oauth2) !== undefined,
        ).toBe(true);
      }
    });
  }
});
