// The entry of the live rooms: mounts the list, or one room, into `#operators`.
import { mount } from "svelte";
import { langOf } from "../text/fluent";
import RoomView from "./RoomView.svelte";
import ServerView from "./ServerView.svelte";
import { speak } from "./text";

const target = document.getElementById("operators");
if (target) {
  speak(langOf(target.dataset["lang"]));
  const room = target.dataset["room"] ?? "";
  target.replaceChildren();
  if (room) mount(RoomView, { target, props: { room } });
  else mount(ServerView, { target, props: {} });
}
