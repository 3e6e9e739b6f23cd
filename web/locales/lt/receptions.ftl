# Receptions: list, one of them, and what its host does.
receptions-title = Priėmimai
receptions-lead = Tarybos nariai ir miesto vadovai atsako gyventojams vaizdo skambučiu.
receptions-now = Vyksta dabar
receptions-coming = Artėjantys
receptions-past = Buvę
receptions-none = Priėmimų nepaskelbta
receptions-none-text = Paskelbtas priėmimas čia atsiras su tema ir laiku. Klausimą jau dabar galite palikti telefonu 8 800 20 000.
reception-lead = { $minutes ->
    [one] Priėmimo valanda vaizdo skambučiu. Kiekvienam gyventojui skiriama iki { $minutes } minutės.
   *[other] Priėmimo valanda vaizdo skambučiu. Kiekvienam gyventojui skiriama iki { $minutes } minučių.
}
reception-identified = Šiame priėmime dalyvauja tik prisijungę gyventojai. Kalbėti vis tiek galima neprisistačius.
reception-topic = Apie ką kalbėsime
reception-record-heading = Kas įrašoma
reception-recorded = Šis pokalbis gali būti įrašomas
reception-recorded-text = { $days ->
    [one] Įrašymą pradeda ir baigia priėmimo vedėjas; visi mato, kada jis vyksta. Įrašas archyve saugomas { $days } dieną.
    [few] Įrašymą pradeda ir baigia priėmimo vedėjas; visi mato, kada jis vyksta. Įrašas archyve saugomas { $days } dienas.
   *[other] Įrašymą pradeda ir baigia priėmimo vedėjas; visi mato, kada jis vyksta. Įrašas archyve saugomas { $days } dienų.
}
reception-not-recorded = Šis pokalbis neįrašomas
reception-not-recorded-text = Po pokalbio nelieka nei vaizdo, nei garso.
reception-privacy = Plačiau apie įrašus ir jūsų teises
reception-recordings = Šio priėmimo įrašai
reception-no-recording = Šio priėmimo įrašo nėra.
reception-open-now = Priėmimas jau prasidėjo.
reception-go-open = Prieš įeidami pamatysite savo vaizdą ir išgirsite, ar veikia mikrofonas.
reception-go-early = Laukiamajame galite jau dabar patikrinti kamerą ir mikrofoną.
reception-accessible = Prieinamumas
reception-accessible-anonymous = Galima kalbėti neprisistačius
reception-accessible-camera = Galima dalyvauti be kameros
reception-accessible-keyboard = Viskas valdoma klaviatūra
watch-recording = Žiūrėti įrašą
host-heading = Priėmimo vedėjui
host-announced-text = Kai pradėsite, gyventojai galės įeiti iš laukiamojo.
host-open-text = Baigus priėmimą visi dalyviai išeis, o įrašymas sustos.
host-ended-text = Priėmimas baigtas.
host-open = Pradėti priėmimą
host-end = Baigti priėmimą
end-title = Baigti priėmimą?
end-text = Visi dalyviai išeis iš pokalbio. Pradėti to paties priėmimo iš naujo nebus galima.
end-stay = Tęsti priėmimą
new-reception = Skelbti priėmimą
new-title = Naujas priėmimas
new-lead = Gyventojai priėmimą pamatys iškart, kai jį paskelbsite.
new-errors = { $n ->
    [one] Pataisykite { $n } laukelį
    [few] Pataisykite { $n } laukelius
   *[other] Pataisykite { $n } laukelių
}
new-name = Tema
new-name-hint = Trumpai, pavyzdžiui: Gatvių apšvietimas ir šaligatviai
new-topic = Apie ką kalbėsime (nebūtina)
new-topic-hint = Keliais sakiniais: kas bus svarstoma ir ko verta klausti.
new-when = Kada
new-date = Data
new-time = Valanda
new-recorded = Ar pokalbis bus įrašomas?
new-recorded-yes = Taip, įrašą skelbti archyve
new-recorded-yes-text = Įrašymą pradėsite patys pokalbio metu. Gyventojai apie tai sužinos prieš įeidami.
new-recorded-no = Ne, neįrašyti
new-recorded-no-text = Įrašymo mygtuko pokalbyje nebus.
new-retention = Kiek laiko saugoti įrašą
new-retention-hint = Pasibaigus šiam laikui įrašas pašalinamas iš archyvo.
new-end = Pabaiga
new-minutes = Kiek laiko skirti vienam gyventojui
minutes-each = { $n ->
    [one] { $n } minutė
    [few] { $n } minutės
   *[other] { $n } minučių
}
new-audience = Kas gali dalyvauti
new-anyone = Visi, ir neprisijungę
new-anyone-text = Neprisijungę gyventojai vadinami „Balsas 1“, „Balsas 2“; jų vardo niekas nesužino.
new-identified = Tik prisijungę gyventojai
new-identified-text = Jie vis tiek gali rinktis, ar kalbėti savo vardu, ar anonimiškai.
new-error-end = Pabaiga turi būti vėlesnė už pradžią, bet ne daugiau kaip 12 valandų.
new-submit = Paskelbti priėmimą
new-error-title = Įrašykite temą, ne ilgesnę kaip 200 ženklų.
new-error-topic = Sutrumpinkite aprašymą.
new-error-date = Pasirinkite būsimą datą ir valandą.
call-no-script = Pokalbiui reikia įjungto „JavaScript“
call-no-script-text = Įjunkite jį naršyklėje ir atverkite puslapį iš naujo arba dalyvaukite telefonu.
call-back = Grįžti į priėmimo puslapį
