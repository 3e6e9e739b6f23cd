//! A QR code as a drawing: one path of dark squares on white, whatever the theme, with the quiet zone that readers need.

use fast_qr::{ECL, QRBuilder};

use super::super::icons::Markup;

/// Squares of white around it (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;

/// The code of an address; `None`: the address is too long for one.
pub(super) fn drawing(address: &str, label: &str) -> Option<Markup> {
    let code = QRBuilder::new(address).ecl(ECL::M).build().ok()?;
    let wide = code.size + 2 * QUIET;
    let mut path = String::new();
    for y in 0..code.size {
        for x in 0..code.size {
            if code[y][x].value() {
                path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
            }
        }
    }
    let label = label.replace('&', "&amp;").replace('"', "&quot;");
    Some(Markup(format!(
        r##"<svg class="qr" viewBox="0 0 {wide} {wide}" role="img" aria-label="{label}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{wide}v{wide}H0z"/><path fill="#000" d="{path}"/></svg>"##
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_drawn_with_its_quiet_zone() {
        let drawn = drawing("https://aikste.example/t/BCDFGHJK", "QR").map(|svg| svg.0);
        let drawn = drawn.unwrap_or_default();
        // Version 3 has 29 squares to a side; its corner is dark.
        assert!(drawn.contains("viewBox=\"0 0 37 37\""), "{drawn}");
        assert!(drawn.contains("M4 4h1v1h-1z") && !drawn.contains("M3 4h1"));
        assert_eq!(drawing(&"x".repeat(10_000), "QR"), None);
    }
}
