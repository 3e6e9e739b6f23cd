# Signing in at a public terminal by one's phone.
way-phone = Savo telefonu
way-phone-text = Viešam terminalui: nuskaitykite kodą ir patvirtinkite telefone. Baigus naršyklė išvaloma
way-phone-tag = Nieko nerašote
phone-title = Prisijunkite telefonu
phone-lead = Ekrane pasirodys kodas. Nuskaitykite jį telefonu, prisijunkite telefone ir patvirtinkite. Čia nieko rašyti nereikia.
phone-begin = Prisijungti telefonu
phone-other-way = Kiti būdai
phone-step-scan = Nuskaitykite kodą telefono kamera
phone-step-or = Arba telefone atverkite
phone-step-type = ir įrašykite:
phone-step-number = Telefone pasirinkite šį skaičių
phone-step-confirm = Telefone spauskite „Patvirtinti“
phone-step-itself = Šis ekranas prisijungs pats.
phone-until = Kodas galioja iki { $clock }
phone-qr-label = QR kodas, kurį nuskaito telefonas
phone-ready = Telefone patvirtinote. Galite tęsti.
phone-go-on = Tęsti
phone-i-confirmed = Patvirtinau
phone-refused = Telefone atsisakyta arba pasirinktas kitas skaičius. Galite pradėti iš naujo.
phone-expired = Kodo laikas baigėsi. Galite pradėti iš naujo.
phone-too-many = Per daug bandymų. Palaukite kelias minutes ir bandykite dar kartą.
phone-code-title = Patvirtinti prisijungimą terminale
phone-code-lead = Įrašykite kodą, kurį matote terminalo ekrane.
phone-code-label = Kodas
phone-code-hint = Aštuonios raidės, pavyzdžiui, WDJB-MJHT
phone-code-button = Toliau
phone-code-wrong = Kodą sudaro aštuonios raidės be balsių. Patikrinkite ir įrašykite dar kartą.
phone-code-over = Tokio kodo nėra, jis jau panaudotas arba jo laikas baigėsi. Terminale pradėkite iš naujo.
phone-decide-title = Prisijungti viešame terminale?
phone-device = Prašo
phone-asks-since = Nuo
phone-since =
    { $n ->
        [0] { $clock }, ką tik
        [one] { $clock }, prieš { $n } minutę
        [few] { $clock }, prieš { $n } minutes
       *[other] { $clock }, prieš { $n } minučių
    }
phone-which = Kurį skaičių matote terminalo ekrane?
phone-which-missing = Pasirinkite skaičių, kurį rodo terminalas.
phone-decide-warning = Tvirtinkite tik stovėdami prie terminalo. Jei kodą kas nors atsiuntė, atsisakykite.
phone-refuse = Atsisakyti
phone-confirm = Patvirtinti
phone-confirmed = Patvirtinta
phone-confirmed-text = Terminalas prisijungs pats. Baigę spauskite jame „Baigti“; atjungti galite ir čia, telefone.
phone-wrong-number = Terminalas rodo kitą skaičių
phone-wrong-number-text = Neprisijungta. Jei stovite prie terminalo, jame pradėkite iš naujo. Jei kodą kas nors atsiuntė, daugiau nieko nedarykite.
phone-you-refused = Atsisakyta
phone-you-refused-text = Terminalas neprisijungė, kodas nebegalioja.
terminal-tag = Terminalas
terminal-text = prisijungė šiame terminale
terminal-end = Baigti
terminal-ask = Ar dar čia?
terminal-ask-text = Jei nieko nepaspausite, baigsime. Liko sekundžių:
terminal-stay = Taip, dar čia
terminal-ended = Baigta
terminal-ended-text = Šiame terminale nebesate prisijungę.
terminal-no-rights = Viešame terminale teisių negaunama: baigus jos dingtų kartu su naršyklės duomenimis. Prisijunkite savo telefone ar kompiuteryje.
terminal-not-here = Duomenis atsisiųsti, ištrinti paskyrą ar keisti prisijungimo būdus galite savo telefone ar kompiuteryje, ne viešame terminale.
