// The entry of the call: mounts the lobby and the room into `#call`.
import { mount } from "svelte";
import Call from "./Call.svelte";

const place = document.getElementById("call");
if (place) {
  mount(Call, { target: place });
}
