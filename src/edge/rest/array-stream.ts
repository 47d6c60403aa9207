import type { Exchange, ResponseStream } from "../http/exchange.ts";

/**
 * Whether a request for a stream of Google's wants it as one JSON array: it does unless it says
 * `alt=sse` (https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent).
 */
export function asksArray({ path, query }: Pick<Exchange, "path" | "query">): boolean {
  return path.endsWith(":streamGenerateContent") && new URLSearchParams(query).get("alt") !== "sse";
}

/**
 * The exchange of a client that reads a stream as one JSON array: server-sent events that are
 * written to it go out as its elements.
 */
export function arrayExchange(exchange: Exchange): Exchange {
  return new Proxy(exchange, {
    get(target, key) {
      if (key === "startStream") return startArray(target);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}

function startArray(exchange: Exchange): Exchange["startStream"] {
  return (status, headers, options) => {
    const named = headers.map((value, at) =>
      headers[at - 1] === "content-type" && at % 2 === 1 ? "application/json" : value,
    );
    return arrayStream(exchange.startStream(status, named, options));
  };
}

function arrayStream(response: ResponseStream): ResponseStream {
  const framer = createArrayFramer();
  return {
    write(chunk) {
      const text = framer.take(Buffer.from(chunk).toString("utf8"));
      return text === "" ? undefined : response.write(text);
    },
    flush: () => response.flush(),
    end(trailers) {
      void response.write(framer.end());
      response.end(trailers);
    },
    abort: () => response.abort(),
  };
}

/**
 * Makes elements of an array of server-sent events. Whole events are written, one after another.
 */
interface ArrayFramer {
  take(events: string): string;
  end(): string;
}

function createArrayFramer(): ArrayFramer {
  let begun = false;
  const element = (data: string): string => {
    const text = `${begun ? "," : "["}${data}\n`;
    begun = true;
    return text;
  };
  return {
    take: (events) =>
      events
        .split(/\r?\n\r?\n/)
        .map(dataOf)
        .filter(Boolean)
        .map(element)
        .join(""),
    end: () => (begun ? "]" : "[]"),
  };
}

/** The data of an event; "" where it has none, as comments. */
function dataOf(event: string): string {
  return event
    .split(/\r?\n/)
    .flatMap((line) => (line.startsWith("data:") ? [line.slice(5).trimStart()] : []))
    .join("\n");
}
