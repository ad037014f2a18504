// Registry rows that try every corner of the file formats, drawn by fast-check.
import fc from "fast-check";
import type { RegistryRow } from "../../domain/registry.ts";

/** Text that tempts spreadsheets and parsers; trimmed and never empty, as the schema stores it. */
export const nastyText: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: "grapheme", maxLength: 12 }),
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom(
      "=1+1",
      "+86 571",
      "-1",
      "@SUM(A1)",
      "'=x",
      "''",
      "_x0041_",
      'a"b',
      "a,b;c\td",
      "第一行\r\n第二行",
      "\n'",
      "0012",
      "1e5",
      "46023",
      "2026-01-01",
      "TRUE",
      "是",
      "<b>&amp;</b>",
      "]]>",
      "\u0001\u001f",
      "\ufffe\uffff",
      "龘𠮷😀",
      "=cmd|'/C calc'!A0",
    ),
  )
  // Private-use characters are left out: GB18030 has no one place for all of them. NUL is refused.
  .map((text) => text.replace(/\0|\p{Co}/gu, "").trim())
  .filter((text) => text !== "" && text.isWellFormed());

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const date = fc
  .date({ min: new Date("1950-01-01"), max: new Date("2090-01-01"), noInvalidDate: true })
  .map((at) => at.toISOString().slice(0, 10));

/** Rows of one area that agree with each other: households with and without a breaker, and a main breaker. */
export const nastyRows: fc.Arbitrary<RegistryRow[]> = fc
  .record({
    names: fc.tuple(nastyText, nastyText, nastyText),
    supplyStation: maybe(nastyText),
    officer: maybe(fc.record({ name: nastyText, phone: maybe(nastyText) })),
    houses: fc.array(
      fc.record({
        address: maybe(nastyText),
        inhabited: fc.boolean(),
        householder: maybe(nastyText),
        accountNumber: maybe(nastyText),
        walkingOrder: maybe(fc.nat(1_000_000)),
        breaker: maybe(
          fc.record({
            ratedResidualCurrentMa: fc.constantFrom(10, 15, 30, 37.5, 0.1),
            dates: fc.tuple(date, maybe(date)),
          }),
        ),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map(({ names: [townshipName, villageName, areaName], supplyStation, officer, houses }) => {
    const place = { townshipId: "T", townshipName, villageId: "V", villageName, areaId: "A", areaName };
    const more = {
      supplyStation,
      officerId: officer === null ? null : "O-1",
      officerName: officer?.name ?? null,
      officerPhone: officer?.phone ?? null,
    };
    const main: RegistryRow = {
      ...place,
      householdId: null,
      address: null,
      inhabited: null,
      breakerId: "0001",
      level: "main",
      ratedResidualCurrentMa: 300,
      installedOn: "2024-02-29",
      removedOn: null,
      householder: null,
      accountNumber: null,
      walkingOrder: null,
      ...more,
    };
    return [
      main,
      ...houses.map(({ breaker, ...house }, i): RegistryRow => {
        const [installedOn, removed] = breaker?.dates ?? [null, null];
        return {
          ...place,
          ...house,
          householdId: `H${i}`,
          breakerId: breaker === null ? null : `B-${i}`,
          level: breaker === null ? null : "household",
          ratedResidualCurrentMa: breaker?.ratedResidualCurrentMa ?? null,
          installedOn,
          removedOn: removed !== null && installedOn !== null && removed >= installedOn ? removed : null,
          ...more,
        };
      }),
    ];
  });
