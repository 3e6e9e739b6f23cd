# The call: lobby, room, goodbye.

call-brand = Aikštė
call-page-title = { $view } – Aikštė
call-phone-word = Free of charge
call-voice = Voice { $number }

## The lobby

call-lobby-title = Lobby
call-equipment = 1. Check your equipment
call-preview = This is how others will see you
call-preview-camera-off = The camera is off
call-asking = Your browser asks whether it may use the camera and the microphone. Choose “Allow”.
call-camera-turn-on = Turn the camera on
call-camera-turn-off = Turn the camera off
call-microphone-try = Turn the microphone on
call-devices-change = Change equipment
call-device-camera = Camera
call-device-microphone = Microphone
call-device-speaker = Loudspeaker
call-device-default = The browser’s default
call-device-nameless = Device { $number }
call-noise = Suppress background noise
call-noise-hint = Turn this off if music or sounds around you should be heard.
call-meter-heard = we hear you
call-meter-silent = silent so far
call-meter-none = the microphone is not on
call-sound = Sound
call-sound-test = Play a test sound
call-sound-playing = The test sound is playing

call-problem-camera-refused = The browser may not use the camera. To change this, press the lock beside the address. You can also take part without a camera.
call-problem-camera-missing = We find no camera. Connect one, or take part without.
call-problem-camera-busy = Another program is using the camera. Close it, then turn the camera on again.
call-problem-camera-unplugged = The camera was disconnected. You are heard but not seen. Connect it and turn it on again.
call-problem-camera-failed = The camera could not be turned on. Try again, or take part without.
call-problem-microphone-refused = The browser may not use the microphone. To change this, press the lock beside the address. Without a microphone you can only listen.
call-problem-microphone-missing = We find no microphone. Connect one, or only listen.
call-problem-microphone-busy = Another program is using the microphone. Close it, then turn the microphone on again.
call-problem-microphone-unplugged = The microphone was disconnected. You are not heard. Connect it and turn it on again.
call-problem-microphone-changed = The microphone was disconnected. Check that you are heard.
call-problem-microphone-failed = The microphone could not be turned on. Try again.

call-how = 2. How will you take part?
call-as-name = By name
call-as-name-hint = Everyone will see your name ({ $name }), how your identity was confirmed, and your picture.
call-as-name-sign-in = You need to sign in first.
call-sign-in = Sign in and come back here
call-as-anonymous = Anonymously
call-as-anonymous-hint = Instead of your name, “Voice” and a number; instead of your picture, a silhouette. The camera stays off. No sign-in needed.
call-as-anonymous-voice = Your voice is not altered: people who know you may recognise it.
call-as-verified = Anonymously, as a verified resident
call-as-verified-hint = Others see “Voice” with a number and the mark “Verified resident”. The camera is off.
call-as-verified-token = The system knows that you are a resident, but neither the recording nor the database joins this seat with your name. Those who know you may recognise your voice.
call-as-verified-session = This browser cannot keep rights, so the server sees at this moment who asks for the seat. Others do not see your name.

call-recording = 3. Recording
call-recorded-name = The conversation will be recorded: your name, your voice, and your picture if the camera is on.
call-recorded-anonymous = The conversation will be recorded: your voice and the label “Voice” with a number. Your name and picture are not recorded.
call-recorded-kept =
    { $days ->
        [0] The recording will be published in the archive.
        [one] The recording will be published in the archive and kept for { $days } day.
       *[other] The recording will be published in the archive and kept for { $days } days.
    }
call-not-recorded = This conversation is not recorded.
call-consent = I agree that the conversation is recorded and published in the archive
call-consent-hint = The top of the room always shows when it is being recorded.
call-consent-missing = You cannot enter a recorded conversation without this consent. Tick the box, or call by telephone.
call-consent-no = If you do not agree
call-consent-no-text = You need not enter a recorded conversation. Call free of charge, and the operator will note your question:

call-enter = Enter the call
call-enter-without-camera = Enter without camera
call-open = Start the reception
call-open-failed = It could not be started. Try again.
call-opened = The reception has begun, you can enter.
call-open-eyebrow = The reception is under way
call-open-now = Now
call-open-text = { $name } is receiving. Check your equipment and enter.
call-waiting-eyebrow = The reception has not begun yet
call-waiting = { $name } will receive you. Stay on this page: when the reception begins, the button “Enter the call” will appear here.
call-waiting-host = Residents can enter once you start the reception.
call-help = If something does not work
call-help-check = Check connection and devices
call-help-text = Call free of charge, the operator will note your question:

## The room

call-tiles = Pictures of the participants
call-tiles-rest =
    { $count ->
        [one] participant
       *[other] participants
    }
call-alone = You are alone so far. Others will join here.
call-connecting-long = Connecting to the call…
call-connecting = Connecting
call-connected = Good connection
call-reconnecting = Reconnecting
call-lost = No connection
call-line-weak = Your connection is weak
call-line-fair = Fair connection
call-line-shrunk = the pictures of others are smaller
call-line-silent = no sound reaches you
call-line-paused = others' pictures are paused so that you can hear
call-line-lossy = some sound and picture is lost
call-line-late = sound is late
call-line-frozen = the others’ picture freezes
call-line-reduced = your picture was made smaller
call-line-slow = your device is too busy, your picture was made smaller
call-speaks = Speaking
call-speaks-now = speaking now
call-muted = microphone off
call-unmuted = microphone on
call-away = connection lost
call-host = host
call-own-name = { $name } (you)
call-pin = Keep in sight: { $name }
call-pin-title = Keep in sight
call-unpin-title = No longer keep in sight

call-rec-on = Recording
call-rec-off = Not recorded
call-rec-starting = Recording starts
call-rec-failed = Not recorded: error
call-rec-time = Recording { $time }

call-controls = Call controls
call-mic = Microphone
call-camera = Camera
call-on = on
call-off = off
call-on-f = on
call-off-f = off
call-people = Participants
call-people-count =
    { $count ->
        [one] { $count } participant
       *[other] { $count } participants
    }
call-viewers = watching: { $count }
call-record = Recording
call-record-runs = running
call-record-not = not running
call-leave = Leave
call-end = End the reception
call-end-title = End the reception?
call-end-text = The call ends for everyone, and the recording is published in the archive. It cannot be continued.
call-end-not = Continue the reception
call-close = Close

call-shortcuts = Keyboard shortcuts
call-shortcuts-on = Shortcuts work
call-shortcut-mic = turn the microphone on or off
call-shortcut-camera = turn the camera on or off
call-shortcut-people = show or hide the participants
call-shortcut-list = this list

call-notice-restart = The server is being updated. You will be reconnected in a few seconds, there is nothing to do.
call-notice-reconnecting = The connection broke. Reconnecting; your seat is kept.
call-notice-paused-text = The pictures will come back when the line is stronger.
call-notice-weak-text = If it breaks up, turn the camera off.
call-notice-sound = The browser did not allow sound, so you do not hear the others.
call-notice-sound-do = Turn sound on
call-notice-disk = The recording stopped: there is no space left. The call goes on without being recorded.
call-notice-recording-failed = The recording failed. The call goes on without being recorded.
call-notice-end = The reception could not be ended. Try again.
call-notice-forbidden = You are not allowed to do this.
call-notice-other = The server refused to do this ({ $code }).
call-notice-close = Understood

call-said-joined = { $name } joined.
call-said-left = { $name } left.
call-said-mic-on = Microphone on.
call-said-mic-off = Microphone off.
call-said-camera-on = Camera on.
call-said-camera-off = Camera off.
call-said-reconnecting = Connection lost, reconnecting.
call-said-reconnected = Connection restored.
call-said-recording-on = The conversation is being recorded.
call-said-recording-off = The conversation is no longer recorded.
call-said-recording-failed = The recording failed, the conversation is not recorded.

## After the call, and errors

call-left-title = You left the call
call-left-over = The reception is over
call-left-thanks = Thank you for taking part.
call-left-recorded =
    { $days ->
        [0] If the conversation was recorded, you will find it in the archive.
        [one] If the conversation was recorded, you will find it in the archive. It is kept for { $days } day.
       *[other] If the conversation was recorded, you will find it in the archive. It is kept for { $days } days.
    }
call-again = Back to the lobby
call-to-archive = To the archive
call-to-conference = Page of the reception
call-try-again = Try again
call-reload = Open again
call-phone-instead = You can also say your question by telephone, the operator will note it:

call-error-title = Could not connect
call-error-no-webrtc = This browser cannot make calls
call-error-no-webrtc-text = Open the page with a newer Chrome, Firefox, Edge or Safari. Camera and microphone work only over a secure (https) connection.
call-error-ended = The reception is over
call-error-ended-text = If the conversation was recorded, you will find it in the archive.
call-error-not-open = The reception has not begun yet
call-error-not-open-text = Wait in the lobby: we will tell you when you can enter.
call-error-not-found = There is no such reception
call-error-not-found-text = The link is out of date or has a mistake in it.
call-error-ticket = Your permission to enter is no longer valid
call-error-ticket-text = This happens when the page has been open for a long time. Open it again.
call-error-sign-in = You can take part by name only when signed in
call-error-sign-in-text = Open the page again and sign in, or take part anonymously.
call-error-eldership = This reception is for the residents of one eldership
call-error-eldership-text = The extract of the population register does not confirm that you live there.
call-error-token = Your seat as a verified resident has been used
call-error-token-text = There is one such seat for each reception. Reload the page and take part anonymously or by name.
call-error-full = There are no seats left in the room
call-error-full-text = Try again in a few minutes: a seat is free when someone leaves.
call-error-replaced = Your seat was taken elsewhere
call-error-replaced-text = You joined this call in another window or on another device. Here the call is over.
call-error-network = The connection was lost
call-error-network-text = We could not reconnect. Check your internet connection and try again.
call-error-version = This page is out of date
call-error-version-text = Aikštė was updated. Open the page again.
call-error-other = Could not connect
call-error-other-text = A fault on our side ({ $code }). Try again.
