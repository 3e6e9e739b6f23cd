# Passkeys: the section of one's account, the page that asks for one, and the bar of who has not shown one yet.
passkey-title = Prieigos raktai
passkey-text = Pareigoms eiti neužtenka patvirtintos tapatybės: prisijungę dar parodykite prieigos raktą – telefoną, kompiuterį arba saugos raktą, atrakinamą pirštu, veidu ar PIN kodu.
passkey-none = Prieigos rakto dar neturite. Kol jo nepridėsite, galite tai, ką gali kiekvienas gyventojas.
passkey-created = Pridėtas
passkey-used = Paskutinį kartą naudotas
passkey-used-never = dar ne
passkey-synced = Gali būti kopijuojamas į kitus jūsų įrenginius
passkey-bound = Tik viename įrenginyje
passkey-codes = Atkūrimo kodai
passkey-codes-left = { $n ->
    [0] Kodų nebeliko.
    [one] Liko { $n } kodas.
    [few] Liko { $n } kodai.
   *[other] Liko { $n } kodų.
}
passkey-spent = Panaudotas atkūrimo kodas
passkey-spent-text = { $when }. Jei tai ne jūs, kreipkitės į administratorių.
passkey-ask-title = Parodykite prieigos raktą
passkey-ask-lead = Jūsų tapatybė patvirtinta. Kad galėtumėte eiti pareigas, patvirtinkite, kad tai tikrai jūs.
passkey-ask-none = Pirmiausia pridėkite raktą.
passkey-ask-done = Raktas parodytas
passkey-ask-done-text = Pareigų teisės veikia.
passkey-as-resident = Tęsti kaip gyventojui
passkey-go-on = Tęsti
passkey-due = Pareigų teisės dar neveikia.
passkey-due-link = Parodyti prieigos raktą
passkey-no-script = Prieigos raktui reikia „JavaScript“
passkey-no-script-text = Įjunkite jį šioje naršyklėje.
account-act-passkey-added = pridėjote prieigos raktą
account-act-passkey-removed = pašalinote prieigos raktą
account-act-passkey-recovered = panaudotas atkūrimo kodas
account-act-passkey-codes-made = sudaryti nauji atkūrimo kodai
account-act-passkey-reset = administratorius panaikino prieigos raktus
