import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../src/serve.ts";
import { spawnProgram } from "../cli/spawn-parlance.ts";

/** Without these Chromium calls hosts of its maker at every start. */
const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

async function openPage(url: string) {
  const executablePath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: quiet });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(url);
  return page;
}

async function servedPage(): Promise<string> {
  const { printed } = spawnProgram(process.execPath, ["examples/browser/serve.ts"], {
    env: { PORT: "0" },
  });
  const [url] = await printed(/http:\S+\//);
  return url;
}

const configured = readFileSync("examples/browser/parlance.yaml", "utf8");

it("examples/browser streams an answer into a page of another origin", {
  timeout: 60_000,
}, async () => {
  const pageUrl = await servedPage();
  const config = configured.replace("http://127.0.0.1:4001", new URL(pageUrl).origin);
  const gateway = await startGateway({ config, port: 0 });
  onTestFinished(gateway.close);

  const page = await openPage(`${pageUrl}?gateway=${gateway.url}`);
  await page.getByRole("textbox").fill("Hello from a real browser");
  await page.getByRole("button").click();
  await page.locator("#answer", { hasText: "Hello from a real browser" }).waitFor();
});

it("a page whose origin is not configured gets no answer", { timeout: 60_000 }, async () => {
  const gateway = await startGateway({ config: configured, port: 0 });
  onTestFinished(gateway.close);

  const page = await openPage(`${await servedPage()}?gateway=${gateway.url}`);
  await page.getByRole("button").click();
  await page.locator("#answer", { hasText: "Failed to fetch" }).waitFor();
  expect(gateway.active()).toBe(0);
});
