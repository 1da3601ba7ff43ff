import { screen, within } from "@testing-library/react";
import { useState } from "react";
import { expect, it, vi } from "vitest";
import { useSelection } from "@/shared/selection";
import { show } from "@/testing/page";
import { DataTable, type Column, type Sorting } from "./DataTable";

interface Row {
  key: string;
  name: string;
  count: number;
}

const ROWS: Row[] = [
  { key: "1", name: "Pick", count: 3 },
  { key: "2", name: "Pack", count: 12 },
  { key: "3", name: "Post", count: 1 },
];

const COLUMNS: readonly Column<Row>[] = [
  { id: "name", title: "Name", field: "name", cell: (row) => row.name },
  { id: "count", title: "Count", field: "count", numeric: true, cell: (row) => row.count },
  { id: "key", title: "Key", cell: (row) => row.key },
];

const keyOf = (row: Row) => row.key;
const box = (name: string) => screen.getByRole<HTMLInputElement>("checkbox", { name });

function Page({ tell = () => undefined, rows = ROWS }: { tell?: (sorting: Sorting) => void; rows?: readonly Row[] }) {
  const [sorting, setSorting] = useState<Sorting>({ field: "name", order: "ASC" });
  const selection = useSelection(keyOf);
  return (
    <>
      <p>{`Selected: ${[...selection.keys].join(" ")}`}</p>
      <DataTable
        label="Elements"
        columns={COLUMNS}
        rows={rows}
        keyOf={keyOf}
        nameOf={(row) => row.name}
        sorting={sorting}
        sort={(next) => {
          setSorting(next);
          tell(next);
        }}
        selected={selection.keys}
        select={selection.select}
      />
    </>
  );
}

it("a cell stands below the head that names it", () => {
  show(<Page />);
  const [heads, ...rows] = within(screen.getByRole("region", { name: "Elements" })).getAllByRole("row");
  expect(
    within(heads!)
      .getAllByRole("columnheader")
      .slice(1)
      .map((head) => head.textContent),
  ).toEqual(["Name", "Count", "Key"]);
  expect(
    rows.map((row) =>
      within(row)
        .getAllByRole("cell")
        .slice(1)
        .map((cell) => cell.textContent),
    ),
  ).toEqual([
    ["Pick", "3", "1"],
    ["Pack", "12", "2"],
    ["Post", "1", "3"],
  ]);
});

it("another head sorts by it, the largest first; the same one turns round; one without a field does nothing", async () => {
  const tell = vi.fn();
  const person = show(<Page tell={tell} />);
  expect(
    screen.getByRole("columnheader", { name: "Name" }).ariaSort ??
      screen.getByRole("columnheader", { name: "Name" }).getAttribute("aria-sort"),
  ).toBe("ascending");
  await person.click(screen.getByRole("button", { name: "Count" }));
  await person.click(screen.getByRole("button", { name: "Count" }));
  await person.click(screen.getByText("Key"));
  expect(tell.mock.calls.flat()).toEqual([
    { field: "count", order: "DESC" },
    { field: "count", order: "ASC" },
  ]);
  expect(screen.getByRole("columnheader", { name: "Count" }).getAttribute("aria-sort")).toBe("ascending");
  expect(screen.getByRole("columnheader", { name: "Name" }).getAttribute("aria-sort")).toBeNull();
});

it("the keyboard reaches the table, each head that sorts and each box", async () => {
  const tell = vi.fn();
  const person = show(<Page tell={tell} />);
  await person.tab();
  expect(document.activeElement).toBe(screen.getByRole("region", { name: "Elements" }));
  await person.tab();
  await person.keyboard(" ");
  expect(screen.getByText("Selected: 1 2 3")).toBeTruthy();
  await person.tab();
  await person.keyboard("{Enter}");
  expect(tell).toHaveBeenCalledWith({ field: "name", order: "DESC" });
  await person.tab();
  await person.tab();
  expect(document.activeElement).toBe(box("Select Pick"));
  await person.keyboard(" ");
  expect(screen.getByText("Selected: 2 3")).toBeTruthy();
});

it("the box of the head says whether none, some or all are selected, and selects them or none", async () => {
  const person = show(<Page />);
  const all = box("Select all of this page");
  expect([all.checked, all.indeterminate]).toEqual([false, false]);
  await person.click(box("Select Pack"));
  expect([all.checked, all.indeterminate]).toEqual([false, true]);
  await person.click(all);
  expect(screen.getByText("Selected: 2 1 3")).toBeTruthy();
  expect([all.checked, all.indeterminate]).toEqual([true, false]);
  await person.click(all);
  expect(screen.getByText("Selected:")).toBeTruthy();
});

it("a table that selects nothing has no boxes", () => {
  show(<DataTable label="Elements" columns={COLUMNS} rows={ROWS} keyOf={keyOf} />);
  expect(screen.queryByRole("checkbox")).toBeNull();
  expect(screen.queryByRole("button")).toBeNull();
});
