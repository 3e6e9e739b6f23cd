# Receptions: list, one of them, and what its host does.
receptions-title = Receptions
receptions-lead = Council members and city leaders answer residents by video call.
receptions-now = On now
receptions-coming = Coming
receptions-past = Past
receptions-none = No receptions announced
receptions-none-text = An announced reception appears here with its topic and time. You may leave a question by phone already now: 8 800 20 000.
reception-lead = { $minutes ->
    [one] A reception hour by video call. Each resident has up to { $minutes } minute.
   *[other] A reception hour by video call. Each resident has up to { $minutes } minutes.
}
reception-identified = Only residents who have signed in take part in this reception. You may still speak without your name.
reception-topic = What we will talk about
reception-record-heading = What is recorded
reception-recorded = This conversation may be recorded
reception-recorded-text = { $days ->
    [one] The host starts and stops the recording; everyone sees when it runs. The recording is kept in the archive for { $days } day.
   *[other] The host starts and stops the recording; everyone sees when it runs. The recording is kept in the archive for { $days } days.
}
reception-not-recorded = This conversation is not recorded
reception-not-recorded-text = After the conversation neither picture nor sound remains.
reception-privacy = More about recordings and your rights
reception-recordings = Recordings of this reception
reception-no-recording = There is no recording of this reception.
reception-open-now = The reception has begun.
reception-go-open = Before you enter you see your picture and whether your microphone works.
reception-go-early = You may check camera and microphone in the lobby already now.
reception-accessible = Accessibility
reception-accessible-anonymous = You may speak without giving your name
reception-accessible-camera = You may take part without a camera
reception-accessible-keyboard = Everything works by keyboard
watch-recording = Watch the recording
host-heading = For the host
host-announced-text = Once you begin, residents can enter from the lobby.
host-open-text = When you end the reception everyone leaves and the recording stops.
host-ended-text = The reception has ended.
host-open = Begin the reception
host-end = End the reception
end-title = End the reception?
end-text = Everyone will leave the conversation. The same reception cannot be begun again.
end-stay = Go on
new-reception = Announce a reception
new-title = A new reception
new-lead = Residents see the reception as soon as you announce it.
new-errors = { $n ->
    [one] Please correct { $n } field
   *[other] Please correct { $n } fields
}
new-name = Topic
new-name-hint = In short, for example: Street lighting and pavements
new-topic = What we will talk about (optional)
new-topic-hint = In a few sentences: what is under consideration and what is worth asking.
new-when = When
new-date = Date
new-time = Time
new-recorded = Will the conversation be recorded?
new-recorded-yes = Yes, publish a recording in the archive
new-recorded-yes-text = You start recording yourself during the conversation. Residents are told before they enter.
new-recorded-no = No, do not record
new-recorded-no-text = There will be no record button in the conversation.
new-retention = How long the recording is kept
new-retention-hint = After this time the recording is removed from the archive.
new-end = End
new-minutes = How long each resident has
minutes-each = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
new-audience = Who may take part
new-anyone = Everyone, signed in or not
new-anyone-text = Residents who have not signed in are called “Voice 1”, “Voice 2”; nobody learns their name.
new-identified = Only residents who have signed in
new-identified-text = They still choose whether to speak by name or anonymously.
new-error-end = The end must be later than the beginning, by at most 12 hours.
new-submit = Announce the reception
new-error-title = Write a topic of at most 200 characters.
new-error-topic = Make the description shorter.
new-error-date = Choose a date and time in the future.
call-no-script = The conversation needs JavaScript
call-no-script-text = Turn it on in your browser and open the page again, or take part by phone.
call-back = Back to the reception’s page
