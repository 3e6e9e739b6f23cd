#!/usr/bin/python3
"""A WHIP publisher made of GStreamer's webrtcbin: a moving ball and a tone, in the codec that is asked for.

Says what happens as JSON lines; ends its session when its standard input ends. It knows nothing of the server but its
address: what it sends and expects is RFC 9725.

    publish.py http://127.0.0.1:8080/whip/room TICKET vp8|h264 [audio]
"""

import json
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

VIDEO = {
    "vp8": "vp8enc deadline=1 cpu-used=8 target-bitrate=500000 keyframe-max-dist=60 ! rtpvp8pay pt=96",
    "h264": "openh264enc bitrate=500000 gop-size=60 complexity=low ! video/x-h264,profile=constrained-baseline "
    "! h264parse ! rtph264pay pt=96 config-interval=-1 aggregate-mode=zero-latency",
}
PICTURE = (
    "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=180,framerate=30/1 ! videoconvert"
    " ! queue ! {encoder} ! w. "
)
TONE = "audiotestsrc is-live=true freq=660 ! audioconvert ! queue ! opusenc ! rtpopuspay pt=111 ! w. "


def say(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


class Publisher:
    def __init__(self, endpoint, ticket, what):
        self.endpoint = endpoint
        self.ticket = ticket
        self.session = None
        self.etag = None
        self.candidates = []
        self.loop = GLib.MainLoop()
        parts = "".join(TONE if one == "audio" else PICTURE.format(encoder=VIDEO[one]) for one in what)
        self.pipeline = Gst.parse_launch("webrtcbin name=w bundle-policy=max-bundle " + parts)
        self.bin = self.pipeline.get_by_name("w")
        self.bin.connect("on-negotiation-needed", self.negotiate)
        self.bin.connect("on-ice-candidate", lambda _, line, text: self.candidates.append((line, text)))
        self.bin.connect("notify::ice-connection-state", self.state, "ice-connection-state", "ice")
        self.bin.connect("notify::connection-state", self.state, "connection-state", "connection")
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", lambda _, message: self.fail(message.parse_error()[0].message))

    def run(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        threading.Thread(target=self.wait_for_end, daemon=True).start()
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)

    def wait_for_end(self):
        sys.stdin.read()
        GLib.idle_add(self.end)

    def end(self):
        if self.session:
            status, _, _ = self.ask("DELETE", self.session)
            say("ended", status=status)
        self.loop.quit()

    def fail(self, why):
        say("failed", message=why)
        self.loop.quit()

    def state(self, _bin, _spec, name, short):
        say(short, state=self.bin.get_property(name).value_nick)

    def negotiate(self, _bin):
        self.bin.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered))

    def offered(self, promise):
        promise.wait()
        reply = promise.get_reply()
        offer = reply.get_value("offer")
        self.bin.emit("set-local-description", offer, Gst.Promise.new())
        # The offer is sent at once, its candidates follow by PATCH.
        GLib.idle_add(self.post, offer.sdp.as_text())

    def post(self, offer):
        status, headers, body = self.ask("POST", self.endpoint, offer, {"Content-Type": "application/sdp"})
        say("posted", status=status, offer=offer, answer=body)
        if status != 201:
            return self.fail(f"{status} {body}")
        self.session = urllib.parse.urljoin(self.endpoint, headers["Location"])
        self.etag = headers["ETag"]
        _, message = GstSdp.SDPMessage.new_from_text(body)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.bin.emit("set-remote-description", answer, Gst.Promise.new())
        GLib.timeout_add(300, self.trickle)

    def trickle(self):
        lines = [f"a={text}" if not text.startswith("a=") else text for line, text in self.candidates if line == 0]
        fragment = "\r\n".join([*lines, "a=end-of-candidates", ""])
        headers = {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": self.etag}
        status, _, body = self.ask("PATCH", self.session, fragment, headers)
        say("trickled", status=status, candidates=len(lines), body=body)

    def ask(self, method, url, body="", headers=()):
        request = urllib.request.Request(url, body.encode() or None, dict(headers), method=method)
        request.add_header("Authorization", f"Bearer {self.ticket}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()


Gst.init(None)
Publisher(sys.argv[1], sys.argv[2], sys.argv[3].split(",")).run()
