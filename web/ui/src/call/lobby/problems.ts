// What is said when a camera or a microphone cannot be had, with the way out.

import type { Kind, Problem } from "../devices.svelte";
import { t } from "../text";

const CAMERA: Record<Problem, () => string> = {
  refused: () => t("call-problem-camera-refused"),
  missing: () => t("call-problem-camera-missing"),
  busy: () => t("call-problem-camera-busy"),
  unplugged: () => t("call-problem-camera-unplugged"),
  failed: () => t("call-problem-camera-failed"),
};

const MICROPHONE: Record<Problem, () => string> = {
  refused: () => t("call-problem-microphone-refused"),
  missing: () => t("call-problem-microphone-missing"),
  busy: () => t("call-problem-microphone-busy"),
  unplugged: () => t("call-problem-microphone-changed"),
  failed: () => t("call-problem-microphone-failed"),
};

export function problemText(kind: Kind, problem: Problem): string {
  return (kind === "camera" ? CAMERA : MICROPHONE)[problem]();
}
