# The check of a record of the civic log, made by the browser.
proof-running = Tikrinama…
proof-ok = Patikrinta
proof-ok-text = Šis įrašas yra pasirašytame { $n ->
    [one] { $n } įrašo žurnale
    [few] { $n } įrašų žurnale
   *[other] { $n } įrašų žurnale
} ir nepakeistas.
proof-wrong = Nesutampa
proof-wrong-text = Įrašas arba žurnalas pakeistas. Praneškite mums telefonu 8 800 20 000.
proof-early = Dar nepasirašyta
proof-early-text = Įrašas visai naujas. Pabandykite po kelių sekundžių.
proof-unable = Naršyklė to nemoka
proof-unable-text = Skaičiuoti galima tik saugiu ryšiu (https).
proof-failed = Patikrinti nepavyko
proof-failed-text = Serveris neatsakė. Patikrinkite interneto ryšį.
proof-again = Tikrinti dar kartą
proof-steps = Rodyti kiekvieną žingsnį
proof-step-record = Iš įrašo turinio suskaičiuotas jo atspaudas sutampa su užrašytu.
proof-step-leaf = Iš atspaudo gautas medžio lapas.
proof-step-path = { $n ->
    [one] Nuo lapo iki medžio viršūnės – { $n } žingsnis.
    [few] Nuo lapo iki medžio viršūnės – { $n } žingsniai.
   *[other] Nuo lapo iki medžio viršūnės – { $n } žingsnių.
}
proof-step-root = Viršūnė ta pati, kurią pasirašė serveris.
proof-step-signature = Parašas tikras. Pasirašė { $origin }.
proof-step-unsigned = Ši naršyklė parašų (Ed25519) tikrinti nemoka.
proof-mark-right = Sutampa
proof-mark-wrong = Nesutampa
proof-mark-unknown = Nežinoma
