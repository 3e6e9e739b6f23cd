# Error pages.
error-404 = Tokio puslapio nėra
error-404-text = Galbūt nuoroda pasenusi arba adrese yra klaida.
error-403 = Jums čia negalima
error-403-text = Šį veiksmą gali atlikti tik tas, kam jis skirtas. Patikrinkite, ar prisijungėte reikiamu vardu.
error-401 = Pirmiausia prisijunkite
error-401-text = Šiam veiksmui reikia žinoti, kas jūs esate.
error-409 = Būsena jau pasikeitė
error-409-text = Kol žiūrėjote į puslapį, priėmimas pasikeitė. Atverkite jį iš naujo.
error-422 = Neatpažinome to, ką siuntėte
error-422-text = Grįžkite atgal ir bandykite dar kartą.
error-500 = Sistemos klaida
error-500-text = Klaida mūsų pusėje, jūs nieko blogo nepadarėte. Bandykite dar kartą po kelių minučių.
error-home = Į pradžią
error-phone = Jei reikia pagalbos, skambinkite nemokamai
