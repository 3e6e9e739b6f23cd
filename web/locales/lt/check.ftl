# Ryšio ir įrangos patikra.

check-start = Pradėti patikrą
check-again = Tikrinti dar kartą
check-running = Tikrinama: { $name }
check-running-short = Tikrinama
check-busy = Šiuo metu tikrina daug žmonių. Pabandykite po minutės.

check-name-secure = Saugus ryšys (https)
check-name-camera = Kamera
check-name-microphone = Mikrofonas
check-name-speaker = Garsiakalbis
check-name-socket = Ryšys su serveriu
check-name-udp = Garso ir vaizdo kelias (UDP)
check-name-tcp = Atsarginis kelias (TCP)
check-name-relay = Kelias per tarpininką (TURN)
check-name-roundtrip = Atsako laikas
check-name-down = Atsisiuntimo sparta
check-name-up = Išsiuntimo sparta

check-result-waiting = dar netikrinta
check-result-running = tikrinama
check-result-ok = veikia
check-result-fair = veikia ribotai
check-result-bad = neveikia
check-result-none = netikrinama

check-measured-ok = gerai
check-measured-fair = vidutiniškai
check-measured-bad = silpnai

check-verdict-ok = Viskas veikia. Galite dalyvauti pokalbyje.
check-verdict-speaker = Dar patikrinkite garsiakalbį: paleiskite bandomąjį garsą.
check-verdict-fair = Dalyvauti galėsite, bet ne viskas veikia. Žemiau parašyta, ką galite pataisyti.
check-verdict-bad = Dalyvauti iš čia nepavyks. Žemiau parašyta, kodėl. Klausimą galite pasakyti ir telefonu.

check-will = Kas veiks
check-will-way-udp = Garsas ir vaizdas eis tiesiausiu keliu (UDP).
check-will-way-tcp = Garsas ir vaizdas eis atsarginiu keliu (TCP). Silpname tinkle jie gali vėluoti.
check-will-way-relay = Garsas ir vaizdas eis per tarpininką (TURN). Jie gali šiek tiek vėluoti.
check-will-out-full = Kiti jus matys ir girdės.
check-will-out-small = Kiti jus girdės, jūsų vaizdas bus mažesnis.
check-will-out-sound = Kiti jus girdės, bet nematys. Kalbėkite be kameros.
check-will-out-none = Kiti jūsų negirdės, kol neveikia mikrofonas. Klausytis galėsite.
check-will-in-full = Jūs matysite ir girdėsite kitus.
check-will-in-small = Jūs girdėsite kitus, jų vaizdas bus mažesnis.
check-will-in-sound = Jūs girdėsite kitus, bet jų vaizdas gali sustoti.

check-secure-advice = Atverkite puslapį adresu, kuris prasideda https.
check-devices-advice = Ši naršyklė kameros ir mikrofono neduoda. Pabandykite naujesne naršykle, saugiu (https) ryšiu.
check-speaker-advice = Patikrinkite, ar garsas nenutildytas ir ar pasirinktas tinkamas garsiakalbis.
check-socket-advice = Tinklas nepraleidžia pokalbio ryšio (WebSocket). Pabandykite kitą tinklą arba išjunkite VPN.
check-webrtc-advice = Ši naršyklė negali skambinti. Pabandykite naujesne naršykle.
check-udp-advice = Tinklas nepraleidžia garso ir vaizdo (UDP). Taip būna įstaigų tinkluose: pabandykite kitą tinklą arba mobilųjį internetą.
check-tcp-advice = Tinklas nepraleidžia atsarginio kelio.
check-tcp-none = Serveris šio kelio nesiūlo.
check-relay-advice = Tarpininko pasiekti nepavyko.
check-spare = Dabar jo nereikia: tiesus kelias veikia.
check-roundtrip-advice = Atsakymai vėluos: palaukite, kol kitas baigs kalbėti.
check-down-advice = Kitų vaizdas gali būti mažas arba strigti. Priartėkite prie maršrutizatoriaus arba junkitės laidu.
check-up-advice = Jūsų vaizdas gali būti mažas. Jei trūkinėja, kalbėkite be kameros.
check-more = Daugiau kaip { $speed }
check-ms = { $ms } ms.

check-tone = Paleisti bandomąjį garsą
check-tone-playing = Girdite bandomąjį garsą
check-heard = Ar girdėjote?
check-heard-yes = Girdėjau
check-heard-no = Negirdėjau

check-devices-off = Išjungti kamerą ir mikrofoną
check-copy = Kopijuoti ataskaitą
check-copied = Ataskaita nukopijuota.
check-copy-failed = Nukopijuoti nepavyko. Ataskaitą pažymėkite ir nukopijuokite patys:
check-report-title = Aikštės patikra
check-report-browser = Naršyklė: { $browser }
