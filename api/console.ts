// Serves the built console, and for any other path answers its page (so deep links work) or a problem.
import { existsSync } from "node:fs";
import path from "node:path";
import fastifyStatic from "@fastify/static";
import type { WrongMethod } from "./methods.ts";
import type { Api } from "./needs.ts";
import { sendProblem } from "./problems.ts";

const apiPaths = /^\/(api|docs|openapi\.json|healthz|readyz|metrics)(\/|\?|$)/;

/** Registers the console's files where there are any, and the handler for every path that nothing else serves. */
export const serveConsole = async (
  app: Api,
  consoleDir: string | null,
  wrongMethod: WrongMethod,
): Promise<void> => {
  const built = consoleDir !== null && existsSync(path.join(consoleDir, "index.html"));
  if (built)
    await app.register(fastifyStatic, {
      root: path.resolve(consoleDir),
      // Built assets carry a digest in their names; the page itself must always be asked for.
      setHeaders(reply, file) {
        reply.header(
          "cache-control",
          /[\\/]assets[\\/]/.test(file) ? "public, max-age=31536000, immutable" : "no-cache",
        );
      },
      cacheControl: false,
    });

  app.setNotFoundHandler((request, reply) => {
    // A GET for what can only be posted comes here by way of the files.
    if (wrongMethod(request, reply)) return reply;
    const page = request.method === "GET" && !apiPaths.test(request.url);
    const wantsPage = /text\/html|\*\/\*/.test(request.headers.accept ?? "");
    // A missing file is not a page: answering it with one would only confuse its reader.
    if (built && page && wantsPage && path.extname(request.url.split("?", 1)[0] ?? "") === "")
      return reply.sendFile("index.html");
    const detail =
      page && !built && request.url === "/"
        ? "the console has not been built; run 'npm run console:build' and start again"
        : `there is no ${request.method} ${request.url.split("?", 1)[0]}`;
    return sendProblem(request, reply, { status: 404, detail });
  });
};
