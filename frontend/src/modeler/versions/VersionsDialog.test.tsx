import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { show } from "@/testing/page";
import { fakeServer, found } from "@/testing/server";
import { VersionsDialog } from "./VersionsDialog";

const server = fakeServer();
const FORM = '{"id":"ask","components":[]}';

function difference(kind: string, sentence: string): object {
  return { elementId: "f", elementName: "Amount", kind, property: "label", before: "Sum", after: "Amount", sentence };
}

function open(differences: object[], take = vi.fn()) {
  server.on("POST /v2/forms/search", found([{ formKey: "8", formId: "ask", version: 2, schema: "{}", tenantId: "<default>" }]));
  server.on("GET /v2/resources/8/content", () => new Response('{"id":"ask","components":["old"]}'));
  server.on("POST /v2/resources/differences", { items: differences });
  show(<VersionsDialog kind="FORM" content={FORM} take={take} close={() => undefined} />);
  return take;
}

it("says in sentences what the draft does differently, and apart what only looks otherwise", async () => {
  open([
    difference("changed", "The field Amount: its label is Amount, not Sum."),
    difference("layout", "The fields stand in another order."),
  ]);

  const meaning = await screen.findByRole("list", { name: "Differences" });
  expect(within(meaning).getByText("The field Amount: its label is Amount, not Sum.")).toBeTruthy();
  const layout = screen.getByRole("list", { name: "Differences of the picture" });
  expect(within(layout).getByText("The fields stand in another order.")).toBeTruthy();
  const asked = server.asked.find(({ address }) => address.startsWith("/v2/resources/differences"));
  expect(asked?.body).toEqual({ before: { resourceKey: "8" }, after: { content: FORM, kind: "FORM" } });
});

it("says that nothing is different only where the server found nothing", async () => {
  open([]);
  expect(await screen.findByText("The draft is the same as this version.")).toBeTruthy();
});

it("takes a version back as it was deployed", async () => {
  const take = open([difference("changed", "The field Amount: its label is Amount, not Sum.")]);
  await screen.findByRole("list", { name: "Differences" });
  await userEvent.click(screen.getByRole("button", { name: "Go back to version 2" }));
  expect(take).toHaveBeenCalledWith('{"id":"ask","components":["old"]}', 2);
});
