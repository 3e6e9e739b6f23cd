// The entry of the check: mounts it into `#check`.
import { mount } from "svelte";
import { speak as speakCall } from "../call/text";
import { langOf } from "../text/fluent";
import { Check } from "./check.svelte";
import CheckView from "./CheckView.svelte";
import { speak } from "./text";

const target = document.getElementById("check");
if (target) {
  const lang = langOf(target.dataset["lang"]);
  speak(lang);
  // The level meter and the words about devices are the lobby's.
  speakCall(lang);
  target.replaceChildren();
  mount(CheckView, { target, props: { check: new Check(target.dataset["csrf"] ?? "") } });
}
