# Pokalbis: laukiamasis, kambarys, atsisveikinimas.

call-brand = Aikštė
call-page-title = { $view } – Aikštė
call-phone-word = Nemokamai
call-voice = Balsas { $number }

## Laukiamasis

call-lobby-title = Laukiamasis
call-equipment = 1. Patikrinkite įrangą
call-preview = Taip jus matys kiti
call-preview-camera-off = Kamera išjungta
call-asking = Naršyklė klausia, ar leidžiate naudoti kamerą ir mikrofoną. Pasirinkite „Leisti“.
call-camera-turn-on = Įjungti kamerą
call-camera-turn-off = Išjungti kamerą
call-microphone-try = Įjungti mikrofoną
call-devices-change = Pakeisti įrangą
call-device-camera = Kamera
call-device-microphone = Mikrofonas
call-device-speaker = Garsiakalbis
call-device-default = Naršyklės numatytasis
call-device-nameless = Įrenginys Nr. { $number }
call-noise = Slopinti foninį triukšmą
call-noise-hint = Išjunkite, jei turi girdėtis muzika ar aplinkos garsai.
call-meter-heard = girdime jus
call-meter-silent = kol kas tylu
call-meter-none = mikrofonas neįjungtas
call-sound = Garsas
call-sound-test = Paleisti bandomąjį garsą
call-sound-playing = Girdite bandomąjį garsą

call-problem-camera-refused = Naršyklei neleista naudoti kameros. Leidimą pakeisite paspaudę spynelės ženklą prie adreso. Dalyvauti galite ir be kameros.
call-problem-camera-missing = Kameros nerandame. Prijunkite ją arba dalyvaukite be kameros.
call-problem-camera-busy = Kamerą naudoja kita programa. Užverkite ją ir dar kartą įjunkite kamerą.
call-problem-camera-unplugged = Kamera atjungta. Jūsų nebematyti, bet girdėti. Prijungę kamerą, įjunkite ją iš naujo.
call-problem-camera-failed = Kameros įjungti nepavyko. Pabandykite dar kartą arba dalyvaukite be kameros.
call-problem-microphone-refused = Naršyklei neleista naudoti mikrofono. Leidimą pakeisite paspaudę spynelės ženklą prie adreso. Be mikrofono galite tik klausytis.
call-problem-microphone-missing = Mikrofono nerandame. Prijunkite jį arba tik klausykitės.
call-problem-microphone-busy = Mikrofoną naudoja kita programa. Užverkite ją ir dar kartą įjunkite mikrofoną.
call-problem-microphone-unplugged = Mikrofonas atjungtas. Jūsų negirdėti. Prijungę mikrofoną, įjunkite jį iš naujo.
call-problem-microphone-changed = Mikrofonas buvo atjungtas. Patikrinkite, ar jus girdėti.
call-problem-microphone-failed = Mikrofono įjungti nepavyko. Pabandykite dar kartą.

call-how = 2. Kaip dalyvausite?
call-as-name = Savo vardu
call-as-name-hint = Visi matys jūsų vardą ({ $name }), kaip patvirtinta tapatybė, ir vaizdą.
call-as-name-sign-in = Pirma reikia prisijungti.
call-sign-in = Prisijungti ir grįžti čia
call-as-anonymous = Anonimiškai
call-as-anonymous-hint = Vietoj vardo – „Balsas“ ir skaičius, vietoj vaizdo – siluetas. Kamera neįjungiama. Prisijungti nereikia.
call-as-anonymous-voice = Balsas nekeičiamas: jus pažįstantys žmonės gali jį atpažinti.
call-as-verified = Anonimiškai, kaip patvirtintas gyventojas
call-as-verified-hint = Kiti matys „Balsas“ su numeriu ir ženklą „Patvirtintas gyventojas“. Kamera išjungta.
call-as-verified-token = Sistema žino, kad esate gyventojas, bet įraše ir duomenų bazėje nėra ryšio su jūsų vardu. Balsą gali atpažinti tie, kas jus pažįsta.
call-as-verified-session = Ši naršyklė teisių saugoti nemoka, todėl serveris šią akimirką matys, kas prašo vietos. Kiti jūsų vardo nematys.

call-recording = 3. Įrašas
call-recorded-name = Pokalbis bus įrašomas: jūsų vardas, balsas ir vaizdas, jei kamera įjungta.
call-recorded-anonymous = Pokalbis bus įrašomas: jūsų balsas ir žyma „Balsas“ su skaičiumi. Vardas ir vaizdas neįrašomi.
call-recorded-kept =
    { $days ->
        [0] Įrašas bus skelbiamas archyve.
        [one] Įrašas bus skelbiamas archyve ir saugomas { $days } dieną.
        [few] Įrašas bus skelbiamas archyve ir saugomas { $days } dienas.
        [many] Įrašas bus skelbiamas archyve ir saugomas { $days } dienos.
       *[other] Įrašas bus skelbiamas archyve ir saugomas { $days } dienų.
    }
call-not-recorded = Šis pokalbis neįrašomas.
call-consent = Sutinku, kad pokalbis būtų įrašomas ir skelbiamas archyve
call-consent-hint = Kada įrašoma, visada matysite kambario viršuje.
call-consent-missing = Be šio sutikimo į įrašomą pokalbį įeiti negalima. Pažymėkite langelį arba skambinkite telefonu.
call-consent-no = Jei nesutinkate
call-consent-no-text = Įeiti į įrašomą pokalbį neprivalote. Paskambinkite nemokamai, ir operatorius užrašys jūsų klausimą:

call-enter = Įeiti į pokalbį
call-enter-without-camera = Įeiti be kameros
call-open = Pradėti priėmimą
call-open-failed = Pradėti nepavyko. Pabandykite dar kartą.
call-opened = Priėmimas prasidėjo, galite įeiti.
call-open-eyebrow = Priėmimas vyksta
call-open-now = Dabar
call-open-text = Priima { $name }. Patikrinkite įrangą ir įeikite.
call-waiting-eyebrow = Priėmimas dar neprasidėjo
call-waiting = Priims { $name }. Likite šiame puslapyje: kai priėmimas prasidės, čia atsiras mygtukas „Įeiti į pokalbį“.
call-waiting-host = Gyventojai įeiti galės, kai pradėsite priėmimą.
call-help = Jei kas nors neveikia
call-help-check = Patikrinti ryšį ir įrangą
call-help-text = Skambinkite nemokamai, operatorius užrašys jūsų klausimą:

## Kambarys

call-tiles = Dalyvių vaizdai
call-tiles-rest =
    { $count ->
        [one] dalyvis
        [few] dalyviai
       *[other] dalyvių
    }
call-alone = Kol kas čia tik jūs. Kiti atsiras šalia, kai prisijungs.
call-connecting-long = Jungiamės prie pokalbio…
call-connecting = Jungiamasi
call-connected = Ryšys geras
call-reconnecting = Jungiamasi iš naujo
call-lost = Ryšio nėra
call-line-weak = Jūsų ryšys silpnas
call-line-fair = Ryšys vidutinis
call-line-shrunk = kitų vaizdas sumažintas
call-line-silent = garsas jūsų nepasiekia
call-line-paused = kitų vaizdas sustabdytas, kad girdėtumėte
call-line-lossy = dalis garso ir vaizdo nepasiekia
call-line-late = garsas vėluoja
call-line-frozen = kitų vaizdas stringa
call-line-reduced = jūsų vaizdas sumažintas
call-line-slow = jūsų įrenginys nespėja, vaizdas sumažintas
call-speaks = Kalba
call-speaks-now = kalba dabar
call-muted = mikrofonas išjungtas
call-unmuted = mikrofonas įjungtas
call-away = nutrūko ryšys
call-host = priima
call-own-name = { $name } (jūs)
call-pin = Laikyti matomą: { $name }
call-pin-title = Laikyti matomą
call-unpin-title = Nebelaikyti matomo

call-rec-on = Įrašoma
call-rec-off = Neįrašoma
call-rec-starting = Pradedama įrašyti
call-rec-failed = Neįrašoma: klaida
call-rec-time = Įrašoma { $time }

call-controls = Pokalbio valdymas
call-mic = Mikrofonas
call-camera = Kamera
call-on = įjungtas
call-off = išjungtas
call-on-f = įjungta
call-off-f = išjungta
call-people = Dalyviai
call-people-count =
    { $count ->
        [one] { $count } dalyvis
        [few] { $count } dalyviai
        [many] { $count } dalyvio
       *[other] { $count } dalyvių
    }
call-viewers = stebi: { $count }
call-record = Įrašymas
call-record-runs = vyksta
call-record-not = nevyksta
call-leave = Išeiti
call-end = Baigti priėmimą
call-end-title = Baigti priėmimą?
call-end-text = Pokalbis baigsis visiems dalyviams, įrašas bus paskelbtas archyve. Pratęsti nebus galima.
call-end-not = Tęsti priėmimą
call-close = Užverti

call-shortcuts = Greitieji klavišai
call-shortcuts-on = Greitieji klavišai veikia
call-shortcut-mic = įjungti arba išjungti mikrofoną
call-shortcut-camera = įjungti arba išjungti kamerą
call-shortcut-people = rodyti arba slėpti dalyvius
call-shortcut-list = šis sąrašas

call-notice-restart = Atnaujinamas serveris. Po kelių sekundžių prisijungsite savaime, nieko daryti nereikia.
call-notice-reconnecting = Nutrūko ryšys. Jungiamės iš naujo, jūsų vieta laikoma.
call-notice-paused-text = Vaizdas grįš, kai ryšys sustiprės.
call-notice-weak-text = Jei trūkinėja, išjunkite kamerą.
call-notice-sound = Naršyklė neleido groti garso, todėl kitų negirdite.
call-notice-sound-do = Įjungti garsą
call-notice-disk = Įrašymas sustojo: baigėsi vieta. Pokalbis tęsiasi neįrašomas.
call-notice-recording-failed = Įrašyti nepavyko. Pokalbis tęsiasi neįrašomas.
call-notice-end = Baigti priėmimo nepavyko. Pabandykite dar kartą.
call-notice-forbidden = Šio veiksmo jums atlikti neleista.
call-notice-other = Serveris atsisakė tai padaryti ({ $code }).
call-notice-close = Supratau

call-said-joined = Prisijungė { $name }.
call-said-left = Išėjo { $name }.
call-said-mic-on = Mikrofonas įjungtas.
call-said-mic-off = Mikrofonas išjungtas.
call-said-camera-on = Kamera įjungta.
call-said-camera-off = Kamera išjungta.
call-said-reconnecting = Nutrūko ryšys, jungiamės iš naujo.
call-said-reconnected = Ryšys atkurtas.
call-said-recording-on = Pokalbis įrašomas.
call-said-recording-off = Pokalbis nebeįrašomas.
call-said-recording-failed = Įrašyti nepavyko, pokalbis neįrašomas.

## Po pokalbio ir klaidos

call-left-title = Išėjote iš pokalbio
call-left-over = Priėmimas baigtas
call-left-thanks = Ačiū, kad dalyvavote.
call-left-recorded =
    { $days ->
        [0] Jei pokalbis buvo įrašomas, įrašą rasite archyve.
        [one] Jei pokalbis buvo įrašomas, įrašą rasite archyve. Jis saugomas { $days } dieną.
        [few] Jei pokalbis buvo įrašomas, įrašą rasite archyve. Jis saugomas { $days } dienas.
        [many] Jei pokalbis buvo įrašomas, įrašą rasite archyve. Jis saugomas { $days } dienos.
       *[other] Jei pokalbis buvo įrašomas, įrašą rasite archyve. Jis saugomas { $days } dienų.
    }
call-again = Grįžti į laukiamąjį
call-to-archive = Eiti į archyvą
call-to-conference = Priėmimo puslapis
call-try-again = Bandyti dar kartą
call-reload = Atverti iš naujo
call-phone-instead = Klausimą galite pasakyti ir telefonu, operatorius jį užrašys:

call-error-title = Prisijungti nepavyko
call-error-no-webrtc = Ši naršyklė negali skambinti
call-error-no-webrtc-text = Atverkite puslapį naujesne „Chrome“, „Firefox“, „Edge“ arba „Safari“ naršykle. Kamera ir mikrofonas veikia tik saugiu (https) ryšiu.
call-error-ended = Priėmimas jau baigtas
call-error-ended-text = Jei pokalbis buvo įrašomas, įrašą rasite archyve.
call-error-not-open = Priėmimas dar neprasidėjo
call-error-not-open-text = Palaukite laukiamajame: pasakysime, kai galėsite įeiti.
call-error-not-found = Tokio priėmimo nėra
call-error-not-found-text = Nuoroda pasenusi arba joje yra klaida.
call-error-ticket = Leidimas įeiti nebegalioja
call-error-ticket-text = Taip nutinka, kai puslapis ilgai buvo atvertas. Atverkite jį iš naujo.
call-error-sign-in = Savo vardu dalyvauti galima tik prisijungus
call-error-sign-in-text = Atverkite puslapį iš naujo ir prisijunkite arba dalyvaukite anonimiškai.
call-error-eldership = Šis priėmimas – tik vienos seniūnijos gyventojams
call-error-eldership-text = Gyventojų registro išrašas nepatvirtino, kad joje gyvenate.
call-error-token = Patvirtinto gyventojo vieta jau panaudota
call-error-token-text = Vieną priėmimą atitinka viena tokia vieta. Atverkite puslapį iš naujo ir dalyvaukite anonimiškai arba savo vardu.
call-error-full = Kambaryje nebėra vietų
call-error-full-text = Pabandykite po kelių minučių: vieta atsiranda, kai kas nors išeina.
call-error-replaced = Jūsų vieta perkelta kitur
call-error-replaced-text = Prie šio pokalbio prisijungėte kitame lange arba įrenginyje. Čia pokalbis baigtas.
call-error-network = Nutrūko ryšys
call-error-network-text = Prisijungti iš naujo nepavyko. Patikrinkite interneto ryšį ir bandykite dar kartą.
call-error-version = Puslapis pasenęs
call-error-version-text = Aikštė atnaujinta. Atverkite puslapį iš naujo.
call-error-other = Prisijungti nepavyko
call-error-other-text = Klaida mūsų pusėje ({ $code }). Bandykite dar kartą.
