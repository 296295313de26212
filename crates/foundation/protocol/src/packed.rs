//! Records packed before they are sealed: resources repeat their names and systems, and a sixth of the bytes is left to be
//! encrypted, sent and kept.

/// The most bytes that one piece may unpack to: what a few packed bytes could otherwise ask for.
const PLAIN_MAX: usize = 64 << 20;

/// Bytes in front of a piece: its length and the length that it unpacks to, big-endian.
const HEAD: usize = 8;

/// What came does not unpack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was received does not unpack to at most {PLAIN_MAX} bytes a piece")]
pub struct PackedError;

/// One piece: an LZ4 block behind its lengths.
///
/// # Errors
/// When `plain` is longer than one piece may be.
pub fn pack(plain: &[u8]) -> Result<Vec<u8>, PackedError> {
    if plain.len() > PLAIN_MAX {
        return Err(PackedError);
    }
    let block = lz4_flex::block::compress(plain);
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(|_| PackedError);
    Ok([&length(&block)?.to_be_bytes()[..], &length(plain)?.to_be_bytes(), &block].concat())
}

/// What any number of pieces, one after another, contain.
///
/// # Errors
/// A piece that is cut, altered, or larger than a piece may be.
pub fn unpack(mut packed: &[u8]) -> Result<Vec<u8>, PackedError> {
    let mut plain = Vec::new();
    while let Some((head, rest)) = packed.split_first_chunk::<HEAD>() {
        let [a, b, c, d, expected @ ..] = *head;
        let length = |bytes| usize::try_from(u32::from_be_bytes(bytes)).map_err(|_| PackedError);
        let (block, after) = rest.split_at_checked(length([a, b, c, d])?).ok_or(PackedError)?;
        let expected =
            Some(length(expected)?).filter(|expected| *expected <= PLAIN_MAX).ok_or(PackedError)?;
        let piece = lz4_flex::block::decompress(block, expected).map_err(|_| PackedError)?;
        if piece.len() != expected {
            return Err(PackedError);
        }
        plain.extend(piece);
        packed = after;
    }
    if packed.is_empty() { Ok(plain) } else { Err(PackedError) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_come_back(pieces in prop::collection::vec(prop::collection::vec(0u8..4, 0..500), 0..4)) {
            let packed: Vec<u8> = pieces.iter().flat_map(|piece| pack(piece).unwrap()).collect();
            prop_assert_eq!(unpack(&packed).unwrap(), pieces.concat());
            if !packed.is_empty() {
                prop_assert_eq!(unpack(&packed[..packed.len() - 1]), Err(PackedError));
            }
        }

        #[test]
        fn anything_may_come(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&bytes);
        }
    }

    #[test]
    fn a_few_bytes_cannot_ask_for_much() {
        let head = [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0];
        assert_eq!(unpack(&head), Err(PackedError));
    }
}
