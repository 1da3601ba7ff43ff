import { expect, it } from "vitest";
import { openFile } from "./openedFile";

const FILE = '<bpmn:process id="p" isExecutable="true"><bpmn:userTask id="sign"/><bpmn:serviceTask id="call"/></bpmn:process>';

it("who may claim a task and who has it is said by an expression", async () => {
  const file = await openFile(FILE);
  const roles = file.list("sign", "Resource roles");
  roles.add();
  roles.field(0, "Who").set("sales, user(bob)");
  roles.add();
  roles.field(1, "Role").choose("Human performer");
  roles.field(1, "Who").set("=clerk");
  expect(roles.labels()).toEqual(["Potential owner: sales, user(bob)", "Human performer: =clerk"]);
  const said = (tag: string, body: string) =>
    `<bpmn:${tag} id="id"><bpmn:resourceAssignmentExpression><bpmn:expression xsi:type="bpmn:tFormalExpression">${body}</bpmn:expression></bpmn:resourceAssignmentExpression></bpmn:${tag}>`;
  expect((await file.xml()).replace(/(PotentialOwner|HumanPerformer)_\w+/g, "id")).toContain(
    said("potentialOwner", "sales, user(bob)") + said("humanPerformer", "=clerk"),
  );
  roles.field(1, "Role").choose("Performer");
  expect((await file.xml()).replace(/Performer_\w+/g, "id")).toContain(said("performer", "=clerk"));
  roles.field(0, "Who").set("");
  expect(await file.xml()).not.toContain("sales");
});

it("a resource of the file fills a role, with its parameters", async () => {
  const file = await openFile(FILE);
  const roles = file.list("sign", "Resource roles");
  roles.add();
  roles.field(0, "Resource").choose("Create new ...");
  roles.field(0, "Resource name").set("sales");
  const resources = file.list("p", "Resources");
  resources.inner(0, "Parameters").add();
  resources.inner(0, "Parameters").field(0, "Name").set("region");
  resources.inner(0, "Parameters").field(0, "Each role has to bind it").set(true);
  expect(roles.fields(0)).toEqual(["Role", "Resource", "Resource name", "region (needed)"]);
  roles.field(0, "region (needed)").set("=country");
  roles.field(0, "Role").choose("Human performer");
  const xml = await file.xml();
  expect(xml).toMatch(
    /<bpmn:humanPerformer id="\w+"><bpmn:resourceRef>(\w+)<\/bpmn:resourceRef><bpmn:resourceParameterBinding parameterRef="(\w+)"><bpmn:expression xsi:type="bpmn:tFormalExpression">=country<\/bpmn:expression>.*<bpmn:resource id="\1" name="sales"><bpmn:resourceParameter id="\2" name="region" isRequired="true" \/>/,
  );
  resources.remove(0);
  expect(await file.xml()).not.toMatch(/resource(Ref|Parameter)|bpmn:resource /);
});

it("other activities show their roles only where the file has some", async () => {
  const file = await openFile(
    FILE.replace(
      '<bpmn:serviceTask id="call"/>',
      '<bpmn:serviceTask id="call"><bpmn:performer id="r" name="answers for it"/></bpmn:serviceTask><bpmn:scriptTask id="count"/>',
    ),
  );
  expect(file.list("call", "Resource roles").labels()).toEqual(["Performer"]);
  expect(file.labels("count")).not.toContain("Resource roles");
});
