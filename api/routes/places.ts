// Townships, villages and transformer areas with their counts and rates as they stand now.
import { z } from "zod";
import { areaSchema, listOf, townshipSchema, villageSchema } from "../../domain/http.ts";
import { idSchema } from "../../domain/ids.ts";
import { listAreas, listTownships, listVillages } from "../../storage/views/places.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problemResponses } from "../problems.ts";
import { decodeIdCursor, pageFields, pageOf } from "../query.ts";
import { security } from "../security.ts";

const byId = (last: { id: string }) => ({ id: last.id });
const idParams = z.object({ id: idSchema });

export const placeRoutes = (app: Api, context: RouteContext): void => {
  const { query } = context.db;
  const now = () => ({ nowMs: context.clock(), timeZone: context.timeZone });
  const pageFor = (asked: { cursor?: string | undefined; limit: number }) => ({
    afterId: decodeIdCursor(asked.cursor),
    limit: asked.limit + 1,
  });

  app.get(
    "/townships",
    {
      schema: {
        tags: ["places"],
        summary: "Townships with rates",
        security,
        querystring: z.strictObject(pageFields),
        response: { 200: listOf(townshipSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) =>
      pageOf(await listTownships(query, pageFor(request.query), now()), request.query.limit, byId),
  );

  app.get(
    "/villages",
    {
      schema: {
        tags: ["places"],
        summary: "Villages with rates and inhabited coverage",
        security,
        querystring: z.strictObject({ ...pageFields, township: idSchema.optional() }),
        response: { 200: listOf(villageSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const filter = { townshipId: request.query.township };
      const found = await listVillages(query, filter, pageFor(request.query), now());
      return pageOf(found, request.query.limit, byId);
    },
  );

  app.get(
    "/villages/:id",
    {
      schema: {
        tags: ["places"],
        summary: "One village",
        security,
        params: idParams,
        response: { 200: villageSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const [village] = await listVillages(query, { ids: [id] }, { limit: 1 }, now());
      if (village === undefined) throw notFound("village", id);
      return village;
    },
  );

  app.get(
    "/transformer-areas",
    {
      schema: {
        tags: ["places"],
        summary: "Transformer areas with rates",
        security,
        querystring: z.strictObject({
          ...pageFields,
          village: idSchema.optional(),
          township: idSchema.optional(),
        }),
        response: { 200: listOf(areaSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const scope = { villageId: request.query.village, townshipId: request.query.township };
      const found = await listAreas(query, scope, pageFor(request.query), now());
      return pageOf(found, request.query.limit, byId);
    },
  );

  app.get(
    "/transformer-areas/:id",
    {
      schema: {
        tags: ["places"],
        summary: "One transformer area",
        security,
        params: idParams,
        response: { 200: areaSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const [area] = await listAreas(query, { areaId: id }, { limit: 1 }, now());
      if (area === undefined) throw notFound("transformer area", id);
      return area;
    },
  );
};
