// The HTTP service: routes, their schemas and the console behind one port.
import Fastify, { LogController } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { defaultSupplyRule } from "../domain/supply.ts";
import { requireToken } from "./auth.ts";
import { serveConsole } from "./console.ts";
import { startLiveFeed } from "./feed.ts";
import { watchMethods } from "./methods.ts";
import { type Api, type ApiConfig, type ApiNeeds, defaultLimits, type RouteContext } from "./needs.ts";
import { registerOpenapi } from "./openapi.ts";
import { errorHandler, frameworkErrorHandler } from "./problems.ts";
import { alarmRoutes } from "./routes/alarms.ts";
import { breakerChangeRoutes } from "./routes/breaker-changes.ts";
import { breakerRoutes } from "./routes/breakers.ts";
import { credentialRoutes } from "./routes/credentials.ts";
import { draftRoutes } from "./routes/drafts.ts";
import { findingRoutes } from "./routes/findings.ts";
import { gatewayRoutes } from "./routes/gateways.ts";
import { healthRoutes } from "./routes/health.ts";
import { householdRoutes } from "./routes/households.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { liveRoutes } from "./routes/live.ts";
import { noticeRoutes } from "./routes/notices.ts";
import { officerRoutes } from "./routes/officers.ts";
import { performanceRoutes } from "./routes/performance.ts";
import { placeRoutes } from "./routes/places.ts";
import { plannedOutageRoutes } from "./routes/planned-outages.ts";
import { publishedRateRoutes } from "./routes/published-rates.ts";
import { quarantineRoutes } from "./routes/quarantine.ts";
import { rateRoutes } from "./routes/rates.ts";
import { recomputeRoutes } from "./routes/recompute.ts";
import { registryRoutes } from "./routes/registry.ts";
import { reportRoutes } from "./routes/reports.ts";
import { sessionRoutes } from "./routes/session.ts";
import { supplyRoutes } from "./routes/supply.ts";
import { targetRoutes } from "./routes/targets.ts";
import { telemetryRoutes } from "./routes/telemetry.ts";
import { testRoutes } from "./routes/tests.ts";
import { visitRoutes } from "./routes/visits.ts";
import { addSecurityHeaders } from "./security.ts";

const maxParamCharacters = 400;

export type RunningApi = {
  port: number;
  /** Where it answers, without a slash at the end. */
  url: string;
  /** Pages that listen to the live feed. */
  liveClients(): number;
  stop(): Promise<void>;
};

/** Starts to serve; rejects when the port cannot be had. */
export const startApi = async (config: ApiConfig, needs: ApiNeeds): Promise<RunningApi> => {
  const context: RouteContext = {
    ...needs,
    timeZone: config.timeZone,
    supply: config.supply ?? defaultSupplyRule,
    limits: { ...defaultLimits, ...config.limits },
  };
  const app: Api = Fastify({
    loggerInstance: needs.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: context.limits.bodyBytes,
    requestTimeout: context.limits.requestTimeoutMs,
    forceCloseConnections: true,
    frameworkErrors: frameworkErrorHandler,
    routerOptions: { maxParamLength: maxParamCharacters },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(errorHandler);
  app.decorateRequest("actor", "");
  acceptEmptyJson(app);
  addSecurityHeaders(app);
  const wrongMethod = watchMethods(app);
  await registerOpenapi(app);
  healthRoutes(app, context);

  const feed = startLiveFeed(context);
  try {
    await app.register(
      async (v1: Api) => {
        requireToken(v1, needs.authenticate);
        sessionRoutes(v1, context);
        registryRoutes(v1, context);
        draftRoutes(v1, context);
        breakerChangeRoutes(v1, context);
        householdRoutes(v1, context);
        plannedOutageRoutes(v1, context);
        officerRoutes(v1, context);
        credentialRoutes(v1, context);
        placeRoutes(v1, context);
        breakerRoutes(v1, context);
        telemetryRoutes(v1, context);
        alarmRoutes(v1, context);
        rateRoutes(v1, context);
        performanceRoutes(v1, context);
        publishedRateRoutes(v1, context);
        targetRoutes(v1, context);
        recomputeRoutes(v1, context);
        quarantineRoutes(v1, context);
        jobRoutes(v1, context);
        reportRoutes(v1, context);
        noticeRoutes(v1, context);
        visitRoutes(v1, context);
        testRoutes(v1, context);
        supplyRoutes(v1, context);
        findingRoutes(v1, context);
        gatewayRoutes(v1, context);
        liveRoutes(v1, feed);
      },
      { prefix: "/api/v1" },
    );
    await serveConsole(app, config.consoleDir, wrongMethod);
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    feed.stop();
    await app.close();
    throw error;
  }
  const address = app.server.address();
  const port = address !== null && typeof address === "object" ? address.port : config.port;
  const host = config.host === "0.0.0.0" || config.host === "::" ? "127.0.0.1" : config.host;
  return {
    port,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    liveClients: feed.clients,
    async stop() {
      feed.stop();
      await app.close();
    },
  };
};

/** Clients send `content-type: application/json` with nothing after it where a body is optional. */
const acceptEmptyJson = (app: Api): void => {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else void parse(request, body as string, done);
  });
};
