import { useQuery, useQueryClient } from "@tanstack/react-query";
import { formIdOf } from "../deploy/bundle";
import { contentOf } from "../deploy/deployments";
import { fetchLibrary } from "../library/drafts";
import type { FormChoice } from "./formPicker";

const NONE: FormChoice[] = [];

/** The forms of the library, by the ids that they declare. */
export function useForms(): readonly FormChoice[] {
  const client = useQueryClient();
  const forms = useQuery({
    queryKey: ["drafts", "forms"],
    queryFn: async ({ signal }) => {
      const library = await fetchLibrary(signal);
      const drafts = library.items.filter((draft) => draft.kind === "FORM");
      const choices = await Promise.all(
        drafts.map(async (draft) => ({ formId: formIdOf(await contentOf(client, draft)), name: draft.name })),
      );
      return choices.filter((choice): choice is FormChoice => Boolean(choice.formId)).sort((a, b) => a.name.localeCompare(b.name));
    },
    staleTime: 30_000,
  });
  return forms.data ?? NONE;
}
