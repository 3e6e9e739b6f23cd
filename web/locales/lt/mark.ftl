# The mark beside a name, in a call and in its replay.

mark-verified = Patvirtintas gyventojas
mark-said = Tapatybė:
mark-viisp = VIISP
mark-oidc = tapatybės paslauga
mark-eticket = Kauno kortelė
mark-low = žemas lygis
mark-substantial = pakankamas lygis
mark-high = aukštas lygis
mark-made-up = išgalvotas žmogus
