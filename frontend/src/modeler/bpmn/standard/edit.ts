import { type Change, type Create, listOf, type Moddle, within } from "../standardFields";
import { definitionsOf, everythingIn, referencesOf } from "./tree";

/** Changes that belong together: what is read here is what was written here before. They are made, and taken back, as one. */
export class Edit {
  private readonly written = new Map<Moddle, Record<string, unknown>>();
  private readonly create: Create;

  constructor(create: Create) {
    this.create = create;
  }

  get<T = Moddle>(element: Moddle, property: string): T | undefined {
    const own = this.written.get(element);
    return (own && property in own ? own[property] : element.get(property)) as T | undefined;
  }

  list(element: Moddle, property: string): Moddle[] {
    return listOf<Moddle>(this.get(element, property));
  }

  set(element: Moddle, property: string, value: unknown): void {
    this.written.set(element, { ...this.written.get(element), [property]: value });
  }

  make(type: string, parent: Moddle, attributes: object = {}): Moddle {
    return within(parent, this.create(type, attributes));
  }

  /** Puts a new element at the end of a list. */
  add(parent: Moddle, property: string, type: string, attributes: object = {}): Moddle {
    const made = this.make(type, parent, attributes);
    this.append(parent, property, made);
    return made;
  }

  /** Puts an element, or a reference to it, at the end of a list. */
  append(parent: Moddle, property: string, element: Moddle): void {
    this.set(parent, property, [...this.list(parent, property), element]);
  }

  remove(parent: Moddle, property: string, element: Moddle): void {
    this.set(
      parent,
      property,
      this.list(parent, property).filter((each) => each !== element),
    );
  }

  /** Puts another in the place of one element of a list. */
  replace(parent: Moddle, property: string, element: Moddle, other: Moddle): void {
    this.set(
      parent,
      property,
      this.list(parent, property).map((each) => (each === element ? other : each)),
    );
  }

  /** Takes away every reference of the file to the element, which is about to go. */
  release(target: Moddle): void {
    const definitions = definitionsOf(target);
    for (const element of definitions ? everythingIn(definitions) : []) {
      for (const property of referencesOf(element)) {
        const value = this.get<unknown>(element, property);
        if (value === target) this.set(element, property, undefined);
        else if (listOf(value).includes(target)) this.remove(element, property, target);
      }
    }
  }

  get changes(): Change[] {
    return [...this.written].map(([moddleElement, properties]) => ({ moddleElement, properties }));
  }
}
