// The three routes of the HTTP API that simulators use, over a plain broker that honours the credentials they issue. The
// real API takes this one's place in test/journey.
import { createServer, type IncomingMessage } from "node:http";
import { parseRegistryCsv, registryCsv } from "../../simulators/csv.ts";
import { type PlainBroker, startPlainBroker } from "./broker.ts";

export type PlainBackend = {
  apiUrl: string;
  token: string;
  broker: PlainBroker;
  /** Ids of clients in the order in which credentials were issued. */
  issued: string[];
  rows(): ReturnType<typeof parseRegistryCsv>;
  stop(): Promise<void>;
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
};

export const startPlainBackend = async (): Promise<PlainBackend> => {
  const token = "admin-token";
  const tokens = new Map<string, string>();
  const issued: string[] = [];
  let rows: ReturnType<typeof parseRegistryCsv> = [];
  const broker = await startPlainBroker({
    accept: (clientId, password) => tokens.get(clientId) === password,
  });
  const issue = (clientId: string): object => {
    tokens.set(clientId, `secret-${clientId}-${issued.length}`);
    issued.push(clientId);
    return { clientId, username: clientId, password: tokens.get(clientId) };
  };
  const answer = async (request: IncomingMessage): Promise<[status: number, body: string]> => {
    const path = request.url ?? "";
    if (request.headers.authorization !== `Bearer ${token}`)
      return [401, JSON.stringify({ type: "about:blank", title: "Unauthorized", status: 401 })];
    if (request.method === "GET" && path === "/api/v1/registry/export") return [200, registryCsv(rows)];
    if (request.method === "POST" && path === "/api/v1/registry/import") {
      rows = parseRegistryCsv(await bodyOf(request));
      return [200, "{}"];
    }
    const id =
      /^\/api\/v1\/breakers\/([\w-]+)\/credential$/.exec(path)?.[1] ??
      /^\/api\/v1\/transformer-areas\/[\w-]+\/gateways\/([\w-]+)\/credential$/.exec(path)?.[1];
    if (request.method === "POST" && id !== undefined) return [201, JSON.stringify(issue(id))];
    return [404, JSON.stringify({ type: "about:blank", title: "Not Found", status: 404 })];
  };
  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => response.writeHead(status).end(body));
  });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await listening;
  return {
    apiUrl: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    token,
    broker,
    issued,
    rows: () => rows,
    async stop() {
      const { promise: closed, resolve: done } = Promise.withResolvers<void>();
      server.close(() => done());
      server.closeAllConnections();
      await closed;
      await broker.kill();
    },
  };
};
