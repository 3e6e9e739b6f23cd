// What is said of the line.

import type { Reason, Verdict } from "./quality";
import { t } from "./text";

const REASONS: Record<Reason, () => string> = {
  none: () => "",
  paused: () => t("call-line-paused"),
  shrunk: () => t("call-line-shrunk"),
  silent: () => t("call-line-silent"),
  lossy: () => t("call-line-lossy"),
  late: () => t("call-line-late"),
  frozen: () => t("call-line-frozen"),
  reduced: () => t("call-line-reduced"),
  slow: () => t("call-line-slow"),
};

/** One line: the level, and what one notices of it. */
export function lineText(line: Verdict): string {
  if (line.level === "good") return t("call-connected");
  const level = line.level === "weak" ? t("call-line-weak") : t("call-line-fair");
  return `${level}: ${REASONS[line.reason]()}`;
}
