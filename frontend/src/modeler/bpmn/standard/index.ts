import { keepDataEnds } from "./arrows";
import { Copies } from "./copying";

/** What keeps the elements of the standard's lists whole while their owners are moved, copied and replaced. */
export const StandardElementsModule = {
  __init__: ["standardCopies", ["eventBus", keepDataEnds]],
  standardCopies: ["type", Copies],
};
