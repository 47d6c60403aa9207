import { createServer, type RequestListener } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createAwsCredentials } from "../../src/upstream/credentials/credential-sigv4-chain.ts";

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of open.splice(0)) await close();
});

/** Starts a fake of the world on loopback and gives its origin. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

/** No credentials, but for what a test gives. */
function emptyWorld(): void {
  for (const name of [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  ]) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials");
  vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent/config");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
}

describe("credentials", () => {
  it("that are given are used as they are", async () => {
    const given = { accessKeyId: "A", secretAccessKey: "B", sessionToken: "C" };
    expect(await createAwsCredentials({ ...given, region: "us-east-1" }, Date.now).get()).toEqual(
      given,
    );
  });

  it("are found in the environment", async () => {
    emptyWorld();
    vi.stubEnv("AWS_ACCESS_KEY_ID", "A");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "B");
    expect(await createAwsCredentials({}, Date.now).get()).toEqual({
      accessKeyId: "A",
      secretAccessKey: "B",
    });
  });

  it("of a container are fetched once, and anew after they were refused", async () => {
    emptyWorld();
    let asked = 0;
    const origin = await serve((_request, response) => {
      asked += 1;
      const Expiration = new Date(Date.now() + 3_600_000).toISOString();
      response.end(
        JSON.stringify({ AccessKeyId: `A${asked}`, SecretAccessKey: "B", Token: "C", Expiration }),
      );
    });
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `${origin}/credentials`);
    const credentials = createAwsCredentials({}, Date.now);
    const expected = { accessKeyId: "A1", secretAccessKey: "B", sessionToken: "C" };
    const [refused] = await Promise.all([credentials.get(), credentials.get()]);
    expect(refused).toEqual(expected);
    expect(asked).toBe(1);
    credentials.forget(refused);
    expect(await credentials.get()).toEqual({ ...expected, accessKeyId: "A2" });
  });

  it("of a role are asked of the token service with the given ones", async () => {
    emptyWorld();
    const bodies: string[] = [];
    const origin = await serve((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        bodies.push(`${request.headers.authorization?.split(",")[0]} ${body}`);
        response.setHeader("content-type", "text/xml");
        response.end(
          `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>R</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
        );
      });
    });
    vi.stubEnv("AWS_ENDPOINT_URL_STS", origin);
    const roleArn = "arn:aws:iam::123456789012:role/reader";
    const settings = { accessKeyId: "A", secretAccessKey: "B", region: "eu-west-1", roleArn };
    const credentials = createAwsCredentials(settings, Date.now);
    expect(await credentials.get()).toEqual({
      accessKeyId: "R",
      secretAccessKey: "S",
      sessionToken: "T",
    });
    expect(bodies[0]).toMatch(/Credential=A\/\d{8}\/eu-west-1\/sts\//);
    expect(bodies[0]).toContain(encodeURIComponent(roleArn));
  });

  it("that are nowhere are a rejection", async () => {
    emptyWorld();
    await expect(createAwsCredentials({}, Date.now).get()).rejects.toThrow(/credentials/i);
  });
});
