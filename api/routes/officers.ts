// Village safety officers and their villages.
import { z } from "zod";
import { listOf } from "../../domain/http.ts";
import { officerBodySchema, officerSchema, spellBodySchema } from "../../domain/http-officers.ts";
import { actResultSchema } from "../../domain/http-registry.ts";
import { idSchema } from "../../domain/ids.ts";
import { listOfficers, putOfficer, putSpell, removeOfficer, removeSpell } from "../../storage/officers.ts";
import { actBy, answerOf } from "../acts.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problemResponses } from "../problems.ts";
import { decodeIdCursor, pageFields, pageOf } from "../query.ts";
import { security } from "../security.ts";

const idParams = z.object({ id: idSchema });
const spellParams = z.object({ id: idSchema, villageId: idSchema, fromOn: z.iso.date() });
const act = (summary: string) => ({
  tags: ["officers"],
  summary,
  security,
  response: { 200: actResultSchema, ...problemResponses(400, 401, 404, 409) },
});

export const officerRoutes = (app: Api, context: RouteContext): void => {
  const { db } = context;

  app.get(
    "/officers",
    {
      schema: {
        tags: ["officers"],
        summary: "Village safety officers with their villages",
        security,
        querystring: z.strictObject({ ...pageFields, village: idSchema.optional() }),
        response: { 200: listOf(officerSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const { village, limit, cursor } = request.query;
      const page = { afterId: decodeIdCursor(cursor), limit: limit + 1 };
      return pageOf(await listOfficers(db.query, { villageId: village }, page), limit, ({ id }) => ({ id }));
    },
  );

  app.get(
    "/officers/:id",
    {
      schema: {
        tags: ["officers"],
        summary: "One safety officer",
        security,
        params: idParams,
        response: { 200: officerSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const [officer] = await listOfficers(db.query, { id: request.params.id }, { limit: 1 });
      if (officer === undefined) throw notFound("officer", request.params.id);
      return officer;
    },
  );

  app.put(
    "/officers/:id",
    {
      schema: {
        ...act("Write down a safety officer, or what is new"),
        params: idParams,
        body: officerBodySchema,
      },
    },
    async (request) =>
      answerOf(await putOfficer(db, { id: request.params.id, ...request.body }, actBy(context, request))),
  );

  app.delete(
    "/officers/:id",
    { schema: { ...act("Strike out a safety officer who never had a village"), params: idParams } },
    async (request) => answerOf(await removeOfficer(db, request.params.id, actBy(context, request))),
  );

  app.put(
    "/officers/:id/villages/:villageId/:fromOn",
    {
      schema: {
        ...act("Give a village to an officer from a local day on, or say when that ends"),
        params: spellParams,
        body: spellBodySchema,
      },
    },
    async (request) => {
      const { id: officerId, villageId, fromOn } = request.params;
      const spell = { officerId, villageId, fromOn, toOn: request.body.toOn };
      return answerOf(await putSpell(db, spell, actBy(context, request)));
    },
  );

  app.delete(
    "/officers/:id/villages/:villageId/:fromOn",
    { schema: { ...act("Strike out an assignment that was entered by mistake"), params: spellParams } },
    async (request) => {
      const { id: officerId, villageId, fromOn } = request.params;
      return answerOf(await removeSpell(db, { officerId, villageId, fromOn }, actBy(context, request)));
    },
  );
};
