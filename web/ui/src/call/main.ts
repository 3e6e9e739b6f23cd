// The entry of the call: mounts the lobby and the room into `#call`.
import { mount } from "svelte";
import CallView from "./CallView.svelte";
import { Call } from "./call.svelte";
import { readPlace } from "./place";
import { speak } from "./text";

const target = document.getElementById("call");
if (target) {
  const place = readPlace(target.dataset);
  speak(place.lang);
  target.replaceChildren();
  mount(CallView, { target, props: { call: new Call(place) } });
}
