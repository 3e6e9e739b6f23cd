//! The pages: HTML drawn here, working without script wherever they can. One file per page or noun; a handler gathers
//! what its template shows and nothing more.

pub mod about;
pub mod account;
pub mod admin;
pub mod archive;
pub mod assisted;
pub mod check;
pub mod civic_log;
pub mod context;
pub mod counter;
pub mod design;
pub mod display;
pub mod errors;
pub mod front;
pub mod host;
pub mod icons;
pub mod operators;
pub mod passkeys;
pub mod phone;
pub mod portraits;
pub mod receptions;
pub mod residence;
pub mod rights;
pub mod sign_in;
pub mod view;
pub mod ways;

use askama::Template;
use axum::Router;
use axum::response::Html;
use axum::routing::{get, post};

use crate::assets;
use crate::state::AppState;
use errors::PageError;

/// What a page's handler answers.
pub type Drawn = Result<Html<String>, PageError>;

/// Every page, and what they load. Errors are drawn by [`errors::draw`], which the server lays around everything.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/", get(front::show))
        .route("/priemimai", get(receptions::list))
        .route("/priemimai/naujas", get(host::ask).post(host::announce))
        .route("/priemimai/{id}", get(receptions::show))
        .route("/priemimai/{id}/pokalbis", get(receptions::call))
        .route("/priemimai/{id}/pradeti", post(host::open))
        .route("/priemimai/{id}/baigti", get(host::ask_end).post(host::end))
        .route("/archyvas", get(archive::list))
        .route("/archyvas/{id}", get(archive::show))
        .route("/prisijungti", get(sign_in::ask).post(sign_in::sign_in))
        .route("/prisijungti/raktas", get(passkeys::ask))
        .route("/prisijungti/telefonu", get(phone::show).post(phone::begin))
        .route("/prisijungti/telefonu/testi", post(phone::take))
        .route("/prisijungti/telefonu/atsisakyti", post(phone::cancel))
        .route("/telefonas", get(phone::confirm::ask))
        .route(
            "/t/{kodas}",
            get(phone::confirm::show).post(phone::confirm::decide),
        )
        .route("/prisijungti/{kelias}", get(ways::again).post(ways::begin))
        .route("/prisijungti/{kelias}/grizti", get(ways::back))
        .route("/prisijungti/{kelias}/tikrinti", post(ways::card))
        .route("/atsijungti", post(sign_in::sign_out))
        .route("/paskyra", get(account::show))
        .route("/paskyra/duomenys.json", get(account::download))
        .route("/paskyra/seniunija", post(residence::declare))
        .route("/paskyra/sesijos", post(account::end_session))
        .route(
            "/paskyra/istrinti",
            get(account::ask_erase).post(account::erase),
        )
        .route("/langelis", get(counter::show).post(counter::begin))
        .route("/langelis/seniunija", post(counter::declare))
        .route("/langelis/duomenys", post(counter::facts))
        .route("/langelis/sesijos", post(counter::end_sessions))
        .route("/langelis/baigti", post(counter::end))
        .route("/aikste/rodinys", post(display::set))
        .route("/patikra", get(check::show))
        .route("/valdymas", get(admin::home))
        .route("/valdymas/zmones", get(admin::people::list))
        .route("/valdymas/zmones/{id}", get(admin::people::show))
        .route("/valdymas/zmones/{id}/suteikti", post(admin::giving::give))
        .route(
            "/valdymas/zmones/{id}/raktai",
            get(admin::keys::ask).post(admin::keys::reset),
        )
        .route(
            "/valdymas/vaidmenys/{id}/atimti",
            get(admin::giving::ask_take).post(admin::giving::take),
        )
        .route("/valdymas/auditas", get(admin::audit::list))
        .route("/valdymas/auditas.csv", get(admin::audit::export))
        .route("/valdymas/nustatymai", get(admin::settings::show))
        .route("/valdymas/kambariai", get(operators::rooms))
        .route("/valdymas/kambariai/{room}", get(operators::room))
        .route("/mano-teises", get(rights::show))
        .route("/zurnalas", get(civic_log::list))
        .route("/zurnalas/{n}", get(civic_log::show))
        .route("/zurnalas.atom", get(civic_log::feed))
        .route("/dizainas", get(design::show))
        .route("/apie", get(about::about))
        .route("/prieinamumas", get(about::accessibility))
        .route("/privatumas", get(about::privacy))
        .merge(assets::router())
        .fallback(errors::not_found)
}

fn draw(template: &impl Template) -> Drawn {
    Ok(Html(template.render()?))
}

#[cfg(test)]
mod tests;
