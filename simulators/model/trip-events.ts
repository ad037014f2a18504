// Trips as breakers tell of them, and what a trip does to the contact.
import type { Fault, FaultEvent, FaultKind } from "./effect.ts";

/** A report that goes out at once arrives after so long, in ms. */
export const promptly = (random: () => number): number => 300 + 3_000 * random();

/** A trip as its breaker tells of it. */
export const trip = (
  fault: Pick<Fault, "member">,
  atMs: number,
  body: { cause: string; residualCurrentMa?: number; reclosed?: boolean },
  delayMs: number,
): FaultEvent => ({
  atMs,
  member: fault.member,
  kind: "trip",
  body: {
    ...body,
    ...(body.residualCurrentMa === undefined
      ? {}
      : { residualCurrentMa: Math.round(body.residualCurrentMa * 10) / 10 }),
    reclosed: body.reclosed ?? false,
  },
  delayMs,
});

/** A true fault of 1.1–6 IΔn. */
export const faultMa = (fault: Fault, random: () => number): number => fault.ratedMa * (1.1 + 5 * random());

/** Open from the trip on for a few minutes. */
export const openWhileItLasts: NonNullable<FaultKind["effect"]> = (_, __, ___, effect) => {
  effect.contact = "open";
};
