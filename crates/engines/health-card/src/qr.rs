//! A QR code as SVG: the prefix in byte mode, the digits in numeric mode, as the specification asks.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode, Version, bits::Bits};

/// Draws the text of one code (`shc:/…`); `None` when no version holds it.
pub fn svg(text: &str) -> Option<String> {
    let split = text.rfind('/').map_or(0, |at| at + 1);
    let (prefix, digits) = text.split_at_checked(split)?;
    let code = (1..=40).find_map(|version| {
        let mut bits = Bits::new(Version::Normal(version));
        bits.push_byte_data(prefix.as_bytes()).ok()?;
        bits.push_numeric_data(digits.as_bytes()).ok()?;
        bits.push_terminator(EcLevel::L).ok()?;
        QrCode::with_bits(bits, EcLevel::L).ok()
    })?;
    let width = code.width();
    let side = width + 8;
    let mut path = String::new();
    for (position, colour) in code.to_colors().into_iter().enumerate() {
        if colour == Color::Dark {
            let _ = write!(path, "M{} {}h1v1h-1z", position % width + 4, position / width + 4);
        }
    }
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"{0}\" height=\"{0}\" \
         role=\"img\" aria-label=\"SMART Health Card QR\" shape-rendering=\"crispEdges\"><rect width=\"{side}\" \
         height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\"/></svg>",
        side * 4
    ))
}
