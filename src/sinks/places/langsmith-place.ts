import type { LangsmithSettings } from "../../config/settings.ts";
import type { Place } from "../sink.ts";
import { langsmithRun } from "./langsmith-run.ts";
import { post } from "./post.ts";

/** A project of LangSmith: https://docs.langchain.com/langsmith/trace-with-api */
export function langsmithPlace({ url, project, apiKey }: LangsmithSettings): Place {
  return {
    send(rows, signal) {
      const headers = { "content-type": "application/json", "x-api-key": apiKey.reveal() };
      const runs = rows.map((row) => langsmithRun(row, project));
      return post(`${url}/runs/batch`, headers, JSON.stringify({ post: runs, patch: [] }), signal);
    },
  };
}
