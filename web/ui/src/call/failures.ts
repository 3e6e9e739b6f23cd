// What is said for each stable code that ends a call, and what the person can do then.

import { t } from "./text";

/** `again`: to the lobby; `reload`: the page from the server; `back`: the conference's page; `archive`. */
export type WayOut = "again" | "reload" | "back" | "archive";

export interface Failure {
  title: string;
  text: string;
  way: WayOut;
}

export function failureOf(code: string): Failure {
  switch (code) {
    case "no_webrtc":
      return { title: t("call-error-no-webrtc"), text: t("call-error-no-webrtc-text"), way: "back" };
    case "conference_ended":
      return { title: t("call-error-ended"), text: t("call-error-ended-text"), way: "archive" };
    case "conference_not_open":
      return { title: t("call-error-not-open"), text: t("call-error-not-open-text"), way: "again" };
    case "not_found":
      return { title: t("call-error-not-found"), text: t("call-error-not-found-text"), way: "back" };
    case "ticket_expired":
    case "ticket_invalid":
    case "room_mismatch":
    case "csrf_missing":
    case "csrf_wrong":
      return { title: t("call-error-ticket"), text: t("call-error-ticket-text"), way: "reload" };
    case "sign_in_required":
    case "name_requires_sign_in":
    case "identification_required":
    case "http_401":
      return { title: t("call-error-sign-in"), text: t("call-error-sign-in-text"), way: "reload" };
    case "not_of_eldership":
      return { title: t("call-error-eldership"), text: t("call-error-eldership-text"), way: "back" };
    case "token_spent":
    case "token_invalid":
    case "token_missing":
    case "token_already_issued":
    case "right_closed":
    case "verification_required":
      return { title: t("call-error-token"), text: t("call-error-token-text"), way: "reload" };
    case "room_full":
      return { title: t("call-error-full"), text: t("call-error-full-text"), way: "again" };
    case "replaced":
      return { title: t("call-error-replaced"), text: t("call-error-replaced-text"), way: "again" };
    case "network_lost":
      return { title: t("call-error-network"), text: t("call-error-network-text"), way: "again" };
    case "version_unsupported":
      return { title: t("call-error-version"), text: t("call-error-version-text"), way: "reload" };
    default:
      return { title: t("call-error-other"), text: t("call-error-other-text", { code }), way: "again" };
  }
}
