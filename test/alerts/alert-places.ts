import { createServer as createHttpServer, type IncomingHttpHeaders } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** What a place of alerts got. */
export interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A place of alerts that a test may have fail. */
export interface AlertPlace {
  readonly url: string;
  readonly got: Got[];
  /** The status of its next replies; 0: it never replies. */
  status: number;
  /** How often it was tried. */
  tries: number;
}

/** A web service in place of Slack, PagerDuty or a webhook. */
export async function startHttpPlace(): Promise<AlertPlace> {
  const place = { status: 200, tries: 0, got: [] as Got[], url: "" };
  const server = createHttpServer((request, response) => {
    void text(request).then((body) => {
      place.tries += 1;
      if (place.status === 0) return;
      if (place.status < 300) place.got.push({ headers: request.headers, body });
      response.writeHead(place.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  place.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  return place;
}

/**
 * A mail server, as far as https://www.rfc-editor.org/rfc/rfc5321 is needed. Its status is what it
 * says to the end of a mail: from 200 on it has it, from 400 on not now, from 500 on never.
 */
export async function startMailPlace(): Promise<AlertPlace> {
  const place = { status: 250, tries: 0, got: [] as Got[], url: "" };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    if (place.status === 0) {
      place.tries += 1;
      return;
    }
    serveMail(socket, place);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  place.url = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  return place;
}

function serveMail(socket: Socket, place: AlertPlace): void {
  let waiting = "";
  let ending = "\r\n";
  const take = (line: string): string => {
    if (ending !== "\r\n") {
      ending = "\r\n";
      place.tries += 1;
      if (place.status < 300) place.got.push({ headers: {}, body: line });
      return `${place.status} so it is`;
    }
    if (line === "DATA") ending = "\r\n.\r\n";
    return line === "DATA" ? "354 go on" : "250 ok";
  };
  socket.write("220 simulator\r\n");
  socket.on("data", (bytes) => {
    waiting += bytes;
    for (let end = waiting.indexOf(ending); end >= 0; end = waiting.indexOf(ending)) {
      const line = waiting.slice(0, end);
      waiting = waiting.slice(end + ending.length);
      socket.write(`${take(line)}\r\n`);
    }
  });
}

/** What a place got, in the place's words: whether something is over, and the text. */
export interface Said {
  readonly over: boolean;
  readonly text: string;
}

/** The kinds of places, with how a sink names one and how what it got is read. */
export const placeKinds: readonly {
  readonly kind: string;
  readonly start: () => Promise<AlertPlace>;
  readonly sink: (url: string) => string;
  readonly read: (got: Got) => readonly Said[];
}[] = [
  {
    kind: "slack",
    start: startHttpPlace,
    sink: (url) => `slack: { url: { value: "${url}" } }`,
    read: ({ body }) =>
      String(JSON.parse(body).text)
        .split("\n\n")
        .map((message) => ({ over: message.includes("Over: "), text: message })),
  },
  {
    kind: "pagerduty",
    start: startHttpPlace,
    sink: (url) => `pagerduty: { routing_key: { value: routing-secret }, url: "${url}" }`,
    read: ({ body }) => {
      const event = JSON.parse(body);
      const text = `${event.dedup_key} ${event.payload?.summary} ${event.payload?.custom_details?.text}`;
      return [{ over: event.event_action === "resolve", text }];
    },
  },
  {
    kind: "email",
    start: startMailPlace,
    sink: (url) => `email: { url: { value: "${url}" }, sender: "a@x", to: ["b@x", "c@x"] }`,
    read: ({ body }) => {
      const text = body.replaceAll("=\r\n", "").replaceAll("=3D", "=");
      return [{ over: text.includes("Over: "), text }];
    },
  },
  {
    kind: "webhook",
    start: startHttpPlace,
    sink: (url) => `webhook: { url: { value: "${url}" }, secret: { value: webhook-secret } }`,
    read: ({ headers, body }) => {
      if (headers["webhook-signature"] === undefined) throw new Error("it is not signed");
      const { alerts }: { alerts: { state: string; title: string; text: string }[] } =
        JSON.parse(body);
      return alerts.map(({ state, title, text: said }) => ({
        over: state === "resolved",
        text: `${title} ${said}`,
      }));
    },
  },
];
