import { NotFoundState } from "@/shared/states";

export function NotFoundPage() {
  return <NotFoundState what="page" />;
}
