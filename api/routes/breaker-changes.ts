// What people do to breakers, each with its day: install, replace, move, remove, correct, take back.
import { z } from "zod";
import {
  actResultSchema,
  correctBodySchema,
  installBodySchema,
  moveBodySchema,
  placementsSchema,
  reinstateBodySchema,
  removeBodySchema,
  replaceBodySchema,
} from "../../domain/http-registry.ts";
import { idSchema } from "../../domain/ids.ts";
import {
  correctBreaker,
  installBreaker,
  readBreakerRow,
  reinstateBreaker,
  removeBreaker,
  replaceBreaker,
} from "../../storage/breaker-acts.ts";
import { moveBreaker, withdrawMove } from "../../storage/breaker-moves.ts";
import { todayOf } from "../../storage/registry-act.ts";
import { listPlacements } from "../../storage/views/placements.ts";
import { actBy, answerOf } from "../acts.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problemResponses } from "../problems.ts";
import { security } from "../security.ts";

const idParams = z.object({ id: idSchema });
const dated =
  "The day may be past: the history and the rates are then judged anew from it. The same again changes nothing; what contradicts what is known is refused with 409 and its reason.";
const response = { 200: actResultSchema, ...problemResponses(400, 401, 404, 409) };
const schemaOf = (summary: string) => ({
  tags: ["registry"],
  summary,
  description: dated,
  security,
  response,
});

const lifeRoutes = (app: Api, context: RouteContext): void => {
  const { db } = context;

  app.post(
    "/breakers",
    { schema: { ...schemaOf("Install a breaker"), body: installBodySchema } },
    async (request) => {
      const by = actBy(context, request);
      const { installedOn = todayOf(by), ...rest } = request.body;
      return answerOf(await installBreaker(db, { ...rest, installedOn }, by));
    },
  );

  app.patch(
    "/breakers/:id",
    {
      schema: {
        ...schemaOf("Correct a breaker's day of installation or its rating"),
        params: idParams,
        body: correctBodySchema,
      },
    },
    async (request) =>
      answerOf(await correctBreaker(db, request.params.id, request.body, actBy(context, request))),
  );

  app.post(
    "/breakers/:id/replace",
    {
      schema: {
        ...schemaOf("Put a new breaker in the place of this one, in one act"),
        params: idParams,
        body: replaceBodySchema,
      },
    },
    async (request) => {
      const by = actBy(context, request);
      const wanted = { ...request.body, on: request.body.on ?? todayOf(by) };
      return answerOf(await replaceBreaker(db, request.params.id, by, wanted));
    },
  );

  app.post(
    "/breakers/:id/remove",
    {
      schema: {
        ...schemaOf("Remove a breaker; its credential no longer holds"),
        params: idParams,
        body: removeBodySchema,
      },
    },
    async (request) => {
      const by = actBy(context, request);
      return answerOf(await removeBreaker(db, request.params.id, request.body.on ?? todayOf(by), by));
    },
  );

  app.post(
    "/breakers/:id/reinstate",
    {
      schema: {
        ...schemaOf("Take a breaker's removal back"),
        params: idParams,
        body: reinstateBodySchema,
      },
    },
    async (request) => {
      const { additional } = request.body;
      return answerOf(await reinstateBreaker(db, request.params.id, additional, actBy(context, request)));
    },
  );
};

const placeRoutes = (app: Api, context: RouteContext): void => {
  const { db } = context;

  app.get(
    "/breakers/:id/placements",
    {
      schema: {
        tags: ["registry"],
        summary: "Where a breaker has been, in order of time",
        security,
        params: idParams,
        response: { 200: placementsSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const { id } = request.params;
      if ((await readBreakerRow(db.query, id)) === null) throw notFound("breaker", id);
      return { items: await listPlacements(db.query, id) };
    },
  );

  app.post(
    "/breakers/:id/move",
    {
      schema: {
        ...schemaOf("Move a breaker to another household or transformer area"),
        params: idParams,
        body: moveBodySchema,
      },
    },
    async (request) => {
      const by = actBy(context, request);
      const to = { ...request.body, on: request.body.on ?? todayOf(by) };
      return answerOf(await moveBreaker(db, request.params.id, to, by));
    },
  );

  app.delete(
    "/breakers/:id/placements/:fromOn",
    {
      schema: {
        ...schemaOf("Take a move back, as if it had not been"),
        params: z.object({ id: idSchema, fromOn: z.iso.date() }),
      },
    },
    async (request) => {
      const { id, fromOn } = request.params;
      return answerOf(await withdrawMove(db, id, fromOn, actBy(context, request)));
    },
  );
};

export const breakerChangeRoutes = (app: Api, context: RouteContext): void => {
  lifeRoutes(app, context);
  placeRoutes(app, context);
};
