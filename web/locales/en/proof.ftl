# The check of a record of the civic log, made by the browser.
proof-running = Checking…
proof-ok = Verified
proof-ok-text = This record is in the signed log of { $n ->
    [one] { $n } record
   *[other] { $n } records
} and was not changed.
proof-wrong = Does not match
proof-wrong-text = The record or the log was changed. Please call us: 8 800 20 000.
proof-early = Not signed yet
proof-early-text = The record is brand new. Try again in a few seconds.
proof-unable = Your browser cannot do this
proof-unable-text = It computes only over a secure connection (https).
proof-failed = The check did not work
proof-failed-text = The server did not answer. Check your connection.
proof-again = Check again
proof-steps = Show each step
proof-step-record = The fingerprint computed from the record is the one that is written.
proof-step-leaf = The fingerprint gives a leaf of the tree.
proof-step-path = { $n ->
    [one] { $n } step from the leaf to the top of the tree.
   *[other] { $n } steps from the leaf to the top of the tree.
}
proof-step-root = The top is the one that the server has signed.
proof-step-signature = The signature is right. Signed by { $origin }.
proof-step-unsigned = This browser cannot check such signatures (Ed25519).
proof-mark-right = Matches
proof-mark-wrong = Does not match
proof-mark-unknown = Unknown
