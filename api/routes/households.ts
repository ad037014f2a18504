// Households: list, register, edit, and since when they are inhabited or vacant; the supply station of an area.
import { z } from "zod";
import { listOf } from "../../domain/http.ts";
import {
  actResultSchema,
  areaEditSchema,
  householdBodySchema,
  householdDetailSchema,
  householdEditSchema,
  householdSchema,
  occupancyBodySchema,
} from "../../domain/http-registry.ts";
import { idSchema } from "../../domain/ids.ts";
import { toIso } from "../../domain/time.ts";
import {
  createHousehold,
  editHousehold,
  occupancyOf,
  setOccupancy,
  setSupplyStation,
  withdrawOccupancy,
} from "../../storage/household-acts.ts";
import { todayOf } from "../../storage/registry-act.ts";
import { listHouseholds } from "../../storage/views/households.ts";
import { actBy, answerOf } from "../acts.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problemResponses } from "../problems.ts";
import { decodeIdCursor, pageFields, pageOf, textSchema } from "../query.ts";
import { security } from "../security.ts";

const idParams = z.object({ id: idSchema });
const acted = { 200: actResultSchema, ...problemResponses(400, 401, 404, 409) };
const act = (summary: string) => ({ tags: ["registry"], summary, security, response: acted });

const readRoutes = (app: Api, context: RouteContext): void => {
  const { query } = context.db;
  const now = () => ({ nowMs: context.clock(), timeZone: context.timeZone });

  app.get(
    "/households",
    {
      schema: {
        tags: ["registry"],
        summary: "Households with the breakers that protect them",
        security,
        querystring: z.strictObject({
          ...pageFields,
          township: idSchema.optional(),
          village: idSchema.optional(),
          area: idSchema.optional(),
          inhabited: z.enum(["true", "false"]).optional(),
          q: textSchema(100).optional().describe("part of id, address, householder or account number"),
        }),
        response: { 200: listOf(householdSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const { township, village, area, inhabited, q, limit, cursor } = request.query;
      const found = await listHouseholds(
        query,
        {
          townshipId: township,
          villageId: village,
          areaId: area,
          inhabited: inhabited === undefined ? undefined : inhabited === "true",
          text: q,
        },
        { afterId: decodeIdCursor(cursor), limit: limit + 1 },
        now(),
      );
      return pageOf(found, limit, ({ id }) => ({ id }));
    },
  );

  app.get(
    "/households/:id",
    {
      schema: {
        tags: ["registry"],
        summary: "One household with the history of who lived there",
        security,
        params: idParams,
        response: { 200: householdDetailSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const [household] = await listHouseholds(query, { id }, { limit: 1 }, now());
      if (household === undefined) throw notFound("household", id);
      const entries = await occupancyOf(query, id);
      const occupancy = entries.map(({ fromMs, inhabited }) => ({
        sinceMs: fromMs,
        since: toIso(fromMs),
        inhabited,
      }));
      return { ...household, occupancy };
    },
  );
};

const actRoutes = (app: Api, context: RouteContext): void => {
  const { db } = context;

  app.post(
    "/households",
    { schema: { ...act("Register a household"), body: householdBodySchema } },
    async (request) => answerOf(await createHousehold(db, request.body, actBy(context, request))),
  );

  app.patch(
    "/households/:id",
    { schema: { ...act("Edit a household"), params: idParams, body: householdEditSchema } },
    async (request) =>
      answerOf(await editHousehold(db, request.params.id, request.body, actBy(context, request))),
  );

  app.post(
    "/households/:id/occupancy",
    {
      schema: {
        ...act("Say that a household is inhabited or vacant from a day on, until its next entry"),
        description: "The day may be past: the history and the rates are then judged anew from it.",
        params: idParams,
        body: occupancyBodySchema,
      },
    },
    async (request) => {
      const by = actBy(context, request);
      const { inhabited, on = todayOf(by) } = request.body;
      return answerOf(await setOccupancy(db, request.params.id, { on, inhabited }, by));
    },
  );

  app.delete(
    "/households/:id/occupancy/:sinceMs",
    {
      schema: {
        ...act("Take an occupancy entry back, as if it had not been"),
        params: z.object({ id: idSchema, sinceMs: z.coerce.number().int().min(0) }),
      },
    },
    async (request) => {
      const { id, sinceMs } = request.params;
      return answerOf(await withdrawOccupancy(db, id, sinceMs, actBy(context, request)));
    },
  );

  app.patch(
    "/transformer-areas/:id",
    {
      schema: {
        ...act("Say which supply station a transformer area belongs to"),
        params: idParams,
        body: areaEditSchema,
      },
    },
    async (request) => {
      const { supplyStation } = request.body;
      return answerOf(await setSupplyStation(db, request.params.id, supplyStation, actBy(context, request)));
    },
  );
};

export const householdRoutes = (app: Api, context: RouteContext): void => {
  readRoutes(app, context);
  actRoutes(app, context);
};
