import { ArrowDown, ArrowUp } from "@carbon/icons-react";
import { Checkbox } from "@carbon/react";
import type { ReactNode } from "react";
import "./DataTable.scss";

export interface Column<Row> {
  id: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** The API's field to sort by. */
  field?: string;
  /** Numbers stand at the end of their cell. */
  numeric?: boolean;
  /** Left out in a narrow window. */
  secondary?: boolean;
}

export interface Sorting {
  field: string;
  order: "ASC" | "DESC";
}

interface Props<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  nameOf?: (row: Row) => string;
  sorting?: Sorting;
  sort?: (sorting: Sorting) => void;
  selected?: ReadonlySet<string>;
  select?: (rows: readonly Row[], selected: boolean) => void;
}

/** A table of things: sorted by its heads, chosen by its boxes. The state of both belongs to the page. */
export function DataTable<Row>({ label, columns, rows, keyOf, nameOf = keyOf, sorting, sort, selected, select }: Props<Row>) {
  const chosen = rows.filter((row) => selected?.has(keyOf(row))).length;
  return (
    <div className="sw-table" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {select && (
              <th scope="col" className="sw-table__box">
                <Checkbox
                  id={`${label}-all`}
                  labelText="Select all of this page"
                  hideLabel
                  checked={chosen > 0 && chosen === rows.length}
                  indeterminate={chosen > 0 && chosen < rows.length}
                  onChange={(_, { checked }) => select(rows, checked)}
                />
              </th>
            )}
            {columns.map((column) => (
              <th key={column.id} scope="col" className={classes(column)} aria-sort={sortOf(column, sorting)}>
                {column.field && sort ? (
                  <button type="button" onClick={() => sort(turned(column.field!, sorting))}>
                    {column.title}
                    {sorting?.field === column.field && (sorting.order === "ASC" ? <ArrowUp /> : <ArrowDown />)}
                  </button>
                ) : (
                  column.title
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className={selected?.has(keyOf(row)) ? "sw-table__chosen" : undefined}>
              {select && (
                <td className="sw-table__box">
                  <Checkbox
                    id={`${label}-${keyOf(row)}`}
                    labelText={`Select ${nameOf(row)}`}
                    hideLabel
                    checked={selected?.has(keyOf(row)) ?? false}
                    onChange={(_, { checked }) => select([row], checked)}
                  />
                </td>
              )}
              {columns.map((column) => (
                <td key={column.id} className={classes(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function classes<Row>({ numeric, secondary }: Column<Row>): string | undefined {
  return [numeric && "sw-table__number", secondary && "sw-table__secondary"].filter(Boolean).join(" ") || undefined;
}

function sortOf<Row>(column: Column<Row>, sorting: Sorting | undefined): "ascending" | "descending" | undefined {
  if (!column.field || sorting?.field !== column.field) return undefined;
  return sorting.order === "ASC" ? "ascending" : "descending";
}

/** Another field begins with the newest or largest; the same one turns round. */
function turned(field: string, sorting: Sorting | undefined): Sorting {
  return { field, order: sorting?.field === field && sorting.order === "DESC" ? "ASC" : "DESC" };
}
