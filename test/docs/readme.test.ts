import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { startGateway } from "../../src/serve.ts";
import { spawnProgram } from "../cli/spawn-parlance.ts";

const readme = readFileSync("README.md", "utf8");

/** The text of every code block of a language, with the comment line before it. */
function blocks(language: string): { readonly comment: string; readonly text: string }[] {
  const pattern = new RegExp(`(?:<!-- (.*) -->\\n)?\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g");
  return [...readme.matchAll(pattern)].map(([, comment = "", text = ""]) => ({ comment, text }));
}

/** The commands of a block; a line that ends in a backslash goes on. */
function commandsOf(text: string): string[] {
  return text.replaceAll("\\\n", " ").trimEnd().split("\n");
}

async function gatewayUrl(): Promise<string> {
  const gateway = await startGateway({ port: 0 });
  onTestFinished(gateway.close);
  return gateway.url;
}

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
  scripts: Record<string, string>;
};

describe("the README", () => {
  it("has code blocks of these languages only, so that each is tested", () => {
    const languages = [...readme.matchAll(/^```(\w*)\n[\s\S]*?^```$/gm)].map(
      ([, language]) => language,
    );
    expect([...new Set(languages)].sort()).toEqual(["sh", "text", "ts", "yaml"]);
  });

  for (const { comment, text } of blocks("ts")) {
    it(`shows ${comment} as it is`, () => {
      expect(text).toBe(readFileSync(comment, "utf8"));
    });
  }

  for (const command of blocks("sh").flatMap(({ text }) => commandsOf(text))) {
    const [program, script = ""] = command.split(" ");
    if (program === "npm") {
      it(`names a command of npm: ${command}`, () => {
        expect(["ci", ...Object.keys(scripts)]).toContain(script);
      });
      continue;
    }
    it(`runs: ${command}`, async () => {
      const here = command.replaceAll("http://127.0.0.1:4000", await gatewayUrl());
      const { code, stdout, stderr } = await spawnProgram("sh", ["-c", here]).finished;
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(/Hello!|KIND|Usage|parlance\.chat\.v1\.ChatService\/Complete/);
    });
  }

  for (const { text } of blocks("yaml")) {
    it("shows a config that can be used", () => {
      const names = [...text.matchAll(/env: (\w+)/g)].map(([, name]) => [
        name,
        `the-value-of-${name}`,
      ]);
      const loaded = loadConfig(
        { text, filename: "README.md" },
        Object.fromEntries(names),
        () => "",
      );
      expect(loaded).toMatchObject({ ok: true, warnings: [] });
    });
  }

  it("lists paths that are served", async () => {
    const url = await gatewayUrl();
    const rows = [...readme.matchAll(/^\| `(GET|POST) (\S+)` \|/gm)];
    expect(rows.length).toBeGreaterThan(10);
    for (const [, method = "", path = ""] of rows) {
      const headers = { "content-type": "application/json" };
      const response = await fetch(
        url + path,
        method === "GET" ? {} : { method, headers, body: "{}" },
      );
      expect([path, response.status]).toEqual([
        path,
        method === "GET" ? 200 : expect.toSatisfy(served),
      ]);
    }
  });

  it("links to files that exist", () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => path);
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  });
});

/** An empty body is refused as such, or does; only a path that is not served is not found. */
function served(status: number): boolean {
  return status === 200 || status === 400 || status === 422;
}
