// The entry of the page of rights: mounts it into `#rights`.
import { mount } from "svelte";
import { langOf } from "../text/fluent";
import RightsView from "./RightsView.svelte";
import { speak } from "./text";

const target = document.getElementById("rights");
if (target) {
  speak(langOf(target.dataset["lang"]));
  target.replaceChildren();
  mount(RightsView, { target, props: { csrf: target.dataset["csrf"] ?? "", signedIn: target.dataset["signedIn"] === "true" } });
}
