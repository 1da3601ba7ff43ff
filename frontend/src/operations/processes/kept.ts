/** What the API says of how long something is kept. */
export interface Kept {
  historyTimeToLive: number | null;
  isArchived: boolean;
}

/** "for ever", "30 days, then archived", "1 day, then deleted", "until they end, then archived". */
export function keptText({ historyTimeToLive: days, isArchived }: Kept): string {
  if (days === null) return "for ever";
  const time = days === 0 ? "until they end" : days === 1 ? "for 1 day" : `for ${days.toLocaleString("en")} days`;
  return `${time}, then ${isArchived ? "archived" : "deleted"}`;
}
