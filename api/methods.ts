// Knows which methods a path has, to answer 405 with Allow where it exists but not with the one that was asked for.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Api } from "./needs.ts";
import { sendProblem } from "./problems.ts";

/** Answers the request with 405 and true, or leaves it alone where its path does not exist at all. */
export type WrongMethod = (request: FastifyRequest, reply: FastifyReply) => boolean;

/** Remembers the methods of every route; call before the routes. */
export const watchMethods = (app: Api): WrongMethod => {
  const known = new Map<string, { pattern: RegExp; methods: Set<string> }>();
  app.addHook("onRoute", ({ url, method }) => {
    // Files have their own handler for what is missing.
    if (url.includes("*")) return;
    const entry = known.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const name of Array.isArray(method) ? method : [method]) entry.methods.add(name);
    known.set(url, entry);
  });
  const answer: WrongMethod = (request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const allowed = [...known.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap(({ methods }) => [...methods]);
    if (allowed.length === 0) return false;
    reply.header("allow", allowed.join(", "));
    sendProblem(request, reply, {
      status: 405,
      detail: `${request.method} is not possible here, only ${allowed.join(", ")}`,
    });
    return true;
  };
  // Before anything looks at the body, which no route has asked for.
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404 && answer(request, reply)) return reply;
  });
  return answer;
};

const patternOf = (url: string): RegExp => {
  const levels = url
    .split("/")
    .map((level) => (level.startsWith(":") ? "[^/]+" : level.replaceAll(/[^A-Za-z0-9_-]/g, "\\$&")));
  return new RegExp(`^${levels.join("/")}$`);
};
