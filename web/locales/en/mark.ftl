# The mark beside a name, in a call and in its replay.

mark-verified = Verified resident
mark-said = Identity:
mark-viisp = VIISP
mark-oidc = identity service
mark-eticket = Kauno kortelė card
mark-low = low level
mark-substantial = substantial level
mark-high = high level
mark-made-up = a fictional person
