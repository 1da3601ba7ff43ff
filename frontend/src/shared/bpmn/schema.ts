import { BpmnModdle } from "bpmn-moddle";
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";

/** A property of a type, as the reader of diagrams describes it. */
export interface Property {
  name: string;
  type: string;
  isAttr?: boolean;
  isMany?: boolean;
  isReference?: boolean;
  isVirtual?: boolean;
  default?: unknown;
}

interface Descriptor {
  name: string;
  propertiesByName: Record<string, Property>;
}

export interface ReadFile {
  rootElement: unknown;
  warnings: { message: string }[];
}

/** The reader and writer of diagrams that the modeler has. */
export interface Library {
  getPackages(): { uri: string; prefix: string }[];
  getType(name: string): { $descriptor: Descriptor };
  fromXML(xml: string): Promise<ReadFile>;
  toXML(root: unknown, options?: object): Promise<{ xml: string }>;
}

const XSI = "http://www.w3.org/2001/XMLSchema-instance";
const SIMPLE = new Set(["String", "Boolean", "Integer", "Real", "Element"]);

/** What the reader takes an element for: a type with its properties, or the reference that a property holds. */
export type Meaning = { type: Descriptor } | { reference: Property };

export function newLibrary(): Library {
  return new BpmnModdle({ zeebe }) as unknown as Library;
}

/** Follows a file as the reader does: which type an element is, and which property an attribute. */
export class Schema {
  private readonly prefixes: Map<string, string>;
  private readonly types = new Map<string, Descriptor | undefined>();

  constructor(private readonly library: Library) {
    this.prefixes = new Map(library.getPackages().map(({ uri, prefix }) => [uri, prefix]));
  }

  meaningOfRoot(element: Element): Meaning | undefined {
    return this.typed(this.nameOfType(element.namespaceURI, element.localName));
  }

  /** Undefined for what no package knows, and for plain values. */
  meaningOfChild(child: Element, parent: Meaning | undefined): Meaning | undefined {
    if (!parent || !("type" in parent)) return undefined;
    const property = parent.type.propertiesByName[this.nameOf(child.namespaceURI, child.localName)];
    if (!property || property.isAttr) return this.typed(this.nameOfType(child.namespaceURI, child.localName));
    if (property.isReference) return { reference: property };
    if (SIMPLE.has(property.type)) return undefined;
    return this.typed(this.givenType(child) ?? property.type);
  }

  propertyOf(attribute: Attr, meaning: Meaning | undefined): Property | undefined {
    if (!meaning || !("type" in meaning)) return undefined;
    const name = attribute.namespaceURI ? this.nameOf(attribute.namespaceURI, attribute.localName) : attribute.localName;
    return meaning.type.propertiesByName[name];
  }

  /** Every element of the document with what it means, from the root on. */
  *elements(document: Document): Generator<[Element, Meaning | undefined]> {
    const waiting: [Element, Meaning | undefined][] = [[document.documentElement, this.meaningOfRoot(document.documentElement)]];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      yield next;
      for (const child of next[0].children) waiting.push([child, this.meaningOfChild(child, next[1])]);
    }
  }

  private givenType(element: Element): string | undefined {
    const given = element.getAttributeNS(XSI, "type");
    if (!given) return undefined;
    const [local = "", prefix] = given.split(":").reverse();
    const name = this.nameOfType(element.lookupNamespaceURI(prefix ?? null), local.replace(/^t(?=[A-Z])/, ""));
    return name && this.typed(name) ? name : undefined;
  }

  private nameOf(uri: string | null, local: string): string {
    return `${this.prefixes.get(uri ?? "") ?? ""}:${local}`;
  }

  private nameOfType(uri: string | null, local: string): string | undefined {
    const prefix = this.prefixes.get(uri ?? "");
    return prefix && `${prefix}:${local.charAt(0).toUpperCase()}${local.slice(1)}`;
  }

  private typed(name: string | undefined): Meaning | undefined {
    if (!name) return undefined;
    if (!this.types.has(name)) this.types.set(name, this.find(name));
    const type = this.types.get(name);
    return type && { type };
  }

  private find(name: string): Descriptor | undefined {
    try {
      return this.library.getType(name).$descriptor;
    } catch {
      return undefined; // The library throws for what it does not know.
    }
  }
}
