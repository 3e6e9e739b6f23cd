// The entry of passkeys: mounts what acts into `#passkeys`, on the page that asks for one and on one's account.
import { mount } from "svelte";
import { langOf } from "../text/fluent";
import PasskeysView from "./PasskeysView.svelte";
import { speak } from "./text";

const target = document.getElementById("passkeys");
if (target) {
  const { lang, csrf = "", keys = "[]", due, next = "", form = "" } = target.dataset;
  speak(langOf(lang));
  target.replaceChildren();
  const props = { csrf, keys: JSON.parse(keys) as { id: string; name: string }[], due: due === "true", next, form };
  mount(PasskeysView, { target, props });
}
