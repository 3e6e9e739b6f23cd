# Įrašo grotuvas.

replay-player = Grotuvas
replay-loading = Įrašas kraunamas…
replay-preparing = Pokalbis ką tik baigėsi. Įrašas ruošiamas, tai trunka kelias sekundes…
replay-buffering = Laukiama duomenų…
replay-play = Leisti
replay-pause = Pristabdyti
replay-back = 10 sekundžių atgal
replay-forward = 10 sekundžių pirmyn
replay-mute = Be garso
replay-volume = Garsumas
replay-speed = Greitis: { $speed } karto
replay-full = Visas ekranas
replay-everyone = Visi dalyviai
replay-position = Įrašo vieta
replay-position-text = { $position } iš { $duration }
replay-hours =
    { $count ->
        [one] { $count } valanda
        [few] { $count } valandos
        [many] { $count } valandos
       *[other] { $count } valandų
    }
replay-minutes =
    { $count ->
        [one] { $count } minutė
        [few] { $count } minutės
        [many] { $count } minutės
       *[other] { $count } minučių
    }
replay-seconds =
    { $count ->
        [one] { $count } sekundė
        [few] { $count } sekundės
        [many] { $count } sekundės
       *[other] { $count } sekundžių
    }

replay-voice = Balsas { $number }
replay-someone = Vardas pašalintas
replay-speaks = kalba
replay-silent = tyli
replay-missing-sound = Garso čia nėra
replay-missing-picture = Vaizdo čia nėra
replay-hole = Šios dalies nėra
replay-holes = Trūksta dalies įrašo
replay-holes-text =
    { $count ->
        [one] Viena vieta neįrašyta. Ji pažymėta juostoje ir sąraše, laikas joje teka kaip pokalbyje.
        [few] { $count } vietos neįrašytos. Jos pažymėtos juostoje ir sąraše, laikas jose teka kaip pokalbyje.
        [many] { $count } vietos neįrašyta. Jos pažymėtos juostoje ir sąraše, laikas jose teka kaip pokalbyje.
       *[other] { $count } vietų neįrašyta. Jos pažymėtos juostoje ir sąraše, laikas jose teka kaip pokalbyje.
    }

replay-chapters = Kas kalba
replay-chapters-none = Šiame įraše niekas nekalba.
replay-length = trukmė { $length }

replay-share = Dalytis nuo { $time }
replay-shared = Nuoroda nukopijuota.
replay-share-link = Nuoroda į šią vietą
replay-download = Atsisiųsti

replay-error = Įrašo paleisti nepavyko
replay-error-not-found = Tokio įrašo nėra arba jis dar neparuoštas.
replay-error-network = Serveris neatsako. Patikrinkite interneto ryšį ir bandykite dar kartą.
replay-error-unreadable = Įrašo aprašas sugadintas. Bandykite vėliau.
replay-retry = Bandyti dar kartą
replay-to-archive = Eiti į archyvą
