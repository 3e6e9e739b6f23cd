// The entry of the log's check: mounts it into `#log`.
import { mount } from "svelte";
import { langOf } from "../text/fluent";
import { Proof } from "./proof.svelte";
import ProofView from "./ProofView.svelte";
import { speak } from "./text";

const target = document.getElementById("log");
if (target) {
  speak(langOf(target.dataset["lang"]));
  const proof = new Proof(Number(target.dataset["seq"]));
  target.replaceChildren();
  mount(ProofView, { target, props: { proof } });
  void proof.run();
}
