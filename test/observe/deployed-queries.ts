import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";

/** A query of a file in deploy/, with where it stands. */
export interface DeployedQuery {
  readonly place: string;
  readonly expr: string;
}

interface Dashboard {
  readonly title: string;
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

/** The queries of the dashboards, with a minute for the interval that Grafana chooses. */
export function panelQueries(): readonly DeployedQuery[] {
  return readdirSync("deploy/grafana").flatMap((file) => {
    const text = readFileSync(`deploy/grafana/${file}`, "utf8");
    const { title, panels }: Dashboard = JSON.parse(text);
    return panels.flatMap((panel) =>
      panel.targets.map(({ expr }) => ({
        place: `${title}, ${panel.title}`,
        expr: expr.replaceAll("$__rate_interval", "1m"),
      })),
    );
  });
}

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

/** The expressions of the alerts. */
export function alertQueries(): readonly DeployedQuery[] {
  const rules: Rules = parse(readFileSync("deploy/prometheus/alerts.yaml", "utf8"));
  return rules.groups.flatMap((group) =>
    group.rules.map(({ alert, expr }) => ({ place: alert, expr })),
  );
}
