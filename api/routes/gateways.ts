// Gateways: the state of their links and its history, apart from the breakers behind them.
import { z } from "zod";
import { listOf } from "../../domain/http.ts";
import { gatewayLinkSchema, gatewaySchema } from "../../domain/http-gateways.ts";
import { idSchema } from "../../domain/ids.ts";
import { listGatewayLinks, listGateways } from "../../storage/gateways.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problemResponses } from "../problems.ts";
import { decodeCursor, decodeIdCursor, instantMs, pageFields, pageOf } from "../query.ts";
import { security } from "../security.ts";

const positionSchema = z.strictObject({ fromMs: z.int() });
const idParams = z.object({ id: idSchema });

export const gatewayRoutes = (app: Api, context: RouteContext): void => {
  const { query } = context.db;
  app.get(
    "/gateways",
    {
      schema: {
        tags: ["gateways"],
        summary: "Gateways with the state of their link",
        security,
        querystring: z.strictObject({
          ...pageFields,
          area: idSchema.optional(),
          online: z.enum(["true", "false"]).optional(),
        }),
        response: { 200: listOf(gatewaySchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const { area, online, cursor, limit } = request.query;
      const found = await listGateways(
        query,
        { areaId: area, online: online === undefined ? undefined : online === "true" },
        { afterId: decodeIdCursor(cursor), limit: limit + 1 },
      );
      return pageOf(found, limit, ({ id }) => ({ id }));
    },
  );

  app.get(
    "/gateways/:id",
    {
      schema: {
        tags: ["gateways"],
        summary: "One gateway",
        security,
        params: idParams,
        response: { 200: gatewaySchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const [gateway] = await listGateways(query, { id }, { limit: 1 });
      if (gateway === undefined) throw notFound("gateway", id);
      return gateway;
    },
  );

  app.get(
    "/gateways/:id/links",
    {
      schema: {
        tags: ["gateways"],
        summary: "When the gateway's link was online and offline, newest first",
        security,
        params: idParams,
        querystring: z.strictObject(pageFields),
        response: { 200: listOf(gatewayLinkSchema), ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { cursor, limit } = request.query;
      const [gateway] = await listGateways(query, { id }, { limit: 1 });
      if (gateway === undefined) throw notFound("gateway", id);
      const found = await listGatewayLinks(query, id, {
        beforeMs: decodeCursor(cursor, positionSchema)?.fromMs,
        limit: limit + 1,
      });
      return pageOf(found, limit, (last) => ({ fromMs: instantMs(last.from) }));
    },
  );
};
