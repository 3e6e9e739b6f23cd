# The replay player.

replay-player = Player
replay-loading = Loading the recording…
replay-preparing = The call has just ended. The recording is being prepared, this takes a few seconds…
replay-buffering = Waiting for data…
replay-play = Play
replay-pause = Pause
replay-back = 10 seconds back
replay-forward = 10 seconds forward
replay-mute = Without sound
replay-volume = Volume
replay-speed = Speed: { $speed } times
replay-full = Full screen
replay-everyone = Everyone
replay-position = Position in the recording
replay-position-text = { $position } of { $duration }
replay-hours =
    { $count ->
        [one] { $count } hour
       *[other] { $count } hours
    }
replay-minutes =
    { $count ->
        [one] { $count } minute
       *[other] { $count } minutes
    }
replay-seconds =
    { $count ->
        [one] { $count } second
       *[other] { $count } seconds
    }

replay-voice = Voice { $number }
replay-someone = Name removed
replay-speaks = speaking
replay-silent = silent
replay-missing-sound = No sound here
replay-missing-picture = No picture here
replay-hole = This part is missing
replay-holes = Part of the recording is missing
replay-holes-text =
    { $count ->
        [one] One place was not recorded. It is marked on the bar and in the list, and time runs in it as in the call.
       *[other] { $count } places were not recorded. They are marked on the bar and in the list, and time runs in them as in the call.
    }

replay-chapters = Who speaks
replay-chapters-none = Nobody speaks in this recording.
replay-length = length { $length }

replay-share = Share from { $time }
replay-shared = The link was copied.
replay-share-link = Link to this place
replay-download = Download

replay-error = The recording could not be played
replay-error-not-found = There is no such recording, or it is not ready yet.
replay-error-network = The server does not answer. Check your internet connection and try again.
replay-error-unreadable = The description of the recording is damaged. Try again later.
replay-retry = Try again
replay-to-archive = To the archive
