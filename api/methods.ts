// Answers 405 with Allow where a path exists, but not with the method that was asked for.
import type { Api } from "./needs.ts";
import { sendProblem } from "./problems.ts";

/** Remembers the methods of every route; register before the routes. */
export const answerWrongMethods = (app: Api): void => {
  const known = new Map<string, { pattern: RegExp; methods: Set<string> }>();
  app.addHook("onRoute", ({ url, method }) => {
    // Files have their own handler for what is missing.
    if (url.includes("*")) return;
    const entry = known.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const name of Array.isArray(method) ? method : [method]) entry.methods.add(name);
    known.set(url, entry);
  });
  app.addHook("onRequest", async (request, reply) => {
    if (!request.is404) return;
    const path = request.url.split("?", 1)[0] ?? "";
    const allowed = [...known.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap(({ methods }) => [...methods]);
    if (allowed.length === 0) return;
    reply.header("allow", allowed.join(", "));
    return sendProblem(request, reply, {
      status: 405,
      detail: `${request.method} is not possible here, only ${allowed.join(", ")}`,
    });
  });
};

const patternOf = (url: string): RegExp => {
  const levels = url
    .split("/")
    .map((level) => (level.startsWith(":") ? "[^/]+" : level.replaceAll(/[^A-Za-z0-9_-]/g, "\\$&")));
  return new RegExp(`^${levels.join("/")}$`);
};
