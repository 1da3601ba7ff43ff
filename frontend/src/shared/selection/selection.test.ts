import { act, renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { useSelection } from ".";

const item = (key: string, name = key) => ({ key, name });

it("items are added and taken away by their keys, and keep the order in which they were selected", () => {
  const { result } = renderHook(() => useSelection((each: { key: string }) => each.key));
  act(() => result.current.select([item("2"), item("1")], true));
  act(() => result.current.select([item("1", "again"), item("3")], true));
  expect([...result.current.keys]).toEqual(["2", "1", "3"]);
  act(() => result.current.select([item("2", "another object")], false));
  expect(result.current.items).toEqual([item("1", "again"), item("3")]);
});

it("two changes in one moment both count", () => {
  const { result } = renderHook(() => useSelection((each: { key: string }) => each.key));
  act(() => {
    result.current.select([item("1")], true);
    result.current.select([item("2")], true);
  });
  expect(result.current.keys.size).toBe(2);
  act(() => result.current.none());
  expect(result.current.items).toEqual([]);
});
