# Live rooms: what those see who look after the server.

ops-wait = Waiting for the first numbers
ops-fresh = Renewed every { $s } s
ops-lost = No numbers are coming.
ops-lost-since = What is shown is from { $clock }. Trying again.
ops-lost-never = Trying again.
ops-out = You are signed out, or may not look here.
ops-sign-in = Sign in again
ops-media-silent = The media server does not answer.
ops-media-silent-text = Calls may not work. Look into the server's log.

ops-rooms = Rooms
ops-connected = Connected
ops-leaving = Sending
ops-coming = Receiving
ops-cpu = Processor
ops-none = Nobody is talking now
ops-none-text = A room will be here as soon as somebody enters it.
ops-more =
    { $n ->
        [one] { $n } more room is not shown here.
       *[other] { $n } more rooms are not shown here.
    }
ops-room-check = Connection check
ops-room-other = Room { $room }
ops-people =
    { $n ->
        [one] { $n } participant
       *[other] { $n } participants
    }
ops-viewers = watching: { $n }
ops-opened-now = opened just now
ops-opened = opened { $time } ago
ops-minutes = { $n } min
ops-hours = { $h } h { $n } min
ops-recording-on = Recording
ops-recording-starting = Recording is starting
ops-recording-failed = Recording failed
ops-recording-off = Not recorded

ops-loss = Lost
ops-loss-both = Lost sending; receiving
ops-rtt = Round trip
ops-estimate = Estimated speed
ops-paused = Pictures paused
ops-layers = Layers
ops-layers-of = { $sent } sent, { $wanted } needed
ops-keyframes = Keyframes asked for
ops-unknown = not known
ops-ms = { $n } ms
ops-percent = { $n } %
ops-packets = { $n } pkt/s

ops-chart-traffic = Traffic
ops-chart-cpu = The busiest shard
ops-chart-loss = Packets lost
ops-chart-rtt = The longest round trip
ops-chart-spark = Sent in the last minute
ops-chart-says = { $name }: now { $now }, at most { $most }.
ops-chart-line = { $name }: { $now }
ops-chart-from = 10 min ago
ops-chart-to = now
ops-chart-table = Numbers in a table
ops-chart-when = Time
ops-chart-average = average of a minute
ops-chart-nothing = No numbers yet.
ops-ago = { $n } min ago
ops-this-minute = this minute

ops-shards = Shards
ops-shard = Shard
ops-shard-packets-in = Receiving
ops-shard-packets-out = Sending
ops-shard-dropped = Did not fit into queues

ops-seats = Seats
ops-seat = Seat { $n }
ops-role-host = hosts
ops-role-participant = takes part
ops-role-viewer = watches
ops-seat-away = connection broken
ops-seat-no-media = no media connection
ops-seat-tcp = by TCP
ops-sends = Sends
ops-receives = Receives
ops-sends-nothing = nothing
ops-seat-paused =
    { $n ->
        [one] { $n } picture paused: the line is too weak
       *[other] { $n } pictures paused: the line is too weak
    }
ops-source-microphone = Microphone
ops-source-camera = Camera
ops-source-screen = Screen
ops-layer-lines = { $lines } lines
ops-layer-off = not sent
ops-layer-unneeded = not needed
ops-gone = The room has closed
ops-gone-text = Everybody left. Go back to the list of rooms.
