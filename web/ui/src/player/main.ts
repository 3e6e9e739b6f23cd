// The entry of the replay: mounts the player into `#player`.
import { mount } from "svelte";
import Player from "./Player.svelte";

const place = document.getElementById("player");
if (place) {
  mount(Player, { target: place });
}
