// The entry of the replay: mounts the player into `#player`.
import { mount } from "svelte";
import { langOf } from "../text/fluent";
import { Player } from "./player.svelte";
import PlayerView from "./PlayerView.svelte";
import { speak } from "./text";

const target = document.getElementById("player");
if (target) {
  speak(langOf(target.dataset["lang"]));
  target.replaceChildren();
  mount(PlayerView, { target, props: { player: new Player(target.dataset["recording"] ?? "") } });
}
