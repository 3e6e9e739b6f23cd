# The check of network and devices.

check-start = Start the check
check-again = Check again
check-running = Checking: { $name }
check-running-short = Checking
check-busy = Many people are checking at the moment. Try again in a minute.

check-name-secure = Secure connection (https)
check-name-camera = Camera
check-name-microphone = Microphone
check-name-speaker = Loudspeaker
check-name-socket = Connection to the server
check-name-udp = Way for sound and picture (UDP)
check-name-tcp = Second way (TCP)
check-name-relay = Way through a relay (TURN)
check-name-roundtrip = Response time
check-name-down = Download speed
check-name-up = Upload speed

check-result-waiting = not checked yet
check-result-running = checking
check-result-ok = works
check-result-fair = works, with limits
check-result-bad = does not work
check-result-none = not checked

check-measured-ok = good
check-measured-fair = fair
check-measured-bad = weak

check-verdict-ok = Everything works. You can take part.
check-verdict-speaker = The loudspeaker is left: play the test sound.
check-verdict-fair = You can take part, but not everything works. Below is what you can put right.
check-verdict-bad = You cannot take part from here. Below is why. You can also ask your question by telephone.

check-will = What will work
check-will-way-udp = Sound and picture will take the most direct way (UDP).
check-will-way-tcp = Sound and picture will take the other way (TCP). On a weak network they may be late.
check-will-way-relay = Sound and picture will go through a relay (TURN). They may be a little late.
check-will-out-full = Others will see and hear you.
check-will-out-small = Others will hear you; your picture will be smaller.
check-will-out-sound = Others will hear you, but not see you. Talk without the camera.
check-will-out-none = Others will not hear you until the microphone works. You will be able to listen.
check-will-in-full = You will see and hear others.
check-will-in-small = You will hear others; their pictures will be smaller.
check-will-in-sound = You will hear others, but their pictures may stop.

check-secure-advice = Open the page at an address that begins with https.
check-devices-advice = This browser gives no camera and no microphone. Try a newer browser, over a secure (https) connection.
check-speaker-advice = See whether the sound is muted, and whether the right loudspeaker is chosen.
check-socket-advice = The network does not let the call through (WebSocket). Try another network, or turn off the VPN.
check-webrtc-advice = This browser cannot make calls. Try a newer browser.
check-udp-advice = The network does not let sound and picture through (UDP). Networks of offices often do not: try another one, or mobile internet.
check-tcp-advice = The network does not let the second way through.
check-tcp-none = The server does not offer this way.
check-relay-advice = The relay could not be reached.
check-spare = It is not needed now: the direct way works.
check-roundtrip-advice = Answers will be late: wait until the other has finished.
check-down-advice = The others’ pictures may be small or freeze. Move closer to the router, or use a cable.
check-up-advice = Your picture may be small. If it breaks up, speak without the camera.
check-more = More than { $speed }
check-ms = { $ms } ms.

check-tone = Play the test sound
check-tone-playing = You hear the test sound
check-heard = Did you hear it?
check-heard-yes = I did
check-heard-no = I did not

check-devices-off = Turn camera and microphone off
check-copy = Copy the report
check-copied = The report is copied.
check-copy-failed = Copying did not work. Select the report and copy it yourself:
check-report-title = Check of Aikštė
check-report-browser = Browser: { $browser }
