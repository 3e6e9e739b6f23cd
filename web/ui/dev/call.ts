// The call with a made-up server: ?people=4&theme=tamsi&lang=en&host&anonymous&status=announced&recording.
import "../../styles/main.css";
import { fakeServer } from "./fake";

const query = new URLSearchParams(location.search);
document.documentElement.dataset["theme"] = query.get("theme") ?? "numatytoji";
if (query.has("size")) document.documentElement.dataset["size"] = query.get("size") ?? "1";
const mount = document.getElementById("call");
if (mount) {
  Object.assign(mount.dataset, {
    conference: "7",
    title: "Gatvių apšvietimas ir šaligatviai",
    hostName: "Rasa Vaitkienė",
    recorded: String(!query.has("unrecorded")),
    retentionDays: "90",
    signedIn: String(!query.has("anonymous")),
    displayName: query.has("host") ? "Rasa Vaitkienė" : "Jonas Petraitis",
    isHost: String(query.has("host")),
    status: query.get("status") ?? "open",
    lang: query.get("lang") ?? "lt",
    csrf: "x",
    demo: "true",
  });
}
fakeServer({
  people: Number(query.get("people") ?? 2),
  host: query.has("host"),
  anonymous: query.has("anonymous"),
  recording: query.has("recording"),
  refuse: query.get("refuse"),
});
await import("../src/call/main");
