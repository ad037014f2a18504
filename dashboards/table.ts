// Tables: which columns are shown, in which order, under which title, unit and link.

import { TableCellDisplayMode, TableSortByFieldStateBuilder } from "@grafana/grafana-foundation-sdk/common";
import type {
  DynamicConfigValue,
  ThresholdsConfigBuilder,
  ValueMap,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as Table } from "@grafana/grafana-foundation-sdk/table";
import type { DataLink } from "./links.ts";
import { type PanelSpec, prepared, units } from "./panels.ts";

export type Column = {
  title: string;
  unit?: string;
  decimals?: number;
  links?: readonly DataLink[];
  mapping?: ValueMap;
  /** Colours the text of the cell. */
  thresholds?: ThresholdsConfigBuilder;
  /** Pixels. */
  width?: number;
  /** Kept for links, not shown. */
  hidden?: boolean;
};

const properties = (column: Column): DynamicConfigValue[] => [
  { id: "displayName", value: column.title },
  ...(column.unit === undefined ? [] : [{ id: "unit", value: column.unit }]),
  ...(column.decimals === undefined ? [] : [{ id: "decimals", value: column.decimals }]),
  ...(column.links === undefined ? [] : [{ id: "links", value: column.links }]),
  ...(column.mapping === undefined ? [] : [{ id: "mappings", value: [column.mapping] }]),
  ...(column.thresholds === undefined ? [] : [{ id: "thresholds", value: column.thresholds.build() }]),
  ...(column.thresholds === undefined && column.mapping === undefined
    ? []
    : [{ id: "custom.cellOptions", value: { type: TableCellDisplayMode.ColorText } }]),
  ...(column.width === undefined ? [] : [{ id: "custom.width", value: column.width }]),
  ...(column.hidden === true ? [{ id: "custom.hidden", value: true }] : []),
];

/** A table of exactly these columns of its one query, in this order; `sortBy` names a column. */
export const table = (
  spec: Omit<PanelSpec, "unit"> & { unit?: string },
  columns: Record<string, Column>,
  sortBy?: { column: string; descending: boolean },
): Table => {
  const builder = prepared(new Table(), { unit: units.none, ...spec })
    .showHeader(true)
    .filterable(true)
    .withTransformation({ id: "filterFieldsByName", options: { include: { names: Object.keys(columns) } } })
    .withTransformation({
      id: "organize",
      options: {
        indexByName: Object.fromEntries(Object.keys(columns).map((name, index) => [name, index])),
        excludeByName: {},
        renameByName: {},
      },
    });
  for (const [name, column] of Object.entries(columns)) builder.overrideByName(name, properties(column));
  if (sortBy !== undefined)
    builder.sortBy([
      new TableSortByFieldStateBuilder()
        .displayName(columns[sortBy.column]?.title ?? sortBy.column)
        .desc(sortBy.descending),
    ]);
  return builder;
};
