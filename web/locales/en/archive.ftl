# The archive and one recording.
archive-title = Archive
archive-lead = Recorded conversations with council members and city leaders.
archive-search-hint = Topic or surname
archive-found = { $n ->
    [one] { $n } recording found for “{ $query }”
   *[other] { $n } recordings found for “{ $query }”
}
archive-all = Show all
archive-list = Recordings
archive-empty = No recordings yet
archive-empty-text = A recorded conversation appears here right after its end.
archive-nothing = Nothing found
archive-nothing-text = Try another word, or only its beginning.
recording-of = Reception
recording-about = About the recording
recording-when = Began
recording-duration = Duration
recording-kept = Kept until
recording-kept-text = Whoever spoke anonymously is called “Voice” and a number in the recording.
recording-tracks = Download the tracks
recording-tracks-text = Sound and picture of each participant are kept apart, as they were sent.
recording-preparing = The recording is being prepared
recording-preparing-text = This usually takes up to 10 seconds. Open the page again.
track-audio = Sound
track-video = Picture
track-erased = Name removed
track-of = { $name }, piece { $n }
player-no-script = The player needs JavaScript
player-no-script-text = Without it you may download the tracks and play them in a player of your own.
size-mb = { $n } MB
size-kb = { $n } kB
